package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.net.URLEncoder;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Contract 4 and design 3: every completed deed is an event of its customer's chain.
@WithServer
class AuditTest {
  private record Event(String actor, String action, String object) {}

  private static final String OPERATOR_AUDIT = "/oauth/customers/operator/audit";

  private static String audit(Customer abc) {
    return abc.path() + "/audit";
  }

  private static List<JsonNode> events(Customer abc) {
    return abc.server().http().all(audit(abc) + "?limit=1000", abc.server().operatorToken());
  }

  private static long newest(TestServer server, String path) {
    JsonNode list = server.http().get(path + "?limit=1", server.operatorToken()).expect(200).json();
    return list.isEmpty() ? 0 : list.get(0).get("seq").asLong();
  }

  /// What was written after this event, oldest first.
  private static List<Event> since(TestServer server, String path, long seq) {
    List<Event> since = new ArrayList<>();
    for (JsonNode event : server.http().all(path, server.operatorToken())) {
      if (event.get("seq").asLong() > seq) {
        since.addFirst(
            new Event(
                event.get("actor").asText(),
                event.get("action").asText(),
                event.get("object").asText()));
      }
    }
    return since;
  }

  @Nested
  class EveryDeedWritesOneEvent {
    private interface Deed {
      void run();
    }

    private void writes(Customer abc, Deed deed, Event... expected) {
      long before = newest(abc.server(), audit(abc));
      deed.run();
      assertThat(since(abc.server(), audit(abc), before)).containsExactly(expected);
    }

    @Test
    void onCustomersAndTenants(TestServer server, Customer abc) {
      Http http = server.http();
      String operator = server.operatorToken();
      String t = Names.unique("t");

      assertThat(since(server, audit(abc), 0))
          .containsExactly(
              new Event("operator", "customer.create", abc.id()),
              new Event("operator", "client.create", abc.adminId()));
      writes(
          abc,
          () -> http.put(abc.path(), operator, Map.of("tenants", abc.tenants())).expect(200),
          new Event("operator", "customer.update", abc.id()));
      writes(
          abc,
          () -> http.post(abc.path() + "/tenants", operator, Map.of("id", t)).expect(201),
          new Event("operator", "tenant.create", t));
      writes(
          abc,
          () ->
              http.post(
                      abc.path() + "/tenants",
                      operator,
                      List.of(Map.of("id", t + "b"), Map.of("id", t + "a")))
                  .expect(201),
          new Event("operator", "tenant.create", t + "b"),
          new Event("operator", "tenant.create", t + "a"));
      writes(
          abc,
          () -> http.delete(abc.path() + "/tenants/" + t, operator).expect(200),
          new Event("operator", "tenant.delete", t));
    }

    @Test
    void onRolesAndWhatTheyCarry(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      String roles = abc.path() + "/roles";
      String me = abc.adminId();
      String document = "{\"roleName\":\"ROLE_A\",\"servicePermissions\":[]}";

      writes(
          abc,
          () -> http.post(roles, admin, List.of("ROLE_B", "ROLE_A")).expect(201),
          new Event(me, "role.create", "ROLE_B"),
          new Event(me, "role.create", "ROLE_A"));
      writes(
          abc,
          () -> http.put(roles, admin, List.of("ROLE_C", "ROLE_A")).expect(200),
          new Event(me, "role.delete", "ROLE_B"),
          new Event(me, "role.create", "ROLE_C"));
      writes(
          abc,
          () -> http.post(roles + "/permissions", admin, document).expect(201),
          new Event(me, "role.permissions", "ROLE_A"));
      writes(
          abc,
          () -> http.put(roles + "/permissions/ROLE_A", admin, document).expect(200),
          new Event(me, "role.permissions", "ROLE_A"));
      writes(
          abc,
          () -> http.delete(roles + "/permissions/ROLE_A", admin).expect(200),
          new Event(me, "role.permissions", "ROLE_A"));
      writes(
          abc,
          () -> http.delete(roles + "/ROLE_A", admin).expect(200),
          new Event(me, "role.delete", "ROLE_A"));
    }

