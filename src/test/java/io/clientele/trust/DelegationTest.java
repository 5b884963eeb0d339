package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Contract 2.3: nobody gives more than they hold. Every kind of caller, every way that gives a
/// role, every way that takes a client over.
@WithServer
class DelegationTest {
  private static final String DENIED = "Access is denied";

  /// Who calls. All of them may create, read, change and delete clients and roles.
  enum CallerKind {
    OPERATOR,
    ADMIN_CUSTOMER,
    ADMIN_USER,
    /// A custom role with the privileges of ROLE_ADMIN_USER, and ROLE_USER on the first tenant: no
    /// rank.
    KEEPER,
    /// The same, but with ROLE_USER on all tenants by `scope`.
    WIDE_KEEPER
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
    ADMIN_TENANT_ON_1,
    ADMIN_USER,
    ADMIN_CUSTOMER
  }

  private static boolean mayGive(CallerKind caller, Gift gift) {
    return switch (caller) {
      case OPERATOR, ADMIN_CUSTOMER -> true;
      case ADMIN_USER -> gift != Gift.ADMIN_CUSTOMER;
      case KEEPER ->
          switch (gift) {
            // Its own custom role: it holds it there, and all that it carries.
            case NOTHING, ROLE_USER_ON_1, KEEPER_ON_1 -> true;
            case ROLE_USER_ON_2,
                ROLE_USER_ON_BOTH,
                ROLE_USER_BY_SCOPE,
                ROLE_API_ON_1,
                ROLE_API_BY_DEFAULT_ON_1,
                ROLE_API_BY_DEFAULT_ON_ALL,
                PLAIN_CUSTOM_ON_1,
                ADMIN_TENANT_ON_1,
                ADMIN_USER,
                ADMIN_CUSTOMER ->
                false;
          };
      case WIDE_KEEPER ->
          switch (gift) {
            case NOTHING,
                ROLE_USER_ON_1,
                ROLE_USER_ON_2,
                ROLE_USER_ON_BOTH,
                ROLE_USER_BY_SCOPE,
                KEEPER_ON_1 ->
                true;
            case ROLE_API_ON_1,
                ROLE_API_BY_DEFAULT_ON_1,
                ROLE_API_BY_DEFAULT_ON_ALL,
                PLAIN_CUSTOM_ON_1,
                ADMIN_TENANT_ON_1,
                ADMIN_USER,
                ADMIN_CUSTOMER ->
                false;
          };
    };
  }

  /// A customer with its custom roles and one caller of each kind.
  private static final class World {
    final Customer customer;
    final TestServer server;
    final Http http;
    final String keeper = Names.uniqueRole();
    final String plain = Names.uniqueRole();
    final Map<CallerKind, String> tokens = new EnumMap<>(CallerKind.class);

    World(Customer customer) {
      this.customer = customer;
      this.server = customer.server();
      this.http = server.http();
      String admin = customer.adminToken();
      http.post(customer.path() + "/roles", admin, List.of(keeper, plain)).expect(201);
      http.put(
              customer.path() + "/roles/permissions/" + keeper,
              admin,
              carries("Customer.Clients", "Customer.Roles"))
          .expect(200);
      String t1 = customer.tenant(0);
      tokens.put(CallerKind.OPERATOR, server.operatorToken());
      tokens.put(CallerKind.ADMIN_CUSTOMER, admin);
      tokens.put(
          CallerKind.ADMIN_USER, customer.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token());
      tokens.put(
          CallerKind.KEEPER,
          customer.newClient(Map.of(keeper, List.of(t1), "ROLE_USER", List.of(t1))).token());
      ObjectNode wide = Customer.client(Names.unique("wide"), Map.of(keeper, List.of(t1)));
      wide.putArray("scope").add("ROLE_USER");
      tokens.put(CallerKind.WIDE_KEEPER, customer.create(wide).token());
    }

