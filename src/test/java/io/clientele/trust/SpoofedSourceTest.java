package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A proxy that the operator named says who asks, and nobody else says anything.
@TrustCase(
    id = "T11",
    title = "The source address is what a named proxy says, and nobody else's word",
    unit = "requests",
    required = 60_000,
    brief = 600,
    seconds = 60)
@WithServer({"--failure-limit", "5", "--behind-proxy", "127.0.0.0/8,fd00::/8"})
class SpoofedSourceTest {

  private static final String PROXY = "127.0.0.1";
  private static final String STRANGER = "127.0.0.2";

  /// Beside [#PROXY] these are proxies of ours, where any is named.
  private static final String[] OURS = {"10.0.0.7", "10.255.255.255", "fd00:0:0:0:0:0:0:7"};

  /// Header lines, and the source that they tell if a proxy sent them.
  private record Told(String lines, String source) {}

  /// One hop as it may be written.
  private record Hop(String source, boolean ours, String... spellings) {}

  private static final List<Hop> HOPS =
      List.of(
          new Hop(
              "192.0.2.1",
              false,
              "192.0.2.1",
              "192.0.2.1:4711",
              "::ffff:192.0.2.1",
              " 192.0.2.1\t"),
          new Hop(
              "198.51.100.66", false, "198.51.100.66", "198.51.100.66:1", "[::ffff:c633:6442]:1"),
          new Hop(
              "2001:db8:0:0:0:0:0:1",
              false,
              "2001:db8::1",
              "[2001:db8::1]",
              "[2001:DB8:0::0:1]:4711",
              "2001:0db8:0000:0000:0000:0000:0000:0001"),
          new Hop("0.0.0.0", false, "0.0.0.0"),
          new Hop("127.0.0.2", false, "127.0.0.2"),
          new Hop("0:0:0:0:0:0:0:1", false, "::1", "[::1]:80"),
          new Hop(OURS[0], true, OURS[0], OURS[0] + ":4711", "::ffff:10.0.0.7"),
          new Hop(OURS[1], true, OURS[1]),
          new Hop(OURS[2], true, "fd00::7", "[FD00::7]:4711"),
          new Hop(PROXY, true, PROXY));

  private static final List<String> GARBAGE =
      List.of(
          "",
          " ",
          "unknown",
          "_hidden",
          "localhost",
          "evil.example",
          "192.0.2",
          "192.0.2.256",
          "192.0.2.1.1",
          "3221225985",
          "0xc0.0.2.1",
          "127.1",
          "fe80::1%eth0",
          "[::1",
          "::1]",
          ":::1",
          "1:2:3",
          "1:2:3:4:5:6:7:8:9",
          "192.0.2.1/32",
          "192.0.2.1 192.0.2.2",
          "192.0.2.1;192.0.2.2",
          "-192.0.2.1",
          "\u00b9\u00b9.1.1.1",
          "\u00ef\u00bc\u0091.1.1.1",
          "${jndi:ldap://127.0.0.1/x}",
          "\"",
          "\\",
          "a".repeat(2_000));