    @Test
    void onClientsAndSecretsAndTokens(TestServer server, Customer abc) {
      Http http = server.http();
      String admin = abc.adminToken();
      String me = abc.adminId();
      String id = Names.unique("client");
      List<String> batch = List.of(id + "z", id + "a", id + "m");
      List<String> secrets = new ArrayList<>();

      writes(
          abc,
          () ->
              secrets.add(abc.post(Customer.client(id)).expect(201).json("clientSecret").asText()),
          new Event(me, "client.create", id));
      writes(
          abc,
          () -> abc.post(batch.stream().map(Customer::client).toList()).expect(201),
          batch.stream().map(each -> new Event(me, "client.create", each)).toArray(Event[]::new));
      writes(
          abc,
          () -> http.put(abc.clients(id), admin, Customer.client(id)).expect(200),
          new Event(me, "client.update", id));
      writes(
          abc,
          () -> http.put(abc.clients(id) + "/revoketokens", admin).expect(200),
          new Event(me, "client.revoke_tokens", id));
      writes(
          abc,
          () ->
              secrets.add(
                  http.post(abc.clients(id) + "/secrets", admin, "")
                      .expect(201)
                      .json("id")
                      .asText()),
          new Event(me, "secret.create", id));
      writes(
          abc,
          () -> http.delete(abc.clients(id) + "/secrets/" + secrets.getLast(), admin).expect(200),
          new Event(me, "secret.delete", id));
      String token = server.token(id, secrets.getFirst());
      writes(
          abc,
          () ->
              http.form("/oauth/revoke", Http.basic(id, secrets.getFirst()), "token", token)
                  .expect(200),
          new Event(id, "token.revoke", id));
      writes(
          abc,
          () -> http.delete(abc.clients(id), admin).expect(200),
          new Event(me, "client.delete", id));
      writes(
          abc, () -> abc.post(Customer.client(id)).expect(201), new Event(me, "client.create", id));
      assertThat(events(abc).toString()).doesNotContain(secrets.getFirst()).doesNotContain(token);
    }

    @Test
    void onKeysInTheOperatorsOwnChain(TestServer server) {
      long before = newest(server, OPERATOR_AUDIT);
      String kid =
          server
              .http()
              .post("/oauth/keys/rotate", server.operatorToken(), "")
              .expect(201)
              .json("kid")
              .asText();

      assertThat(since(server, OPERATOR_AUDIT, before))
          .containsExactly(new Event("operator", "key.rotate", kid));
      assertThat(since(server, OPERATOR_AUDIT, 0))
          .filteredOn(event -> !event.action().equals("key.rotate"))
          .contains(new Event("system", "operator.create", "operator"));
    }

    @Test
    void aSecretThatAPutSetsIsTold(Customer abc) {
      Client client = abc.newClient();
      String secret = "Correct-Horse-" + Names.unique("Battery");
      abc.server()
          .http()
          .put(
              client.path(),
              abc.adminToken(),
              Customer.client(client.id(), Map.of()).put("clientSecret", secret))
          .expect(200);

      JsonNode event = events(abc).getFirst();
      assertThat(event.get("action").asText()).isEqualTo("client.update");
      assertThat(event.get("detail").toString()).contains("clientSecret").doesNotContain(secret);
    }
  }

  @Nested
  class RefusedDeedsWriteNone {
    @Test
    void whateverTheReason(TestServer server, Customer abc, Customer xyz) {
      Http http = server.http();
      String admin = abc.adminToken();
      String operator = server.operatorToken();
      Client client = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
      String manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token();
      http.post(abc.path() + "/roles", admin, List.of("ROLE_HELD")).expect(201);
      abc.newClient(Map.of("ROLE_HELD", List.of(abc.tenant(0))));
      long before = newest(server, audit(abc));
      long operatorBefore = newest(server, OPERATOR_AUDIT);

      http.post("/oauth/customers", operator, Map.of("id", abc.id())).expect(409);
      http.put(abc.path(), operator, Map.of()).expect(409);
      http.post(abc.path() + "/tenants", operator, Map.of("id", abc.tenant(0))).expect(409);
      http.delete(abc.path() + "/tenants/" + abc.tenant(0), operator).expect(409);
      http.delete(abc.path() + "/tenants/nowhere", operator).expect(404);
      http.post(abc.path() + "/roles", admin, List.of("ROLE_HELD")).expect(201);
      http.put(abc.path() + "/roles", admin, List.of("ROLE_NEW")).expect(409);
      http.delete(abc.path() + "/roles/ROLE_HELD", admin).expect(409);
      http.delete(abc.path() + "/roles/ROLE_NOBODY", admin).expect(404);
      http.post(
              abc.path() + "/roles/permissions",
              manager,
              "{\"roleName\":\"ROLE_HELD\",\"servicePermissions\":[{\"id\":\"Auth\","
                  + "\"resourcePermissions\":[{\"id\":\"Customer\","
                  + "\"allowedPrivileges\":[\"READ\"]}]}]}")
          .expect(403);
      abc.post(List.of(Customer.client(Names.unique("c")), Customer.client(client.id())))
          .expect(409);
      abc.post(List.of(Customer.client(Names.unique("c")), Customer.client("a b"))).expect(400);
      http.delete(abc.admin().path(), manager).expect(403);
      http.put(client.path(), xyz.adminToken(), Customer.client(client.id())).expect(403);
      http.send(
              "DELETE",
              client.path(),
              Map.of("Authorization", "Bearer " + admin, "If-Match", "\"999\""),
              "")
          .expect(412);
      http.delete(client.path() + "/secrets/none", admin).expect(404);
      http.delete(abc.clients("nobody"), admin).expect(404);
      http.form("/oauth/revoke", client.basic(), "token", xyz.adminToken()).expect(200);
      http.form("/oauth/revoke", client.basic(), "token", "nonsense").expect(200);
      http.unchecked().post("/oauth/keys/rotate?now=maybe", operator, "").expect(400);
      http.delete("/oauth/customers/operator", operator).expect(409);

      assertThat(newest(server, audit(abc))).isEqualTo(before);
      assertThat(newest(server, OPERATOR_AUDIT)).isEqualTo(operatorBefore);
    }
  }

