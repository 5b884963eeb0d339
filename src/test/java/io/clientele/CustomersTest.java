package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Contract 4 and 1: the operator makes, changes, suspends and deletes customers and their tenants.
@WithServer
class CustomersTest {
  private static String path(String id) {
    return "/oauth/customers/" + id;
  }

  private static Map<String, Object> customer(String id, List<String> tenants) {
    return Map.of("id", id, "tenants", tenants);
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(each -> strings.add(each.asText()));
    return strings;
  }

  @Nested
  class Creating {
    @Test
    void itAnswersTheCustomerAndWhereItIs(TestServer server) {
      String id = Names.unique("c");
      String t = Names.unique("t");

      Answer made =
          server
              .http()
              .post(
                  "/oauth/customers",
                  server.operatorToken(),
                  Map.of("id", id, "name", "Müller & Söhne", "tenants", List.of(t + "b", t + "a")))
              .expect(201);

      assertThat(made.json("id").asText()).isEqualTo(id);
      assertThat(made.json("name").asText()).isEqualTo("Müller & Söhne");
      assertThat(made.json("status").asText()).isEqualTo("active");
      assertThat(strings(made.json("tenants"))).containsExactly(t + "a", t + "b");
      assertThat(made.header("Location")).hasValue(path(id));
      Answer got = server.http().get(path(id), server.operatorToken()).expect(200);
      assertThat(got.json()).isEqualTo(made.json());
    }

    @Test
    void nameAndTenantsMayBeLeftOut(TestServer server) {
      String id = Names.unique("c");

      Answer made =
          server
              .http()
              .post("/oauth/customers", server.operatorToken(), Map.of("id", id))
              .expect(201);

      assertThat(made.json("name").asText()).isEqualTo(id);
      assertThat(made.json("tenants")).isEmpty();
    }

    @Test
    void aTenantMayComeWithAName(TestServer server) {
      String id = Names.unique("c");
      String t = Names.unique("t");
      server
          .http()
          .post(
              "/oauth/customers",
              server.operatorToken(),
              Map.of("id", id, "tenants", List.of(Map.of("id", t, "name", "Berlin"))))
          .expect(201);

      JsonNode tenants =
          server.http().get(path(id) + "/tenants", server.operatorToken()).expect(200).json();

      assertThat(tenants.toString()).isEqualTo("[{\"id\":\"" + t + "\",\"name\":\"Berlin\"}]");
    }

    @Test
    void itMayBeginSuspended(TestServer server) {
      String id = Names.unique("c");
      Answer made =
          server
              .http()
              .post(
                  "/oauth/customers",
                  server.operatorToken(),
                  Map.of("id", id, "status", "suspended"))
              .expect(201);

      assertThat(made.json("status").asText()).isEqualTo("suspended");
    }

    static Stream<String> badIds() {
      return Stream.of(
          "", "-a", ".a", "_a", "a b", "a/b", "a%2F", "ä", "a~", "a".repeat(65), "a\n");
    }

