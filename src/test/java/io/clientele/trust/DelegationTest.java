package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.Routes;
import io.clientele.access.Right;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Contract 2.3: nobody gives more than they hold. Every kind of caller, every way that gives a
/// role, every way that takes a client over. The ways come from the table of routes: one that
/// changes something and is neither tried nor said to give nothing fails.
@TrustCase(
    id = "T16",
    title = "Delegation: every kind of caller × every way to give a role or take over a client",
    unit = "attempts",
    required = 4_000,
    brief = 900,
    seconds = 180)
@WithServer
class DelegationTest {
  private static final String DENIED = "Access is denied";
  private static final String CUSTOMER = "/oauth/customers/{customerId}";
  private static final String CLIENTS = CUSTOMER + "/clients";
  private static final String CLIENT = CLIENTS + "/{clientId}";
  private static final String ROLES = CUSTOMER + "/roles";
  private static final String PERMISSIONS = ROLES + "/permissions";

  private static final String THE_OPERATORS = "the operator's, who outranks everything";

  /// What changes something, but by which nobody gets a role and no client is taken over, and why.
  private static final Map<String, String> GIVES_NOTHING =
      Map.ofEntries(
          Map.entry("POST /oauth/token", "a token holds no more than its client"),
          Map.entry("POST /oauth/introspect", "changes nothing"),
          Map.entry("POST /oauth/checkToken", "changes nothing"),
          Map.entry("POST /oauth/revoke", "a client's own tokens"),
          Map.entry("POST /oauth/customers", THE_OPERATORS),
          Map.entry("PUT " + CUSTOMER, THE_OPERATORS),
          Map.entry("DELETE " + CUSTOMER, THE_OPERATORS),
          Map.entry("POST " + CUSTOMER + "/tenants", THE_OPERATORS),
          Map.entry("DELETE " + CUSTOMER + "/tenants/{tenantId}", THE_OPERATORS),
          Map.entry("POST /oauth/keys/rotate", THE_OPERATORS));

  /// Who calls.
  enum CallerKind {
    OPERATOR,
    ADMIN_CUSTOMER,
    ADMIN_USER,
    /// ROLE_ADMIN_CUSTOMER too, but not in this token.
    ADMIN_USER_BY_SCOPE,
    /// A custom role with the privileges of ROLE_ADMIN_USER, and ROLE_USER on the first tenant: no
    /// rank.
    KEEPER,
    /// The same, but with ROLE_USER on all tenants by `scope`.
    WIDE_KEEPER,
    /// A custom role with every privilege that one can carry: no rank either.
    ALMIGHTY,
    /// A custom role with the privileges on clients alone.
    CLIENTS_ONLY,
    /// ROLE_ADMIN_CUSTOMER, for one tenant: no management right.
    NARROWED,
    ADMIN_TENANT,
    LOWER_ROLE,
    /// ROLE_ADMIN_CUSTOMER of another customer.
    OTHER_ADMIN,
    RESOURCE_SERVER;

    /// By contract 1: may create, change and delete clients.
    boolean managesClients() {
      return managesRoles() || this == CLIENTS_ONLY;
    }

    /// By contract 1: may create, change and delete roles.
    boolean managesRoles() {
      return compareTo(CLIENTS_ONLY) < 0;
    }

    boolean hasRank() {
      return compareTo(KEEPER) < 0;
    }
  }

  /// What is given, or held by the client that is taken over.
  enum Gift {
    NOTHING,
    ROLE_USER_ON_1,
    ROLE_USER_ON_2,
    ROLE_USER_ON_BOTH,
    ROLE_USER_BY_SCOPE,
    ROLE_API_ON_1,
    ROLE_API_BY_DEFAULT_ON_1,
    ROLE_API_BY_DEFAULT_ON_ALL,
    PLAIN_CUSTOM_ON_1,
    KEEPER_ON_1,
    KEEPER_ON_2,
    /// Carries more than most who write it hold.
    ALMIGHTY_ON_1,
    ADMIN_TENANT_ON_1,
    ADMIN_USER,
    ADMIN_CUSTOMER,
    ROLE_USER_ON_1_AND_ADMIN_CUSTOMER
  }

  /// Whether the caller may give this, and change a client that has it; by contract 2.3.
  private static boolean mayGive(CallerKind caller, Gift gift) {
    return switch (caller) {
      case OPERATOR, ADMIN_CUSTOMER -> true;
      case ADMIN_USER, ADMIN_USER_BY_SCOPE ->
          gift != Gift.ADMIN_CUSTOMER && gift != Gift.ROLE_USER_ON_1_AND_ADMIN_CUSTOMER;
      // Its own custom role: it holds it there, and all that it carries.
      case KEEPER -> EnumSet.of(Gift.NOTHING, Gift.ROLE_USER_ON_1, Gift.KEEPER_ON_1).contains(gift);
      case WIDE_KEEPER ->
          EnumSet.of(
                  Gift.NOTHING,
                  Gift.ROLE_USER_ON_1,
                  Gift.ROLE_USER_ON_2,
                  Gift.ROLE_USER_ON_BOTH,
                  Gift.ROLE_USER_BY_SCOPE,
                  Gift.KEEPER_ON_1)
              .contains(gift);
      case ALMIGHTY -> gift == Gift.NOTHING || gift == Gift.ALMIGHTY_ON_1;
      case CLIENTS_ONLY -> gift == Gift.NOTHING;
      case NARROWED, ADMIN_TENANT, LOWER_ROLE, OTHER_ADMIN, RESOURCE_SERVER -> false;
    };
  }

