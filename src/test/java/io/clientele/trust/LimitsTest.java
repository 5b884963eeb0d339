package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is too much is refused in words, never cut and continued, and takes no memory.
@TrustCase(
    id = "T8",
    title = "Limits: one below, at, one above; a gigabyte, 10⁵ headers, 10⁵ deep, colliding keys",
    unit = "requests",
    required = 1_500,
    brief = 150,
    seconds = 180)
@WithServer
class LimitsTest {

  private static final int FORM_LIMIT = 64 * 1024;
  private static final int CREATION_LIMIT = 4 * 1024 * 1024;
  private static final int HEADER_LIMIT = 16 * 1024;
  private static final long GIGABYTE = 1L << 30;

  /// What sockets between two programs hold, and a little more.
  private static final long MOST_TAKEN = 64L << 20;

  /// Four million chunks of one byte take their time.
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /// One source has half of what is for bodies: four of the largest, of eight at once here.
  private static final int MOST_TRIES = 1_000;

  private static final long MOST_GROWTH = 48L << 20;
  private static final String GRANT = "grant_type=client_credentials";
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded";
  private static final String JSON = "Content-Type: application/json";
  private static final Pattern STATUS = Pattern.compile("^HTTP/1\\.1 (\\d{3})");

  /// How a body is framed.
  private enum Framing {
    DECLARED,
    ONE_CHUNK,
    MANY_CHUNKS;

    byte[] framed(String head, byte[] body) {
      StringBuilder text = new StringBuilder(head);
      if (this == DECLARED) {
        text.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        return joined(text.toString().getBytes(ISO_8859_1), body);
      }
      int size = this == ONE_CHUNK ? body.length : 1_000;
      text.append("Transfer-Encoding: chunked\r\n\r\n");
      for (int from = 0; from < body.length; from += size) {
        int to = Math.min(from + size, body.length);
        text.append(Integer.toHexString(to - from))
            .append("\r\n")
            .append(new String(body, from, to - from, ISO_8859_1))
            .append("\r\n");
      }
      return text.append("0\r\n\r\n").toString().getBytes(ISO_8859_1);
    }
  }

