package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.Nodes;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/// The whole server on PostgreSQL; one node, and two on the same database.
class PostgresTest {
  /// How long after a deed is answered here another node may still not know of it (contract 3).
  private static final Duration BOUND = Duration.ofSeconds(1);

  @Nested
  class OneNode {
    private final TestServer server = TestServer.start("--database", PostgresServer.newDatabase());

    @AfterEach
    void stop() {
      server.close();
    }

    @Test
    void aCustomersClientsLiveTheirWholeLives() {
      Http http = server.http();
      Customer abc = server.newCustomer("tenant1", "tenant2");
      Customer xyz = server.newCustomer("tenant3");
      String admin = abc.adminToken();

      // Roles and what they carry.
      http.post(abc.path() + "/roles", admin, List.of("ROLE_READER")).expect(201);
      http.put(
              abc.path() + "/roles/permissions/ROLE_READER",
              admin,
              "{\"servicePermissions\":[{\"id\":\"Auth\",\"resourcePermissions\":[{\"id\":"
                  + "\"Customer.Clients\",\"allowedPrivileges\":[\"READ\"]}]}]}")
          .expect(200);
      Client reader = abc.newClient(Map.of("ROLE_READER", List.of(abc.tenant(0))));
      http.get(abc.clients(), reader.token()).expect(200);

      // Byte order, pages, filters; umlauts and wildcards are only letters.
      String stem = Names.unique("c");
      List<String> ids = List.of(stem + "B", stem + "_", stem + "a", stem + "b", stem + "~");
      List<Object> batch = new ArrayList<>();
      for (String id : ids.reversed()) {
        batch.add(Customer.client(id, Map.of("ROLE_API", List.of(abc.tenant(1)))));
      }
      abc.post(batch).expect(201);
      List<String> listed = new ArrayList<>();
      for (JsonNode one : http.all(abc.clients() + "?limit=2&q=" + stem, admin)) {
        listed.add(one.get("clientId").asText());
      }
      assertThat(listed).isEqualTo(ids);
      assertThat(http.all(abc.clients() + "?q=" + stem + "_", admin)).hasSize(1);
      assertThat(http.all(abc.clients() + "?tenant=" + abc.tenant(1) + "&role=ROLE_API", admin))
          .hasSize(5);
      abc.post(List.of(Customer.client(Names.unique("d")), Customer.client(ids.getFirst())))
          .expectProblem(409, "Client '" + ids.getFirst() + "' already exists");
      assertThat(http.all(abc.clients(), admin)).hasSize(7);

      // Tokens.
      Client client = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
      String token = client.token();
      assertThat(server.introspect(token).json("client_id").asText()).isEqualTo(client.id());
      http.form("/oauth/revoke", client.basic(), "token", token).expect(200);
      assertThat(server.isActive(token)).isFalse();
      String second = client.token();
      String etag = http.get(client.path(), admin).header("ETag").orElseThrow();
      http.put(
              client.path(),
              admin,
              Customer.client(client.id(), Map.of("ROLE_API", List.of(abc.tenant(0))))
                  .put("enabled", false))
          .expect(200);
      assertThat(server.isActive(second)).isFalse();
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
      assertThat(http.get(client.path(), admin).header("ETag")).isNotEqualTo(etag);
      http.delete(client.path(), admin).expect(200);
      xyz.post(Customer.client(client.id()))
          .expectProblem(409, "Client '" + client.id() + "' already exists");
      abc.post(Customer.client(client.id())).expect(201);

      // Audit.
      List<JsonNode> events = http.all(abc.path() + "/audit?limit=3", admin);
      for (int i = 0; i < events.size(); i++) {
        assertThat(events.get(i).get("seq").asLong()).isEqualTo(events.size() - i);
      }
      assertThat(http.all(abc.path() + "/audit?object=" + client.id(), admin)).hasSize(5);

      // Keys, customers.
      String kid =
          http.post("/oauth/keys/rotate", server.operatorToken(), "")
              .expect(201)
              .json("kid")
              .asText();
      server.clock().advance(Duration.ofSeconds(301));
      assertThat(Jwt.header(xyz.admin().token()).get("kid").asText()).isEqualTo(kid);
      String foreign = xyz.adminToken();
      String own = reader.token();
      http.delete(abc.path(), server.operatorToken()).expect(200);
      assertThat(server.isActive(own)).isFalse();
      assertThat(server.isActive(foreign)).isTrue();
      http.post("/oauth/customers", server.operatorToken(), Map.of("id", abc.id())).expect(409);
    }

    @Test
    void whatWasAcknowledgedIsThereAfterARestart() {
      Customer abc = server.newCustomer("tenant1");
      Client client = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
      String token = client.token();

      server.restart();

      assertThat(server.isActive(token)).isTrue();
      assertThat(server.isActive(client.token())).isTrue();
    }
  }

  @Nested
  class TwoNodes {
    @TempDir Path directory;

