package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Privilege;
import io.clientele.access.Right;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every route × every kind of caller, with the real ids of another customer. The routes and what
/// they demand come from the server's own table; what is sent to each stands below, and a route
/// without a row fails.
@WithServer
class MatrixTest {
  /// Who calls.
  private enum CallerKind {
    OPERATOR,
    OWN_ADMIN,
    OWN_ADMIN_USER,
    OTHER_ADMIN,
    RESOURCE_SERVER,
    LOWER_ROLE,
    NARROWED,
    NO_TOKEN,
    EXPIRED,
    REVOKED,
    TAMPERED;

    boolean hasLivingToken() {
      return compareTo(NO_TOKEN) < 0;
    }
  }

  /// What makes a route succeed.
  ///
  /// @param status when it does
  /// @param form whether the body is a form
  private record Row(int status, String body, boolean form) {}

  private static final Map<String, Row> ROWS = new LinkedHashMap<>();

  private static void row(String route, int status) {
    ROWS.put(route, new Row(status, "", false));
  }

  private static void row(String route, int status, String body) {
    ROWS.put(route, new Row(status, body, false));
  }

  private static void form(String route, String body) {
    ROWS.put(route, new Row(200, body, true));
  }

  static {
    String customer = "/oauth/customers/{customerId}";
    String client = customer + "/clients/{clientId}";
    String methods =
        """
        "authorizedGrantTypes":["client_credentials"],
        "clientAuthenticationMethods":["client_secret_basic"],
        "clientPermissions":{"roles":{"ROLE_API":["{named}"]}}
        """;
    form("POST /oauth/token", "grant_type=client_credentials");
    form("POST /oauth/introspect", "token={token}");
    form("POST /oauth/checkToken", "token={token}");
    form("POST /oauth/revoke", "token={token}");
    row("GET /oauth/jwks", 200);
    row("GET /.well-known/oauth-authorization-server", 200);
    row("GET /.well-known/openid-configuration", 200);
    row("POST " + customer + "/clients", 201, "{\"clientId\":\"{new}\"," + methods + "}");
    row("GET " + customer + "/clients", 200);
    row("GET " + client, 200);
    row("PUT " + client, 200, "{\"enabled\":false," + methods + "}");
    row("DELETE " + client, 200);
    row("PUT " + client + "/revoketokens", 200);
    row("GET " + client + "/multitokens", 200);
    row("GET " + client + "/secrets", 200);
    row("POST " + client + "/secrets", 201);
    row("DELETE " + client + "/secrets/{secretId}", 200);
    row("GET /oauth/customers", 200);
    row("POST /oauth/customers", 201, "{\"id\":\"{new}\"}");
    row("GET " + customer, 200);
    row("PUT " + customer, 200, "{\"status\":\"suspended\",\"tenants\":[\"{named}\"]}");
    row("DELETE " + customer, 200);
    row("GET " + customer + "/tenants", 200);
    row("POST " + customer + "/tenants", 201, "{\"id\":\"{new}\"}");
    row("DELETE " + customer + "/tenants/{tenantId}", 200);
    row("GET " + customer + "/roles", 200);
    row("POST " + customer + "/roles", 201, "[\"ROLE_NEW\"]");
    row("PUT " + customer + "/roles", 200, "[\"ROLE_OTHER\"]");
    row("DELETE " + customer + "/roles/{role}", 200);
    row("GET " + customer + "/roles/permissions", 200);
    row(
        "POST " + customer + "/roles/permissions",
        201,
        "{\"roleName\":\"{role}\",\"servicePermissions\":[]}");
    row("GET " + customer + "/roles/permissions/{role}", 200);
    row("PUT " + customer + "/roles/permissions/{role}", 200, "{\"servicePermissions\":[]}");
    row("DELETE " + customer + "/roles/permissions/{role}", 200);
    row("GET " + customer + "/audit", 200);
    row("GET /oauth/keys", 200);
    row("POST /oauth/keys/rotate", 201);
    row("GET /metrics", 200);
    row("GET /health/live", 200);
    row("GET /health/ready", 200);
    row("GET /openapi.yaml", 200);
  }

