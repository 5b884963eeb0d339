package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Jwt;
import io.clientele.harness.TestServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Contract 3 and 4: the signing keys, through time.
class KeysTest {
  private static final Duration LEAD = Duration.ofSeconds(60);
  private static final Duration ROTATION = Duration.ofHours(2);
  private static final Duration LONGEST = Duration.ofHours(1);

  private TestServer server = TestServer.start(ARGUMENTS);

  private static final String[] ARGUMENTS = {
    "--key-publish-lead", "60",
    "--jwks-cache", "45",
    "--key-rotation", "7200",
    "--max-token-validity", "3600"
  };

  @AfterEach
  void stop() {
    server.close();
  }

  private List<JsonNode> keys() {
    List<JsonNode> keys = new ArrayList<>();
    server.http().get("/oauth/keys", freshOperatorToken()).expect(200).json().forEach(keys::add);
    return keys;
  }

  private String state(String kid) {
    return key(kid).get("state").asText();
  }

  private JsonNode key(String kid) {
    return keys().stream()
        .filter(key -> key.get("kid").asText().equals(kid))
        .findFirst()
        .orElseThrow();
  }

  private List<String> published() {
    return server.http().get("/oauth/jwks", "").expect(200).json("keys").findValuesAsText("kid");
  }

  private JsonNode rotate(String query) {
    return server
        .http()
        .post("/oauth/keys/rotate" + query, server.operatorToken(), "")
        .expect(201)
        .json();
  }

  private static Instant time(JsonNode key, String member) {
    return Instant.parse(key.get(member).asText());
  }

  private static String signerOf(String token) {
    return Jwt.header(token).get("kid").asText();
  }