    @Test
    void oneOfTheTwoMakesTheOperatorAndBothKnowIt() throws Exception {
      try (Nodes nodes = Nodes.start(directory)) {
        assertThat(Nodes.madeTheOperator(nodes.first())).isTrue();
        assertThat(Nodes.madeTheOperator(nodes.second())).isFalse();
        String token = nodes.first().operatorToken();
        assertThat(nodes.livesOnTheSecond(token)).isTrue();
        nodes.second().http().get("/oauth/customers", token).expect(200);
        assertThat(nodes.second().http().get("/oauth/jwks", "").json())
            .isEqualTo(nodes.first().http().get("/oauth/jwks", "").json());
        List<String> actions =
            nodes
                .second()
                .http()
                .get("/oauth/customers/operator/audit?action=operator.create", token)
                .json()
                .findValuesAsText("action");
        assertThat(actions).hasSize(1);
      }
    }

    @Test
    void anotherMasterKeyIsRefusedByTheSecondNode() throws Exception {
      try (Nodes nodes = Nodes.start(directory)) {
        assertThatThrownBy(
                () ->
                    TestServer.startOn(directory.resolve("three"), "--database", nodes.url())
                        .close())
            .hasMessageContaining("master key");
      }
    }

    @Test
    void whatIsDoneOnOneIsTrueOnTheOtherWithinASecond(TestReporter reporter) throws Exception {
      try (Nodes nodes = Nodes.start(directory)) {
        Customer abc = nodes.first().newCustomer("tenant1", "tenant2");
        Http http = nodes.first().http();
        String admin = abc.adminToken();
        String operator = nodes.first().operatorToken();
        Map<String, Consumer<Client>> deeds = new LinkedHashMap<>();
        deeds.put(
            "disabled",
            client ->
                http.put(
                        client.path(),
                        admin,
                        Customer.client(client.id(), Map.of()).put("enabled", false))
                    .expect(200));
        deeds.put(
            "its tokens revoked",
            client -> http.put(client.path() + "/revoketokens", admin).expect(200));
        deeds.put("deleted", client -> http.delete(client.path(), admin).expect(200));
        deeds.put(
            "its roles changed",
            client ->
                http.put(
                        client.path(),
                        admin,
                        Customer.client(client.id(), Map.of("ROLE_USER", List.of(abc.tenant(0)))))
                    .expect(200));
        deeds.put(
            "its customer suspended",
            client ->
                http.put(
                        abc.path(),
                        operator,
                        Map.of("status", "suspended", "tenants", abc.tenants()))
                    .expect(200));
        for (Map.Entry<String, Consumer<Client>> deed : deeds.entrySet()) {
          Client client = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
          String token = client.token();
          assertThat(nodes.livesOnTheSecond(token)).isTrue();

          deed.getValue().accept(client);

          long acknowledged = System.nanoTime();
          assertThat(nodes.first().isActive(token)).isFalse();
          Eventually.within(BOUND, deed.getKey(), () -> !nodes.livesOnTheSecond(token));
          reporter.publishEntry(
              deed.getKey(), (System.nanoTime() - acknowledged) / 1_000_000 + " ms");
        }
      }
    }

    @Test
    void aSingleRevocationAndANewKeyReachTheOther() throws Exception {
      try (Nodes nodes = Nodes.start(directory)) {
        Customer abc = nodes.first().newCustomer("tenant1");
        Client client = abc.newClient();
        String token = client.token();
        String kept = client.token();
        assertThat(nodes.livesOnTheSecond(token)).isTrue();
        nodes.first().http().form("/oauth/revoke", client.basic(), "token", token).expect(200);
        Eventually.within(BOUND, "revoked", () -> !nodes.livesOnTheSecond(token));
        assertThat(nodes.livesOnTheSecond(kept)).isTrue();

        String kid =
            nodes
                .first()
                .http()
                .post("/oauth/keys/rotate", nodes.first().operatorToken(), "")
                .expect(201)
                .json("kid")
                .asText();
        Eventually.within(
            BOUND,
            "the new key is published",
            () -> nodes.second().http().get("/oauth/jwks", "").text().contains(kid));
      }
    }

    /// The other node may think it dead, as of a generation that it does not know yet.
    @Test
    void aTokenThatIsTooYoungForTheOtherIsRevokedThereAllTheSame() throws Exception {
      try (Nodes nodes = Nodes.start(directory)) {
        Customer abc = nodes.first().newCustomer("tenant1");
        Client client = abc.newClient();
        for (int i = 0; i < 20; i++) {
          // The second node remembers the client.
          nodes
              .second()
              .http()
              .form("/oauth/token", client.basic(), "grant_type", "client_credentials")
              .expect(200);
          nodes.first().http().put(client.path() + "/revoketokens", abc.adminToken()).expect(200);
          String token = client.token();

          nodes.second().http().form("/oauth/revoke", client.basic(), "token", token).expect(200);

          Eventually.is("revoked", () -> !nodes.first().isActive(token));
        }
      }
    }