  private static List<Routes.Line> lines = List.of();

  @BeforeAll
  static void readTheTable(@TempDir Path data) throws Exception {
    List<String> arguments = List.of("--port", "0", "--data", data.toString());
    try (Server server =
        Server.start(Settings.parse(arguments, Map.of()), InstantSource.system())) {
      lines = server.routes();
    }
  }

  /// Whether the caller may, by contract 1 alone.
  private static boolean allowed(Right right, CallerKind caller) {
    return switch (right) {
      case Right.Anyone() -> true;
      case Right.ClientSecret() -> false;
      case Right.Operator() -> caller == CallerKind.OPERATOR;
      case Right.Anywhere(Privilege privilege) -> caller == CallerKind.OPERATOR;
      case Right.OnCustomer(Privilege privilege) ->
          switch (caller) {
            case OPERATOR, OWN_ADMIN -> true;
            case OWN_ADMIN_USER ->
                switch (privilege.resource()) {
                  case "auth.customer.clients", "auth.customer.roles" -> true;
                  case "auth.customer.audit" -> privilege.action().equals("READ");
                  default -> false;
                };
            case OTHER_ADMIN,
                RESOURCE_SERVER,
                LOWER_ROLE,
                NARROWED,
                NO_TOKEN,
                EXPIRED,
                REVOKED,
                TAMPERED ->
                false;
          };
    };
  }

  /// A customer that has something of each kind.
  private static final class World {
    final TestServer server;
    final Http http;
    final Customer customer;
    final Client client;
    final String live;
    final String secret;
    final Map<String, String> values = new LinkedHashMap<>();

    World(Customer customer) {
      this.customer = customer;
      this.server = customer.server();
      this.http = server.http();
      String admin = customer.adminToken();
      http.post(customer.path() + "/roles", admin, List.of("ROLE_MATRIX")).expect(201);
      http.put(
              customer.path() + "/roles/permissions/ROLE_MATRIX",
              admin,
              "{\"servicePermissions\":[{\"id\":\"Auth\",\"resourcePermissions\":[{\"id\":"
                  + "\"Customer.Clients\",\"allowedPrivileges\":[\"READ\"]}]}]}")
          .expect(200);
      client = customer.newClient(Map.of("ROLE_API", List.of(customer.tenant(0))));
      secret = http.post(client.path() + "/secrets", admin, "").expect(201).json("id").asText();
      live = client.token();
      values.put("customerId", customer.id());
      values.put("clientId", client.id());
      values.put("secretId", secret);
      values.put("tenantId", customer.tenant(1));
      values.put("role", "ROLE_MATRIX");
      values.put("named", customer.tenant(0));
      values.put("token", live);
      values.put("new", Names.unique("new"));
    }

    String fill(String text) {
      String filled = text;
      for (Map.Entry<String, String> value : values.entrySet()) {
        filled = filled.replace("{" + value.getKey() + "}", value.getValue());
      }
      return filled;
    }

    Answer call(Routes.Line line, String token) {
      Row row = rowOf(line);
      Map<String, String> headers = new LinkedHashMap<>(Http.bearer(token));
      if (row.form) {
        headers.put("Content-Type", "application/x-www-form-urlencoded");
      }
      return http.send(
          line.route().method(), fill(line.route().template()), headers, fill(row.body));
    }