  /// What is tried with this caller: all, or a part that is another one for each caller and way.
  private static List<Gift> gifts(CallerKind caller, int way, Tally tally) {
    List<Gift> all = List.of(Gift.values());
    int first = place(caller) + way;
    return tally.scale() == Scale.BRIEF
        ? all.stream().filter(gift -> (all.indexOf(gift) + first) % 3 == 0).toList()
        : all;
  }

  private static int place(CallerKind caller) {
    return List.of(CallerKind.values()).indexOf(caller);
  }

  /// A customer with its custom roles and one caller of each kind.
  private static final class World {
    final Customer customer;
    final TestServer server;
    final Http http;
    final String keeper = Names.uniqueRole();
    final String almighty = Names.uniqueRole();
    final String clientsOnly = Names.uniqueRole();
    final String plain = Names.uniqueRole();
    final Map<CallerKind, String> tokens = new EnumMap<>(CallerKind.class);

    World(Customer customer) {
      this.customer = customer;
      this.server = customer.server();
      this.http = server.http();
      http.post(
              customer.path() + "/roles",
              customer.adminToken(),
              List.of(keeper, almighty, clientsOnly, plain))
          .expect(201);
      carry(keeper, carries("Customer.Clients", "Customer.Roles"));
      carry(almighty, carries("Customer"));
      carry(clientsOnly, carries("Customer.Clients"));
    }

    void carry(String role, String document) {
      http.put(customer.path() + "/roles/permissions/" + role, customer.adminToken(), document)
          .expect(200);
    }

    String token(CallerKind kind) {
      return tokens.computeIfAbsent(kind, this::newToken);
    }

    private String newToken(CallerKind kind) {
      String t1 = customer.tenant(0);
      return switch (kind) {
        case OPERATOR -> server.operatorToken();
        case ADMIN_CUSTOMER -> customer.adminToken();
        case ADMIN_USER -> customer.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token();
        case ADMIN_USER_BY_SCOPE -> {
          Client both =
              customer.newClient(
                  Map.of("ROLE_ADMIN_CUSTOMER", List.of(), "ROLE_ADMIN_USER", List.of()));
          yield narrowed(both, "scope", "ROLE_ADMIN_USER");
        }
        case KEEPER ->
            customer.newClient(Map.of(keeper, List.of(t1), "ROLE_USER", List.of(t1))).token();
        case WIDE_KEEPER -> {
          ObjectNode wide = Customer.client(Names.unique("wide"), Map.of(keeper, List.of(t1)));
          wide.putArray("scope").add("ROLE_USER");
          yield customer.create(wide).token();
        }
        case ALMIGHTY -> customer.newClient(Map.of(almighty, List.of(t1))).token();
        case CLIENTS_ONLY -> customer.newClient(Map.of(clientsOnly, List.of(t1))).token();
        case NARROWED -> narrowed(customer.admin(), "tenant", t1);
        case ADMIN_TENANT -> customer.newClient(Map.of("ROLE_ADMIN_TENANT", List.of(t1))).token();
        case LOWER_ROLE -> customer.newClient(Map.of("ROLE_API", List.of(t1))).token();
        case OTHER_ADMIN -> server.newCustomer("tenant").adminToken();
        case RESOURCE_SERVER -> resourceServer();
      };
    }

    private String narrowed(Client client, String parameter, String value) {
      return server
          .askToken(client.id(), client.secret(), parameter, value)
          .expect(200)
          .json("access_token")
          .asText();
    }

    private String resourceServer() {
      String id = Names.unique("rs");
      Answer made =
          http.post(
                  "/oauth/customers/operator/clients",
                  server.operatorToken(),
                  Customer.client(id, Map.of("ROLE_RESOURCE_SERVER", List.of())))
              .expect(201);
      return server.token(id, made.json("clientSecret").asText());
    }

