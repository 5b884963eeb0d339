package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Contract 2.6: two secrets at once, so that one can be changed without an outage.
@WithServer
class ClientSecretsTest {
  private static final String CHOSEN = "A chosen secret, 1st";
  private static final String OTHER_CHOSEN = "A chosen secret, 2nd";

  @Nested
  class S2_6_Secrets {
    private String path(Client client) {
      return client.path() + "/secrets";
    }

    private JsonNode list(Client client) {
      Customer customer = client.customer();
      return customer.server().http().get(path(client), customer.adminToken()).expect(200).json();
    }

    private Answer add(Client client, Object body) {
      Customer customer = client.customer();
      return customer.server().http().post(path(client), customer.adminToken(), body);
    }

    private Answer end(Client client, String secretId) {
      Customer customer = client.customer();
      return customer.server().http().delete(path(client) + "/" + secretId, customer.adminToken());
    }

    @Test
    void aNewClientHasOneOfWhichTheLastFourCharactersAreShown(Customer abc) {
      Client client = abc.newClient();

      JsonNode secrets = list(client);

      assertThat(secrets).hasSize(1);
      JsonNode only = secrets.get(0);
      assertThat(only.fieldNames())
          .toIterable()
          .containsExactly(
              "id", "hint", "createdAt", "createdBy", "expiresAt", "lastUsedAt", "status");
      assertThat(client.secret()).endsWith(only.get("hint").asText());
      assertThat(only.get("hint").asText()).hasSize(4);
      assertThat(only.get("createdBy").asText()).contains(abc.adminId());
      assertThat(only.get("status").asText()).isEqualTo("active");
      assertThat(only.get("expiresAt").isNull()).isTrue();
      assertThat(Instant.parse(only.get("createdAt").asText())).isNotNull();
    }

    @Test
    void aSecondOneIsShownOnceAndBothWorkAndNoTokenDies(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.newClient();
      String token = client.token();

      Answer added = add(client, "").expect(201);

      String second = added.json("clientSecret").asText();
      assertThat(second).matches("clt_[A-Za-z0-9]{49}").isNotEqualTo(client.secret());
      assertThat(added.header("Cache-Control").orElse("")).contains("no-store");
      assertThat(list(client)).hasSize(2);
      assertThat(list(client).toString()).doesNotContain(second).doesNotContain("clientSecret");
      server.askToken(client.id(), second).expect(200);
      server.askToken(client.id(), client.secret()).expect(200);
      assertThat(server.isActive(token)).isTrue();
    }

    @Test
    void aThirdOneIsRefused(Customer abc) {
      Client client = abc.newClient();
      add(client, "{}").expect(201);

      add(client, "").expect(409);
      assertThat(list(client)).hasSize(2);
    }

    @Test
    void anEndedOneStopsAtOnceAndTokensLive(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.newClient();
      String token = client.token();
      String first = list(client).get(0).get("id").asText();
      String second = add(client, "").expect(201).json("clientSecret").asText();

      assertThat(end(client, first).expect(200).text()).isEqualTo("{\"status\":\"success\"}");

      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
      server.askToken(client.id(), second).expect(200);
      assertThat(server.isActive(token)).isTrue();
      assertThat(list(client)).hasSize(1);
      end(client, first).expect(404);
    }

    @Test
    void theLastUsableOneIsNotEnded(Customer abc) {
      Client client = abc.newClient();
      String only = list(client).get(0).get("id").asText();

      end(client, only).expect(409);
      client.token();
    }

    @Test
    void anUnknownOneAndAnotherClientsAre404(Customer abc) {
      Client client = abc.newClient();
      Client other = abc.newClient();
      add(other, "").expect(201);

      end(client, "unknown").expect(404);
      end(client, list(other).get(0).get("id").asText()).expect(404);
      assertThat(list(other)).hasSize(2);
    }