    String token(CallerKind kind) {
      String token = tokens.get(kind);
      if (token == null) {
        throw new IllegalStateException(kind.name());
      }
      return token;
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
        case ADMIN_TENANT_ON_1 -> Customer.client(id, Map.of("ROLE_ADMIN_TENANT", List.of(t1)));
        case ADMIN_USER -> Customer.client(id, Map.of("ROLE_ADMIN_USER", List.of()));
        case ADMIN_CUSTOMER -> Customer.client(id, Map.of("ROLE_ADMIN_CUSTOMER", List.of()));
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

  @Nested
  class S2_3_WaysToGive {
    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void creatingGivesOnlyWhatTheCallerMayGive(CallerKind caller, Customer abc) {
      World world = new World(abc);
      for (Gift gift : Gift.values()) {
        String id = Names.unique("given");
        Answer answer = world.http.post(abc.clients(), world.token(caller), world.with(id, gift));

        if (mayGive(caller, gift)) {
          answer.expect(201);
        } else {
          answer.expectProblem(403, DENIED);
          assertThat(answer.json("errors")).isNotEmpty();
          world.http.get(abc.clients(id), abc.adminToken()).expect(404);
        }
      }
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void replacingGivesOnlyWhatTheCallerMayGive(CallerKind caller, Customer abc) {
      World world = new World(abc);
      for (Gift gift : Gift.values()) {
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
    void aBatchIsRefusedAsAWholeForOneGiftTooMuch(CallerKind caller, Customer abc) {
      World world = new World(abc);
      for (Gift gift : Gift.values()) {
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

    private void taking(CallerKind caller, Customer abc, int success, Way way) {
      World world = new World(abc);
      for (Gift held : Gift.values()) {
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
    void changingItsName(CallerKind caller, Customer abc) {
      taking(
          caller,
          abc,
          200,
          (world, token, target, held) ->
              world.http.put(
                  target.path(), token, world.with(target.id(), held).put("clientName", "n")));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void takingItsRolesAway(CallerKind caller, Customer abc) {
      taking(
          caller,
          abc,
          200,
          (world, token, target, held) ->
              world.http.put(target.path(), token, world.with(target.id(), Gift.NOTHING)));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void disabling(CallerKind caller, Customer abc) {
      taking(
          caller,
          abc,
          200,
          (world, token, target, held) ->
              world.http.put(
                  target.path(), token, world.with(target.id(), held).put("enabled", false)));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void enablingAgain(CallerKind caller, Customer abc) {
      World world = new World(abc);
      for (Gift held : Gift.values()) {
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
    void revokingItsTokens(CallerKind caller, Customer abc) {
      taking(
          caller,
          abc,
          200,
          (world, token, target, held) -> world.http.put(target.path() + "/revoketokens", token));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void settingItsSecret(CallerKind caller, Customer abc) {
      taking(
          caller,
          abc,
          200,
          (world, token, target, held) ->
              world.http.put(
                  target.path(),
                  token,
                  world.with(target.id(), held).put("clientSecret", "taken over by someone")));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void addingASecret(CallerKind caller, Customer abc) {
      taking(
          caller,
          abc,
          201,
          (world, token, target, held) -> world.http.post(target.path() + "/secrets", token, ""));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void endingASecret(CallerKind caller, Customer abc) {
      taking(
          caller,
          abc,
          200,
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
    void deleting(CallerKind caller, Customer abc) {
      taking(
          caller,
          abc,
          200,
          (world, token, target, held) -> world.http.delete(target.path(), token));
    }

    @ParameterizedTest
    @EnumSource(CallerKind.class)
    void recreatingADeletedId(CallerKind caller, Customer abc) {
      World world = new World(abc);
      for (Gift had : Gift.values()) {
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

  @Nested
  class S2_3_CustomRoles {
    @Test
    void aRoleThatIsHeldIsNeitherDeletedNorDropped(Customer abc) {
      World world = new World(abc);
      Client holder = abc.create(world.with(Names.unique("holder"), Gift.PLAIN_CUSTOM_ON_1));

      Answer deleted =
          world.http.delete(abc.path() + "/roles/" + world.plain, abc.adminToken()).expect(409);
      Answer dropped =
          world
              .http
              .put(abc.path() + "/roles", abc.adminToken(), List.of(world.keeper))
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
              world.keeper);
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
