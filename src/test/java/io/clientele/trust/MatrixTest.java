package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.Routes;
import io.clientele.access.Privilege;
import io.clientele.access.Right;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.CustomerRows;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Every route × every kind of caller, with the real ids of another customer. The routes and what
/// they demand come from the server's own table; what is sent to each stands below, and a route
/// without a row fails. After each request the other customer's rows are what they were, and no
/// byte of what is its own stands in the answer.
@TrustCase(
    id = "T14",
    title = "Every route × every kind of caller, with another customer's real ids",
    unit = "requests",
    required = 4_500,
    brief = 1_200,
    seconds = 120)
@WithServer
class MatrixTest {
  /// Who calls. Whose is meant by the customer whose ids are in the request.
  private enum CallerKind {
    OPERATOR,
    OWN_ADMIN,
    OWN_ADMIN_USER,
    OTHER_ADMIN,
    OTHER_ADMIN_USER,
    /// Holds every privilege that a custom role can carry, in another customer.
    OTHER_CUSTOM_ROLE,
    OTHER_LOWER_ROLE,
    OTHER_NARROWED,
    RESOURCE_SERVER,
    LOWER_ROLE,
    ADMIN_TENANT,
    NO_ROLE,
    /// The administrator's own, for one tenant.
    NARROWED,
    /// The administrator's own, for another of its roles.
    NARROWED_BY_SCOPE,
    /// Was an administrator when the token was made.
    DEMOTED,
    NO_TOKEN,
    EXPIRED,
    REVOKED,
    ALL_REVOKED,
    DISABLED,
    DELETED,
    ROTATED,
    ROLES_CHANGED,
    /// The administrator of another customer, which is suspended.
    SUSPENDED,
    TAMPERED,
    /// Another customer's administrator, who writes into the token that it is this one's.
    TAMPERED_CLAIMS,
    UNSIGNED,
    GARBAGE,
    SECRET_AS_TOKEN,
    BASIC;

    boolean hasLivingToken() {
      return compareTo(NO_TOKEN) < 0;
    }
  }

