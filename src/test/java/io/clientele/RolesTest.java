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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Contract 4 and 1: the names of a customer's roles.
@WithServer
class RolesTest {
  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(each -> strings.add(each.asText()));
    return strings;
  }

  private static String roles(Customer abc) {
    return abc.path() + "/roles";
  }

  @Nested
  class NamesThatACallerMayGive {
    private List<String> seenBy(Customer abc, String token) {
      return strings(abc.server().http().get(roles(abc), token).expect(200).json());
    }

    @Test
    void theAdministratorGivesEveryRoleOfItsCustomer(Customer abc) {
      assertThat(seenBy(abc, abc.adminToken()))
          .containsExactly(
              "ROLE_ADMIN_CUSTOMER",
              "ROLE_ADMIN_TENANT",
              "ROLE_ADMIN_USER",
              "ROLE_API",
              "ROLE_USER");
    }

    @Test
    void roleAdminUserGivesAllButRoleAdminCustomer(Customer abc) {
      abc.server().http().post(roles(abc), abc.adminToken(), List.of("ROLE_X")).expect(201);
      assertThat(seenBy(abc, abc.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token()))
          .containsExactly(
              "ROLE_ADMIN_TENANT", "ROLE_ADMIN_USER", "ROLE_API", "ROLE_USER", "ROLE_X");
    }

    @Test
    void theOperatorGivesEverything(Customer abc) {
      assertThat(seenBy(abc, abc.server().operatorToken())).hasSize(5);
      assertThat(
              strings(
                  abc.server()
                      .http()
                      .get("/oauth/customers/operator/roles", abc.server().operatorToken())
                      .expect(200)
                      .json()))
          .containsExactly("ROLE_OPERATOR", "ROLE_RESOURCE_SERVER");
    }

    @Test
    void whoHasNoRankGivesWhatItHolds(Customer abc) {
      Http http = abc.server().http();
      http.post(roles(abc), abc.adminToken(), List.of("ROLE_READER", "ROLE_OTHER", "ROLE_RICH"))
          .expect(201);
      http.put(
              roles(abc) + "/permissions/ROLE_READER",
              abc.adminToken(),
              carries("Customer.Roles", "READ"))
          .expect(200);
      http.put(
              roles(abc) + "/permissions/ROLE_RICH",
              abc.adminToken(),
              carries("Customer.Clients", "READ"))
          .expect(200);
      Client reader =
          abc.newClient(
              Map.of("ROLE_READER", List.of(abc.tenant(0)), "ROLE_USER", List.of(abc.tenant(1))));

      assertThat(seenBy(abc, reader.token())).containsExactly("ROLE_READER", "ROLE_USER");
    }

    @Test
    void aTokenNarrowedByScopeGivesWhatIsInIt(Customer abc) {
      Http http = abc.server().http();
      http.post(roles(abc), abc.adminToken(), List.of("ROLE_READER")).expect(201);
      http.put(
              roles(abc) + "/permissions/ROLE_READER",
              abc.adminToken(),
              carries("Customer.Roles", "READ"))
          .expect(200);
      Client reader =
          abc.newClient(
              Map.of(
                  "ROLE_READER",
                  List.of(abc.tenant(0)),
                  "ROLE_ADMIN_USER",
                  List.of(),
                  "ROLE_USER",
                  List.of(abc.tenant(1))));
      String narrowed =
          abc.server()
              .askToken(reader.id(), reader.secret(), "scope", "ROLE_READER")
              .expect(200)
              .json("access_token")
              .asText();

      assertThat(seenBy(abc, narrowed)).containsExactly("ROLE_READER");
    }
  }

  static Map<String, Object> carries(String resource, String... actions) {
    return Map.of(
        "servicePermissions",
        List.of(
            Map.of(
                "id",
                "Auth",
                "resourcePermissions",
                List.of(Map.of("id", resource, "allowedPrivileges", List.of(actions))))));
  }

  @Nested
  class Adding {
    @Test
    void itAnswersAllCustomNamesAndWhatIsThereStays(Customer abc) {
      Http http = abc.server().http();
      http.post(roles(abc), abc.adminToken(), List.of("ROLE_b", "ROLE_a")).expect(201);
      http.put(roles(abc) + "/permissions/ROLE_a", abc.adminToken(), carries("Customer", "READ"))
          .expect(200);

      Answer added =
          http.post(roles(abc), abc.adminToken(), List.of("ROLE_c", "ROLE_a")).expect(201);

      assertThat(strings(added.json())).containsExactly("ROLE_a", "ROLE_b", "ROLE_c");
      assertThat(http.get(roles(abc) + "/permissions/ROLE_a", abc.adminToken()).text())
          .contains("READ");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "ROLE_OPERATOR",
          "ROLE_RESOURCE_SERVER",
          "ROLE_ADMIN_CUSTOMER",
          "ROLE_API",
          "ROLE_Api",
          "ROLE_operator",
          "ROLE_Resource_Server",
          "ROLE_ADMIN_CUSTOMER_XYZ",
          "ROLE_admin_customer_xyz",
          "ROLE_ADMIN_USER_",
          "ROLE_Admin_User_1",
          "ROLE_ADMIN_TENANT_tenant1"
        })
    void aNameOfTheSystemOrWithItsPrefixIsAFault(String name, Customer abc) {
      abc.server()
          .http()
          .unchecked()
          .post(roles(abc), abc.adminToken(), List.of("ROLE_GOOD", name))
          .expectFaults("/1");
      assertThat(strings(abc.server().http().get(roles(abc), abc.adminToken()).expect(200).json()))
          .hasSize(5)
          .doesNotContain("ROLE_GOOD");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "ROLE_ADMIN_CUSTOMERS",
          "ROLE_ADMIN",
          "ROLE_APIS",
          "ROLE_x$&@_9",
          "ROLE_ROLE_API",
          "ROLE__",
          "ROLE_ADMIN_TENANTS"
        })
    void aNameThatOnlyResemblesOneIsGood(String name, Customer abc) {
      assertThat(
              strings(
                  abc.server()
                      .http()
                      .post(roles(abc), abc.adminToken(), List.of(name))
                      .expect(201)
                      .json()))
          .containsExactly(name);
      Client holder = abc.newClient(Map.of(name, List.of(abc.tenant(0))));
      assertThat(abc.server().introspect(holder.token()).json("scope").asText()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"", "ROLE_", "role_x", "X", "ROLE_a b", "ROLE_ä", "ROLE_a-b", "ROLE_a.b"})
    void aNameThatHasNotTheFormIsAFault(String name, Customer abc) {
      abc.server()
          .http()
          .unchecked()
          .post(roles(abc), abc.adminToken(), List.of(name))
          .expectFaults("/0");
    }

    @Test
    void theLongestNameIsGoodAndOneMoreIsNot(Customer abc) {
      String longest = "ROLE_" + "x".repeat(123);
      abc.server().http().post(roles(abc), abc.adminToken(), List.of(longest)).expect(201);
      abc.server()
          .http()
          .unchecked()
          .post(roles(abc), abc.adminToken(), List.of(longest + "x"))
          .expectFaults("/0");
    }

    @Test
    void namesThatDifferInCaseOnlyAreTwoRoles(Customer abc) {
      Answer added =
          abc.server()
              .http()
              .post(roles(abc), abc.adminToken(), List.of("ROLE_x", "ROLE_X"))
              .expect(201);
      assertThat(strings(added.json())).containsExactly("ROLE_X", "ROLE_x");
    }

    @Test
    void repeatedNamesAndOtherThingsAreFaults(Customer abc) {
      Http http = abc.server().http().unchecked();
      http.post(roles(abc), abc.adminToken(), "[\"ROLE_A\",\"ROLE_A\",7,null]")
          .expectFaults("/1", "/2", "/3");
      http.post(roles(abc), abc.adminToken(), "{\"a\":1}").expectFaults("");
    }

    @Test
    void theNamesAreTheCustomersOwn(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      http.post(roles(abc), abc.adminToken(), List.of("ROLE_OURS")).expect(201);

      assertThat(http.get(roles(xyz), xyz.adminToken()).text()).doesNotContain("ROLE_OURS");
      xyz.post(Customer.client(Names.unique("c"), Map.of("ROLE_OURS", List.of(xyz.tenant(0)))))
          .expectFaults("/clientPermissions/roles/ROLE_OURS");
    }
  }

  @Nested
  class Replacing {
    @Test
    void theSetIsThenWhatWasSentAndWhatStaysKeepsItsPrivileges(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      http.post(roles(abc), admin, List.of("ROLE_A", "ROLE_B")).expect(201);
      http.put(roles(abc) + "/permissions/ROLE_B", admin, carries("Customer", "READ")).expect(200);

      Answer replaced = http.put(roles(abc), admin, List.of("ROLE_C", "ROLE_B")).expect(200);

      assertThat(strings(replaced.json())).containsExactly("ROLE_B", "ROLE_C");
      assertThat(http.get(roles(abc) + "/permissions/ROLE_B", admin).text()).contains("READ");
      http.get(roles(abc) + "/permissions/ROLE_A", admin).expect(404);
    }

    @Test
    void aHeldRoleIsNotDroppedAndTheAnswerSaysByWhom(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      http.post(roles(abc), admin, List.of("ROLE_A", "ROLE_B")).expect(201);
      Client holder = abc.newClient(Map.of("ROLE_A", List.of(abc.tenant(0))));

      Answer refused = http.put(roles(abc), admin, List.of("ROLE_C")).expect(409);

      assertThat(refused.text()).contains(holder.id()).contains("ROLE_A");
      assertThat(strings(http.get(roles(abc), admin).json()))
          .contains("ROLE_A", "ROLE_B")
          .doesNotContain("ROLE_C");
    }

    @Test
    void nothingIsAGoodSetToo(Customer abc) {
      Http http = abc.server().http();
      http.post(roles(abc), abc.adminToken(), List.of("ROLE_A")).expect(201);
      assertThat(http.put(roles(abc), abc.adminToken(), "[]").expect(200).json()).isEmpty();
    }

    @Test
    void aRoleThatComesBackCarriesNothing(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      http.post(roles(abc), admin, List.of("ROLE_A")).expect(201);
      http.put(roles(abc) + "/permissions/ROLE_A", admin, carries("Customer", "READ")).expect(200);
      http.put(roles(abc), admin, "[]").expect(200);
      http.post(roles(abc), admin, List.of("ROLE_A")).expect(201);

      assertThat(http.get(roles(abc) + "/permissions/ROLE_A", admin).json("servicePermissions"))
          .isEmpty();
    }
  }

  @Nested
  class Deleting {
    @Test
    void oneThatNobodyHoldsIsGone(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      http.post(roles(abc), admin, List.of("ROLE_A")).expect(201);

      assertThat(http.delete(roles(abc) + "/ROLE_A", admin).expect(200).json().toString())
          .isEqualTo("{\"status\":\"success\"}");
      http.delete(roles(abc) + "/ROLE_A", admin).expectProblem(404, "Role 'ROLE_A' not found");
      http.delete(roles(abc) + "/x", admin).expectProblem(404, "Role 'x' not found");
    }

    @Test
    void oneThatIsHeldStaysAndTheAnswerSaysByWhom(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      http.post(roles(abc), admin, List.of("ROLE_A")).expect(201);
      Client holder = abc.newClient(Map.of("ROLE_A", List.of(abc.tenant(0))));

      assertThat(http.delete(roles(abc) + "/ROLE_A", admin).expect(409).text())
          .contains(holder.id());

      http.delete(holder.path(), admin).expect(200);
      http.delete(roles(abc) + "/ROLE_A", admin).expect(200);
    }

    @Test
    void oneHeldByScopeOrByADisabledClientStays(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      http.post(roles(abc), admin, List.of("ROLE_A", "ROLE_B")).expect(201);
      var wide = Customer.client(Names.unique("wide"));
      wide.putArray("scope").add("ROLE_A");
      abc.create(wide);
      abc.create(
          Customer.client(Names.unique("off"), Map.of("ROLE_B", List.of(abc.tenant(0))))
              .put("enabled", false));

      http.delete(roles(abc) + "/ROLE_A", admin).expect(409);
      http.delete(roles(abc) + "/ROLE_B", admin).expect(409);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ROLE_API", "ROLE_ADMIN_CUSTOMER", "ROLE_USER"})
    void aRoleOfTheSystemIsAFault(String role, Customer abc) {
      abc.server().http().delete(roles(abc) + "/" + role, abc.adminToken()).expect(400);
    }

    @Test
    void anotherCustomersRoleOfTheSameNameStays(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      http.post(roles(abc), abc.adminToken(), List.of("ROLE_A")).expect(201);
      http.post(roles(xyz), xyz.adminToken(), List.of("ROLE_A")).expect(201);
      xyz.newClient(Map.of("ROLE_A", List.of(xyz.tenant(0))));

      http.delete(roles(abc) + "/ROLE_A", abc.adminToken()).expect(200);

      assertThat(http.get(roles(xyz), xyz.adminToken()).text()).contains("ROLE_A");
    }
  }

  @Test
  void withoutTheRightNobodySeesTheNames(TestServer server, Customer abc) {
    Http http = server.http();
    String token = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0)))).token();
    http.get(roles(abc), token).expectProblem(403, "Access is denied");
    http.post(roles(abc), token, List.of("ROLE_A")).expectProblem(403, "Access is denied");
    http.put(roles(abc), token, List.of("ROLE_A")).expectProblem(403, "Access is denied");
    http.delete(roles(abc) + "/ROLE_A", token).expectProblem(403, "Access is denied");
  }
}