  @Nested
  class NumbersAndHashes {
    @Test
    void eachCustomerCountsFromOneWithoutAGapAlsoWhenManyWriteAtOnce(Customer abc, Customer xyz)
        throws Exception {
      try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
          Customer customer = i % 2 == 0 ? abc : xyz;
          boolean refused = i % 5 == 0;
          all.add(
              threads.submit(
                  () ->
                      customer
                          .post(
                              refused
                                  ? List.of(
                                      Customer.client(Names.unique("c")),
                                      Customer.client(customer.adminId()))
                                  : List.of(
                                      Customer.client(Names.unique("c")),
                                      Customer.client(Names.unique("c"))))
                          .expect(refused ? 409 : 201)));
        }
        for (Future<?> each : all) {
          each.get();
        }
      }
      for (Customer customer : List.of(abc, xyz)) {
        List<JsonNode> events = events(customer);
        for (int i = 0; i < events.size(); i++) {
          assertThat(events.get(i).get("seq").asLong()).isEqualTo(events.size() - i);
        }
        assertThat(events).hasSize(2 + 32);
      }
    }

    @Test
    void theChainInTheDatabaseHoldsTogether(TestServer server, Customer abc) throws Exception {
      for (int i = 0; i < 5; i++) {
        abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
      }
      List<JsonNode> told = events(abc);
      int rows = 0;
      try (Connection connection = DriverManager.getConnection(server.databaseAddress());
          PreparedStatement select =
              connection.prepareStatement(
                  "SELECT seq, at, actor, action, object, hashed, hash FROM audit_event"
                      + " WHERE customer_id = ? ORDER BY seq")) {
        select.setString(1, abc.id());
        String before = "0".repeat(64);
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            JsonNode event = told.get(told.size() - 1 - rows++);
            String hashed = row.getString("hashed");
            JsonNode text = Answer.JSON.readTree(hashed);
            assertThat(row.getLong("seq")).isEqualTo(rows);
            assertThat(text.get("before").asText()).isEqualTo(before);
            assertThat(row.getString("hash")).isEqualTo(sha256(hashed));
            assertThat(text.get("customer").asText()).isEqualTo(abc.id());
            assertThat(text.get("seq").asLong()).isEqualTo(rows);
            assertThat(Instant.parse(text.get("at").asText()).toEpochMilli())
                .isEqualTo(row.getLong("at"))
                .isEqualTo(Instant.parse(event.get("at").asText()).toEpochMilli());
            for (String column : List.of("actor", "action", "object")) {
              assertThat(text.get(column).asText())
                  .isEqualTo(row.getString(column))
                  .isEqualTo(event.get(column).asText());
            }
            assertThat(text.get("detail")).isEqualTo(event.get("detail"));
            before = row.getString("hash");
          }
        }
        assertThat(rows).isEqualTo(told.size()).isEqualTo(7);
        try (PreparedStatement head =
            connection.prepareStatement("SELECT seq, hash FROM audit_head WHERE customer_id = ?")) {
          head.setString(1, abc.id());
          try (ResultSet row = head.executeQuery()) {
            assertThat(row.next()).isTrue();
            assertThat(row.getLong("seq")).isEqualTo(rows);
            assertThat(row.getString("hash")).isEqualTo(before);
          }
        }
      }
    }

    private static String sha256(String text) throws Exception {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
    }
  }

  @Nested
  class Asking {
    private List<JsonNode> ask(Customer abc, String query) {
      return abc.server().http().all(audit(abc) + "?" + query, abc.adminToken());
    }

    private static String encoded(Instant time) {
      return URLEncoder.encode(time.toString(), UTF_8);
    }

    @Test
    void byActionActorAndObject(Customer abc) {
      Client one = abc.newClient();
      abc.newClient();
      Client manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of()));
      String other = Names.unique("c");
      abc.server()
          .http()
          .post(abc.clients(), manager.token(), Customer.client(other, Map.of()))
          .expect(201);
      abc.server().http().put(one.path() + "/revoketokens", manager.token()).expect(200);

      assertThat(ask(abc, "action=client.create")).hasSize(5);
      assertThat(ask(abc, "action=client.revoke_tokens")).hasSize(1);
      assertThat(ask(abc, "action=client")).isEmpty();
      assertThat(ask(abc, "actor=" + manager.id())).hasSize(2);
      assertThat(ask(abc, "object=" + one.id())).hasSize(2);
      assertThat(ask(abc, "object=" + one.id() + "&actor=" + manager.id())).hasSize(1);
      assertThat(ask(abc, "object=" + other + "&actor=" + manager.id() + "&action=client.create"))
          .hasSize(1);
      assertThat(ask(abc, "object=nothing")).isEmpty();
      assertThat(ask(abc, "actor=%25")).isEmpty();
    }

    @Test
    void byTimeFromInclusiveToExclusive(TestServer server, Customer abc) {
      Client first = abc.newClient();
      server.clock().advance(Duration.ofSeconds(30));
      Client second = abc.newClient();
      server.clock().advance(Duration.ofSeconds(30));
      abc.newClient();
      Instant at = Instant.parse(ask(abc, "object=" + second.id()).getFirst().get("at").asText());

      assertThat(ask(abc, "from=" + encoded(at))).hasSize(2);
      assertThat(ask(abc, "from=" + encoded(at.plusMillis(1)))).hasSize(1);
      assertThat(ask(abc, "to=" + encoded(at))).hasSize(3).first().satisfies(isOf(first));
      assertThat(ask(abc, "to=" + encoded(at.plusMillis(1)))).hasSize(4);
      assertThat(ask(abc, "from=" + encoded(at) + "&to=" + encoded(at.plusMillis(1))))
          .singleElement()
          .satisfies(isOf(second));
      String elsewhere = URLEncoder.encode(at.toString().replace("Z", "+00:00"), UTF_8);
      assertThat(ask(abc, "from=" + elsewhere)).hasSize(2);
    }

    private static java.util.function.Consumer<JsonNode> isOf(Client client) {
      return event -> assertThat(event.get("object").asText()).isEqualTo(client.id());
    }

    @Test
    void pageAfterPageNewestFirstAlsoWhileMoreIsWritten(Customer abc) {
      for (int i = 0; i < 5; i++) {
        abc.newClient();
      }
      List<JsonNode> whole = ask(abc, "limit=1000");
      Http http = abc.server().http();
      Answer page = http.get(audit(abc) + "?limit=3&action=client.create", abc.adminToken());
      abc.newClient();
      List<JsonNode> paged = new ArrayList<>();
      page.json().forEach(paged::add);
      paged.addAll(http.all(http.next(page).orElseThrow(), abc.adminToken()));

      assertThat(paged)
          .isEqualTo(
              whole.stream()
                  .filter(event -> event.get("action").asText().equals("client.create"))
                  .toList());
      assertThat(ask(abc, "limit=2")).hasSize(8);
    }

    @Test
    void asLines(Customer abc) throws Exception {
      abc.newClient();
      Map<String, String> headers =
          Map.of("Authorization", "Bearer " + abc.adminToken(), "Accept", "application/x-ndjson");
      Answer lines =
          abc.server().http().send("GET", audit(abc) + "?limit=2", headers, "").expect(200);

      assertThat(lines.header("Content-Type")).hasValue("application/x-ndjson");
      List<JsonNode> events = new ArrayList<>();
      for (String line : lines.text().split("\n", -1)) {
        if (!line.isEmpty()) {
          events.add(Answer.JSON.readTree(line));
        }
      }
      assertThat(lines.text()).endsWith("\n");
      assertThat(events).isEqualTo(ask(abc, "limit=1000").subList(0, 2));
      assertThat(abc.server().http().next(lines)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=x", "cursor=x", "cursor=-1", "from=x", "to=2026"})
    void aBadValueIsAFault(String query, Customer abc) {
      abc.server()
          .http()
          .unchecked()
          .get(audit(abc) + "?" + query, abc.adminToken())
          .expectFaults("?" + query.substring(0, query.indexOf('=')));
    }

    @Test
    void onlyWithTheRight(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      String manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token();
      http.get(audit(abc), manager).expect(200);
      http.get(audit(abc), abc.server().operatorToken()).expect(200);
      http.get(audit(abc), abc.newClient().token()).expectProblem(403, "Access is denied");
      http.get(audit(abc), xyz.adminToken()).expectProblem(403, "Access is denied");
      http.get(OPERATOR_AUDIT, abc.adminToken()).expectProblem(403, "Access is denied");
    }
  }
}