  private String freshOperatorToken() {
    JsonNode operator = server.operator();
    return server.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  private String sealedPrivate(String kid) {
    try (Connection connection = DriverManager.getConnection(server.databaseAddress());
        var select =
            connection.prepareStatement("SELECT sealed_private FROM signing_key WHERE kid = ?")) {
      select.setString(1, kid);
      try (ResultSet row = select.executeQuery()) {
        assertThat(row.next()).isTrue();
        return row.getString(1);
      }
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Nested
  class Asked {
    @Test
    void theFirstKeySignsFromTheStart() {
      JsonNode only = keys().getFirst();

      assertThat(keys()).hasSize(1);
      assertThat(only.get("state").asText()).isEqualTo("signing");
      assertThat(only.get("algorithm").asText()).isEqualTo("ES256");
      assertThat(only.get("retiredAt").isNull()).isTrue();
      assertThat(only.get("removedAt").isNull()).isTrue();
      assertThat(published()).containsExactly(only.get("kid").asText());
      assertThat(signerOf(freshOperatorToken())).isEqualTo(only.get("kid").asText());
      assertThat(server.http().get("/oauth/jwks", "").header("Cache-Control").orElse(""))
          .contains("max-age=45");
    }

    @Test
    void aNewKeyIsPublishedNowAndSignsAfterTheLead() {
      String first = keys().getFirst().get("kid").asText();
      JsonNode made = rotate("");
      String second = made.get("kid").asText();

      assertThat(made.get("state").asText()).isEqualTo("pending");
      assertThat(Duration.between(time(made, "createdAt"), time(made, "signsFrom")))
          .isEqualTo(LEAD);
      assertThat(key(second)).isEqualTo(made);
      assertThat(published()).containsExactly(first, second);
      assertThat(signerOf(freshOperatorToken())).isEqualTo(first);

      server.clock().advance(LEAD.minusSeconds(20));
      assertThat(state(second)).isEqualTo("pending");
      assertThat(signerOf(freshOperatorToken())).isEqualTo(first);

      String last = freshOperatorToken();
      server.clock().advance(Duration.ofSeconds(20));
      assertThat(signerOf(freshOperatorToken())).isEqualTo(second);
      assertThat(state(second)).isEqualTo("signing");
      Eventually.is("the first is retired", () -> state(first).equals("retired"));
      assertThat(time(key(first), "retiredAt")).isEqualTo(time(made, "signsFrom"));
      assertThat(server.isActive(last)).isTrue();
      assertThat(published()).containsExactly(first, second);
    }

    @Test
    void aRetiredKeyStaysUntilTheLastTokenItSignedIsDead() {
      Customer abc = server.newCustomer();
      Client client =
          abc.create(
              Customer.client("long-lived", Map.of())
                  .put("accessTokenValidity", LONGEST.toSeconds()));
      String first = keys().getFirst().get("kid").asText();
      JsonNode made = rotate("");
      server.clock().advance(LEAD.minusSeconds(10));
      String last = client.token();
      assertThat(signerOf(last)).isEqualTo(first);
      server.clock().advance(Duration.ofSeconds(10));
      Eventually.is("the first is retired", () -> state(first).equals("retired"));

      server.clock().advance(LONGEST.minusSeconds(20));
      assertThat(published()).contains(first);
      assertThat(server.isActive(last)).isTrue();

      server.clock().advance(Duration.ofDays(1));
      assertThat(published()).doesNotContain(first);
      assertThat(server.isActive(last)).isFalse();
      assertThat(time(key(first), "removedAt"))
          .isAfterOrEqualTo(time(made, "signsFrom").plus(LONGEST));
      Eventually.is("its private half is forgotten", () -> sealedPrivate(first).isEmpty());
    }

    @Test
    void severalMayBePendingAndEachTakesOverInItsTime() {
      String first = keys().getFirst().get("kid").asText();
      String second = rotate("").get("kid").asText();
      server.clock().advance(Duration.ofSeconds(30));
      String third = rotate("").get("kid").asText();

      assertThat(published()).containsExactly(first, second, third);
      assertThat(state(second)).isEqualTo("pending");
      assertThat(state(third)).isEqualTo("pending");
      server.clock().advance(Duration.ofSeconds(31));
      assertThat(signerOf(freshOperatorToken())).isEqualTo(second);
      assertThat(state(third)).isEqualTo("pending");
      server.clock().advance(Duration.ofSeconds(30));
      assertThat(signerOf(freshOperatorToken())).isEqualTo(third);
    }

    @Test
    void onlyTheOperatorMay() {
      Customer abc = server.newCustomer();
      server.http().get("/oauth/keys", abc.adminToken()).expectProblem(403, "Access is denied");
      server
          .http()
          .post("/oauth/keys/rotate?now=true", abc.adminToken(), "")
          .expectProblem(403, "Access is denied");
      assertThat(keys()).hasSize(1);
    }
  }

  @Nested
  class AfterACompromise {
    @Test
    void theNewKeySignsAtOnceAndNothingTheOldOneSignedLives() {
      String first = keys().getFirst().get("kid").asText();
      String old = freshOperatorToken();

      JsonNode made = server.http().post("/oauth/keys/rotate?now=true", old, "").expect(201).json();

      String second = made.get("kid").asText();
      assertThat(made.get("state").asText()).isEqualTo("signing");
      assertThat(published()).containsExactly(second);
      assertThat(server.isActive(old)).isFalse();
      server.http().get("/oauth/keys", old).expect(401);
      String fresh = freshOperatorToken();
      assertThat(signerOf(fresh)).isEqualTo(second);
      JsonNode all = server.http().get("/oauth/keys", fresh).expect(200).json();
      assertThat(all.findValuesAsText("kid")).containsExactlyInAnyOrder(first, second);
      for (JsonNode key : all) {
        assertThat(key.get("state").asText())
            .isEqualTo(key.get("kid").asText().equals(first) ? "retired" : "signing");
      }
    }

    @Test
    void aKeyThatWaitsForItsTimeIsEndedToo() {
      String first = keys().getFirst().get("kid").asText();
      String pending = rotate("").get("kid").asText();
      String later = rotate("").get("kid").asText();

      String now = rotate("?now=true").get("kid").asText();

      assertThat(published()).containsExactly(now);
      for (String ended : List.of(first, pending, later)) {
        assertThat(state(ended)).isEqualTo("retired");
        assertThat(sealedPrivate(ended)).isEmpty();
      }
      server.clock().advance(LEAD.plusSeconds(1));
      assertThat(signerOf(freshOperatorToken())).isEqualTo(now);
      assertThat(published()).containsExactly(now);
    }

    @Test
    void aKeyThatSignsNoMoreButIsStillBelievedIsEndedToo() {
      String first = keys().getFirst().get("kid").asText();
      String old = freshOperatorToken();
      JsonNode second = rotate("");
      server.clock().advance(LEAD);
      Eventually.is("the first is retired", () -> state(first).equals("retired"));
      assertThat(server.isActive(old)).isTrue();

      String now = rotate("?now=true").get("kid").asText();

      assertThat(published()).containsExactly(now);
      assertThat(server.isActive(old)).isFalse();
      assertThat(time(key(first), "retiredAt")).isEqualTo(time(second, "signsFrom"));
      assertThat(sealedPrivate(first)).isEmpty();
      assertThat(signerOf(freshOperatorToken())).isEqualTo(now);
    }

    @Test
    void theNextKeyIsPublishedInItsTimeAndSignsAfterTheLead() {
      rotate("");
      String now = rotate("?now=true").get("kid").asText();

      server.clock().advance(ROTATION.minus(LEAD).plusSeconds(1));
      Eventually.is("the next is published", () -> published().size() == 2);
      assertThat(signerOf(freshOperatorToken())).isEqualTo(now);
      server.clock().advance(LEAD.plusSeconds(1));
      assertThat(signerOf(freshOperatorToken())).isNotEqualTo(now);
    }

    @Test
    void sayingAnythingElseThanTrueOrFalseIsAFault() {
      server
          .http()
          .unchecked()
          .post("/oauth/keys/rotate?now=yes", server.operatorToken(), "")
          .expectFaults("?now");
      assertThat(keys()).hasSize(1);
      rotate("?now=false");
      assertThat(keys()).hasSize(2);
    }
  }

  @Nested
  class ByTime {
    private String first = "";

    @BeforeEach
    void note() {
      first = keys().getFirst().get("kid").asText();
    }

    @Test
    void theNextKeyIsPublishedBeforeTheTimeOfTheFirstIsOver() {
      server.clock().advance(ROTATION.minus(LEAD).minusSeconds(20));
      assertThat(published()).containsExactly(first);

      server.clock().advance(Duration.ofSeconds(25));
      Eventually.is("the next is published", () -> published().size() == 2);
      assertThat(signerOf(freshOperatorToken())).isEqualTo(first);
      server.clock().advance(LEAD);
      assertThat(signerOf(freshOperatorToken())).isNotEqualTo(first);
    }

    @Test
    void afterALongPauseTheOldKeySignsUntilTheNextWasPublishedLongEnough() {
      server.clock().advance(ROTATION.multipliedBy(5));
      Eventually.is("the next is published", () -> published().size() == 2);

      assertThat(signerOf(freshOperatorToken())).isEqualTo(first);
      server.clock().advance(LEAD.plusSeconds(1));
      assertThat(signerOf(freshOperatorToken())).isNotEqualTo(first);
    }

    @Test
    void whoCachesTheKeysAsLongAsAllowedKnowsTheKeyOfEveryToken() {
      server.close();
      server =
          TestServer.start(
              "--key-rotation", "30", "--key-publish-lead", "61", "--jwks-cache", "60");
      record Seen(Instant at, List<String> kids) {}
      List<Seen> seen = new ArrayList<>();
      Set<String> signers = new TreeSet<>();
      for (int i = 0; i < 24; i++) {
        Instant now = server.clock().instant();
        Eventually.is("the next key is published", () -> lastToSign().isAfter(now.plusSeconds(30)));
        seen.add(new Seen(now, published()));
        String signer = signerOf(freshOperatorToken());
        signers.add(signer);
        assertThat(seen)
            .filteredOn(each -> each.at().isAfter(now.minusSeconds(60)))
            .allMatch(each -> each.kids().contains(signer));
        server.clock().advance(Duration.ofSeconds(10));
      }
      assertThat(signers).hasSizeGreaterThan(4);
    }

    private Instant lastToSign() {
      return keys().stream()
          .map(key -> time(key, "signsFrom"))
          .max(Instant::compareTo)
          .orElseThrow();
    }

    @Test
    void aRotationByTimeIsInTheAuditAsTheSystems() {
      server.clock().advance(ROTATION);
      Eventually.is("the next is published", () -> published().size() == 2);

      JsonNode event =
          server
              .http()
              .get(
                  "/oauth/customers/operator/audit?action=key.rotate&limit=1", freshOperatorToken())
              .expect(200)
              .json()
              .get(0);
      assertThat(event.get("actor").asText()).isEqualTo("system");
      assertThat(event.get("detail").get("reason").asText()).isEqualTo("scheduled");
      assertThat(published()).contains(event.get("object").asText());
    }

    @Test
    void aRestartKeepsKeysAndTheirTimes() {
      rotate("");
      List<JsonNode> before = keys();
      String token = freshOperatorToken();

      server = server.restart();

      assertThat(server.isActive(token)).isTrue();
      assertThat(keys()).isEqualTo(before);
    }
  }
}