    @ParameterizedTest
    @MethodSource("badIds")
    void anIdThatHasNotTheFormIsAFault(String id, TestServer server) {
      server
          .http()
          .unchecked()
          .post("/oauth/customers", server.operatorToken(), customer(id, List.of()))
          .expectFaults("/id");
      server
          .http()
          .unchecked()
          .post(
              "/oauth/customers",
              server.operatorToken(),
              customer(Names.unique("c"), List.of("good", id)))
          .expectFaults("/tenants/1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "7", "A.b_c-d", "Operator", "operator2"})
    void anIdThatHasTheFormIsTaken(String stem, TestServer server) {
      String id = stem + Names.unique("");
      server
          .http()
          .post("/oauth/customers", server.operatorToken(), customer(id, List.of()))
          .expect(201);
      assertThat(server.http().get(path(id), server.operatorToken()).json("id").asText())
          .isEqualTo(id);
    }

    @Test
    void sixtyFourCharactersAreNotTooMany(TestServer server) {
      String id = Names.unique("c") + "x".repeat(50);
      server
          .http()
          .post("/oauth/customers", server.operatorToken(), customer(id, List.of()))
          .expect(201);
    }

    @Test
    void theReservedIdIsAFault(TestServer server) {
      server
          .http()
          .post("/oauth/customers", server.operatorToken(), customer("operator", List.of()))
          .expectFaults("/id");
    }

    @Test
    void allFaultsAreSaidAtOnce(TestServer server) {
      String body =
          """
          {"id":"a b","name":7,"status":"sleeping","tenants":["ok","ok",{"name":"x"},3],"more":1}
          """;
      server
          .http()
          .unchecked()
          .post("/oauth/customers", server.operatorToken(), body)
          .expectFaults(
              "/id", "/name", "/status", "/tenants/1", "/tenants/2/id", "/tenants/3", "/more");
    }

    @Test
    void anIdInUseIsTaken(TestServer server, Customer abc) {
      server
          .http()
          .post("/oauth/customers", server.operatorToken(), customer(abc.id(), List.of()))
          .expectProblem(409, "Customer '" + abc.id() + "' already exists");
    }

    @Test
    void anotherCustomersTenantIsTakenAndNothingIsMade(TestServer server, Customer abc) {
      String id = Names.unique("c");
      server
          .http()
          .post("/oauth/customers", server.operatorToken(), customer(id, List.of(abc.tenant(0))))
          .expect(409);

      server.http().get(path(id), server.operatorToken()).expect(404);
      server
          .http()
          .post("/oauth/customers", server.operatorToken(), customer(id, List.of()))
          .expect(201);
    }
  }

  @Nested
  class Listing {
    @Test
    void itIsInByteOrderPageAfterPage(TestServer server) {
      String stem = Names.unique("c");
      List<String> ids = List.of(stem + "b", stem + "B", stem + ".a", stem + "-a", stem + "a");
      for (String id : ids) {
        server
            .http()
            .post("/oauth/customers", server.operatorToken(), customer(id, List.of(id + "t")))
            .expect(201);
      }
      List<String> everything = new ArrayList<>();
      for (JsonNode one : server.http().all("/oauth/customers?limit=2", server.operatorToken())) {
        everything.add(one.get("id").asText());
      }
      JsonNode atOnce =
          server.http().get("/oauth/customers", server.operatorToken()).expect(200).json();

      assertThat(everything).isSorted().doesNotHaveDuplicates().containsAll(ids);
      assertThat(atOnce.findValuesAsText("id")).isEqualTo(everything);
      assertThat(everything.stream().filter(id -> id.startsWith(stem)))
          .isEqualTo(ids.stream().sorted(Comparator.naturalOrder()).toList());
      for (JsonNode one : atOnce) {
        if (one.get("id").asText().startsWith(stem)) {
          assertThat(strings(one.get("tenants"))).containsExactly(one.get("id").asText() + "t");
        }
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=1001", "limit=x", "limit=", "limit=-1"})
    void aBadLimitIsAFault(String query, TestServer server) {
      server
          .http()
          .unchecked()
          .get("/oauth/customers?" + query, server.operatorToken())
          .expectFaults("?limit");
    }

    @Test
    void aBadCursorIsAFault(TestServer server) {
      server
          .http()
          .unchecked()
          .get("/oauth/customers?cursor=a%20b", server.operatorToken())
          .expectFaults("?cursor");
    }
  }

  @Nested
  class Reading {
    @Test
    void itsOwnAdministratorMay(Customer abc) {
      Answer got = abc.server().http().get(abc.path(), abc.adminToken()).expect(200);
      assertThat(strings(got.json("tenants")))
          .containsExactlyElementsOf(abc.tenants().stream().sorted().toList());
    }

    @Test
    void whoHoldsRoleAdminUserMayNot(Customer abc) {
      Client manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of()));
      abc.server().http().get(abc.path(), manager.token()).expectProblem(403, "Access is denied");
    }

    @Test
    void theOperatorIsToldThatOneIsUnknown(TestServer server) {
      server
          .http()
          .get("/oauth/customers/nobody", server.operatorToken())
          .expectProblem(404, "Customer 'nobody' not found");
      server
          .http()
          .unchecked()
          .get("/oauth/customers/a%20b", server.operatorToken())
          .expectProblem(404, "Customer 'a b' not found");
    }
  }

  @Nested
  class Replacing {
    @Test
    void whatIsLeftOutGoesBackToItsDefault(TestServer server) {
      String id = Names.unique("c");
      String t = Names.unique("t");
      Http http = server.http();
      http.post(
              "/oauth/customers",
              server.operatorToken(),
              Map.of("id", id, "name", "Named", "status", "suspended", "tenants", List.of(t)))
          .expect(201);

      Answer put = http.put(path(id), server.operatorToken(), Map.of()).expect(200);

      assertThat(put.json().toString())
          .isEqualTo(
              "{\"id\":\""
                  + id
                  + "\",\"name\":\""
                  + id
                  + "\",\"status\":\"active\",\"tenants\":[]}");
      assertThat(http.get(path(id), server.operatorToken()).json()).isEqualTo(put.json());
    }

    @Test
    void tenantsThatStayKeepTheirNamesUnlessGivenOthers(TestServer server) {
      String id = Names.unique("c");
      String t = Names.unique("t");
      Http http = server.http();
      http.post(
              "/oauth/customers",
              server.operatorToken(),
              Map.of(
                  "id",
                  id,
                  "tenants",
                  List.of(
                      Map.of("id", t + "1", "name", "one"),
                      Map.of("id", t + "2", "name", "two"),
                      Map.of("id", t + "3", "name", "three"))))
          .expect(201);

      http.put(
              path(id),
              server.operatorToken(),
              Map.of("tenants", List.of(t + "1", Map.of("id", t + "2", "name", "zwei"), t + "4")))
          .expect(200);

      assertThat(http.get(path(id) + "/tenants", server.operatorToken()).json().toString())
          .isEqualTo(
              "[{\"id\":\"T1\",\"name\":\"one\"},{\"id\":\"T2\",\"name\":\"zwei\"},{\"id\":\"T4\",\"name\":\"T4\"}]"
                  .replace("T", t));
    }

    @Test
    void theIdMayBeLeftOutElseItIsThePaths(Customer abc) {
      Http http = abc.server().http();
      http.put(abc.path(), abc.server().operatorToken(), customer(abc.id() + "x", abc.tenants()))
          .expectFaults("/id");
      http.put(abc.path(), abc.server().operatorToken(), customer(abc.id(), abc.tenants()))
          .expect(200);
    }

    @Test
    void aTenantNamedInAGrantIsNotDroppedAndTheAnswerSaysWhere(Customer abc) {
      Client holder = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(1))));
      String live = holder.token();
      Http http = abc.server().http();