    ObjectNode with(String id, Gift gift) {
      String t1 = customer.tenant(0);
      String t2 = customer.tenant(1);
      return switch (gift) {
        case NOTHING -> Customer.client(id, Map.of());
        case ROLE_USER_ON_1 -> Customer.client(id, Map.of("ROLE_USER", List.of(t1)));
        case ROLE_USER_ON_2 -> Customer.client(id, Map.of("ROLE_USER", List.of(t2)));
        case ROLE_USER_ON_BOTH -> Customer.client(id, Map.of("ROLE_USER", List.of(t1, t2)));
        case ROLE_USER_BY_SCOPE -> {
          ObjectNode body = Customer.client(id);
          body.put("defaultRolesAssignmentEnabled", false).putArray("scope").add("ROLE_USER");
          yield body;
        }
        case ROLE_API_ON_1 -> Customer.client(id, Map.of("ROLE_API", List.of(t1)));
        case ROLE_API_BY_DEFAULT_ON_1 ->
            Customer.client(id, Map.of("ROLE_USER", List.of(t1)))
                .put("defaultRolesAssignmentEnabled", true);
        case ROLE_API_BY_DEFAULT_ON_ALL -> Customer.client(id);
        case PLAIN_CUSTOM_ON_1 -> Customer.client(id, Map.of(plain, List.of(t1)));
        case KEEPER_ON_1 -> Customer.client(id, Map.of(keeper, List.of(t1)));
        case KEEPER_ON_2 -> Customer.client(id, Map.of(keeper, List.of(t2)));
        case ALMIGHTY_ON_1 -> Customer.client(id, Map.of(almighty, List.of(t1)));
        case ADMIN_TENANT_ON_1 -> Customer.client(id, Map.of("ROLE_ADMIN_TENANT", List.of(t1)));
        case ADMIN_USER -> Customer.client(id, Map.of("ROLE_ADMIN_USER", List.of()));
        case ADMIN_CUSTOMER -> Customer.client(id, Map.of("ROLE_ADMIN_CUSTOMER", List.of()));
        case ROLE_USER_ON_1_AND_ADMIN_CUSTOMER ->
            Customer.client(id, Map.of("ROLE_USER", List.of(t1), "ROLE_ADMIN_CUSTOMER", List.of()));
      };
    }

    String shown(String id) {
      return http.get(customer.clients(id), customer.adminToken()).text();
    }
  }

  private static String carries(String... resources) {
    List<Map<String, Object>> permissions = new ArrayList<>();
    for (String resource : resources) {
      permissions.add(
          Map.of(
              "id", resource, "allowedPrivileges", List.of("CREATE", "READ", "UPDATE", "DELETE")));
    }
    return Answer.JSON
        .valueToTree(
            Map.of(
                "servicePermissions",
                List.of(Map.of("id", "Auth", "resourcePermissions", permissions))))
        .toString();
  }

  private static List<Method> rows() {
    return Stream.concat(
            Stream.of(DelegationTest.class), Stream.of(DelegationTest.class.getDeclaredClasses()))
        .flatMap(type -> Stream.of(type.getDeclaredMethods()))
        .filter(method -> method.isAnnotationPresent(GivesOrTakes.class))
        .toList();
  }

  @Test
  void everyRouteThatChangesSomethingIsTriedOrSaidToGiveNothing(TestServer server) {
    Set<String> accounted = new TreeSet<>(GIVES_NOTHING.keySet());
    for (Method row : rows()) {
      accounted.addAll(List.of(row.getAnnotation(GivesOrTakes.class).value()));
    }
    Set<String> changing = new TreeSet<>();
    for (Routes.Line line : server.routes()) {
      if (!line.route().method().equals("GET")) {
        changing.add(line.toString());
      }
    }
    assertThat(accounted).isEqualTo(changing);
  }

  @Test
  void whatIsSaidToBeTheOperatorsIs(TestServer server) {
    assertThat(server.routes())
        .filteredOn(line -> THE_OPERATORS.equals(GIVES_NOTHING.get(line.toString())))
        .hasSize(6)
        .allMatch(line -> line.right() instanceof Right.Operator);
  }

  /// What is not the operator's and gives nothing asks for a client's own secret.
  @Test
  void whatGivesNothingOtherwiseIsTheClientsOwn(TestServer server) {
    assertThat(server.routes())
        .filteredOn(line -> GIVES_NOTHING.containsKey(line.toString()))
        .filteredOn(line -> !(line.right() instanceof Right.Operator))
        .allMatch(line -> line.right() instanceof Right.ClientSecret);
  }

