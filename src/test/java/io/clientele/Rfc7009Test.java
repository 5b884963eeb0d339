package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// RFC 7009: a client revokes a token of its own.
@WithServer
class Rfc7009Test {
  private static final int MOST_LIVING = 10_000;

  private static Answer revoke(Client client, String token) {
    return client.server().http().form("/oauth/revoke", client.basic(), "token", token);
  }

  private static void saysDone(Answer answer) {
    assertThat(answer.expect(200).text()).isEqualTo("{\"status\":\"success\"}");
  }

  @Nested
  class Section2_1 {
    @Test
    void aClientsOwnTokenIsDeadWhenTheAnswerIsThere(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String token = client.token();
      String other = client.token();

      saysDone(revoke(client, token));

      assertThat(server.isActive(token)).isFalse();
      assertThat(server.isActive(other)).isTrue();
    }

    @Test
    void aRevokedTokenAdministratesNothing(TestServer server, Customer abc) {
      Client admin = abc.newClient(Map.of("ROLE_ADMIN_CUSTOMER", List.of()));
      String token = admin.token();
      server.http().get(abc.clients(), token).expect(200);

      saysDone(revoke(admin, token));

      server.http().get(abc.clients(), token).expectOAuthError(401, "invalid_token");
    }

    @Test
    void theTokenMayStandInTheQuery(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String token = client.token();

      saysDone(
          server
              .http()
              .send(
                  "POST",
                  "/oauth/revoke?token=" + token,
                  Map.of("Authorization", client.basic()),
                  ""));

      assertThat(server.isActive(token)).isFalse();
    }

    @Test
    void theTokenInFormAndQueryIsRepeated(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String token = client.token();

      server
          .http()
          .form("/oauth/revoke?token=" + token, client.basic(), "token", token)
          .expectOAuthError(400, "invalid_request");
      assertThat(server.isActive(token)).isTrue();
    }

    @Test
    void credentialsMayStandInTheForm(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String token = client.token();

      saysDone(
          server
              .http()
              .form(
                  "/oauth/revoke",
                  "",
                  "client_id",
                  client.id(),
                  "client_secret",
                  client.secret(),
                  "token",
                  token));

      assertThat(server.isActive(token)).isFalse();
    }

    @Test
    void theHintIsOfNoEffect(TestServer server, Customer abc) {
      Client client = abc.newClient();

      for (String hint : List.of("access_token", "refresh_token", "nonsense")) {
        String token = client.token();
        saysDone(
            server
                .http()
                .form("/oauth/revoke", client.basic(), "token", token, "token_type_hint", hint));
        assertThat(server.isActive(token)).isFalse();
      }
    }

    @Test
    void whoeverRevokesAuthenticatesFirst(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String token = client.token();

      server
          .http()
          .form("/oauth/revoke", "", "token", token)
          .expectOAuthError(401, "invalid_client");
      server
          .http()
          .form("/oauth/revoke", Http.basic(client.id(), "wrong wrong wrong"), "token", token)
          .expectOAuthError(401, "invalid_client");
      assertThat(server.isActive(token)).isTrue();
    }

    @Test
    void theTokenMustBeThere(TestServer server, Customer abc) {
      server
          .http()
          .form("/oauth/revoke", abc.newClient().basic(), "token_type_hint", "access_token")
          .expectOAuthError(400, "invalid_request");
    }
  }

  @Nested
  class Section2_2 {
    @Test
    void anotherClientsTokenIsAnsweredAsSuccessAndLives(
        TestServer server, Customer abc, Customer xyz) {
      Client client = abc.newClient();
      String ofTheAdmin = abc.admin().token();
      String ofAnotherCustomer = xyz.newClient().token();

      saysDone(revoke(client, ofTheAdmin));
      saysDone(revoke(client, ofAnotherCustomer));
      saysDone(revoke(abc.admin(), client.token()));

      assertThat(server.isActive(ofTheAdmin)).isTrue();
      assertThat(server.isActive(ofAnotherCustomer)).isTrue();
    }