      Answer refused =
          http.put(
                  abc.path(),
                  abc.server().operatorToken(),
                  Map.of("name", "other", "tenants", List.of(abc.tenant(0))))
              .expect(409);

      assertThat(refused.text()).contains(holder.id()).contains(abc.tenant(1));
      Answer after = http.get(abc.path(), abc.server().operatorToken());
      assertThat(strings(after.json("tenants"))).hasSize(2);
      assertThat(after.json("name").asText()).isEqualTo(abc.id());
      assertThat(abc.server().isActive(live)).isTrue();
    }

    @Test
    void droppingATenantThatNobodyNamesKillsTheCustomersTokens(Customer abc) {
      Client client = abc.newClient();
      String live = client.token();
      Http http = abc.server().http();

      http.put(abc.path(), abc.server().operatorToken(), customer(abc.id(), abc.tenants()))
          .expect(200);
      assertThat(abc.server().isActive(live)).isTrue();
      http.put(abc.path(), abc.server().operatorToken(), customer(abc.id(), List.of(abc.tenant(0))))
          .expect(200);

      assertThat(abc.server().isActive(live)).isFalse();
      assertThat(abc.server().isActive(client.token())).isTrue();
    }

    @Test
    void anotherCustomersTenantIsTakenAndNothingChanges(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      http.put(
              abc.path(),
              abc.server().operatorToken(),
              Map.of("name", "other", "tenants", List.of(xyz.tenant(0))))
          .expect(409);

      Answer after = http.get(abc.path(), abc.server().operatorToken());
      assertThat(after.json("name").asText()).isEqualTo(abc.id());
      assertThat(after.json("tenants")).hasSize(2);
    }