    /// All that the operator can see of the customer, but for what counts tokens and uses.
    String dump() {
      String operator = server.operatorToken();
      StringBuilder dump = new StringBuilder();
      for (String path :
          List.of("", "/tenants", "/roles", "/roles/permissions", "/audit?limit=1000")) {
        dump.append(http.get(customer.path() + path, operator).expect(200).text()).append('\n');
      }
      for (JsonNode each : http.all(customer.clients(), operator)) {
        String path = customer.clients(each.get("clientId").asText());
        Answer one = http.get(path, operator).expect(200);
        dump.append(one.header("ETag")).append(one.text()).append('\n');
        for (JsonNode secret : http.get(path + "/secrets", operator).expect(200).json()) {
          ObjectNode lasting = secret.deepCopy();
          lasting.remove("lastUsedAt");
          dump.append(lasting).append('\n');
        }
      }
      dump.append(http.get("/oauth/keys", operator).expect(200).text());
      dump.append(http.get("/oauth/customers/operator/audit?limit=1000", operator).text());
      dump.append(http.get("/oauth/customers/" + values.get("new"), operator).status());
      dump.append("live: ").append(server.isActive(live));
      return dump.toString();
    }
  }

  private static Row rowOf(Routes.Line line) {
    Row row = ROWS.get(line.toString());
    if (row == null) {
      throw new AssertionError("the matrix has no row for " + line);
    }
    return row;
  }

  /// A token of each kind, of callers in and around this world.
  private static Map<CallerKind, String> tokens(World world, Customer stranger) {
    Customer victim = world.customer;
    TestServer server = world.server;
    Map<CallerKind, String> tokens = new EnumMap<>(CallerKind.class);
    Client expiring =
        victim.create(
            Customer.client(Names.unique("expiring"), Map.of("ROLE_ADMIN_CUSTOMER", List.of()))
                .put("accessTokenValidity", 60));
    tokens.put(CallerKind.EXPIRED, expiring.token());
    server.clock().advance(Duration.ofSeconds(61));
    Client revoked = victim.newClient(Map.of("ROLE_ADMIN_CUSTOMER", List.of()));
    String revokedToken = revoked.token();
    world.http.form("/oauth/revoke", revoked.basic(), "token", revokedToken).expect(200);
    tokens.put(CallerKind.REVOKED, revokedToken);
    tokens.put(
        CallerKind.NARROWED,
        server
            .askToken(victim.adminId(), victim.adminSecret(), "tenant", victim.tenant(0))
            .expect(200)
            .json("access_token")
            .asText());
    String id = Names.unique("rs");
    String secret =
        world
            .http
            .post(
                "/oauth/customers/operator/clients",
                server.operatorToken(),
                Customer.client(id, Map.of("ROLE_RESOURCE_SERVER", List.of())))
            .expect(201)
            .json("clientSecret")
            .asText();
    tokens.put(CallerKind.RESOURCE_SERVER, server.token(id, secret));
    tokens.put(
        CallerKind.LOWER_ROLE,
        victim.newClient(Map.of("ROLE_API", List.of(victim.tenant(0)))).token());
    tokens.put(
        CallerKind.OWN_ADMIN_USER, victim.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token());
    tokens.put(CallerKind.OWN_ADMIN, victim.adminToken());
    tokens.put(CallerKind.OTHER_ADMIN, stranger.adminToken());
    tokens.put(CallerKind.OPERATOR, server.operatorToken());
    String whole = victim.adminToken();
    int middle = whole.length() - 40;
    char other = whole.charAt(middle) == 'A' ? 'B' : 'A';
    tokens.put(
        CallerKind.TAMPERED, whole.substring(0, middle) + other + whole.substring(middle + 1));
    tokens.put(CallerKind.NO_TOKEN, "");
    return tokens;
  }

  @Test
  void everyRouteHasARowAndEveryRowARoute() {
    Set<String> routes =
        lines.stream().map(Routes.Line::toString).collect(Collectors.toCollection(TreeSet::new));
    assertThat(new TreeSet<>(ROWS.keySet())).isEqualTo(routes);
  }

