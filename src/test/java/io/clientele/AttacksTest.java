package io.clientele;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What somebody tried who holds a token and wants more than it gives: more rights, more time, more
/// of the machine.
@WithServer
class AttacksTest {

  /// A request that has passed the wall, and whose body is kept back.
  private static RawHttp withBodyKeptBack(Customer customer, String token, byte[] body) {
    RawHttp connection = RawHttp.connect(customer.server().uri());
    String head =
        """
        POST %s HTTP/1.1
        Host: localhost
        Authorization: Bearer %s
        Content-Type: application/json
        Content-Length: %d
        Expect: 100-continue

        """
            .formatted(customer.clients(), token, body.length);
    connection.write(head.replace("\n", "\r\n").getBytes(ISO_8859_1));
    connection.read("POST").expect(100);
    return connection;
  }

  @Nested
  class ATokenThatDiesWhileTheBodyComes {

    @Test
    void byItsOwnRevocationDoesNothing(Customer abc) {
      String token = abc.admin().token();
      String id = Names.unique("client");
      byte[] body = Customer.client(id).toString().getBytes(UTF_8);
      try (RawHttp slow = withBodyKeptBack(abc, token, body)) {
        abc.server().http().form("/oauth/revoke", abc.admin().basic(), "token", token).expect(200);

        slow.write(body);
        slow.read("POST").expect(401);
      }
      abc.server().http().get(abc.clients(id), abc.adminToken()).expect(404);
    }

    @Test
    void byItsAgeDoesNothing() {
      try (TestServer server = TestServer.start()) {
        Customer abc = server.newCustomer();
        String token = abc.admin().token();
        String id = Names.unique("client");
        byte[] body = Customer.client(id).toString().getBytes(UTF_8);
        try (RawHttp slow = withBodyKeptBack(abc, token, body)) {
          server.clock().advance(Duration.ofHours(2));

          slow.write(body);
          slow.read("POST").expect(401);
        }
        server.http().get(abc.clients(id), abc.admin().token()).expect(404);
      }
    }
  }

  @Nested
  class OnPostgres {

    private final String database = PostgresServer.newDatabase();

    private void awaitWaiter(Connection other) throws SQLException, InterruptedException {
      try (Statement statement = other.createStatement()) {
        while (true) {
          try (ResultSet rows =
              statement.executeQuery(
                  "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
                      + " AND wait_event_type = 'Lock'")) {
            rows.next();
            if (rows.getInt(1) > 0) {
              return;
            }
          }
          TimeUnit.MILLISECONDS.sleep(10);
        }
      }
    }