    @Test
    void anUnknownCustomerIsNotMade(TestServer server) {
      String id = Names.unique("c");
      server
          .http()
          .put(path(id), server.operatorToken(), Map.of())
          .expectProblem(404, "Customer '" + id + "' not found");
    }
  }

  @Nested
  class Suspending {
    private void status(Customer abc, String status) {
      abc.server()
          .http()
          .put(
              abc.path(),
              abc.server().operatorToken(),
              Map.of("status", status, "tenants", abc.tenants()))
          .expect(200);
    }

    @Test
    void itsClientsGetNoTokensAndTheirTokensAreDead(Customer abc) {
      Client client = abc.newClient();
      String live = client.token();
      String admin = abc.adminToken();

      status(abc, "suspended");

      abc.server().askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
      assertThat(abc.server().isActive(live)).isFalse();
      abc.server().http().get(abc.clients(), admin).expect(401);
      // The operator still manages it.
      abc.server().http().get(abc.clients(), abc.server().operatorToken()).expect(200);
    }

    @Test
    void reactivatingRevivesNoToken(Customer abc) {
      Client client = abc.newClient();
      String live = client.token();

      status(abc, "suspended");
      status(abc, "active");

      assertThat(abc.server().isActive(live)).isFalse();
      assertThat(abc.server().isActive(client.token())).isTrue();
    }

    @Test
    void suspendingTwiceAndChangingTheNameAreNoDifference(Customer abc) {
      Client client = abc.newClient();
      status(abc, "suspended");
      status(abc, "suspended");
      status(abc, "active");
      String live = client.token();
      status(abc, "active");

      assertThat(abc.server().isActive(live)).isTrue();
    }
  }

  @Nested
  class Deleting {
    @Test
    void everythingBelowIsGoneAndNoTokenLives(Customer abc) {
      TestServer server = abc.server();
      Http http = server.http();
      String role = Names.uniqueRole();
      http.post(abc.path() + "/roles", abc.adminToken(), List.of(role)).expect(201);
      Client client = abc.newClient(Map.of(role, List.of(abc.tenant(0))));
      String live = client.token();
      String admin = abc.adminToken();

      Answer deleted = http.delete(abc.path(), server.operatorToken()).expect(200);

      assertThat(deleted.json().toString()).isEqualTo("{\"status\":\"success\"}");
      assertThat(server.isActive(live)).isFalse();
      assertThat(server.isActive(admin)).isFalse();
      http.get(abc.clients(), admin).expect(401);
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
      String gone = "Customer '" + abc.id() + "' not found";
      for (String below : List.of("", "/clients", "/tenants", "/roles", "/audit")) {
        http.get(abc.path() + below, server.operatorToken()).expectProblem(404, gone);
      }
      http.delete(abc.path(), server.operatorToken()).expectProblem(404, gone);
      assertThat(http.all("/oauth/customers", server.operatorToken()).toString())
          .doesNotContain(abc.id());
    }

    @Test
    void itsIdItsTenantsAndItsClientIdsAreNeverUsedAgainByOthers(Customer abc, Customer xyz) {
      TestServer server = abc.server();
      Http http = server.http();
      Client client = abc.newClient();
      http.delete(abc.path(), server.operatorToken()).expect(200);

      http.post("/oauth/customers", server.operatorToken(), customer(abc.id(), List.of()))
          .expectProblem(409, "Customer '" + abc.id() + "' already exists");
      http.post(xyz.path() + "/tenants", server.operatorToken(), Map.of("id", abc.tenant(0)))
          .expect(409);
      http.post(
              "/oauth/customers",
              server.operatorToken(),
              customer(Names.unique("c"), List.of(abc.tenant(1))))
          .expect(409);
      xyz.post(Customer.client(client.id()))
          .expectProblem(409, "Client '" + client.id() + "' already exists");
    }
  }

  @Nested
  class TheReservedCustomer {
    @Test
    void onlyTheOperatorUsesItsPaths(TestServer server, Customer abc) {
      Http http = server.http();
      http.get("/oauth/customers/operator", server.operatorToken()).expect(200);
      http.get("/oauth/customers/operator", abc.adminToken())
          .expectProblem(403, "Access is denied");
      http.get("/oauth/customers/operator/clients", abc.adminToken())
          .expectProblem(403, "Access is denied");
      String resourceServer = Names.unique("rs");
      String secret =
          http.post(
                  "/oauth/customers/operator/clients",
                  server.operatorToken(),
                  Customer.client(resourceServer, Map.of("ROLE_RESOURCE_SERVER", List.of())))
              .expect(201)
              .json("clientSecret")
              .asText();
      String token = server.token(resourceServer, secret);
      for (String below : List.of("", "/clients", "/roles", "/audit", "/tenants")) {
        http.get("/oauth/customers/operator" + below, token).expectProblem(403, "Access is denied");
      }
    }

    @Test
    void itIsNeitherDeletedNorSuspended(TestServer server) {
      Http http = server.http();
      http.delete("/oauth/customers/operator", server.operatorToken()).expect(409);
      http.put("/oauth/customers/operator", server.operatorToken(), Map.of("status", "suspended"))
          .expect(409);
      assertThat(server.isActive(server.operatorToken())).isTrue();
    }

    @Test
    void itHasNoCustomRoles(TestServer server) {
      server
          .http()
          .post("/oauth/customers/operator/roles", server.operatorToken(), List.of("ROLE_X"))
          .expectFaults("/0");
    }
  }

  @Nested
  class Tenants {
    @Test
    void oneOrAnArrayIsAddedAndAnsweredInTheSameForm(Customer abc) {
      Http http = abc.server().http();
      String operator = abc.server().operatorToken();
      String t = Names.unique("t");

      Answer one =
          http.post(abc.path() + "/tenants", operator, Map.of("id", t + "1", "name", "Köln"))
              .expect(201);
      Answer many =
          http.post(
                  abc.path() + "/tenants",
                  operator,
                  List.of(Map.of("id", t + "3"), Map.of("id", t + "2", "name", "Bonn")))
              .expect(201);

      assertThat(one.json().toString()).isEqualTo("{\"id\":\"" + t + "1\",\"name\":\"Köln\"}");
      assertThat(many.json().toString())
          .isEqualTo(
              "[{\"id\":\"T3\",\"name\":\"T3\"},{\"id\":\"T2\",\"name\":\"Bonn\"}]"
                  .replace("T", t));
      JsonNode all = http.get(abc.path() + "/tenants", operator).expect(200).json();
      assertThat(all.findValuesAsText("id")).isSorted().hasSize(5).contains(t + "1", t + "2");
    }

    @Test
    void aTakenOneIs409WhoeverHasItAndOfAnArrayNoneIsAdded(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      String operator = abc.server().operatorToken();
      String t = Names.unique("t");

      Answer own =
          http.post(abc.path() + "/tenants", operator, Map.of("id", abc.tenant(0))).expect(409);
      Answer foreign =
          http.post(abc.path() + "/tenants", operator, Map.of("id", xyz.tenant(0))).expect(409);
      http.post(
              abc.path() + "/tenants",
              operator,
              List.of(Map.of("id", t), Map.of("id", xyz.tenant(0))))
          .expect(409);

      assertThat(own.text().replace(abc.tenant(0), "T"))
          .isEqualTo(foreign.text().replace(xyz.tenant(0), "T"));
      assertThat(http.get(abc.path() + "/tenants", operator).json()).hasSize(2);
    }

    @Test
    void allTenantsOfAGrantByScopeAreThoseOfNow(Customer abc) {
      var wide = Customer.client(Names.unique("wide"));
      wide.put("defaultRolesAssignmentEnabled", false).putArray("scope").add("ROLE_USER");
      Client client = abc.create(wide);
      String t = Names.unique("t");
      abc.server()
          .http()
          .post(abc.path() + "/tenants", abc.server().operatorToken(), Map.of("id", t))
          .expect(201);

      abc.server().askToken(client.id(), client.secret(), "tenant", t).expect(200);
    }

    @Test
    void oneNamedInAGrantIsNotDeletedAndTheAnswerSaysWhere(Customer abc) {
      Client holder = abc.newClient(Map.of("ROLE_USER", List.of(abc.tenant(0))));
      Answer refused =
          abc.server()
              .http()
              .delete(abc.path() + "/tenants/" + abc.tenant(0), abc.server().operatorToken())
              .expect(409);

      assertThat(refused.text()).contains(holder.id());
      assertThat(abc.server().isActive(holder.token())).isTrue();
    }

    @Test
    void deletingOneKillsTheCustomersTokensAndNoOtherCustomers(Customer abc, Customer xyz) {
      Client client = abc.newClient();
      String live = client.token();
      String elsewhere = xyz.adminToken();
      Http http = abc.server().http();

      Answer deleted =
          http.delete(abc.path() + "/tenants/" + abc.tenant(0), abc.server().operatorToken())
              .expect(200);

      assertThat(deleted.json().toString()).isEqualTo("{\"status\":\"success\"}");
      assertThat(abc.server().isActive(live)).isFalse();
      assertThat(abc.server().isActive(elsewhere)).isTrue();
      assertThat(abc.server().isActive(client.token())).isTrue();
      http.delete(abc.path() + "/tenants/" + abc.tenant(0), abc.server().operatorToken())
          .expect(404);
    }

    @Test
    void aDeletedOneStaysReservedForItsCustomer(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      String operator = abc.server().operatorToken();
      http.delete(abc.path() + "/tenants/" + abc.tenant(0), operator).expect(200);

      http.post(xyz.path() + "/tenants", operator, Map.of("id", abc.tenant(0))).expect(409);
      http.put(xyz.path(), operator, customer(xyz.id(), List.of(abc.tenant(0)))).expect(409);
      abc.post(Customer.client(Names.unique("c"), Map.of("ROLE_API", List.of(abc.tenant(0)))))
          .expect(400);
      http.post(abc.path() + "/tenants", operator, Map.of("id", abc.tenant(0))).expect(201);
      assertThat(abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0)))).token()).isNotEmpty();
    }

    @Test
    void anotherCustomersTenantIsNotDeletedByThisPath(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      String operator = abc.server().operatorToken();
      http.delete(abc.path() + "/tenants/" + xyz.tenant(0), operator).expect(404);

      assertThat(http.get(xyz.path() + "/tenants", operator).json()).hasSize(2);
    }

    @Test
    void faultsAreSaidAtOnce(Customer abc) {
      abc.server()
          .http()
          .unchecked()
          .post(
              abc.path() + "/tenants",
              abc.server().operatorToken(),
              "[{\"id\":\"a b\"},{\"name\":\"x\"},{\"id\":\"ok\",\"more\":1},7]")
          .expectFaults("/0/id", "/1/id", "/2/more", "/3");
    }

    @Test
    void theCustomersOwnAdministratorMayNot(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      http.get(abc.path() + "/tenants", admin).expectProblem(403, "Access is denied");
      http.post(abc.path() + "/tenants", admin, Map.of("id", Names.unique("t")))
          .expectProblem(403, "Access is denied");
      http.delete(abc.path() + "/tenants/" + abc.tenant(0), admin)
          .expectProblem(403, "Access is denied");
    }
  }
}