  private static byte[] joined(byte[] one, byte[] other) {
    byte[] all = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, all, one.length, other.length);
    return all;
  }

  private static String head(String line, String authorization, String... more) {
    return line
        + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
        + authorization
        + "\r\n"
        + String.join("\r\n", more)
        + (more.length == 0 ? "" : "\r\n");
  }

  /// Sends everything, then reads: what is answered must come, whatever was left unread.
  private static void expect(URI uri, byte[] request, int status, String what, Tally tally) {
    var _ = isAnswered(uri, request, status, what, false, tally);
  }

  /// The same, where there may be no memory for one more body at that moment: whoever is told to
  /// come later does.
  private static void expectInTheEnd(
      URI uri, byte[] request, int status, String what, Tally tally) {
    for (int i = 0; i < MOST_TRIES; i++) {
      if (isAnswered(uri, request, status, what, true, tally)) {
        return;
      }
    }
    tally.wrong("%s: told %d times to come later".formatted(what, MOST_TRIES));
  }

  /// @return false if it was told to come later, and may be
  private static boolean isAnswered(
      URI uri, byte[] request, int status, String what, boolean mayBeLater, Tally tally) {
    try (RawHttp connection = RawHttp.connect(uri)) {
      connection.patience(PATIENCE);
      connection.tryWrite(request);
      Answer answer = connection.read(what);
      if (mayBeLater && answer.status() == 503 && answer.header("Retry-After").isPresent()) {
        return false;
      }
      judge(connection, answer, status, what, tally);
    } catch (UncheckedIOException e) {
      tally.wrong("%s: the %d did not arrive: %s".formatted(what, status, e.getCause()));
    }
    return true;
  }

  private static void judge(
      RawHttp connection, Answer answer, int status, String what, Tally tally) {
    if (answer.status() != status) {
      tally.wrong("%s: %d expected, got %s".formatted(what, status, answer));
    }
    if (status >= 400 && !answer.text().contains("error")) {
      tally.wrong("refused without words: " + answer);
    }
    if (status >= 400) {
      endsOrGoesOnRightly(connection, answer, tally);
      tally.badInputs(1);
    }
    tally.done(1);
  }

  /// What was refused is a request no longer, neither in whole nor in part.
  private static void endsOrGoesOnRightly(RawHttp connection, Answer refusal, Tally tally) {
    if (refusal.headers("Connection").contains("close")) {
      if (!connection.ends()) {
        tally.wrong("the connection does not end after " + refusal);
      }
      return;
    }
    String good = "GET /oauth/jwks HTTP/1.1\r\nHost: localhost\r\n\r\n";
    connection.tryWrite(good.getBytes(ISO_8859_1));
    connection.endOutput();
    String next = new String(connection.rest(), ISO_8859_1);
    // What could not be read at all ends without saying so before.
    if (!next.isEmpty() && !(next.startsWith("HTTP/1.1 200 ") && next.contains("\"keys\""))) {
      tally.wrong("the next request is answered " + next);
    }
  }

  private static byte[] padded(String beginning, char with, int size) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) with);
    byte[] start = beginning.getBytes(UTF_8);
    System.arraycopy(start, 0, bytes, 0, start.length);
    return bytes;
  }

  private static int rounds(Tally tally, int brief, int full) {
    return tally.scale() == Scale.BRIEF ? brief : full;
  }

  @Test
  void aFormOfTheLimitIsReadAndOneMoreByteIsNot(TestServer server, Customer abc, Tally tally) {
    Client client = abc.newClient();
    String token = client.token();
    Map<String, String> forms = new LinkedHashMap<>();
    forms.put("/oauth/token", GRANT);
    forms.put("/oauth/introspect", "token=" + token);
    forms.put("/oauth/checkToken", "token=" + token);
    forms.put("/oauth/revoke", "token=x");
    for (int round = rounds(tally, 1, 10); round > 0; round--) {
      forms.forEach(
          (path, form) -> {
            for (Framing framing : Framing.values()) {
              for (int more : new int[] {-1, 0, 1, 100, 5_000}) {
                byte[] body = padded(form + "&x=", 'y', FORM_LIMIT + more);
                expect(
                    server.uri(),
                    framing.framed(head("POST " + path, client.basic(), FORM), body),
                    more > 0 ? 413 : 200,
                    path + ", " + framing + ", limit " + more,
                    tally);
              }
            }
          });
    }
  }

  @Test
  void aDocumentOfTheLimitIsReadAndOneMoreByteIsNot(TestServer server, Customer abc, Tally tally) {
    String bearer = "Bearer " + abc.adminToken();
    for (int round = rounds(tally, 1, 5); round > 0; round--) {
      for (Framing framing : Framing.values()) {
        for (int more : new int[] {-1, 0, 1, 100, 5_000}) {
          if (tally.scale() == Scale.BRIEF
              && (framing != Framing.DECLARED || more < 0)
              && more != 1) {
            continue;
          }
          String client = Customer.client(Names.unique("large"), Map.of()).toString();
          expect(
              server.uri(),
              framing.framed(
                  head("POST " + abc.clients(), bearer, JSON),
                  padded(client, ' ', CREATION_LIMIT + more)),
              more > 0 ? 413 : 201,
              "creation, " + framing + ", limit " + more,
              tally);
          expect(
              server.uri(),
              framing.framed(
                  head("POST " + abc.clients(abc.adminId()) + "/secrets", bearer, JSON),
                  padded("{\"unknown\":1}", ' ', FORM_LIMIT + more)),
              more > 0 ? 413 : 400,
              "secret, " + framing + ", limit " + more,
              tally);
        }
      }
    }
  }

  @Test
  void aHeadOfTheLimitIsReadAndALargerOneIsNot(TestServer server, Tally tally) {
    for (int round = rounds(tally, 1, 10); round > 0; round--) {
      for (int size = -64; size <= 64; size += rounds(tally, 32, 8)) {
        // Where exactly it ends is the parser's matter; that it does is ours.
        String start = "GET /oauth/jwks HTTP/1.1\r\nHost: localhost\r\nX: ";
        byte[] request = new byte[HEADER_LIMIT + size];
        Arrays.fill(request, (byte) 'x');
        System.arraycopy(start.getBytes(ISO_8859_1), 0, request, 0, start.length());
        System.arraycopy("\r\n\r\n".getBytes(ISO_8859_1), 0, request, request.length - 4, 4);
        try (RawHttp connection = RawHttp.connect(server.uri())) {
          connection.write(request);
          int status = connection.read("head").status();
          if (size == 64
              ? status != 431
              : size == -64 ? status != 200 : status != 200 && status != 431) {
            tally.wrong("a head of " + request.length + " bytes is answered " + status);
          }
        }
        tally.badInput();
      }
      for (int more : new int[] {100, 1_000, 20_000}) {
        String large = "x".repeat(HEADER_LIMIT + more);
        String rest = " HTTP/1.1\r\nHost: localhost\r\n";
        Map<String, Integer> heads = new LinkedHashMap<>();
        heads.put("GET /oauth/jwks" + rest + "X: " + large, 431);
        heads.put("POST /oauth/token" + rest + "Authorization: Basic " + large, 431);
        heads.put("GET /oauth/customers" + rest + "Authorization: Bearer " + large, 431);
        heads.put("GET /oauth/jwks" + rest + large + ": x", 431);
        heads.put("GET /oauth/jwks?" + large + rest + "X: y", 414);
        heads.put("GET /" + large + rest + "X: y", 414);
        heads.put(large + " /oauth/jwks" + rest + "X: y", 431);
        heads.forEach(
            (head, status) ->
                expect(
                    server.uri(),
                    (head + "\r\n\r\n").getBytes(ISO_8859_1),
                    status,
                    "head of " + head.length() + ", " + head.substring(0, 20),
                    tally));
      }
    }
    String many = "GET /oauth/jwks HTTP/1.1\r\nHost: localhost\r\n";
    for (int round = rounds(tally, 1, 10); round > 0; round--) {
      flood(server.uri(), many, "X: y\r\n".getBytes(ISO_8859_1), 100_000, 431, tally);
      flood(server.uri(), many + "X: ", "y".repeat(1_000).getBytes(ISO_8859_1), 10_000, 431, tally);
    }
  }

  /// Sends a part again and again until the server no longer takes it, and reads beside.
  ///
  /// @return the bytes that it took
  private static long flood(
      URI uri, String head, byte[] part, long times, int status, Tally tally) {
    try (RawHttp connection = RawHttp.connect(uri);
        ExecutorService reader = Executors.newVirtualThreadPerTaskExecutor()) {
      connection.patience(PATIENCE);
      Future<byte[]> answered = reader.submit(connection::rest);
      connection.tryWrite(head.getBytes(ISO_8859_1));
      long taken = 0;
      for (long i = 0; i < times && connection.tryWrite(part); i++) {
        taken += part.length;
      }
      connection.endOutput();
      Matcher matcher = STATUS.matcher(new String(answered.get(), ISO_8859_1));
      // A server that stops reading cannot make sure that who goes on writing reads it.
      if (matcher.find() && Integer.parseInt(matcher.group(1)) != status) {
        tally.wrong("%s is answered %s".formatted(head.lines().findFirst(), matcher.group()));
      }
      if (taken > MOST_TAKEN) {
        tally.wrong("%,d bytes were taken of %s".formatted(taken, head.lines().findFirst()));
      }
      tally.badInput();
      return taken;
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, Integer> heads(Customer abc, Client client) {
    Map<String, Integer> heads = new LinkedHashMap<>();
    for (String path : List.of("token", "introspect", "checkToken", "revoke")) {
      heads.put(head("POST /oauth/" + path, client.basic(), FORM), 413);
    }
    heads.put(head("POST " + abc.clients(), "Bearer " + abc.adminToken(), JSON), 413);
    heads.put(head("POST " + abc.clients(), "Bearer x", JSON), 401);
    heads.put(head("POST /nowhere", "Bearer x", JSON), 404);
    heads.put(head("PUT /oauth/token", "Bearer x", JSON), 405);
    return heads;
  }

  /// Each, and all at once.
  @Test
  void aGigabyteIsRefusedBeforeItIsSent(TestServer server, Customer abc, Tally tally)
      throws Exception {
    Client client = abc.newClient();
    long before = heapInUse();
    LongAdder taken = new LongAdder();
    List<Runnable> floods = new ArrayList<>();
    byte[] block = padded("", 'y', 1 << 16);
    byte[] chunk = joined("10000\r\n".getBytes(ISO_8859_1), padded("", 'y', (1 << 16) + 2));
    chunk[chunk.length - 2] = '\r';
    chunk[chunk.length - 1] = '\n';
    for (int round = rounds(tally, 1, 5); round > 0; round--) {
      heads(abc, client)
          .forEach(
              (head, status) -> {
                String declared = head + "Content-Length: " + GIGABYTE + "\r\n\r\n";
                // Nothing of it is sent: the declaration suffices.
                expect(server.uri(), declared.getBytes(ISO_8859_1), status, head, tally);
                long blocks = GIGABYTE >> 16;
                floods.add(
                    () -> taken.add(flood(server.uri(), declared, block, blocks, status, tally)));
                String chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
                floods.add(
                    () -> taken.add(flood(server.uri(), chunked, chunk, blocks, status, tally)));
                String ones = "1\r\ny\r\n".repeat(10_000);
                floods.add(
                    () ->
                        taken.add(
                            flood(
                                server.uri(),
                                chunked,
                                ones.getBytes(ISO_8859_1),
                                GIGABYTE / ones.length(),
                                status,
                                tally)));
              });
    }
    atOnce(floods);
    tally.measured(
        String.format(
            Locale.ROOT, "%d gigabytes begun, %,d MiB taken", floods.size(), taken.sum() >> 20));
    flat(before, tally);
    aGoodOneIsAnswered(server.uri(), client.basic(), tally);
  }

  private static void atOnce(List<Runnable> all) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> futures = new ArrayList<>();
      all.forEach(each -> futures.add(threads.submit(each)));
      for (Future<?> each : futures) {
        each.get();
      }
    }
  }

  private static long heapInUse() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static void flat(long before, Tally tally) {
    long growth = heapInUse() - before;
    if (growth > MOST_GROWTH) {
      tally.wrong(growth + " bytes of heap are still taken");
    }
    tally.measured("heap " + Math.max(0, growth >> 20) + " MiB larger");
  }

  private static void aGoodOneIsAnswered(URI uri, String basic, Tally tally) {
    try (RawHttp connection = RawHttp.connect(uri)) {
      int status = connection.form("/oauth/token", basic, GRANT).status();
      if (status != 200) {
        tally.wrong("the next good request is answered " + status);
      }
    }
  }

  /// Texts of one `String.hashCode`: two of the same are made of `Aa` and `BB`.
  private static String colliding(int number, int bits) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < bits; bit++) {
      text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }

  private static String filled(String beginning, String repeated, String end, int size) {
    int times = Math.max(0, (size - beginning.length() - end.length()) / repeated.length());
    return beginning + repeated.repeat(times) + end;
  }

  private static String keys(String beginning, String end, int bits, int size) {
    StringBuilder text = new StringBuilder(beginning);
    for (int i = 0; i < 1 << bits && text.length() < size - 100; i++) {
      text.append(i == 0 ? "\"" : ",\"").append("ROLE_").append(colliding(i, bits)).append("\":[]");
    }
    return text.append(end).toString();
  }

  /// Documents that are refused, by name.
  private static Map<String, String> documents(int size) {
    String client = Customer.client("hostile").toString();
    String open = client.substring(0, client.length() - 1) + ",";
    Map<String, String> all = new LinkedHashMap<>();
    int deep = Math.min(100_000, size / 7);
    all.put("deep arrays", "[".repeat(deep) + "]".repeat(deep));
    all.put("deep objects", "{\"a\":".repeat(deep) + "1" + "}".repeat(deep));
    all.put("deep in a member", open + "\"scope\":" + "[".repeat(deep) + "]".repeat(deep) + "}");
    all.put("only open", "[".repeat(size));
    all.put("colliding keys", keys("{", "}", 17, size));
    all.put("colliding roles", keys(open + "\"clientPermissions\":{\"roles\":{", "}}}", 17, size));
    all.put("many keys", keys("[{}," + "{},".repeat(size / 12) + "{", "}]", 12, size));
    for (String field :
        List.of("accessTokenValidity", "refreshTokenValidity", "clientName", "enabled")) {
      all.put("digits in " + field, filled(open + "\"" + field + "\":1", "9", "}", size));
      all.put("exponent in " + field, open + "\"" + field + "\":1e999999999}");
      all.put("long text in " + field, filled(open + "\"" + field + "\":\"", "x", "\"}", size));
    }
    all.put("numbers", filled("[1", ",1", "]", size));
    all.put("large numbers", filled("[1", "," + "9".repeat(99), "]", size));
    all.put("fractions", filled("[1", ",1e-999", "]", size));
    all.put("nulls", filled(open + "\"scope\":[null", ",null", "]}", size));
    all.put("empty arrays", filled("[[]", ",[]", "]", size));
    all.put("empty objects", filled("[{}", ",{}", "]", size));
    all.put("one key", filled("{\"a\":1", ",\"a\":1", "}", size));
    all.put("long key", filled("{\"", "k", "\":1}", size));
    all.put("long texts", filled("[1", ",\"" + "x".repeat(60_000) + "\"", "]", size));
    all.put("escapes", filled("[\"", "\\u0000", "\"]", size));
    all.put("blanks", filled("[1", " ", "", size));
    all.put("no text", filled("", "\u0000", "", size));
    all.put("emoji", filled("[\"\"", ",\"\ud83d\ude00\"", "]", size / 2));
    all.put("many roles", filled(open + "\"scope\":[\"ROLE_A\"", ",\"ROLE_B\"", "]}", size));
    return all;
  }

  private static Map<String, String> forms() {
    Map<String, String> all = new LinkedHashMap<>();
    StringBuilder keys = new StringBuilder(GRANT);
    for (int i = 0; i < 2_048; i++) {
      keys.append('&').append(colliding(i, 11)).append("=1");
    }
    all.put("colliding names", keys.toString());
    all.put("separators", filled(GRANT, "&", "", FORM_LIMIT));
    all.put("names", filled(GRANT, "&a", "", FORM_LIMIT));
    all.put("signs", filled(GRANT + "&x", "=", "", FORM_LIMIT));
    all.put("escapes", filled(GRANT + "&x=", "%41", "", FORM_LIMIT));
    all.put("blanks", filled(GRANT + "&scope=", "+", "", FORM_LIMIT));
    return all;
  }

  /// Sends a request, and judges what comes.
  private interface Expecting {
    void expect(URI uri, byte[] request, int status, String what, Tally tally);
  }

  private static List<Runnable> hostile(
      URI uri, String basic, String bearer, String clients, Expecting expecting, Tally tally) {
    List<Runnable> all = new ArrayList<>();
    int size = rounds(tally, CREATION_LIMIT / 4, CREATION_LIMIT - 10);
    for (int round = rounds(tally, 1, 4); round > 0; round--) {
      documents(size)
          .forEach(
              (name, document) -> {
                byte[] request =
                    Framing.DECLARED.framed(
                        head("POST " + clients, bearer, JSON), document.getBytes(UTF_8));
                all.add(() -> expecting.expect(uri, request, 400, name, tally));
              });
      forms()
          .forEach(
              (name, form) -> {
                byte[] request =
                    Framing.DECLARED.framed(
                        head("POST /oauth/token", basic, FORM), form.getBytes(UTF_8));
                all.add(() -> expecting.expect(uri, request, 200, name, tally));
              });
    }
    return all;
  }

  @Test
  void hostileDocumentsTakeNoMemory(TestServer server, Customer abc, Tally tally) throws Exception {
    Client client = abc.newClient();
    List<Runnable> all =
        hostile(
            server.uri(),
            client.basic(),
            "Bearer " + abc.adminToken(),
            abc.clients(),
            LimitsTest::expect,
            tally);
    long before = heapInUse();
    atOnce(all);
    flat(before, tally);
    aGoodOneIsAnswered(server.uri(), client.basic(), tally);
    tally.load("8 at once");
  }

  /// In a server that has little: it answers, and goes on.
  @Test
  void aServerWithASmallHeapSurvives(@TempDir Path data, Tally tally) throws Exception {
    try (ServerProcess server =
        ServerProcess.runWithHeap(
            192, "serve", "--data", data.toString(), "--port", "0", "--log-format", "json")) {
      URI uri = server.uri();
      JsonNode operator = ServerProcess.operator(data);
      String id = operator.get("clientId").asText();
      String secret = operator.get("clientSecret").asText();
      String basic = Http.basic(id, secret);
      String bearer = "Bearer " + server.token(id, secret);
      String clients = "/oauth/customers/operator/clients";
      atOnce(hostile(uri, basic, bearer, clients, LimitsTest::expectInTheEnd, tally));
      aGoodOneIsAnswered(uri, basic, tally);
      server.terminate();
      if (server.exitCode() != 0 || (server.out() + server.err()).contains("OutOfMemory")) {
        tally.wrong("the server ran out of memory: " + server.err());
      }
    }
  }
}