  /// What a chain tells: its last hop that is no proxy of ours, unless something unreadable stands
  /// behind it.
  private static Told chain(Random random) {
    String source = PROXY;
    boolean settled = false;
    int length = random.nextInt(8) == 0 ? 100 : 1 + random.nextInt(5);
    boolean forwarded = random.nextInt(2) == 0;
    List<String> spelled = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      // From the last hop to the first.
      if (random.nextInt(6) == 0) {
        String garbage = GARBAGE.get(random.nextInt(GARBAGE.size()));
        // Quotes would part the elements otherwise than their commas.
        spelled.add(forwarded ? element(garbage.replace("\"", ""), random) : garbage);
        settled = true;
        continue;
      }
      Hop hop = HOPS.get(length == 100 ? 6 + random.nextInt(4) : random.nextInt(HOPS.size()));
      String spelling = hop.spellings()[random.nextInt(hop.spellings().length)];
      spelled.add(forwarded ? element(spelling.strip(), random) : spelling);
      if (!settled) {
        source = hop.source();
        settled = !hop.ours();
      }
    }
    Collections.reverse(spelled);
    String name = forwarded ? "Forwarded: " : "X-Forwarded-For: ";
    int cut = random.nextInt(spelled.size());
    boolean twoLines = random.nextInt(3) == 0 && cut > 0;
    String lines =
        twoLines
            ? name
                + String.join(",", spelled.subList(0, cut))
                + "\r\n"
                + name
                + String.join(", ", spelled.subList(cut, spelled.size()))
            : name + String.join(", ", spelled);
    return new Told(lines, source);
  }

  /// An element of `Forwarded` (RFC 7239 §4).
  private static String element(String node, Random random) {
    boolean quoted = node.indexOf(':') >= 0 || node.indexOf('[') >= 0 || random.nextBoolean();
    String pair = (random.nextBoolean() ? "for=" : "For=") + (quoted ? "\"" + node + "\"" : node);
    return switch (random.nextInt(4)) {
      case 0 -> pair + ";proto=https";
      case 1 -> "by=10.0.0.1;" + pair + ";host=evil.example";
      case 2 -> "proto=http; " + pair;
      default -> pair;
    };
  }

  private static List<Told> fixed() {
    List<Told> all = new ArrayList<>();
    for (String name :
        new String[] {
          "X-Real-IP",
          "X-Client-IP",
          "True-Client-IP",
          "CF-Connecting-IP",
          "X-Cluster-Client-IP",
          "Fastly-Client-IP",
          "X-ProxyUser-Ip",
          "Client-IP",
          "Via",
          "X-Forwarded",
          "Forwarded-For",
          "X-Originating-IP",
          "X-Remote-Addr",
          "X_Forwarded_For"
        }) {
      all.add(new Told(name + ": 192.0.2.1", PROXY));
    }
    for (String garbage : GARBAGE) {
      all.add(new Told("X-Forwarded-For: " + garbage, PROXY));
      all.add(new Told("X-Forwarded-For: 192.0.2.1, " + garbage, PROXY));
      all.add(new Told("X-Forwarded-For: " + garbage + ", 192.0.2.1", "192.0.2.1"));
      all.add(new Told("X-Forwarded-For: " + garbage + ", 10.0.0.7", "10.0.0.7"));
    }
    all.add(
        new Told("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 198.51.100.66", "198.51.100.66"));
    all.add(new Told("X-Forwarded-For: 192.0.2.1\r\nForwarded: for=198.51.100.66", "192.0.2.1"));
    all.add(new Told("Forwarded: for=198.51.100.66\r\nX-Forwarded-For: 192.0.2.1", "192.0.2.1"));
    all.add(new Told("Forwarded: for=192.0.2.1, proto=https", PROXY));
    all.add(new Told("Forwarded: for=192.0.2.1, by=10.0.0.7;host=a", PROXY));
    all.add(new Told("Forwarded: for=192.0.2.1, ", PROXY));
    all.add(new Told("Forwarded: for=192.0.2.1\r\nForwarded: proto=https", PROXY));
    all.add(new Told("Forwarded: for=198.51.100.66;for=192.0.2.1", PROXY));
    all.add(new Told("Forwarded: xfor=192.0.2.1", PROXY));
    all.add(new Told("Forwarded: for=192.0.2.1;192.0.2.2", PROXY));
    all.add(new Told("Forwarded: for=192.0.2.1;=x", PROXY));
    all.add(new Told("Forwarded: ;for=192.0.2.1;;proto=https;", "192.0.2.1"));
    all.add(new Told("Forwarded: host=\"a;for=192.0.2.1\"", PROXY));
    all.add(new Told("Forwarded: for=\"198.51.100.1, for=192.0.2.1", "192.0.2.1"));
    all.add(new Told("Forwarded: for=\"x, for=192.0.2.1;proto=https", "192.0.2.1"));
    all.add(new Told("X-Forwarded-For: 192.0.2.1" + ", 10.0.0.7".repeat(1_500), "192.0.2.1"));
    all.add(new Told("X-Forwarded-For: " + "10.0.0.7, ".repeat(1_500) + "10.0.0.7", "10.0.0.7"));
    return all;
  }

  /// What was sent, by the id of its answer, and the source that its line must have.
  private record Expected(String what, String source) {}

  /// Sends it on connections of the proxy and of somebody else, to a server that names proxies and
  /// to one that names none.
  private static final class Asked implements AutoCloseable {
    private final ServerProcess server;
    private final RawHttp proxy;
    private final RawHttp stranger;
    private final boolean named;
    private final Map<String, Expected> expected = new HashMap<>();
    private String last = "";

    Asked(ServerProcess server, boolean named) {
      this.server = server;
      this.named = named;
      this.proxy = RawHttp.connect(server.uri(), PROXY);
      this.stranger = RawHttp.connect(server.uri(), STRANGER);
    }

    void ask(Told told, Tally tally) {
      one(proxy, told.lines(), named ? told.source() : PROXY, tally);
      one(stranger, told.lines(), STRANGER, tally);
    }

    private void one(RawHttp connection, String lines, String source, Tally tally) {
      String request = "GET /oauth/jwks HTTP/1.1\r\nHost: evil.example\r\n" + lines + "\r\n\r\n";
      connection.write(request.getBytes(ISO_8859_1));
      Answer answer = connection.read(request);
      tally.badInput();
      if (answer.status() != 200) {
        tally.wrong(answer.toString());
      }
      last = answer.header("X-Request-Id").orElse("");
      expected.put(last, new Expected(lines, source));
    }

    void judge(Tally tally) {
      Eventually.is("the line of " + last, () -> server.out().contains(last));
      server.terminate();
      server.exitCode();
      for (String line : server.outLines()) {
        JsonNode json;
        try {
          json = Answer.JSON.readTree(line);
        } catch (JsonProcessingException e) {
          tally.wrong("no JSON: " + line);
          continue;
        }
        Expected wanted = expected.remove(json.path("request_id").asText());
        if (wanted != null && !json.path("source").asText().equals(wanted.source())) {
          tally.wrong(
              "source %s instead of %s, %s: %s"
                  .formatted(json.path("source"), wanted.source(), named, wanted.what()));
        }
      }
      expected.values().forEach(each -> tally.wrong("no line of " + each.what()));
    }

    @Override
    public void close() {
      proxy.close();
      stranger.close();
    }
  }

  @Test
  void theLogHasTheSourceThatANamedProxyTells(
      @TempDir Path first, @TempDir Path second, Tally tally) {
    long seed = ThreadLocalRandom.current().nextLong();
    Random random = new Random(seed);
    try (ServerProcess behind =
            ServerProcess.serve(
                first,
                "--log-format",
                "json",
                "--behind-proxy",
                PROXY + "/32,10.0.0.0/8,fd00::/8");
        ServerProcess alone = ServerProcess.serve(second, "--log-format", "json")) {
      // Both are there before a connection waits for the other.
      behind.uri();
      alone.uri();
      ask(new Asked(behind, true), new Asked(alone, false), random, tally);
    }
    tally.measured("seed " + seed);
  }

  private static void ask(Asked named, Asked unnamed, Random random, Tally tally) {
    try (named;
        unnamed) {
      for (Told told : fixed()) {
        named.ask(told, tally);
        unnamed.ask(told, tally);
      }
      while (tally.done() < tally.required()) {
        Told told = chain(random);
        named.ask(told, tally);
        unnamed.ask(told, tally);
      }
      named.judge(tally);
      unnamed.judge(tally);
    }
  }

  private static Answer ask(TestServer server, String id, String header, String value) {
    return server
        .http()
        .send(
            "POST",
            "/oauth/token",
            Map.of(
                "Authorization",
                Http.basic(id, "clt_" + "w".repeat(49)),
                "Content-Type",
                "application/x-www-form-urlencoded",
                header,
                value),
            "grant_type=client_credentials");
  }

  private static Answer askFrom(TestServer server, String id, String told) {
    return ask(server, id, "X-Forwarded-For", told);
  }

  private static void throttle(Supplier<Answer> attempt) {
    for (int failures = 0; failures < 100; failures++) {
      if (attempt.get().status() == 429) {
        if (failures < 5) {
          throw new AssertionError("throttled after " + failures);
        }
        return;
      }
    }
    throw new AssertionError("never throttled");
  }

  @Test
  void eachSourceCountsForItself(TestServer server, Tally tally) {
    String nobody = Names.unique("nobody");
    throttle(() -> askFrom(server, nobody, "192.0.2.1"));

    askFrom(server, nobody, "192.0.2.2").expect(401);
    ask(server, nobody, "Forwarded", "for=192.0.2.1").expect(429);
    ask(server, nobody, "Forwarded", "for=192.0.2.3;proto=https").expect(401);
    ask(server, nobody, "Forwarded", "for=\"[2001:db8::1]:4711\"").expect(401);
    tally.badInputs(4);
  }

  @Test
  void whatTheProxyDidNotSeeItselfCountsForNothing(TestServer server, Tally tally) {
    String nobody = Names.unique("nobody");
    throttle(() -> askFrom(server, nobody, "192.0.2.1"));

    // The last one is what the proxy saw; what stands before it is anybody's word.
    askFrom(server, nobody, "198.51.100.1, 192.0.2.1").expect(429);
    askFrom(server, nobody, "192.0.2.1, 198.51.100.1").expect(401);
    // One more proxy of ours in between.
    askFrom(server, nobody, "192.0.2.1, fd00::7").expect(429);
    tally.badInputs(3);
  }

  /// Who has one address of a network of 64 bits has them all.
  @Test
  void ipv6CountsByNetwork(TestServer server, Tally tally) {
    String nobody = Names.unique("nobody");
    int[] turn = {0};
    throttle(
        () ->
            askFrom(
                server,
                nobody,
                "2001:db8:0:1:" + Integer.toHexString(turn[0]++).toLowerCase(Locale.ROOT) + "::1"));

    askFrom(server, nobody, "2001:db8:0:1:ffff:ffff:ffff:ffff").expect(429);
    askFrom(server, nobody, "2001:db8:0:2::1").expect(401);
    tally.badInputs(2);
  }
}