    @Test
    void aChosenOneMayBeAddedByTheRulesForChosenSecrets(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.newClient();

      add(client, Map.of("clientSecret", "short")).expectFaults("/clientSecret");
      add(client, Map.of("clientSecret", OTHER_CHOSEN)).expect(201);

      server.askToken(client.id(), OTHER_CHOSEN).expect(200);
      server.askToken(client.id(), client.secret()).expect(200);
    }

    /// A wrong guess at a client with two must not take longer than at one with one, or at nobody
    /// (T5): one hash, which two digests with the same salt share.
    @Test
    void twoChosenOnesHaveTheSameSalt(Customer abc) throws Exception {
      TestServer server = abc.server();
      Client client =
          abc.create(Customer.client(Names.unique("two"), Map.of()).put("clientSecret", CHOSEN));
      add(client, Map.of("clientSecret", OTHER_CHOSEN)).expect(201);

      List<String[]> digests = new ArrayList<>();
      try (Connection connection = DriverManager.getConnection(server.databaseAddress());
          PreparedStatement statement =
              connection.prepareStatement("SELECT digest FROM client_secret WHERE client_id = ?")) {
        statement.setString(1, client.id());
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            digests.add(rows.getString(1).split("\\$", -1));
          }
        }
      }

      assertThat(digests).hasSize(2);
      assertThat(digests.getFirst()[1]).isEqualTo(digests.getLast()[1]);
      assertThat(digests.getFirst()[2]).isNotEqualTo(digests.getLast()[2]);
      server.token(client.id(), CHOSEN);
      server.token(client.id(), OTHER_CHOSEN);
      server.askToken(client.id(), CHOSEN + "x").expectOAuthError(401, "invalid_client");
    }

    @Test
    void faultsAreAllNamed(Customer abc) {
      Client client = abc.newClient();

      add(client, "{\"clientSecret\":1,\"expiresAt\":\"tomorrow\",\"x\":1}")
          .expectFaults("/clientSecret", "/expiresAt", "/x");
      add(client, "{\"expiresAt\":\"2001-01-01T00:00:00Z\"}").expectFaults("/expiresAt");
      add(client, "[]").expect(400);
      assertThat(list(client)).hasSize(1);
    }

    @Test
    void anExpiredOneIsNoLongerUsable() {
      try (TestServer server = TestServer.start()) {
        Customer abc = server.newCustomer("tenant1");
        Client client = abc.newClient();
        String expiry = server.clock().instant().plus(Duration.ofMinutes(10)).toString();
        Answer added = add(client, Map.of("expiresAt", expiry)).expect(201);
        String second = added.json("clientSecret").asText();
        assertThat(
                Duration.between(
                        Instant.parse(added.json("expiresAt").asText()), Instant.parse(expiry))
                    .abs())
            .isLessThan(Duration.ofMillis(2));
        server.askToken(client.id(), second).expect(200);

        server.clock().advance(Duration.ofMinutes(11));

        server.askToken(client.id(), second).expectOAuthError(401, "invalid_client");
        server.askToken(client.id(), client.secret()).expect(200);
        List<JsonNode> all = new ArrayList<>();
        list(client).forEach(all::add);
        all.sort(Comparator.comparing(secret -> secret.get("status").asText()));
        assertThat(all)
            .extracting(secret -> secret.get("status").asText())
            .containsExactly("active", "expired");
        end(client, all.getFirst().get("id").asText()).expect(409);
        add(client, "").expect(201);
      }
    }

    @Test
    void aPutWithASecretReplacesThemAll(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.newClient();
      String second = add(client, "").expect(201).json("clientSecret").asText();

      server
          .http()
          .put(
              client.path(),
              abc.adminToken(),
              Customer.client(client.id(), Map.of()).put("clientSecret", CHOSEN))
          .expect(200);

      assertThat(list(client)).hasSize(1);
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
      server.askToken(client.id(), second).expectOAuthError(401, "invalid_client");
      server.askToken(client.id(), CHOSEN).expect(200);
    }
  }
}