    @Test
    void aClientMadeOnOneGetsATokenOnTheOther() throws Exception {
      try (Nodes nodes = Nodes.start(directory)) {
        Customer abc = nodes.first().newCustomer("tenant1");
        String id = Names.unique("client");
        // The second node remembers for a while that there is no such client.
        nodes
            .second()
            .http()
            .form("/oauth/token", Http.basic(id, "wrong"), "grant_type", "client_credentials")
            .expect(401);
        Client client = abc.create(Customer.client(id));

        Eventually.within(
            BOUND,
            "the client gets a token",
            () ->
                nodes
                        .second()
                        .http()
                        .form("/oauth/token", client.basic(), "grant_type", "client_credentials")
                        .status()
                    == 200);
      }
    }

    @Test
    void ofThoseWhoWantOneIdOnBothExactlyOneGetsIt() throws Exception {
      try (Nodes nodes = Nodes.start(directory);
          ExecutorService threads = Executors.newFixedThreadPool(8)) {
        Customer abc = nodes.first().newCustomer("tenant1");
        Customer xyz = nodes.first().newCustomer("tenant2");
        String[] tokens = {abc.adminToken(), xyz.adminToken()};
        String[] paths = {abc.clients(), xyz.clients()};
        for (int round = 0; round < 30; round++) {
          String id = Names.unique("race");
          CyclicBarrier together = new CyclicBarrier(8);
          List<Future<Answer>> answers = new ArrayList<>();
          for (int i = 0; i < 8; i++) {
            Http http = (i % 2 == 0 ? nodes.first() : nodes.second()).http();
            int who = i / 2 % 2;
            answers.add(
                threads.submit(
                    () -> {
                      together.await();
                      return http.post(paths[who], tokens[who], Customer.client(id));
                    }));
          }
          int winners = 0;
          for (Future<Answer> answer : answers) {
            if (answer.get().status() == 201) {
              winners++;
            } else {
              answer.get().expectProblem(409, "Client '" + id + "' already exists");
            }
          }
          assertThat(winners).as("round " + round).isEqualTo(1);
        }
        for (Customer customer : List.of(abc, xyz)) {
          List<JsonNode> events =
              nodes.second().http().all(customer.path() + "/audit", nodes.first().operatorToken());
          for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).get("seq").asLong()).isEqualTo(events.size() - i);
          }
        }
      }
    }
  }

  @Nested
  class WithoutItsDatabase {
    @Test
    void beyondTheStalenessLimitNobodyGetsTokensAndItIsNotReady() throws Exception {
      String url = PostgresServer.newDatabase();
      try (TestServer server = TestServer.start("--database", url, "--staleness-limit", "1")) {
        Client client = server.newCustomer("tenant1").newClient();
        client.token();

        PostgresServer.allowConnections(url, false);
        Eventually.is(
            "it is not ready", () -> server.http().get("/health/ready", "").status() == 503);

        assertThat(server.http().get("/health/ready", "").json("reason").asText())
            .isEqualTo("stale");
        assertThat(server.askToken(client.id(), client.secret()).status()).isEqualTo(503);
        PostgresServer.allowConnections(url, true);
        Eventually.is("it is ready", () -> server.http().get("/health/ready", "").status() == 200);
      }
    }

    @Test
    void knownClientsGetTokensManagementIs503AndAllIsWellWhenItIsBack() throws Exception {
      String url = PostgresServer.newDatabase();
      try (TestServer server = TestServer.start("--database", url)) {
        Customer abc = server.newCustomer("tenant1");
        Client client = abc.newClient();
        String operator = server.operatorToken();
        Http http = server.http();
        // What was written here is dropped once more when the node reads of it.
        letTheLogBeRead(http, operator);
        client.token();
        String admin = abc.adminToken();
        server.isActive(admin);

        PostgresServer.allowConnections(url, false);
        Eventually.is(
            "what it does not know for certain it does not say",
            () -> http.form("/oauth/introspect", client.basic(), "token", admin).status() == 503);

        // It still does its main job, so a balancer leaves it in.
        http.get("/health/live", "").expect(200);
        http.get("/health/ready", "").expect(200);
        assertThat(server.askToken(client.id(), client.secret()).status()).isEqualTo(200);
        Answer refused = http.get(abc.clients(), admin).expect(503);
        assertThat(refused.header("Retry-After")).isPresent();
        http.post(abc.clients(), admin, Customer.client(Names.unique("c"))).expect(503);
        http.form("/oauth/introspect", client.basic(), "token", admin).expect(503);
        http.post("/oauth/customers", operator, Map.of("id", Names.unique("c"))).expect(503);

        PostgresServer.allowConnections(url, true);
        Eventually.is("management is back", () -> http.get(abc.clients(), admin).status() == 200);
        assertThat(server.isActive(client.token())).isTrue();
        assertThat(abc.newClient().token()).isNotEmpty();
      }
    }

    private static void letTheLogBeRead(Http http, String operator) {
      AtomicReference<Double> age = new AtomicReference<>(ageOfKnowledge(http, operator));
      Eventually.is(
          "the log is read",
          () -> {
            double now = ageOfKnowledge(http, operator);
            return now < age.getAndSet(now);
          });
    }

    private static double ageOfKnowledge(Http http, String operator) {
      return http.get("/metrics", operator)
          .expect(200)
          .text()
          .lines()
          .filter(line -> line.startsWith("clientele_change_log_age_seconds "))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
          .findFirst()
          .orElseThrow();
    }
  }
}
