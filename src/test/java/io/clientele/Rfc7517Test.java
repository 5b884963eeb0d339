package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.TestServer;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// RFC 7517: the keys that verify tokens, and how they come and go. Time is the test's to move.
class Rfc7517Test {
  private static final Duration LEAD = Duration.ofSeconds(61);
  private static final Duration CACHE = Duration.ofSeconds(60);
  private static final Duration LONGEST_TOKEN = Duration.ofMinutes(10);
  private static final Duration ROTATION = Duration.ofDays(1);

  private TestServer server;

  @BeforeEach
  void start() {
    server =
        TestServer.start(
            "--key-publish-lead",
            Long.toString(LEAD.toSeconds()),
            "--jwks-cache",
            Long.toString(CACHE.toSeconds()),
            "--max-token-validity",
            Long.toString(LONGEST_TOKEN.toSeconds()),
            "--key-rotation",
            Long.toString(ROTATION.toSeconds()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Http http() {
    return server.http();
  }

  /// A fresh one; a rotation at once kills those before.
  private String operatorToken() {
    JsonNode operator = server.operator();
    return server.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  private JWKSet published() {
    try {
      return JWKSet.parse(http().get("/oauth/jwks", "").expect(200).text());
    } catch (ParseException e) {
      throw new AssertionError(e);
    }
  }

  private List<String> kids() {
    return published().getKeys().stream().map(JWK::getKeyID).toList();
  }

  private static String kid(String token) {
    return Jwt.header(token).get("kid").asText();
  }

  private String rotate() {
    return http().post("/oauth/keys/rotate", operatorToken(), "").expect(201).json("kid").asText();
  }

  private JsonNode key(String kid) {
    for (JsonNode key : http().get("/oauth/keys", operatorToken()).expect(200).json()) {
      if (key.get("kid").asText().equals(kid)) {
        return key;
      }
    }
    throw new AssertionError("no key " + kid);
  }

  private String state(String kid) {
    return key(kid).get("state").asText();
  }

  private static boolean verifies(JWKSet keys, String token) {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      Optional<JWK> key = Optional.ofNullable(keys.getKeyByKeyId(jwt.getHeader().getKeyID()));
      return key.isPresent() && jwt.verify(new ECDSAVerifier(key.get().toECKey()));
    } catch (ParseException | JOSEException e) {
      throw new AssertionError(e);
    }
  }

  /// The server tends its keys every second of the system's clock.
  private static void within10Seconds(BooleanSupplier holds) {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as("it does not come to hold").isLessThan(end);
      LockSupport.parkNanos(50_000_000);
    }
  }

  @Nested
  class Section4 {
    @Test
    void aKeyIsPublicAndSaysWhatItIsFor() throws ParseException, JOSEException {
      Answer answer = http().get("/oauth/jwks", "").expect(200);

      assertThat(answer.json("keys")).hasSize(1);
      JsonNode key = answer.json("keys").get(0);
      List<String> names = new ArrayList<>();
      key.fieldNames().forEachRemaining(names::add);
      assertThat(names).containsExactlyInAnyOrder("kty", "crv", "x", "y", "kid", "use", "alg");
      assertThat(key.get("kty").asText()).isEqualTo("EC");
      assertThat(key.get("crv").asText()).isEqualTo("P-256");
      assertThat(key.get("use").asText()).isEqualTo("sig");
      assertThat(key.get("alg").asText()).isEqualTo("ES256");
      ECKey parsed = ECKey.parse(key.toString());
      assertThat(parsed.isPrivate()).isFalse();
      assertThat(parsed.getX().decode()).hasSize(32);
      assertThat(parsed.getY().decode()).hasSize(32);
      // RFC 7638
      assertThat(parsed.getKeyID()).isEqualTo(parsed.computeThumbprint().toString());
    }

    @Test
    void aTokenIsVerifiedByItAlone() {
      assertThat(verifies(published(), operatorToken())).isTrue();
    }
  }

  @Nested
  class Section5 {
    @Test
    void theSetMayBeKeptForTheCacheTime() {
      Answer answer = http().get("/oauth/jwks", "").expect(200);

      assertThat(answer.header("Cache-Control").orElse(""))
          .contains("max-age=" + CACHE.toSeconds())
          .doesNotContain("no-store");
      assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
      assertThat(answer.header("X-Request-Id")).isPresent();
    }

    @Test
    void theSetOutlivesARestart() {
      String before = http().get("/oauth/jwks", "").text();
      String token = operatorToken();

      server.restart();

      assertThat(http().get("/oauth/jwks", "").text()).isEqualTo(before);
      assertThat(server.isActive(token)).isTrue();
    }
  }

  @Nested
  class Rotation {
    @Test
    void publishesAKeyBeforeItSigns() {
      String old = kid(operatorToken());

      String next = rotate();

      assertThat(kids()).containsExactlyInAnyOrder(old, next);
      assertThat(state(next)).isEqualTo("pending");
      assertThat(state(old)).isEqualTo("signing");
      assertThat(kid(operatorToken())).isEqualTo(old);
      server.clock().advance(LEAD.minusSeconds(30));
      assertThat(kid(operatorToken())).isEqualTo(old);
      server.clock().advance(Duration.ofSeconds(30));
      assertThat(kid(operatorToken())).isEqualTo(next);
      assertThat(state(next)).isEqualTo("signing");
      within10Seconds(() -> state(old).equals("retired"));
      assertThat(kids()).containsExactlyInAnyOrder(old, next);
    }

    @Test
    void keepsTheOldKeyUntilItsLastTokenIsDead() {
      String token = operatorToken();
      String old = kid(token);
      String next = rotate();
      server.clock().advance(LEAD.minusSeconds(5));
      String last = operatorToken();
      assertThat(kid(last)).isEqualTo(old);

      server.clock().advance(Duration.ofSeconds(6));
      within10Seconds(() -> state(old).equals("retired"));
      assertThat(kid(operatorToken())).isEqualTo(next);
      assertThat(server.isActive(last)).isTrue();
      assertThat(verifies(published(), last)).isTrue();
      Instant retired = Instant.parse(key(old).get("retiredAt").asText());
      Instant removed = Instant.parse(key(old).get("removedAt").asText());
      assertThat(Instant.parse(key(next).get("signsFrom").asText())).isEqualTo(retired);
      assertThat(removed).isAfterOrEqualTo(retired.plus(LONGEST_TOKEN));

      server.clock().advance(LONGEST_TOKEN);
      assertThat(server.isActive(last)).isFalse();
      server.clock().advance(Duration.between(server.clock().instant(), removed).plusSeconds(1));
      assertThat(kids()).containsExactly(next);
      assertThat(state(old)).isEqualTo("retired");
    }

    @Test
    void mayHaveSeveralKeysPending() {
      String old = kid(operatorToken());
      String first = rotate();
      server.clock().advance(Duration.ofSeconds(20));
      String second = rotate();

      assertThat(kids()).containsExactlyInAnyOrder(old, first, second);
      assertThat(state(first)).isEqualTo("pending");
      assertThat(state(second)).isEqualTo("pending");
      server.clock().advance(LEAD.minusSeconds(15));
      assertThat(kid(operatorToken())).isEqualTo(first);
      server.clock().advance(Duration.ofSeconds(20));
      assertThat(kid(operatorToken())).isEqualTo(second);
      within10Seconds(() -> state(first).equals("retired"));
      within10Seconds(() -> state(old).equals("retired"));
      assertThat(key(old).get("retiredAt")).isEqualTo(key(first).get("signsFrom"));
    }

    @Test
    void happensByItselfInTime() {
      String old = kid(operatorToken());

      server.clock().advance(ROTATION.minus(LEAD).minusSeconds(60));
      assertThat(kids()).containsExactly(old);
      server.clock().advance(Duration.ofSeconds(60));
      within10Seconds(() -> kids().size() == 2);

      String next = kids().stream().filter(kid -> !kid.equals(old)).findFirst().orElseThrow();
      JsonNode key = key(next);
      assertThat(
              Duration.between(
                  Instant.parse(key.get("createdAt").asText()),
                  Instant.parse(key.get("signsFrom").asText())))
          .isGreaterThanOrEqualTo(LEAD);
      assertThat(kid(operatorToken())).isEqualTo(old);
      server.clock().advance(LEAD);
      assertThat(kid(operatorToken())).isEqualTo(next);
    }

    @Test
    void keepsTheLeadEvenWhenItIsLate() {
      String old = kid(operatorToken());

      server.clock().advance(ROTATION.multipliedBy(5));

      within10Seconds(() -> kids().size() == 2);
      assertThat(kid(operatorToken())).isEqualTo(old);
      server.clock().advance(LEAD);
      assertThat(kid(operatorToken())).isNotEqualTo(old);
    }

    @Test
    void neverSurprisesAVerifierThatKeepsTheSetForTheCacheTime() {
      JWKSet kept = published();
      Instant fetched = server.clock().instant();
      List<String> signers = new ArrayList<>();

      for (int step = 0; step < 150; step++) {
        if (step % 7 == 0) {
          rotate();
        }
        if (!server.clock().instant().isBefore(fetched.plus(CACHE))) {
          kept = published();
          fetched = server.clock().instant();
        }
        String token = operatorToken();
        assertThat(verifies(kept, token)).as("step " + step).isTrue();
        signers.add(kid(token));
        server.clock().advance(Duration.ofSeconds(7));
      }

      assertThat(signers.stream().distinct().count()).isGreaterThan(10);
    }

    @Test
    void outlivesARestartWithAKeyPending() {
      String old = kid(operatorToken());
      String next = rotate();

      server.restart();

      assertThat(kids()).containsExactlyInAnyOrder(old, next);
      assertThat(kid(operatorToken())).isEqualTo(old);
      server.clock().advance(LEAD);
      assertThat(kid(operatorToken())).isEqualTo(next);
    }
  }

  @Nested
  class RotationNow {
    private String now() {
      return http()
          .post("/oauth/keys/rotate?now=true", operatorToken(), "")
          .expect(201)
          .json("kid")
          .asText();
    }

    @Test
    void signsAtOnceAndEndsTheOldKey() {
      Customer abc = server.newCustomer("t");
      String admin = abc.adminToken();
      String operator = operatorToken();
      String old = kid(operator);

      String next = now();

      assertThat(kids()).containsExactly(next);
      assertThat(kid(operatorToken())).isEqualTo(next);
      assertThat(server.isActive(admin)).isFalse();
      assertThat(server.isActive(operator)).isFalse();
      http().get(abc.clients(), admin).expectOAuthError(401, "invalid_token");
      http().get("/oauth/keys", operator).expectOAuthError(401, "invalid_token");
      assertThat(state(old)).isEqualTo("retired");
      assertThat(state(next)).isEqualTo("signing");
      assertThat(key(old).get("removedAt").isNull()).isFalse();
      assertThat(server.isActive(abc.admin().token())).isTrue();
    }

    @Test
    void staysSoAfterARestart() {
      String dead = operatorToken();
      String next = now();

      server.restart();

      assertThat(kids()).containsExactly(next);
      assertThat(server.isActive(dead)).isFalse();
      assertThat(kid(operatorToken())).isEqualTo(next);
    }

    @Test
    void mustBeTrueOrFalse() {
      http().post("/oauth/keys/rotate?now=perhaps", operatorToken(), "").expect(400);
      assertThat(kids()).hasSize(1);
    }
  }

  @Test
  void keysAreTheOperatorsToRotate() {
    Customer abc = server.newCustomer("t");

    http().get("/oauth/keys", abc.adminToken()).expectProblem(403, "Access is denied");
    http().post("/oauth/keys/rotate", abc.adminToken(), "").expectProblem(403, "Access is denied");
    http().post("/oauth/keys/rotate?now=true", "", "").expect(401);
    assertThat(kids()).hasSize(1);
  }
}
