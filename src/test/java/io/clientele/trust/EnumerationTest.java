package io.clientele.trust;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.FastHttp;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Who has no right secret learns not which ids exist: neither from what is answered nor from when.
/// The server holds a failed authentication back for two milliseconds from the request's arrival,
/// and knows by then why it failed.
///
/// Times are compared side by side: requests of two kinds, in one random order, over four
/// connections, with the limit of failures raised out of reach. What took longer than nine tenths
/// of all of both kinds is left out (a busy machine makes those, and they would hide a difference),
/// and of the rest Welch's t must stay below 4.5, which chance exceeds once in 150,000 times. Cold
/// are clients that were created after the server had read all there were into memory, and each is
/// asked for once.
@TrustCase(
    id = "T5",
    title = "Ids that exist and ids that do not: one answer, one time",
    unit = "timed requests",
    required = 200_000,
    brief = 4_000,
    seconds = 240)
@WithServer
class EnumerationTest {
  private static final String FORM = "grant_type=client_credentials&token=x";
  private static final String CHOSEN = "A chosen secret, 1st";
  private static final String WRONG = "clt_" + "Wrong".repeat(9) + "Wron";
  private static final double MOST_T = 4.5;

  private static final int CONNECTIONS = 4;
  private static final int BATCH = 1_000;
  private static final List<String> PATHS =
      List.of("/oauth/token", "/oauth/introspect", "/oauth/checkToken", "/oauth/revoke");

  /// A request whose time is taken.
  private record Timed(int kind, byte[] request) {}

  /// How long each took, in nanoseconds.
  private record Times(long[] first, long[] second) {

    /// Welch's t of what is left after the cropping.
    double t() {
      long[] all = new long[first.length + second.length];
      System.arraycopy(first, 0, all, 0, first.length);
      System.arraycopy(second, 0, all, first.length, second.length);
      Arrays.sort(all);
      long most = all[all.length / 10 * 9];
      long[] one = Arrays.stream(first).filter(each -> each <= most).toArray();
      long[] other = Arrays.stream(second).filter(each -> each <= most).toArray();
      double error = Math.sqrt(variance(one) / one.length + variance(other) / other.length);
      return (mean(one) - mean(other)) / error;
    }

    static double mean(long[] values) {
      return Arrays.stream(values).average().orElseThrow();
    }

    static double variance(long[] values) {
      double mean = mean(values);
      double squares = Arrays.stream(values).mapToDouble(each -> Math.pow(each - mean, 2)).sum();
      return squares / (values.length - 1);
    }

    static double median(long[] values) {
      long[] sorted = values.clone();
      Arrays.sort(sorted);
      return sorted[sorted.length / 2] / 1000.0;
    }
  }