  @Nested
  class S2_3_WaysToGive {
    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("POST " + CLIENTS)
    void creatingGivesOnlyWhatTheCallerMayGive(CallerKind caller, Customer abc, Tally tally) {
      World world = new World(abc);
      for (Gift gift : gifts(caller, 0, tally)) {
        tally.badInput();
        String id = Names.unique("given");
        Answer answer = world.http.post(abc.clients(), world.token(caller), world.with(id, gift));

        if (mayGive(caller, gift)) {
          answer.expect(201);
        } else {
          answer.expectProblem(403, DENIED);
          assertThat(answer.json().path("errors").isEmpty()).isEqualTo(!caller.managesClients());
          world.http.get(abc.clients(id), abc.adminToken()).expect(404);
        }
      }
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("PUT " + CLIENT)
    void replacingGivesOnlyWhatTheCallerMayGive(CallerKind caller, Customer abc, Tally tally) {
      World world = new World(abc);
      for (Gift gift : gifts(caller, 1, tally)) {
        tally.badInput();
        Client target = abc.newClient();
        String before = world.shown(target.id());
        Answer answer =
            world.http.put(target.path(), world.token(caller), world.with(target.id(), gift));

        if (mayGive(caller, gift)) {
          answer.expect(200);
        } else {
          answer.expectProblem(403, DENIED);
          assertThat(world.shown(target.id())).isEqualTo(before);
        }
      }
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("POST " + CLIENTS)
    void aBatchIsRefusedAsAWholeForOneGiftTooMuch(CallerKind caller, Customer abc, Tally tally) {
      World world = new World(abc);
      for (Gift gift : gifts(caller, 2, tally)) {
        tally.badInput();
        List<ObjectNode> batch =
            List.of(
                world.with(Names.unique("b"), Gift.NOTHING),
                world.with(Names.unique("b"), gift),
                world.with(Names.unique("b"), Gift.NOTHING));

        Answer answer = world.http.post(abc.clients(), world.token(caller), batch);

        if (mayGive(caller, gift)) {
          answer.expect(201);
        } else {
          answer.expectProblem(403, DENIED);
          assertThat(answer.pointers()).allMatch(pointer -> pointer.startsWith("/1"));
          for (ObjectNode one : batch) {
            world.http.get(abc.clients(one.get("clientId").asText()), abc.adminToken()).expect(404);
          }
        }
      }
    }

    @Test
    void theCallerCannotRaiseItself(Customer abc) {
      World world = new World(abc);
      Client manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of()));

      world
          .http
          .put(
              manager.path(),
              manager.token(),
              Customer.client(
                  manager.id(),
                  Map.of("ROLE_ADMIN_USER", List.of(), "ROLE_ADMIN_CUSTOMER", List.of())))
          .expectProblem(403, DENIED);
    }

    @Test
    void whatANarrowedTokenLeavesOutIsNotGiven(Customer abc) {
      World world = new World(abc);
      Client both =
          abc.newClient(Map.of("ROLE_ADMIN_CUSTOMER", List.of(), "ROLE_ADMIN_USER", List.of()));
      String narrowed =
          world
              .server
              .askToken(both.id(), both.secret(), "scope", "ROLE_ADMIN_USER")
              .expect(200)
              .json("access_token")
              .asText();

      world
          .http
          .post(abc.clients(), narrowed, world.with(Names.unique("up"), Gift.ADMIN_CUSTOMER))
          .expectProblem(403, DENIED);
    }

    @Test
    void noRoleOfTheOperatorIsGivenInACustomer(Customer abc, TestServer server) {
      for (String role : List.of("ROLE_OPERATOR", "ROLE_RESOURCE_SERVER")) {
        ObjectNode body = Customer.client(Names.unique("op"), Map.of(role, List.of()));

        abc.post(body).expect(400);
        server.http().post(abc.clients(), server.operatorToken(), body).expect(400);
      }
    }

    @Test
    void theOperatorsCustomerIsClosedToAllOthers(Customer abc, TestServer server) {
      Http http = server.http();
      String path = "/oauth/customers/operator/clients";

      http.get(path, abc.adminToken()).expectProblem(403, DENIED);
      http.post(path, abc.adminToken(), Customer.client("x", Map.of("ROLE_OPERATOR", List.of())))
          .expectProblem(403, DENIED);
    }

    @Test
    void aResourceServerOfTheOperatorManagesNothing(Customer abc, TestServer server) {
      Http http = server.http();
      String id = Names.unique("rs");
      String secret =
          http.post(
                  "/oauth/customers/operator/clients",
                  server.operatorToken(),
                  Customer.client(id, Map.of("ROLE_RESOURCE_SERVER", List.of())))
              .expect(201)
              .json("clientSecret")
              .asText();
      String token = server.token(id, secret);

      http.get("/oauth/customers/operator/clients", token).expectProblem(403, DENIED);
      http.get(abc.clients(), token).expectProblem(403, DENIED);
      http.get("/oauth/customers", token).expectProblem(403, DENIED);
      assertThat(
              http.form("/oauth/introspect", Http.basic(id, secret), "token", abc.adminToken())
                  .expect(200)
                  .json("active")
                  .asBoolean())
          .isTrue();
    }
  }

  @Nested
  class S2_3_TakingOver {
    private interface Way {
      Answer tryIt(World world, String token, Client target, Gift held);
    }