  @Test
  void whoMayNotIsRefusedEverywhereAndNothingChanges(Customer victim, Customer stranger) {
    World world = new World(victim);
    Map<CallerKind, String> tokens = tokens(world, stranger);
    String before = world.dump();
    List<String> wrong = new ArrayList<>();
    int tried = 0;

    for (Routes.Line line : lines) {
      for (CallerKind caller : CallerKind.values()) {
        if (allowed(line.right(), caller)) {
          continue;
        }
        tried++;
        Answer answer = world.call(line, tokens.getOrDefault(caller, ""));
        int expected = caller.hasLivingToken() ? 403 : 401;
        if (line.right() instanceof Right.ClientSecret) {
          // A token is no client authentication.
          expected = 401;
        }
        if (answer.status() != expected) {
          wrong.add(line + " by " + caller + ": " + answer);
        } else if (expected == 403) {
          answer.expectProblem(403, "Access is denied");
        }
        String said = answer.text();
        if (said.contains(world.client.id()) || said.contains(victim.tenant(1))) {
          wrong.add(line + " by " + caller + " tells an id: " + said);
        }
      }
    }

    assertThat(wrong).isEmpty();
    assertThat(tried).isGreaterThan(300);
    assertThat(world.dump()).isEqualTo(before);
  }

  @Test
  void anotherCustomersIdsBelowOnesOwnPathAreUnknownAndNothingChanges(
      Customer victim, Customer stranger) {
    World world = new World(victim);
    World own = new World(stranger);
    // What both have under the same name cannot be told apart.
    String role = Names.uniqueRole();
    world.http.post(victim.path() + "/roles", victim.adminToken(), List.of(role)).expect(201);
    world.values.put("role", role);
    for (String each : List.of("clientId", "secretId", "tenantId", "role")) {
      own.values.put(each, world.values.getOrDefault(each, ""));
    }
    String before = world.dump();
    List<String> wrong = new ArrayList<>();
    int tried = 0;

    for (Routes.Line line : lines) {
      String template = line.route().template();
      if (!template.startsWith("/oauth/customers/{customerId}/")
          || template.indexOf('{', template.indexOf('}')) < 0) {
        continue;
      }
      for (String token : List.of(stranger.adminToken(), world.server.operatorToken())) {
        tried++;
        boolean operatorOnly = line.right() instanceof Right.Operator;
        int expected = operatorOnly && token.equals(stranger.adminToken()) ? 403 : 404;
        Answer answer = own.call(line, token);
        if (answer.status() != expected) {
          wrong.add(line + ": " + answer);
        }
      }
    }

    assertThat(wrong).isEmpty();
    assertThat(tried).isGreaterThan(20);
    assertThat(world.dump()).isEqualTo(before);
  }

  @Test
  void whoMaySucceedsSoThatARefusalIsOneOfTheCallerAndNotOfTheRequest(TestServer server) {
    List<String> wrong = new ArrayList<>();
    for (Routes.Line line : lines) {
      for (CallerKind caller :
          List.of(CallerKind.OPERATOR, CallerKind.OWN_ADMIN, CallerKind.OWN_ADMIN_USER)) {
        if (!allowed(line.right(), caller)) {
          continue;
        }
        World world = new World(server.newCustomer("tenant1", "tenant2"));
        String token =
            switch (caller) {
              case OPERATOR -> server.operatorToken();
              case OWN_ADMIN -> world.customer.adminToken();
              default -> world.customer.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token();
            };
        if (line.toString().startsWith("POST ") && line.toString().endsWith("/secrets")) {
          // Two are the most that a client has.
          world
              .http
              .delete(world.client.path() + "/secrets/" + world.secret, world.customer.adminToken())
              .expect(200);
        }
        Answer answer = world.call(line, token);
        if (answer.status() != rowOf(line).status) {
          wrong.add(line + " by " + caller + ": " + answer);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void whatNeedsAClientsSecretSucceedsWithIt(Customer abc) {
    for (Routes.Line line : lines) {
      if (line.right() instanceof Right.ClientSecret) {
        World world = new World(abc.server().newCustomer("tenant1", "tenant2"));
        Map<String, String> headers =
            Map.of(
                "Authorization",
                world.client.basic(),
                "Content-Type",
                "application/x-www-form-urlencoded");
        world
            .http
            .send(
                line.route().method(),
                line.route().template(),
                headers,
                world.fill(rowOf(line).body))
            .expect(rowOf(line).status);
      }
    }
  }
}