  /// @param first requests of one kind
  /// @param second as many of the other
  private static Times time(TestServer server, List<byte[]> first, List<byte[]> second, Tally tally)
      throws Exception {
    List<Timed> all = new ArrayList<>();
    first.forEach(request -> all.add(new Timed(0, request)));
    second.forEach(request -> all.add(new Timed(1, request)));
    Collections.shuffle(all, new Random(ThreadLocalRandom.current().nextLong()));
    long[] taken = new long[all.size()];
    int share = (all.size() + CONNECTIONS - 1) / CONNECTIONS;
    try (ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS)) {
      List<Future<?>> asking = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        int from = i * share;
        int to = Math.min(all.size(), from + share);
        asking.add(threads.submit(() -> ask(server, all, from, to, taken, tally)));
      }
      for (Future<?> each : asking) {
        each.get();
      }
    }
    long[][] byKind = new long[2][];
    for (int kind = 0; kind < 2; kind++) {
      int wanted = kind;
      byKind[kind] =
          IntStream.range(0, taken.length)
              .filter(i -> all.get(i).kind() == wanted)
              .mapToLong(i -> taken[i])
              .toArray();
    }
    return new Times(byKind[0], byKind[1]);
  }

  private static void ask(
      TestServer server, List<Timed> all, int from, int to, long[] taken, Tally tally) {
    try (FastHttp connection = FastHttp.connect(server.uri())) {
      for (int i = from; i < to; i++) {
        long began = System.nanoTime();
        FastHttp.Reply reply = connection.exchange(all.get(i).request());
        taken[i] = System.nanoTime() - began;
        if (reply.status() != 401) {
          tally.wrong("answered " + reply.status() + " " + reply.body());
        }
      }
    }
  }

  private static String figure(String what, Times times) {
    return String.format(
        Locale.ROOT,
        "%s: Welch t %.2f of %,d and %,d (median %.0f and %.0f µs)",
        what,
        times.t(),
        times.first().length,
        times.second().length,
        Times.median(times.first()),
        Times.median(times.second()));
  }

  /// Judges two kinds.
  private static void judge(String what, Times times, Tally tally) {
    tally.measured(figure(what, times));
    if (!(Math.abs(times.t()) <= MOST_T)) {
      tally.wrong(figure(what, times));
    }
  }

  private static byte[] request(String id, String secret) {
    return FastHttp.form("/oauth/token", Http.basic(id, secret), FORM);
  }

  private static String hex() {
    return String.format("%016x", ThreadLocalRandom.current().nextLong());
  }

  /// Starts the server anew and waits until it has read into memory what was there: what comes
  /// after is cold until it is asked for.
  private static void restart(TestServer server, Customer abc) {
    // Nobody asks for it, and it is the last one.
    abc.create(Customer.client("zzz-" + hex(), Map.of()));
    server.restart();
    Eventually.is(
        "clients are read into memory",
        () ->
            server
                .http()
                .get("/metrics", server.operatorToken())
                .text()
                .lines()
                .filter(line -> line.startsWith("clientele_directory_clients"))
                .anyMatch(line -> Double.parseDouble(line.substring(line.indexOf(' '))) > 2.5));
  }

  /// Creates clients for which nobody asks.
  ///
  /// @param chosen whether their secret is chosen
  private static List<String> cold(Customer abc, int count, boolean chosen) {
    List<String> ids = new ArrayList<>();
    while (ids.size() < count) {
      ArrayNode batch = Answer.JSON.createArrayNode();
      for (int i = 0; i < (chosen ? 1 : BATCH) && ids.size() < count; i++) {
        String id = "id-" + hex();
        ObjectNode client = Customer.client(id, Map.of("ROLE_API", List.of(abc.tenant(0))));
        if (chosen) {
          client.put("clientSecret", CHOSEN);
        }
        batch.add(client);
        ids.add(id);
      }
      abc.server().http().unchecked().post(abc.clients(), abc.adminToken(), batch).expect(201);
    }
    return ids;
  }

  private static List<String> unknown(int count) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add("id-" + hex());
    }
    return ids;
  }

  private static List<byte[]> requests(List<String> ids, String secret) {
    return ids.stream().map(id -> request(id, secret)).toList();
  }

  @Test
  void takeTheSameTime(TestServer server, Customer abc, Tally tally) throws Exception {
    restart(server, abc);
    int each = (int) (tally.required() / 2);
    // The code, the customer and the connections grow warm.
    time(server, requests(cold(abc, 500, false), WRONG), requests(unknown(500), WRONG), tally);
    List<byte[]> known = requests(cold(abc, each, false), WRONG);
    Times times = time(server, requests(unknown(each), WRONG), known, tally);
    judge("unknown ids and cold known ones", times, tally);
    tally.badInputs(2L * each);
    tally.done(2L * each);
  }

  /// Fewer, because each costs a slow hash, and a client of them another one to create.
  @Test
  void takeTheSameTimeWithChosenSecrets(TestServer server, Customer abc, Tally tally)
      throws Exception {
    int each = tally.scale() == Scale.BRIEF ? 16 : 300;
    restart(server, abc);
    List<byte[]> known = requests(cold(abc, each, true), CHOSEN + "!");
    Times times = time(server, requests(unknown(each), CHOSEN + "!"), known, tally);
    judge("the same with secrets that are not of the generated form", times, tally);
    tally.badInputs(2L * each);
  }

  /// Clients in memory that fail for different reasons, some of them with the right secret.
  @Test
  void takeTheSameTimeWhyeverTheyFail(
      TestServer server, Customer abc, Customer suspended, Tally tally) throws Exception {
    int each = (int) (tally.required() / 8);
    Client wrong = abc.newClient();
    Client ofSuspended = suspended.newClient();
    suspend(server, suspended);
    Map<String, byte[]> others = new LinkedHashMap<>();
    Client disabled = disabled(abc);
    others.put("a disabled client", request(disabled.id(), disabled.secret()));
    Client postOnly = only(abc, "client_secret_post");
    others.put("a wrong method", request(postOnly.id(), postOnly.secret()));
    others.put("a suspended customer", request(ofSuspended.id(), ofSuspended.secret()));
    byte[] reference = request(wrong.id(), WRONG);
    for (byte[] first : List.of(reference, reference)) {
      time(server, Collections.nCopies(200, first), List.copyOf(others.values()), tally);
    }
    for (Map.Entry<String, byte[]> other : others.entrySet()) {
      Times times =
          time(
              server,
              Collections.nCopies(each, reference),
              Collections.nCopies(each, other.getValue()),
              tally);
      judge("a wrong secret and " + other.getKey() + ", in memory", times, tally);
      tally.badInputs(2L * each);
    }
    // Not judged: on a busy machine the database may take longer than any failure is held back.
    Times times =
        time(server, Collections.nCopies(each, reference), requests(unknown(each), WRONG), tally);
    tally.measured(figure("for comparison, in memory and not", times));
  }

  private static void suspend(TestServer server, Customer customer) {
    server
        .http()
        .put(
            customer.path(),
            server.operatorToken(),
            Map.of("id", customer.id(), "status", "suspended", "tenants", customer.tenants()))
        .expect(200);
  }

  private static Client disabled(Customer customer) {
    return customer.create(
        Customer.client(Names.unique("disabled"), Map.of()).put("enabled", false));
  }

  private static Client only(Customer customer, String method) {
    ObjectNode wanted = Customer.client(Names.unique("limited"), Map.of());
    wanted.putArray("clientAuthenticationMethods").add(method);
    return customer.create(wanted);
  }

  private static ObjectNode chosen(String name) {
    return Customer.client(Names.unique(name), Map.of()).put("clientSecret", CHOSEN);
  }

  private static byte[] byPost(String path, String id, String secret) {
    String credentials = "&client_id=" + id + "&client_secret=" + secret.replace(' ', '+');
    return FastHttp.form(path, "", FORM + credentials);
  }

  /// Status, headers and body are the same byte for byte, but for the date and the request's id.
  @Test
  void areAnsweredTheSame(TestServer server, Customer abc, Customer suspended, Tally tally) {
    Client client = abc.newClient();
    Client ofChosen = abc.create(chosen("chosen"));
    Client disabled = disabled(abc);
    Client chosenDisabled = abc.create(chosen("disabled").put("enabled", false));
    Client basicOnly = only(abc, "client_secret_basic");
    Client postOnly = only(abc, "client_secret_post");
    Client deleted = abc.newClient();
    server.http().delete(deleted.path(), abc.adminToken()).expect(200);
    Client ofSuspended = suspended.newClient();
    Client chosenOfSuspended = suspended.create(chosen("suspended"));
    suspend(server, suspended);
    Map<String, Map.Entry<String, String>> both = new LinkedHashMap<>();
    both.put("unknown", Map.entry(Names.unique("nobody"), WRONG));
    both.put("unknown, chosen secret", Map.entry(Names.unique("nobody"), CHOSEN));
    both.put("no id at all", Map.entry("no*id", WRONG));
    both.put("wrong secret", Map.entry(client.id(), WRONG));
    both.put("wrong secret, not generated", Map.entry(client.id(), CHOSEN));
    both.put("wrong chosen secret", Map.entry(ofChosen.id(), CHOSEN + "x"));
    both.put("generated for a chosen secret", Map.entry(ofChosen.id(), WRONG));
    both.put("disabled", Map.entry(disabled.id(), disabled.secret()));
    both.put("disabled, wrong secret", Map.entry(disabled.id(), WRONG));
    both.put("disabled, chosen secret", Map.entry(chosenDisabled.id(), CHOSEN));
    both.put("deleted", Map.entry(deleted.id(), deleted.secret()));
    both.put("suspended customer", Map.entry(ofSuspended.id(), ofSuspended.secret()));
    both.put("suspended customer, chosen", Map.entry(chosenOfSuspended.id(), CHOSEN));
    try (FastHttp connection = FastHttp.connect(server.uri())) {
      String expected = connection.exchange(request(client.id(), WRONG)).said();
      if (!expected.startsWith("HTTP/1.1 401 ")) {
        tally.wrong("a wrong secret is answered " + expected);
      }
      for (String path : PATHS) {
        Map<String, byte[]> requests = new LinkedHashMap<>();
        both.forEach(
            (name, pair) -> {
              String basic = Http.basic(pair.getKey(), pair.getValue());
              requests.put(name + " by Basic", FastHttp.form(path, basic, FORM));
              requests.put(name + " by POST", byPost(path, pair.getKey(), pair.getValue()));
            });
        requests.put(
            "wrong method, Basic",
            FastHttp.form(path, Http.basic(postOnly.id(), postOnly.secret()), FORM));
        requests.put("wrong method, POST", byPost(path, basicOnly.id(), basicOnly.secret()));
        requests.forEach(
            (name, request) -> {
              String said = connection.exchange(request).said();
              tally.badInputs(1);
              if (!said.equals(expected)) {
                tally.wrong(name + " at " + path + " is answered " + said);
              }
            });
      }
    }
  }
}