    private void taking(CallerKind caller, Customer abc, int success, Tally tally, Way way) {
      World world = new World(abc);
      for (Gift held : gifts(caller, success, tally)) {
        tally.badInput();
        Client target = abc.create(world.with(Names.unique("target"), held));
        String before = world.shown(target.id());
        String token = target.token();

        Answer answer = way.tryIt(world, world.token(caller), target, held);

        if (mayGive(caller, held)) {
          answer.expect(success);
        } else {
          answer.expectProblem(403, DENIED);
          assertThat(world.shown(target.id())).isEqualTo(before);
          assertThat(world.server.isActive(token)).as("the target's token lives").isTrue();
          world.server.askToken(target.id(), target.secret()).expect(200);
        }
      }
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("PUT " + CLIENT)
    void changingItsName(CallerKind caller, Customer abc, Tally tally) {
      taking(
          caller,
          abc,
          200,
          tally,
          (world, token, target, held) ->
              world.http.put(
                  target.path(), token, world.with(target.id(), held).put("clientName", "n")));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("PUT " + CLIENT)
    void takingItsRolesAway(CallerKind caller, Customer abc, Tally tally) {
      taking(
          caller,
          abc,
          200,
          tally,
          (world, token, target, held) ->
              world.http.put(target.path(), token, world.with(target.id(), Gift.NOTHING)));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("PUT " + CLIENT)
    void disabling(CallerKind caller, Customer abc, Tally tally) {
      taking(
          caller,
          abc,
          200,
          tally,
          (world, token, target, held) ->
              world.http.put(
                  target.path(), token, world.with(target.id(), held).put("enabled", false)));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("PUT " + CLIENT)
    void enablingAgain(CallerKind caller, Customer abc, Tally tally) {
      World world = new World(abc);
      for (Gift held : gifts(caller, 3, tally)) {
        tally.badInput();
        Client target = abc.create(world.with(Names.unique("off"), held).put("enabled", false));

        Answer answer =
            world.http.put(target.path(), world.token(caller), world.with(target.id(), held));

        if (mayGive(caller, held)) {
          answer.expect(200);
        } else {
          answer.expectProblem(403, DENIED);
          world
              .server
              .askToken(target.id(), target.secret())
              .expectOAuthError(401, "invalid_client");
        }
      }
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("PUT " + CLIENT + "/revoketokens")
    void revokingItsTokens(CallerKind caller, Customer abc, Tally tally) {
      taking(
          caller,
          abc,
          200,
          tally,
          (world, token, target, held) -> world.http.put(target.path() + "/revoketokens", token));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("PUT " + CLIENT)
    void settingItsSecret(CallerKind caller, Customer abc, Tally tally) {
      taking(
          caller,
          abc,
          200,
          tally,
          (world, token, target, held) ->
              world.http.put(
                  target.path(),
                  token,
                  world.with(target.id(), held).put("clientSecret", "taken over by someone")));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("POST " + CLIENT + "/secrets")
    void addingASecret(CallerKind caller, Customer abc, Tally tally) {
      taking(
          caller,
          abc,
          201,
          tally,
          (world, token, target, held) -> world.http.post(target.path() + "/secrets", token, ""));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("DELETE " + CLIENT + "/secrets/{secretId}")
    void endingASecret(CallerKind caller, Customer abc, Tally tally) {
      taking(
          caller,
          abc,
          200,
          tally,
          (world, token, target, held) -> {
            String second =
                world
                    .http
                    .post(target.path() + "/secrets", abc.adminToken(), "")
                    .expect(201)
                    .json("id")
                    .asText();
            Answer answer = world.http.delete(target.path() + "/secrets/" + second, token);
            if (answer.status() != 200) {
              assertThat(world.http.get(target.path() + "/secrets", abc.adminToken()).json())
                  .hasSize(2);
            }
            return answer;
          });
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("DELETE " + CLIENT)
    void deleting(CallerKind caller, Customer abc, Tally tally) {
      taking(
          caller,
          abc,
          200,
          tally,
          (world, token, target, held) -> world.http.delete(target.path(), token));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("POST " + CLIENTS)
    void recreatingADeletedId(CallerKind caller, Customer abc, Tally tally) {
      World world = new World(abc);
      for (Gift had : gifts(caller, 4, tally)) {
        tally.badInput();
        Client target = abc.create(world.with(Names.unique("gone"), had));
        world.http.delete(target.path(), abc.adminToken()).expect(200);

        Answer answer =
            world.http.post(
                abc.clients(), world.token(caller), world.with(target.id(), Gift.NOTHING));

        if (mayGive(caller, had)) {
          answer.expect(201);
        } else {
          answer.expectProblem(403, DENIED);
          world.http.get(target.path(), abc.adminToken()).expect(404);
        }
      }
    }

    @Test
    void whatIsReadNeedsNoRank(Customer abc) {
      World world = new World(abc);
      String keeper = world.token(CallerKind.KEEPER);

      world.http.get(abc.admin().path(), keeper).expect(200);
      world.http.get(abc.admin().path() + "/secrets", keeper).expect(200);
      world.http.get(abc.admin().path() + "/multitokens", keeper).expect(200);
    }
  }

  /// Who has the role whose privileges are written.
  enum Holder {
    NOBODY,
    SOMEBODY
  }

  /// What a custom role carries, or shall carry.
  enum Carried {
    NOTHING,
    CLIENTS,
    AUDIT,
    EVERYTHING,
    /// Of another service.
    FOREIGN;

    String document() {
      return switch (this) {
        case NOTHING -> "{\"servicePermissions\":[]}";
        case CLIENTS -> carries("Customer.Clients");
        case AUDIT -> carries("Customer.Audit").replaceAll("\\[\"CREATE.*?\\]", "[\"READ\"]");
        case EVERYTHING -> carries("Customer");
        case FOREIGN -> carries("Files").replace("\"Auth\"", "\"Other\"");
      };
    }

    /// Whether the caller holds all of that itself.
    boolean isHeldBy(CallerKind caller) {
      return switch (caller) {
        case OPERATOR -> true;
        case ADMIN_CUSTOMER, ALMIGHTY -> this != FOREIGN;
        case ADMIN_USER, ADMIN_USER_BY_SCOPE -> this == NOTHING || this == CLIENTS || this == AUDIT;
        case KEEPER, WIDE_KEEPER -> this == NOTHING || this == CLIENTS;
        default -> false;
      };
    }
  }

  @Nested
  class S2_3_CustomRoles {
    private interface Write {
      Answer with(World world, String token, String role, String document);
    }

    /// Whether the caller may make a role that carries this carry that; by contract 2.3.
    private static boolean mayWrite(CallerKind caller, Holder holder, Carried now, Carried then) {
      boolean gives = then.isHeldBy(caller) || (then == Carried.FOREIGN && caller.hasRank());
      boolean takes = caller.hasRank() || (now.isHeldBy(caller) && holder == Holder.NOBODY);
      return caller.managesRoles() && gives && takes;
    }

    private static void writing(
        CallerKind caller,
        Customer abc,
        Tally tally,
        List<Carried> wanted,
        int success,
        Write write) {
      World world = new World(abc);
      int turn = place(caller) + success;
      for (Holder holder : Holder.values()) {
        for (Carried now : Carried.values()) {
          for (Carried then : wanted) {
            if (tally.scale() == Scale.BRIEF && turn++ % 5 != 0) {
              continue;
            }
            String role = Names.uniqueRole();
            String path = abc.path() + "/roles/permissions/" + role;
            world.http.post(abc.path() + "/roles", abc.adminToken(), List.of(role)).expect(201);
            world.carry(role, now.document());
            if (holder == Holder.SOMEBODY) {
              abc.newClient(Map.of(role, List.of(abc.tenant(1))));
            }
            JsonNode before = world.http.get(path, abc.adminToken()).json();

            Answer answer = write.with(world, world.token(caller), role, then.document());

            tally.badInput();
            JsonNode after = world.http.get(path, abc.adminToken()).json();
            if (mayWrite(caller, holder, now, then)) {
              answer.expect(success);
              assertThat(after).isEqualTo(shown(role, then));
            } else {
              answer.expectProblem(403, DENIED);
              assertThat(after).isEqualTo(before);
            }
          }
        }
      }
    }

    private static JsonNode shown(String role, Carried carried) {
      try {
        ObjectNode shown = Answer.JSON.createObjectNode().put("roleName", role);
        return shown.setAll((ObjectNode) Answer.JSON.readTree(carried.document()));
      } catch (JsonProcessingException e) {
        throw new AssertionError(e);
      }
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("PUT " + PERMISSIONS + "/{role}")
    void replacingWhatARoleCarries(CallerKind caller, Customer abc, Tally tally) {
      writing(
          caller,
          abc,
          tally,
          List.of(Carried.values()),
          200,
          (world, token, role, document) ->
              world.http.put(abc.path() + "/roles/permissions/" + role, token, document));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("POST " + PERMISSIONS)
    void settingWhatARoleCarries(CallerKind caller, Customer abc, Tally tally) {
      writing(
          caller,
          abc,
          tally,
          List.of(Carried.values()),
          201,
          (world, token, role, document) ->
              world.http.post(
                  abc.path() + "/roles/permissions",
                  token,
                  document.replaceFirst("\\{", "{\"roleName\":\"" + role + "\",")));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes("DELETE " + PERMISSIONS + "/{role}")
    void takingAwayWhatARoleCarries(CallerKind caller, Customer abc, Tally tally) {
      writing(
          caller,
          abc,
          tally,
          List.of(Carried.NOTHING),
          200,
          (world, token, role, document) ->
              world.http.delete(abc.path() + "/roles/permissions/" + role, token));
    }

    /// Who drops a role takes away what it carries; one that is held is not dropped at all.
    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes({"DELETE " + ROLES + "/{role}", "PUT " + ROLES})
    void droppingARole(CallerKind caller, Customer abc, Tally tally) {
      World world = new World(abc);
      List<String> kept = List.of(world.keeper, world.almighty, world.clientsOnly, world.plain);
      for (boolean byReplacing : new boolean[] {true, false}) {
        for (Holder holder : Holder.values()) {
          for (Carried now : Carried.values()) {
            String role = Names.uniqueRole();
            world.http.post(abc.path() + "/roles", abc.adminToken(), List.of(role)).expect(201);
            world.carry(role, now.document());
            Optional<Client> held =
                holder == Holder.NOBODY
                    ? Optional.empty()
                    : Optional.of(abc.newClient(Map.of(role, List.of(abc.tenant(1)))));

            Answer answer =
                byReplacing
                    ? world.http.put(abc.path() + "/roles", world.token(caller), kept)
                    : world.http.delete(abc.path() + "/roles/" + role, world.token(caller));

            tally.badInput();
            if (!caller.managesRoles()) {
              answer.expectProblem(403, DENIED);
            } else if (held.isPresent()) {
              answer.expect(409);
            } else if (caller.hasRank() || now.isHeldBy(caller)) {
              answer.expect(200);
            } else {
              answer.expectProblem(403, DENIED);
            }
            int there = answer.status() == 200 ? 404 : 200;
            world
                .http
                .get(abc.path() + "/roles/permissions/" + role, abc.adminToken())
                .expect(there);
            held.ifPresent(
                client -> world.http.delete(client.path(), abc.adminToken()).expect(200));
            if (there == 200) {
              world.http.delete(abc.path() + "/roles/" + role, abc.adminToken()).expect(200);
            }
          }
        }
      }
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    @GivesOrTakes({"POST " + ROLES, "PUT " + ROLES})
    void aNewRoleCarriesNothingAndIsHeldByNobody(CallerKind caller, Customer abc, Tally tally) {
      World world = new World(abc);
      String role = Names.uniqueRole();
      String path = abc.path() + "/roles";

      Answer answer = world.http.post(path, world.token(caller), List.of(role));

      tally.badInput();
      if (caller.managesRoles()) {
        answer.expect(201);
        Answer made = world.http.get(path + "/permissions/" + role, abc.adminToken()).expect(200);
        assertThat(made.json("servicePermissions")).isEmpty();
        assertThat(world.http.get(abc.clients() + "?role=" + role, abc.adminToken()).json())
            .isEmpty();
      } else {
        answer.expectProblem(403, DENIED);
      }
    }

    @Test
    void aRoleThatIsHeldIsNeitherDeletedNorDropped(Customer abc) {
      World world = new World(abc);
      Client holder = abc.create(world.with(Names.unique("holder"), Gift.PLAIN_CUSTOM_ON_1));

      Answer deleted =
          world.http.delete(abc.path() + "/roles/" + world.plain, abc.adminToken()).expect(409);
      Answer dropped =
          world
              .http
              .put(
                  abc.path() + "/roles",
                  abc.adminToken(),
                  List.of(world.keeper, world.almighty, world.clientsOnly))
              .expect(409);

      assertThat(deleted.text()).contains(holder.id());
      assertThat(dropped.text()).contains(holder.id());
      world.http.delete(holder.path(), abc.adminToken()).expect(200);
      world.http.delete(abc.path() + "/roles/" + world.plain, abc.adminToken()).expect(200);
    }

    @ParameterizedTest
    @CsvSource({"ROLE_API", "ROLE_ADMIN_USER", "ROLE_ADMIN_CUSTOMER"})
    void aSystemRoleIsNotWritten(String role, Customer abc) {
      World world = new World(abc);
      String admin = abc.adminToken();

      world
          .http
          .put(abc.path() + "/roles/permissions/" + role, admin, carries("Customer.Clients"))
          .expect(400);
      world.http.post(abc.path() + "/roles", admin, List.of(role)).expect(400);
      world
          .http
          .post(
              abc.path() + "/roles",
              admin,
              List.of("role" + role.substring(4).toLowerCase(Locale.ROOT)))
          .expect(400);
    }

    @ParameterizedTest
    @CsvSource({
      "ROLE_OPERATOR",
      "ROLE_RESOURCE_SERVER",
      "ROLE_ADMIN_CUSTOMER_XYZ",
      "ROLE_ADMIN_USER_1",
      "ROLE_ADMIN_TENANT_a",
      "ROLE_Api",
      "ROLE_OPERATOr",
      "ROLE_",
      "OPERATOR",
      "ROLE_A-B"
    })
    void aNameThatLooksLikeASystemRoleIsAFault(String role, Customer abc) {
      World world = new World(abc);

      world.http.post(abc.path() + "/roles", abc.adminToken(), List.of(role)).expectFaults("/0");
      world.http.put(abc.path() + "/roles", abc.adminToken(), List.of(role)).expectFaults("/0");
    }

    @ParameterizedTest
    @CsvSource({"Tokens", "Metrics", "Keys", "Customers", "Cust", "CustomerX", "*"})
    void aCustomRoleCarriesAuthPrivilegesOnlyAtOrBelowCustomer(String resource, Customer abc) {
      World world = new World(abc);
      for (String token : List.of(abc.adminToken(), world.server.operatorToken())) {
        world
            .http
            .put(abc.path() + "/roles/permissions/" + world.plain, token, carries(resource))
            .expect(400);
      }
      world
          .http
          .put(
              abc.path() + "/roles/permissions/" + world.plain,
              abc.adminToken(),
              carries("customer", "CUSTOMER.clients"))
          .expect(200);
    }

    @Test
    void aWriterGivesARoleOnlyPrivilegesThatItHolds(Customer abc) {
      World world = new World(abc);
      String path = abc.path() + "/roles/permissions/" + world.plain;

      for (CallerKind caller : List.of(CallerKind.KEEPER, CallerKind.ADMIN_USER)) {
        world.http.put(path, world.token(caller), carries("Customer")).expect(403);
      }
      world.http.put(path, world.token(CallerKind.KEEPER), carries("Customer.Audit")).expect(403);
      assertThat(world.http.get(path, abc.adminToken()).json("servicePermissions")).isEmpty();

      world.http.put(path, world.token(CallerKind.ADMIN_CUSTOMER), carries("Customer")).expect(200);
    }

    @Test
    void whoChangesPrivilegesMustBeAbleToGiveTheRoleToEachHolder(Customer abc) {
      World world = new World(abc);
      String keeper = world.token(CallerKind.KEEPER);
      String path = abc.path() + "/roles/permissions/" + world.plain;
      abc.newClient(Map.of(world.plain, List.of(abc.tenant(1))));

      world.http.put(path, keeper, carries("Customer.Clients")).expectProblem(403, DENIED);
      world.http.delete(path, keeper).expectProblem(403, DENIED);
      world
          .http
          .post(
              abc.path() + "/roles/permissions",
              keeper,
              carries("Customer.Clients")
                  .replaceFirst("\\{", "{\"roleName\":\"" + world.plain + "\","))
          .expectProblem(403, DENIED);
      assertThat(world.http.get(path, abc.adminToken()).json("servicePermissions")).isEmpty();
    }

    @Test
    void privilegesGiveNoRank(Customer abc) {
      World world = new World(abc);
      String role = world.plain;
      world
          .http
          .put(abc.path() + "/roles/permissions/" + role, abc.adminToken(), carries("Customer"))
          .expect(200);
      String caller = abc.newClient(Map.of(role, List.of(abc.tenant(0)))).token();

      for (Gift gift : List.of(Gift.ADMIN_CUSTOMER, Gift.ADMIN_USER, Gift.ROLE_API_ON_1)) {
        world
            .http
            .post(abc.clients(), caller, world.with(Names.unique("no"), gift))
            .expectProblem(403, DENIED);
      }
      world.http.delete(abc.admin().path(), caller).expectProblem(403, DENIED);
    }

    @Test
    void theRolesOfACustomerAreThoseThatTheCallerMayGive(Customer abc) {
      World world = new World(abc);
      String path = abc.path() + "/roles";

      assertThat(names(world.http.get(path, abc.adminToken())))
          .containsExactlyInAnyOrder(
              "ROLE_ADMIN_CUSTOMER",
              "ROLE_ADMIN_USER",
              "ROLE_ADMIN_TENANT",
              "ROLE_API",
              "ROLE_USER",
              world.plain,
              world.keeper,
              world.almighty,
              world.clientsOnly);
      assertThat(names(world.http.get(path, world.token(CallerKind.ADMIN_USER))))
          .doesNotContain("ROLE_ADMIN_CUSTOMER")
          .contains("ROLE_ADMIN_USER", world.plain);
      assertThat(names(world.http.get(path, world.token(CallerKind.KEEPER))))
          .containsExactlyInAnyOrder("ROLE_USER", world.keeper);
    }

    private List<String> names(Answer answer) {
      List<String> names = new ArrayList<>();
      answer.expect(200).json().forEach(name -> names.add(name.asText()));
      return names;
    }
  }

  @Nested
  class S2_3_TheLastOperator {
    @Test
    void isNeitherDeletedNorDisabledNorDemoted() {
      try (TestServer server = TestServer.start()) {
        Http http = server.http();
        String id = server.operator().get("clientId").asText();
        String path = "/oauth/customers/operator/clients/" + id;
        Map<String, List<String>> operator = Map.of("ROLE_OPERATOR", List.of());
        String token = server.operatorToken();

        http.delete(path, token).expect(409);
        http.put(path, token, Customer.client(id, operator).put("enabled", false)).expect(409);
        http.put(path, token, Customer.client(id, Map.of())).expect(409);
        http.get(path, token).expect(200);

        String second = Names.unique("second");
        http.post(
                "/oauth/customers/operator/clients",
                token,
                Customer.client(second, operator).put("enabled", false))
            .expect(201);
        // A disabled one does not count.
        http.delete(path, token).expect(409);
        http.put(
                "/oauth/customers/operator/clients/" + second,
                token,
                Customer.client(second, operator))
            .expect(200);
        http.delete(path, token).expect(200);
      }
    }
  }
}
