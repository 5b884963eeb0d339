package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Peers that send what is no request and end their side at once, among peers that ask for a token:
/// each is answered once, and by what it sent itself. On one processor, where a thread that wakes
/// another one is often held up by it; so it was found that the server underneath gave the buffer
/// of a connection to the next one while it was still read into.
@TrustCase(
    id = "T9",
    title = "Each is answered once and for itself, among many that send no request",
    unit = "connections",
    required = 100_000,
    brief = 4_000,
    seconds = 120)
class CrossTalkTest {

  private static final int THREADS = 32;
  private static final int CLIENTS = 8;
  private static final Pattern TOKEN = Pattern.compile("\"access_token\":\"([^\"]+)\"");

  private static final List<String> BAD =
      List.of(
          "GET /oauth/jwks HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
          "GET /oauth/jwks HTTP/1.1\r\nX : y\r\nHost: localhost\r\n\r\n",
          "POST\t/oauth/token\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
          "GET /oauth/jwks HTTP/1.1\r\nHost: a b\r\n\r\n",
          "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3, 4\r\n\r\nabcd");

  @TempDir private Path data;

  private record Asker(String id, String basic) {}

  @Test
  void whatOneSendsIsNeverReadAsAnothers(Tally tally) throws Exception {
    try (ServerProcess server = ServerProcess.serveOn(0, data)) {
      List<Asker> askers = askers(server);
      AtomicLong left = new AtomicLong(tally.required());
      AtomicLong bad = new AtomicLong();
      List<Future<?>> all = new ArrayList<>();
      try (ExecutorService executor = Executors.newFixedThreadPool(THREADS)) {
        for (int i = 0; i < THREADS; i++) {
          all.add(
              executor.submit(
                  () -> {
                    while (left.getAndDecrement() > 0) {
                      if (ThreadLocalRandom.current().nextInt(10) < 3) {
                        ask(server.uri(), one(askers), tally);
                      } else {
                        sendNoRequest(server.uri(), one(BAD), tally);
                        bad.incrementAndGet();
                      }
                    }
                  }));
        }
        for (Future<?> each : all) {
          each.get();
        }
      }
      tally.done(tally.required());
      tally.badInputs(bad.get());
      tally.load(THREADS + " connections at once, the server on one processor");
      server.terminate();
      if (server.exitCode() != 0) {
        tally.wrong("exit code " + server.exitCode());
      }
    }
  }

  private static <T> T one(List<T> of) {
    return of.get(ThreadLocalRandom.current().nextInt(of.size()));
  }

  private List<Asker> askers(ServerProcess server) {
    String operator = server.operatorToken(data);
    Http http = server.http();
    http.post("/oauth/customers", operator, Map.of("id", "ABC", "name", "ABC")).expect(201);
    ArrayNode bodies = Answer.JSON.createArrayNode();
    for (int i = 0; i < CLIENTS; i++) {
      bodies.add(Customer.client("client-" + i));
    }
    List<Asker> askers = new ArrayList<>();
    JsonNode made = http.post("/oauth/customers/ABC/clients", operator, bodies).expect(201).json();
    for (JsonNode each : made) {
      String id = each.get("clientId").asText();
      askers.add(new Asker(id, Http.basic(id, each.get("clientSecret").asText())));
    }
    return askers;
  }

  private static void ask(URI server, Asker asker, Tally tally) {
    String answered =
        exchange(
            server,
            "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                + asker.basic
                + "\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: 29\r\n\r\n"
                + "grant_type=client_credentials");
    Matcher token = TOKEN.matcher(answered);
    if (!SmugglingTest.statuses(answered).equals(List.of(200)) || !token.find()) {
      tally.wrong("a token for " + asker.id + " is answered " + Answer.shortened(answered));
      return;
    }
    String got = Jwt.claims(token.group(1)).path("client_id").asText();
    if (!got.equals(asker.id)) {
      tally.wrong(asker.id + " got a token of " + got);
    }
  }

  private static void sendNoRequest(URI server, String text, Tally tally) {
    String answered = exchange(server, text);
    if (!SmugglingTest.statuses(answered).equals(List.of(400))) {
      tally.wrong(
          "what is no request is answered "
              + Answer.shortened(answered)
              + ": "
              + text.replace("\r\n", "|"));
    }
  }

  private static String exchange(URI server, String text) {
    try (RawHttp connection = RawHttp.connect(server)) {
      connection.write(text.getBytes(ISO_8859_1));
      connection.endOutput();
      return new String(connection.rest(), ISO_8859_1);
    }
  }
}