  /// What is wrong with a request besides its caller: the walls stand before that is read.
  private enum Spoiled {
    NOTHING,
    BODY_NOT_JSON,
    BODY_EMPTY,
    PATH_ENCODED,
    QUERY
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
    row("GET " + customer + "/audit/refusals", 200);
    row("GET /oauth/keys", 200);
    row("POST /oauth/keys/rotate", 201);
    row("GET /metrics", 200);
    row("GET /health/live", 200);
    row("GET /health/ready", 200);
    row("GET /openapi.yaml", 200);
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
            default -> false;
          };
    };
  }

  /// A customer that has something of each kind, under names that stand nowhere else.
  private static final class World {
    final TestServer server;
    final Http http;
    final Customer customer;
    final Client client;
    final String live;
    final String secret;
    final Map<String, String> values = new LinkedHashMap<>();

    /// What only it may see.
    final List<String> marks = new ArrayList<>();

    World(Customer customer) {
      this.customer = customer;
      this.server = customer.server();
      this.http = server.http();
      String admin = customer.adminToken();
      String role = Names.uniqueRole();
      http.put(
              customer.path(),
              server.operatorToken(),
              Map.of(
                  "name",
                  mark("name"),
                  "tenants",
                  List.of(
                      Map.of("id", customer.tenant(0), "name", mark("tenant-name")),
                      customer.tenant(1))))
          .expect(200);
      http.post(customer.path() + "/roles", admin, List.of(role)).expect(201);
      http.put(
              customer.path() + "/roles/permissions/" + role,
              admin,
              "{\"servicePermissions\":[{\"id\":\"Auth\",\"resourcePermissions\":[{\"id\":"
                  + "\"Customer.Clients\",\"allowedPrivileges\":[\"READ\"]}]}]}")
          .expect(200);
      ObjectNode wanted =
          Customer.client(Names.unique("matrix"), Map.of("ROLE_API", List.of(customer.tenant(0))));
      wanted
          .put("clientName", mark("client-name"))
          .put("clientDescription", mark("description"))
          .put("clientEmail", mark("mail") + "@example.com");
      wanted.putArray("resourceIds").add(mark("resource"));
      client = customer.create(wanted);
      secret = http.post(client.path() + "/secrets", admin, "").expect(201).json("id").asText();
      live = client.token();
      marks.addAll(
          List.of(
              customer.id(),
              customer.adminId(),
              customer.tenant(0),
              customer.tenant(1),
              role,
              client.id(),
              client.secret(),
              secret));
      values.put("customerId", customer.id());
      values.put("clientId", client.id());
      values.put("secretId", secret);
      values.put("tenantId", customer.tenant(1));
      values.put("role", role);
      values.put("named", customer.tenant(0));
      values.put("token", live);
      values.put("new", Names.unique("new"));
    }

    private String mark(String stem) {
      String mark = Names.unique(stem);
      marks.add(mark);
      return mark;
    }

    String fill(String text) {
      String filled = text;
      for (Map.Entry<String, String> value : values.entrySet()) {
        filled = filled.replace("{" + value.getKey() + "}", value.getValue());
      }
      return filled;
    }

    Answer call(Routes.Line line, String token) {
      return call(line, token.isEmpty() ? "" : "Bearer " + token, Spoiled.NOTHING);
    }

    Answer call(Routes.Line line, String authorization, Spoiled spoiled) {
      Row row = rowOf(line);
      Map<String, String> headers = new LinkedHashMap<>();
      if (!authorization.isEmpty()) {
        headers.put("Authorization", authorization);
      }
      if (row.form) {
        headers.put("Content-Type", "application/x-www-form-urlencoded");
      }
      String path = fill(line.route().template());
      String body = fill(row.body);
      return switch (spoiled) {
        case NOTHING -> http.send(line.route().method(), path, headers, body);
        case BODY_NOT_JSON -> send(line, path, headers, "{\"clientId\":");
        case BODY_EMPTY -> send(line, path, headers, "");
        case PATH_ENCODED -> send(line, encoded(path), headers, body);
        case QUERY ->
            send(
                line,
                path + fill("?limit=x&cursor={clientId}&customerId={customerId}&q={clientId}"),
                headers,
                body);
      };
    }

    private Answer send(Routes.Line line, String path, Map<String, String> headers, String body) {
      return http.unchecked().send(line.route().method(), path, headers, body);
    }

    /// The same path with the last character of each id behind `%`.
    private String encoded(String path) {
      String encoded = path;
      for (String name : List.of("customerId", "clientId", "secretId", "tenantId", "role")) {
        String value = values.getOrDefault(name, "");
        int last = value.length() - 1;
        encoded =
            encoded.replace(
                "/" + value,
                "/" + value.substring(0, last) + String.format("%%%02x", (int) value.charAt(last)));
      }
      return encoded;
    }

    /// Which of its own an answer to a stranger tells.
    List<String> told(Answer answer) {
      String said = answer.headers() + "\n" + answer.text();
      return marks.stream().filter(said::contains).toList();
    }
  }

  /// What must not change: the rows of a customer, of the operator, and all keys; and what is taken
  /// away without a row.
  private static final class Guarded implements AutoCloseable {
    private final World world;
    private final Connection connection;
    private final List<String> before;

    Guarded(World world) throws SQLException {
      this.world = world;
      // What is flushed on its own must not be a change.
      this.connection = DriverManager.getConnection(world.server.databaseAddress());
      this.before = rows();
    }

    private List<String> rows() throws SQLException {
      List<String> rows = new ArrayList<>(CustomerRows.of(connection, world.customer.id()));
      rows.addAll(CustomerRows.of(connection, "operator"));
      rows.addAll(
          CustomerRows.rows(connection, "signing_key", "SELECT * FROM signing_key ORDER BY 1"));
      rows.addAll(
          CustomerRows.rows(
              connection,
              "new",
              "SELECT customer_id FROM customer WHERE customer_id = ?",
              world.values.getOrDefault("new", "")));
      return rows;
    }

    /// @param deed in words
    void isUnchangedBy(String deed, Tally tally) throws SQLException {
      List<String> now = rows();
      if (!now.equals(before)) {
        now.removeAll(before);
        tally.wrong(deed + " changes something of another customer: " + now);
      }
    }

    /// Tokens that lived live, and the next good request is answered.
    void livesOn(String deed, Tally tally) {
      if (!world.server.isActive(world.live)) {
        tally.wrong(deed + " kills a token");
      }
      world.http.get(world.client.path(), world.customer.adminToken()).expect(200);
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  private static Row rowOf(Routes.Line line) {
    Row row = ROWS.get(line.toString());
    if (row == null) {
      throw new AssertionError("the matrix has no row for " + line);
    }
    return row;
  }

  private static Client admin(Customer customer) {
    return customer.newClient(Map.of("ROLE_ADMIN_CUSTOMER", List.of()));
  }

  private static String narrowed(Client client, String parameter, String value) {
    return client
        .server()
        .askToken(client.id(), client.secret(), parameter, value)
        .expect(200)
        .json("access_token")
        .asText();
  }

  /// What each kind says in its `Authorization`, in and around this world.
  private static Map<CallerKind, String> callers(World world, Customer stranger) {
    Map<CallerKind, String> tokens = new EnumMap<>(CallerKind.class);
    living(world, stranger, tokens);
    dead(world, stranger, tokens);
    Map<CallerKind, String> callers = new EnumMap<>(CallerKind.class);
    tokens.forEach((kind, token) -> callers.put(kind, "Bearer " + token));
    callers.put(CallerKind.NO_TOKEN, "");
    callers.put(CallerKind.BASIC, world.customer.admin().basic());
    assertThat(callers).containsOnlyKeys(CallerKind.values());
    return callers;
  }

  private static void living(World world, Customer stranger, Map<CallerKind, String> tokens) {
    Customer victim = world.customer;
    TestServer server = world.server;
    String own = victim.tenant(0);
    tokens.put(CallerKind.OPERATOR, server.operatorToken());
    tokens.put(CallerKind.OWN_ADMIN, victim.adminToken());
    tokens.put(
        CallerKind.OWN_ADMIN_USER, victim.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token());
    tokens.put(CallerKind.OTHER_ADMIN, stranger.adminToken());
    tokens.put(
        CallerKind.OTHER_ADMIN_USER,
        stranger.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token());
    String custom = Names.uniqueRole();
    world.http.post(stranger.path() + "/roles", stranger.adminToken(), List.of(custom)).expect(201);
    world
        .http
        .put(
            stranger.path() + "/roles/permissions/" + custom,
            stranger.adminToken(),
            "{\"servicePermissions\":[{\"id\":\"Auth\",\"resourcePermissions\":[{\"id\":"
                + "\"Customer\",\"allowedPrivileges\":[\"CREATE\",\"READ\",\"UPDATE\",\"DELETE\"]}]}]}")
        .expect(200);
    tokens.put(
        CallerKind.OTHER_CUSTOM_ROLE,
        stranger.newClient(Map.of(custom, stranger.tenants())).token());
    tokens.put(
        CallerKind.OTHER_LOWER_ROLE,
        stranger.newClient(Map.of("ROLE_API", stranger.tenants())).token());
    tokens.put(CallerKind.OTHER_NARROWED, narrowed(stranger.admin(), "tenant", stranger.tenant(0)));
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
    tokens.put(CallerKind.LOWER_ROLE, victim.newClient(Map.of("ROLE_API", List.of(own))).token());
    tokens.put(
        CallerKind.ADMIN_TENANT,
        victim.newClient(Map.of("ROLE_ADMIN_TENANT", List.of(own))).token());
    tokens.put(CallerKind.NO_ROLE, victim.newClient().token());
    tokens.put(CallerKind.NARROWED, narrowed(victim.admin(), "tenant", own));
    Client both =
        victim.newClient(Map.of("ROLE_ADMIN_CUSTOMER", List.of(), "ROLE_USER", List.of(own)));
    tokens.put(CallerKind.NARROWED_BY_SCOPE, narrowed(both, "scope", "ROLE_USER"));
    Client demoted = admin(victim);
    tokens.put(CallerKind.DEMOTED, demoted.token());
    world
        .http
        .put(
            demoted.path() + "?skipTokenRevocation=true",
            victim.adminToken(),
            Customer.client(demoted.id(), Map.of()))
        .expect(200);
  }

  private static void dead(World world, Customer stranger, Map<CallerKind, String> tokens) {
    Customer victim = world.customer;
    Http http = world.http;
    String token = victim.adminToken();
    Client expiring =
        victim.create(
            Customer.client(Names.unique("expiring"), Map.of("ROLE_ADMIN_CUSTOMER", List.of()))
                .put("accessTokenValidity", 60));
    tokens.put(CallerKind.EXPIRED, expiring.token());
    world.server.clock().advance(Duration.ofSeconds(61));
    Client revoked = admin(victim);
    tokens.put(CallerKind.REVOKED, revoked.token());
    http.form(
            "/oauth/revoke", revoked.basic(), "token", tokens.getOrDefault(CallerKind.REVOKED, ""))
        .expect(200);
    Client all = admin(victim);
    tokens.put(CallerKind.ALL_REVOKED, all.token());
    http.put(all.path() + "/revoketokens", token).expect(200);
    Map<String, List<String>> roles = Map.of("ROLE_ADMIN_CUSTOMER", List.of());
    Client disabled = admin(victim);
    tokens.put(CallerKind.DISABLED, disabled.token());
    http.put(disabled.path(), token, Customer.client(disabled.id(), roles).put("enabled", false))
        .expect(200);
    Client deleted = admin(victim);
    tokens.put(CallerKind.DELETED, deleted.token());
    http.delete(deleted.path(), token).expect(200);
    Client rotated = admin(victim);
    tokens.put(CallerKind.ROTATED, rotated.token());
    http.put(
            rotated.path(),
            token,
            Customer.client(rotated.id(), roles).put("clientSecret", "thought of by somebody"))
        .expect(200);
    Client changed = admin(victim);
    tokens.put(CallerKind.ROLES_CHANGED, changed.token());
    http.put(
            changed.path(),
            token,
            Customer.client(
                changed.id(),
                Map.of("ROLE_ADMIN_CUSTOMER", List.of(), "ROLE_USER", victim.tenants())))
        .expect(200);
    Customer suspended = world.server.newCustomer("tenant");
    tokens.put(CallerKind.SUSPENDED, suspended.adminToken());
    http.put(
            suspended.path(),
            world.server.operatorToken(),
            Map.of("status", "suspended", "tenants", suspended.tenants()))
        .expect(200);
    tokens.put(CallerKind.TAMPERED, tampered(token));
    tokens.put(CallerKind.TAMPERED_CLAIMS, claiming(stranger.adminToken(), victim));
    tokens.put(CallerKind.UNSIGNED, unsigned(token));
    tokens.put(CallerKind.GARBAGE, "not.a.token");
    tokens.put(CallerKind.SECRET_AS_TOKEN, victim.adminSecret());
  }

  private static String tampered(String token) {
    int middle = token.length() - 40;
    char other = token.charAt(middle) == 'A' ? 'B' : 'A';
    return token.substring(0, middle) + other + token.substring(middle + 1);
  }

  private static String claiming(String token, Customer customer) {
    ObjectNode claims = Jwt.claims(token).deepCopy();
    claims
        .put("customer", customer.id())
        .put("client_id", customer.adminId())
        .put("sub", customer.adminId());
    String[] parts = token.split("\\.", -1);
    return parts[0] + "." + base64(claims.toString()) + "." + parts[2];
  }

  private static String unsigned(String token) {
    return base64("{\"alg\":\"none\",\"typ\":\"at+jwt\"}") + "." + token.split("\\.", -1)[1] + ".";
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
  }

  @Test
  void everyRouteHasARowAndEveryRowARoute(TestServer server) {
    Set<String> routes =
        server.routes().stream()
            .map(Routes.Line::toString)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(new TreeSet<>(ROWS.keySet())).isEqualTo(routes);
  }

  /// The test of the test: a route that nobody wrote a row for is not passed over.
  @Test
  void aRouteWithoutARowIsAFailure(TestServer server) {
    Routes.Line known = server.routes().getFirst();
    Routes.Line unknown =
        new Routes.Line(
            known.right(),
            io.clientele.http.Route.open(
                "PATCH",
                known.route().template(),
                known.route().voice(),
                1,
                request -> {
                  throw new IllegalStateException("nobody calls it");
                }));
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> rowOf(unknown))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("PATCH");
  }

  @Test
  void whoMayNotIsRefusedEverywhereAndNothingChanges(
      Customer victim, Customer stranger, Tally tally) throws SQLException {
    World world = new World(victim);
    Map<CallerKind, String> callers = callers(world, stranger);
    try (Guarded guarded = new Guarded(world)) {
      for (Routes.Line line : world.server.routes()) {
        for (CallerKind caller : CallerKind.values()) {
          String said = callers.getOrDefault(caller, "");
          if (line.right() instanceof Right.Anyone) {
            Answer answer = world.call(line, said, Spoiled.NOTHING).expect(rowOf(line).status);
            tellsNothing(world, line + " by " + caller, answer, tally);
            tally.done(1);
          } else if (!allowed(line.right(), caller)
              // There it is no wrong way of asking.
              && !(line.right() instanceof Right.ClientSecret && caller == CallerKind.BASIC)) {
            for (Spoiled spoiled : spoiled(line, tally.scale())) {
              refused(world, line, caller, spoiled, world.call(line, said, spoiled), tally);
              guarded.isUnchangedBy(line + " by " + caller, tally);
            }
          }
        }
        guarded.livesOn(line.toString(), tally);
      }
    }
    tally.measured(CallerKind.values().length + " kinds of caller");
  }

  private static List<Spoiled> spoiled(Routes.Line line, Scale scale) {
    return scale == Scale.BRIEF || line.right() instanceof Right.ClientSecret
        ? List.of(Spoiled.NOTHING)
        : List.of(Spoiled.values());
  }

  private static void refused(
      World world,
      Routes.Line line,
      CallerKind caller,
      Spoiled spoiled,
      Answer answer,
      Tally tally) {
    tally.badInput();
    String what = line + " by " + caller + ", spoiled " + spoiled;
    // A token is no client authentication.
    boolean known = caller.hasLivingToken() && !(line.right() instanceof Right.ClientSecret);
    int expected = known ? 403 : 401;
    if (answer.status() != expected) {
      tally.wrong(what + ": " + answer);
    } else if (known) {
      answer.expectProblem(403, "Access is denied");
    }
    tellsNothing(world, what, answer, tally);
  }

  private static void tellsNothing(World world, String what, Answer answer, Tally tally) {
    List<String> told = world.told(answer);
    if (!told.isEmpty()) {
      tally.wrong(what + " tells " + told + ": " + answer);
    }
  }

  @Test
  void anotherCustomersIdsBelowOnesOwnPathAreUnknownAndNothingChanges(
      Customer victim, Customer stranger, Tally tally) throws SQLException {
    World world = new World(victim);
    World own = new World(stranger);
    Map<CallerKind, String> callers = new EnumMap<>(CallerKind.class);
    callers.put(CallerKind.OPERATOR, world.server.operatorToken());
    callers.put(CallerKind.OWN_ADMIN, stranger.adminToken());
    callers.put(
        CallerKind.OWN_ADMIN_USER,
        stranger.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token());
    Map<String, String> ownValues = Map.copyOf(own.values);
    try (Guarded guarded = new Guarded(world)) {
      for (Routes.Line line : world.server.routes()) {
        List<String> ids =
            Stream.of("clientId", "secretId", "tenantId", "role")
                .filter(id -> line.route().template().contains("{" + id + "}"))
                .toList();
        for (String id : ids) {
          own.values.putAll(ownValues);
          own.values.put(id, world.values.getOrDefault(id, ""));
          if (id.equals("clientId")) {
            own.values.put("secretId", world.secret);
          }
          for (CallerKind caller : callers.keySet()) {
            Answer answer = own.call(line, callers.getOrDefault(caller, ""));
            String what = line + " with another's " + id + " by " + caller;
            int expected = allowed(line.right(), caller) ? 404 : 403;
            tally.badInput();
            if (answer.status() != expected) {
              tally.wrong(what + ": " + answer);
            }
            List<String> told = new ArrayList<>(world.told(answer));
            // What it has sent it knows.
            told.remove(world.values.getOrDefault(id, ""));
            if (!told.isEmpty()) {
              tally.wrong(what + " tells " + told + ": " + answer);
            }
            guarded.isUnchangedBy(what, tally);
          }
        }
      }
      guarded.livesOn("ids below another's path", tally);
    }
  }

  /// A request of one's own that names something of another customer's.
  ///
  /// @param method and path below one's own customer; `{…}` stands for what is another's
  private record Naming(String method, String path, String body) {
    private static final String CLIENT =
        """
        {"clientId":"made-up","authorizedGrantTypes":["client_credentials"],
        "clientAuthenticationMethods":["client_secret_basic"],
        """;

    static final List<Naming> ALL =
        List.of(
            new Naming("GET", "/clients?tenant={tenantId}", ""),
            new Naming("GET", "/clients?role={role}", ""),
            new Naming("GET", "/clients?q={clientId}", ""),
            new Naming("GET", "/clients?cursor={clientId}", ""),
            new Naming("GET", "/audit?object={clientId}", ""),
            new Naming("GET", "/audit?actor={clientId}", ""),
            new Naming(
                "POST",
                "/clients",
                CLIENT + "\"clientPermissions\":{\"roles\":{\"ROLE_API\":[\"{tenantId}\"]}}}"),
            new Naming(
                "POST",
                "/clients",
                CLIENT + "\"clientPermissions\":{\"roles\":{\"{role}\":[\"{tenantId}\"]}}}"),
            new Naming("POST", "/clients", CLIENT + "\"scope\":[\"{role}\"]}"),
            new Naming(
                "PUT",
                "/clients/own",
                CLIENT.replace("\"clientId\":\"made-up\",", "")
                    + "\"clientPermissions\":{\"roles\":{\"ROLE_API\":[\"{tenantId}\"]}}}"),
            new Naming(
                "POST",
                "/roles/permissions",
                "{\"roleName\":\"{role}\",\"servicePermissions\":[]}"));
  }

  @Test
  void whatIsAnothersAndWhatIsNotThereGetTheSameWords(
      Customer victim, Customer stranger, Tally tally) throws SQLException {
    World world = new World(victim);
    Client own = stranger.newClient();
    Map<String, String> nowhere =
        Map.of(
            "clientId", Names.unique("nowhere"),
            "tenantId", Names.unique("nowhere"),
            "role", Names.uniqueRole());
    try (Guarded guarded = new Guarded(world)) {
      for (Naming naming : Naming.ALL) {
        List<String> answers = new ArrayList<>();
        for (Map<String, String> values : List.of(world.values, nowhere)) {
          String path = naming.path.replace("/own", "/" + own.id());
          String body = naming.body;
          for (String id : nowhere.keySet()) {
            path = path.replace("{" + id + "}", values.getOrDefault(id, ""));
            body = body.replace("{" + id + "}", values.getOrDefault(id, ""));
          }
          Answer answer =
              world.http.send(
                  naming.method, stranger.path() + path, Http.bearer(stranger.adminToken()), body);
          tally.badInput();
          String said = answer.status() + answer.text();
          for (String id : nowhere.keySet()) {
            said = said.replace(values.getOrDefault(id, ""), "{" + id + "}");
          }
          answers.add(said);
        }
        if (!answers.getFirst().equals(answers.getLast())) {
          tally.wrong(naming + " is told apart: " + answers);
        }
        guarded.isUnchangedBy(naming.toString(), tally);
      }
      takenIds(world, stranger, tally);
      guarded.isUnchangedBy("asking for ids that are taken", tally);
      guarded.livesOn("naming what is another's", tally);
    }
  }

  /// Of an id that is unique over the server it shows that it is taken, and nothing else.
  private static void takenIds(World world, Customer stranger, Tally tally) {
    String operator = world.server.operatorToken();
    String tenant = world.values.getOrDefault("tenantId", "");
    List<Answer> answers =
        List.of(
            stranger
                .post(Customer.client(world.client.id()))
                .expectProblem(409, "Client '" + world.client.id() + "' already exists"),
            world
                .http
                .post(stranger.path() + "/tenants", operator, Map.of("id", tenant))
                .expect(409),
            world
                .http
                .put(stranger.path(), operator, Map.of("tenants", List.of(tenant)))
                .expect(409));
    for (Answer answer : answers) {
      tally.badInput();
      List<String> told = new ArrayList<>(world.told(answer));
      told.removeAll(List.of(tenant, world.client.id()));
      if (!told.isEmpty()) {
        tally.wrong("an id that is taken tells " + told + ": " + answer);
      }
    }
  }

  /// So that a refusal is one of the caller and not of the request; and what is done to one's own
  /// customer is done to no other.
  @Test
  void whoMaySucceedsAndAnotherCustomerStaysAsItIs(
      TestServer server, Customer bystander, Tally tally) throws SQLException {
    World other = new World(bystander);
    List<String> before = CustomerRows.of(server.databaseAddress(), bystander.id());
    for (Routes.Line line : server.routes()) {
      for (CallerKind caller :
          List.of(CallerKind.OPERATOR, CallerKind.OWN_ADMIN, CallerKind.OWN_ADMIN_USER)) {
        if (line.right() instanceof Right.Anyone || !allowed(line.right(), caller)) {
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
        tally.done(1);
        if (answer.status() != rowOf(line).status) {
          tally.wrong(line + " by " + caller + ": " + answer);
        }
        if (caller != CallerKind.OPERATOR) {
          tellsNothing(other, line + " by " + caller + " of another customer", answer, tally);
        }
        if (!CustomerRows.of(server.databaseAddress(), bystander.id()).equals(before)) {
          tally.wrong(line + " by " + caller + " changes another customer");
        }
      }
    }
    assertThat(server.isActive(other.live)).isTrue();
  }

  @Test
  void whatNeedsAClientsSecretSucceedsWithIt(TestServer server, Tally tally) {
    for (Routes.Line line : server.routes()) {
      if (line.right() instanceof Right.ClientSecret) {
        World world = new World(server.newCustomer("tenant1", "tenant2"));
        world.call(line, world.client.basic(), Spoiled.NOTHING).expect(rowOf(line).status);
        tally.done(1);
      }
    }
  }

  /// Anothers' tokens and tenants are as unknown to who has a secret as to who has a token.
  @Test
  void aClientsSecretOpensNothingOfAnotherCustomer(Customer victim, Customer stranger, Tally tally)
      throws SQLException {
    World world = new World(victim);
    try (Guarded guarded = new Guarded(world)) {
      List<String> basics =
          List.of(
              stranger.admin().basic(),
              stranger.newClient(Map.of("ROLE_API", stranger.tenants())).basic(),
              Http.basic(world.client.id(), stranger.adminSecret()),
              Http.basic(world.client.id(), "clt_" + "A".repeat(49)));
      for (String basic : basics) {
        boolean authentic = basics.indexOf(basic) < 2;
        for (Routes.Line line : world.server.routes()) {
          if (!(line.right() instanceof Right.ClientSecret)) {
            continue;
          }
          boolean asksForToken = line.route().template().equals("/oauth/token");
          Answer answer =
              asksForToken
                  ? world.http.form(
                      "/oauth/token",
                      basic,
                      "grant_type",
                      "client_credentials",
                      "tenant",
                      victim.tenant(0))
                  : world.call(line, basic, Spoiled.NOTHING);
          String what = line + " with another's secret";
          tally.badInput();
          switch (authentic ? line.route().template() : "") {
            case "/oauth/introspect" ->
                assertThat(answer.expect(200).text()).isEqualTo("{\"active\":false}");
            case "/oauth/revoke" -> answer.expect(200);
            case "/oauth/checkToken" -> answer.expectOAuthError(400, "invalid_token");
            case "/oauth/token" -> answer.expectOAuthError(400, "invalid_target");
            case "" -> answer.expectOAuthError(401, "invalid_client");
            default -> throw new AssertionError("nobody said what is right for " + line);
          }
          tellsNothing(world, what, answer, tally);
          guarded.isUnchangedBy(what, tally);
          guarded.livesOn(what, tally);
        }
      }
    }
  }
}