    /// Another node's deed, step by step: it has locked the customer, the caller's deed waits for
    /// that, and then it takes the caller's rights away.
    @Test
    @Timeout(60)
    void aCallerDisabledWhileItsDeedWaitsForTheLockDoesNothing() throws Exception {
      try (TestServer server = TestServer.start("--database", database);
          Connection other = DriverManager.getConnection(database);
          Connection watching = DriverManager.getConnection(database)) {
        Customer abc = server.newCustomer();
        Client user = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of()));
        String token = user.token();
        other.setAutoCommit(false);
        try (Statement statement = other.createStatement()) {
          statement.execute(
              "SELECT 1 FROM customer WHERE customer_id = '" + abc.id() + "' FOR UPDATE");
          CompletableFuture<Answer> deed =
              CompletableFuture.supplyAsync(
                  () ->
                      server
                          .http()
                          .post(abc.clients(), token, Customer.client(Names.unique("backdoor"))));
          awaitWaiter(watching);
          statement.execute(
              "UPDATE client SET enabled = FALSE, generation = generation + 1 WHERE client_id = '"
                  + user.id()
                  + "'");
          other.commit();

          deed.get().expect(401);
        }
      }
    }

    /// The same of an operator's client, whose own customer is not the one that is locked.
    @Test
    @Timeout(60)
    void anOperatorDisabledWhileItsDeedWaitsForTheLockDoesNothing() throws Exception {
      try (TestServer server = TestServer.start("--database", database);
          Connection other = DriverManager.getConnection(database);
          Connection watching = DriverManager.getConnection(database)) {
        Customer abc = server.newCustomer();
        String token = server.operatorToken();
        other.setAutoCommit(false);
        try (Statement statement = other.createStatement()) {
          statement.execute(
              "UPDATE client SET enabled = FALSE, generation = generation + 1"
                  + " WHERE client_id = 'operator'");
          CompletableFuture<Answer> deed =
              CompletableFuture.supplyAsync(
                  () ->
                      server
                          .http()
                          .post(abc.clients(), token, Customer.client(Names.unique("backdoor"))));
          awaitWaiter(watching);
          other.commit();

          deed.get().expect(401);
        }
      }
    }

    @Test
    void aZeroByteInAFilterIsNoBug() {
      try (TestServer server = TestServer.start("--database", database)) {
        Customer abc = server.newCustomer();
        for (String path :
            List.of(
                abc.clients() + "?q=a%00b",
                abc.path() + "/audit?action=a%00b",
                abc.path() + "/audit?actor=a%00b",
                abc.path() + "/audit?object=a%00b")) {
          assertThat(server.http().get(path, abc.adminToken()).status()).as(path).isLessThan(500);
        }
      }
    }
  }

  @Nested
  class HugeInputs {

    private static final int FOUR_MIB = 4 * 1024 * 1024;

    private static byte[] filled(String beginning, String repeated, String end) {
      StringBuilder text = new StringBuilder(FOUR_MIB).append(beginning);
      while (text.length() + repeated.length() + end.length() < FOUR_MIB) {
        text.append(repeated);
      }
      return text.append(end).toString().getBytes(UTF_8);
    }

    @Test
    void faultsWithoutEndAreNotAllTold(Customer abc) {
      String deep = "{\"" + "n".repeat(1000) + "\":";
      for (byte[] body :
          List.of(
              filled("{\"scope\":1", ",\"scope\":1", "}"),
              filled("[{\"clientId\":\"a\"", ",\"clientId\":1", "}]"),
              filled(deep.repeat(25) + "{\"a\":1", ",\"a\":1", "}" + "}".repeat(25)),
              filled("{\"clientId\":\"a\",\"scope\":[1", ",1", "]}"),
              filled("[{}", ",{}", "]"))) {
        Answer answer = abc.server().http().unchecked().post(abc.clients(), abc.adminToken(), body);

        answer.expect(400);
        assertThat(answer.body().length).isLessThan(FOUR_MIB);
      }
      StringBuilder unknown = new StringBuilder("{\"u\":1");
      for (int i = 0; unknown.length() < FOUR_MIB - 20; i++) {
        unknown.append(",\"").append(i).append("\":1");
      }
      Answer answer =
          abc.server()
              .http()
              .unchecked()
              .post(abc.clients(), abc.adminToken(), unknown.append('}').toString());
      answer.expect(400);
      assertThat(answer.body().length).isLessThan(FOUR_MIB);
    }

    @Test
    void whatRolesCarryIsBoundedForTheWholeCustomer(Customer abc) {
      String roles = abc.path() + "/roles";
      List<String> names = IntStream.range(0, 8).mapToObj(i -> "ROLE_BIG" + i).toList();
      abc.server().http().post(roles, abc.adminToken(), names).expect(201);
      List<Integer> answers = new ArrayList<>();
      for (String name : names) {
        ObjectNode document = Answer.JSON.createObjectNode().put("roleName", name);
        ArrayNode resources =
            document
                .putArray("servicePermissions")
                .addObject()
                .put("id", "Shop")
                .putArray("resourcePermissions");
        for (int i = 0; i < 100; i++) {
          ArrayNode privileges =
              resources.addObject().put("id", "Thing" + i).putArray("allowedPrivileges");
          for (int j = 0; j < 100; j++) {
            privileges.add("DO_" + (char) ('A' + j / 26) + (char) ('A' + j % 26));
          }
        }
        answers.add(
            abc.server()
                .http()
                .unchecked()
                .post(roles + "/permissions", abc.adminToken(), document)
                .status());
      }

      assertThat(answers).containsOnly(201, 400).startsWith(201).endsWith(400);
    }

    /// A request as costly as can be, and one that names as much in smaller portions. SQLite has
    /// one writer: who takes it, takes it from all customers. When the work grew with the square of
    /// what is named at once, it was many times as much. Side by side, since machines differ.
    private static void costsNoMoreThan(Runnable narrow, Runnable wide) {
      Duration narrowCost = Duration.ofDays(1);
      Duration wideCost = Duration.ofDays(1);
      for (int round = 0; round < 3; round++) {
        narrowCost = shorter(narrowCost, cost(narrow));
        wideCost = shorter(wideCost, cost(wide));
      }
      assertThat(wideCost).isLessThan(narrowCost.plusMillis(50).multipliedBy(3));
    }

    private static Duration cost(Runnable work) {
      long before = System.nanoTime();
      work.run();
      return Duration.ofNanos(System.nanoTime() - before);
    }

    private static Duration shorter(Duration one, Duration other) {
      return one.compareTo(other) < 0 ? one : other;
    }

    private static void create(Customer customer, int clients, Consumer<ObjectNode> rest) {
      ArrayNode batch = Answer.JSON.createArrayNode();
      for (int i = 0; i < clients; i++) {
        ObjectNode client = Customer.client(Names.unique("client"));
        rest.accept(client);
        batch.add(client);
      }
      customer
          .server()
          .http()
          .unchecked()
          .post(customer.clients(), customer.adminToken(), batch)
          .expect(201);
    }

    private static Consumer<ObjectNode> scope(List<String> roles) {
      return client -> {
        ArrayNode scope = client.putArray("scope");
        roles.forEach(scope::add);
      };
    }

    private static Consumer<ObjectNode> holding(String role, List<String> tenants) {
      return client -> {
        client.put("defaultRolesAssignmentEnabled", false);
        ArrayNode array = client.putObject("clientPermissions").putObject("roles").putArray(role);
        tenants.forEach(array::add);
      };
    }

    private static List<String> withRoles(Customer customer, int number) {
      List<String> names = IntStream.range(0, number).mapToObj(i -> "ROLE_" + i).toList();
      customer
          .server()
          .http()
          .post(customer.path() + "/roles", customer.adminToken(), names)
          .expect(201);
      return names;
    }

    private static List<String> withTenants(Customer customer, int number) {
      String prefix = Names.unique("t");
      List<String> names = IntStream.range(0, number).mapToObj(i -> prefix + i).toList();
      customer
          .server()
          .http()
          .unchecked()
          .post(customer.path() + "/tenants", customer.server().operatorToken(), names)
          .expect(201);
      return names;
    }

    @Test
    void aBatchThatNamesManyRolesCostsWhatItNames(Customer few, Customer many) {
      List<String> hundred = withRoles(few, 100);
      List<String> thousand = withRoles(many, 1000);

      costsNoMoreThan(
          () -> create(few, 200, scope(hundred)), () -> create(many, 20, scope(thousand)));
    }

    @Test
    void aBatchThatNamesManyTenantsCostsWhatItNames(Customer few, Customer many) {
      List<String> hundred = withTenants(few, 100);
      List<String> tenThousand = withTenants(many, 10_000);

      costsNoMoreThan(
          () -> create(few, 200, holding("ROLE_USER", hundred)),
          () -> create(many, 2, holding("ROLE_USER", tenThousand)));
    }

    @Test
    void aFormOfManyPartsCostsWhatItHolds(TestServer server) {
      costsNoMoreThan(() -> sendParts(server, 256, 4_000), () -> sendParts(server, 16, 64_000));
    }

    private static void sendParts(TestServer server, int requests, int parts) {
      Map<String, String> form = Map.of("Content-Type", "application/x-www-form-urlencoded");
      Http http = server.http().unchecked();
      for (int i = 0; i < requests; i++) {
        http.send("POST", "/oauth/token", form, "&".repeat(parts)).expect(401);
      }
    }

    @Test
    void aListOfHugeItemsComesInMorePages(TestServer server) {
      String prefix = Names.unique("t");
      List<String> stems = IntStream.range(0, 10_000).mapToObj(i -> prefix + i).toList();
      Customer abc = server.newCustomer();
      server
          .http()
          .unchecked()
          .post(abc.path() + "/tenants", server.operatorToken(), stems)
          .expect(201);
      for (int batch = 0; batch < 4; batch++) {
        ArrayNode clients = Answer.JSON.createArrayNode();
        for (int i = 0; i < 15; i++) {
          clients.add(Customer.client(Names.unique("client"), Map.of("ROLE_USER", stems)));
        }
        server.http().unchecked().post(abc.clients(), abc.adminToken(), clients).expect(201);
      }
      Http http = server.http().unchecked();

      for (String list : List.of(abc.clients(), abc.path() + "/audit?action=client.create")) {
        assertThat(http.get(list, abc.adminToken()).expect(200).body().length)
            .isLessThan(3 * FOUR_MIB);
        assertThat(http.all(list, abc.adminToken())).hasSize(61);
      }
    }

    @Test
    void aRoleHeldOnManyTenantsIsLookedForLikeOneHeldByMany(Customer few, Customer many) {
      List<String> hundred = withTenants(few, 100);
      List<String> tenThousand = withTenants(many, 10_000);
      for (Customer customer : List.of(few, many)) {
        customer
            .server()
            .http()
            .post(customer.path() + "/roles", customer.adminToken(), List.of("ROLE_WIDE"))
            .expect(201);
      }
      create(few, 100, holding("ROLE_WIDE", hundred));
      create(many, 1, holding("ROLE_WIDE", tenThousand));

      costsNoMoreThan(() -> cannotDrop(few), () -> cannotDrop(many));
    }

    private static void cannotDrop(Customer customer) {
      Http http = customer.server().http();
      http.delete(customer.path() + "/roles/ROLE_WIDE", customer.adminToken()).expect(409);
    }
  }

  /// A program that keeps connections open sends its next request on one that ends without a word,
  /// and gets no answer to it.
  @Test
  void aRefusalBeforeTheBodyCameSaysThatTheConnectionEnds(TestServer server) {
    try (RawHttp connection = RawHttp.connect(server.uri())) {
      String head =
          """
          POST /oauth/customers/none/clients HTTP/1.1
          Host: localhost
          Content-Length: 10

          """;
      connection.write(head.replace("\n", "\r\n").getBytes(ISO_8859_1));
      Answer refusal = connection.read("POST").expect(401);

      assertThat(refusal.headers("Connection")).containsExactly("close");
    }
  }

  @Test
  void anExpiredSecretMayBeEndedWhenNoneIsUsable() {
    try (TestServer server = TestServer.start()) {
      Customer abc = server.newCustomer();
      Client client = abc.newClient();
      String secrets = client.path() + "/secrets";
      String until = server.clock().instant().plus(Duration.ofMinutes(5)).toString();
      String second =
          server
              .http()
              .post(secrets, abc.adminToken(), Map.of("expiresAt", until))
              .expect(201)
              .json("id")
              .asText();
      String first = server.http().get(secrets, abc.adminToken()).json().get(0).get("id").asText();
      server.http().delete(secrets + "/" + first, abc.adminToken()).expect(200);
      server.clock().advance(Duration.ofMinutes(6));

      server.http().delete(secrets + "/" + second, abc.adminToken()).expect(200);
    }
  }
}