    @Test
    void anUnknownTokenIsAnsweredAsSuccess(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String token = client.token();

      for (String unknown :
          List.of(
              "x", "a.b.c", token + "x", token.substring(1), client.secret(), "x".repeat(9_000))) {
        saysDone(revoke(client, unknown));
      }
      assertThat(server.isActive(token)).isTrue();
    }

    @Test
    void aSecondTimeIsAnsweredAsSuccess(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String token = client.token();

      saysDone(revoke(client, token));
      saysDone(revoke(client, token));

      assertThat(server.isActive(token)).isFalse();
      long deeds =
          server.http().all(abc.path() + "/audit?action=token.revoke", abc.adminToken()).stream()
              .filter(event -> event.toString().contains(Jwt.claims(token).get("jti").asText()))
              .count();
      assertThat(deeds).isEqualTo(1);
    }

    @Test
    void aRevocationOutlivesARestart() {
      try (TestServer server = TestServer.start()) {
        Client client = server.newCustomer("t").newClient();
        String token = client.token();
        String other = client.token();
        saysDone(revoke(client, token));

        server.restart();

        assertThat(server.isActive(token)).isFalse();
        assertThat(server.isActive(other)).isTrue();
      }
    }
  }

  @Nested
  class OurLimit {
    /// 10,000 requests take too long here; all but one are rows that are put in while the server is
    /// stopped.
    @Test
    void oneMoreLivingRevocationThanTenThousandIsRefused(@TempDir Path data) throws SQLException {
      String id;
      String secret;
      String path;
      String customer;
      long expiry;
      try (TestServer server = TestServer.startOn(data, "--issuer", "http://127.0.0.1:9")) {
        Client client = server.newCustomer("t").newClient();
        id = client.id();
        secret = client.secret();
        path = client.path();
        expiry = Jwt.claims(client.token()).get("exp").asLong();
        customer = client.customer().id();
      }
      insertRevocations(data, id, customer, expiry, MOST_LIVING - 1);
      try (TestServer server = TestServer.startOn(data, "--issuer", "http://127.0.0.1:9")) {
        String last = server.token(id, secret);
        String oneMore = server.token(id, secret);
        String basic = Http.basic(id, secret);
        saysDone(server.http().form("/oauth/revoke", basic, "token", last));

        Answer refused = server.http().form("/oauth/revoke", basic, "token", oneMore);

        refused.expectOAuthError(429, "too_many_requests");
        assertThat(Integer.parseInt(refused.header("Retry-After").orElse(""))).isPositive();
        assertThat(server.isActive(oneMore)).isTrue();
        assertThat(server.isActive(last)).isFalse();
        saysDone(server.http().form("/oauth/revoke", basic, "token", last));
        server.http().put(path + "/revoketokens", server.operatorToken()).expect(200);
        assertThat(server.isActive(oneMore)).isFalse();

        server.clock().advance(Duration.ofMinutes(61));
        String later = server.token(id, secret);
        saysDone(server.http().form("/oauth/revoke", basic, "token", later));
        assertThat(server.isActive(later)).isFalse();
      }
    }

    private static void insertRevocations(
        Path data, String client, String customer, long expiry, int count) throws SQLException {
      try (Connection connection =
              DriverManager.getConnection("jdbc:sqlite:" + data.resolve("clientele.db"));
          PreparedStatement insert =
              connection.prepareStatement(
                  """
                  INSERT INTO revoked_token (jti, client_id, customer_id, expires_at, revoked_at)
                  VALUES (?, ?, ?, ?, ?)
                  """)) {
        connection.setAutoCommit(false);
        for (int i = 0; i < count; i++) {
          insert.setString(1, "made-by-the-test-" + i);
          insert.setString(2, client);
          insert.setString(3, customer);
          insert.setLong(4, expiry);
          insert.setLong(5, (expiry - 3600) * 1000);
          insert.addBatch();
        }
        insert.executeBatch();
        connection.commit();
      }
    }
  }
}
