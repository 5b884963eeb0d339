package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A proxy that the operator named says who asks, and nothing else (T11).
@WithServer({"--failure-limit", "5", "--behind-proxy", "127.0.0.0/8,fd00::/8"})
class BehindAProxyTest {

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
        assertThat(failures).isGreaterThanOrEqualTo(5);
        return;
      }
    }
    throw new AssertionError("never throttled");
  }

  @Test
  void eachSourceCountsForItself(TestServer server) {
    String nobody = Names.unique("nobody");
    throttle(() -> askFrom(server, nobody, "192.0.2.1"));

    askFrom(server, nobody, "192.0.2.2").expect(401);
    ask(server, nobody, "Forwarded", "for=192.0.2.1").expect(429);
    ask(server, nobody, "Forwarded", "for=192.0.2.3;proto=https").expect(401);
    ask(server, nobody, "Forwarded", "for=\"[2001:db8::1]:4711\"").expect(401);
  }

  @Test
  void whatTheProxyDidNotSeeItselfCountsForNothing(TestServer server) {
    String nobody = Names.unique("nobody");
    throttle(() -> askFrom(server, nobody, "192.0.2.1"));

    // The last one is what the proxy saw; what stands before it is anybody's word.
    askFrom(server, nobody, "198.51.100.1, 192.0.2.1").expect(429);
    askFrom(server, nobody, "192.0.2.1, 198.51.100.1").expect(401);
    // One more proxy of ours in between.
    askFrom(server, nobody, "192.0.2.1, fd00::7").expect(429);
  }

  /// Who has one address of a network of 64 bits has them all.
  @Test
  void ipv6CountsByNetwork(TestServer server) {
    String nobody = Names.unique("nobody");
    int[] turn = {0};
    throttle(
        () -> askFrom(server, nobody, "2001:db8:0:1:" + Integer.toHexString(turn[0]++) + "::1"));

    askFrom(server, nobody, "2001:db8:0:1:ffff:ffff:ffff:ffff").expect(429);
    askFrom(server, nobody, "2001:db8:0:2::1").expect(401);
  }

  /// Nobody tells the server who it is.
  @ParameterizedTest
  @ValueSource(
      strings = {"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded"})
  void theIssuerIsNobodysWord(String header, TestServer server) {
    String path = "/.well-known/oauth-authorization-server";
    JsonNode metadata = server.http().get(path, "").expect(200).json();
    for (String value : new String[] {"evil.example", "host=evil.example;proto=https", "https"}) {
      Answer answer = server.http().send("GET", path, Map.of(header, value), "");
      assertThat(answer.expect(200).json()).isEqualTo(metadata);
    }
  }
}
