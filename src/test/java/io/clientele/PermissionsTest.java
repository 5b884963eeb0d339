package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.WithServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Contract 1, 2.3 and 4: what roles carry, and what that opens.
@WithServer
class PermissionsTest {
  private static final String DENIED = "Access is denied";
  private static final String ROLE = "ROLE_KEEPER";

  private static String permissions(Customer abc) {
    return abc.path() + "/roles/permissions";
  }

  private static String permissions(Customer abc, String role) {
    return permissions(abc) + "/" + role;
  }

  private static void addRoles(Customer abc, String... roles) {
    abc.server().http().post(abc.path() + "/roles", abc.adminToken(), List.of(roles)).expect(201);
  }

  /// A document; what the role carries is `Service.Resource ACTION ACTION`, one text a resource.
  private static ObjectNode document(String role, String... carried) {
    ObjectNode document = Answer.JSON.createObjectNode().put("roleName", role);
    ArrayNode services = document.putArray("servicePermissions");
    for (String each : carried) {
      List<String> words = List.of(each.split(" ", -1));
      int dot = words.getFirst().indexOf('.');
      String service = words.getFirst().substring(0, dot);
      ArrayNode resources = resourcesOf(services, service);
      ArrayNode actions =
          resources
              .addObject()
              .put("id", words.getFirst().substring(dot + 1))
              .putArray("allowedPrivileges");
      words.subList(1, words.size()).forEach(actions::add);
    }
    return document;
  }

  private static ArrayNode resourcesOf(ArrayNode services, String service) {
    for (JsonNode each : services) {
      if (each.get("id").asText().equals(service)) {
        return (ArrayNode) each.get("resourcePermissions");
      }
    }
    return services.addObject().put("id", service).putArray("resourcePermissions");
  }

  private static void carry(Customer abc, String role, String... carried) {
    abc.server()
        .http()
        .put(permissions(abc, role), abc.adminToken(), document(role, carried))
        .expect(200);
  }

  /// A client whose one role carries this.
  private static Client keeper(Customer abc, String... carried) {
    addRoles(abc, ROLE);
    carry(abc, ROLE, carried);
    return abc.newClient(Map.of(ROLE, List.of(abc.tenant(0))));
  }

  @Nested
  class Documents {
    @Test
    void theSystemsRolesShowWhatTheyCarry(Customer abc) {
      JsonNode all = abc.server().http().get(permissions(abc), abc.adminToken()).expect(200).json();

      assertThat(all.findValuesAsText("roleName"))
          .containsExactly("ROLE_ADMIN_CUSTOMER", "ROLE_ADMIN_USER");
      assertThat(all.toString())
          .isEqualTo(
              """
              [{"roleName":"ROLE_ADMIN_CUSTOMER","servicePermissions":[{"id":"Auth",\
              "resourcePermissions":[{"id":"Customer",\
              "allowedPrivileges":["CREATE","DELETE","READ","UPDATE"]}]}]},\
              {"roleName":"ROLE_ADMIN_USER","servicePermissions":[{"id":"Auth",\
              "resourcePermissions":[{"id":"Customer.Audit","allowedPrivileges":["READ"]},\
              {"id":"Customer.Clients","allowedPrivileges":["CREATE","DELETE","READ","UPDATE"]},\
              {"id":"Customer.Roles","allowedPrivileges":["CREATE","DELETE","READ","UPDATE"]}]}]}]\
              """);
    }

    @Test
    void aRoleWithoutPrivilegesHasAnEmptyDocument(Customer abc) {
      addRoles(abc, ROLE);
      for (String role : List.of(ROLE, "ROLE_API", "ROLE_USER", "ROLE_ADMIN_TENANT")) {
        assertThat(
                abc.server()
                    .http()
                    .get(permissions(abc, role), abc.adminToken())
                    .expect(200)
                    .json())
            .isEqualTo(document(role));
      }
      assertThat(abc.server().http().get(permissions(abc), abc.adminToken()).json()).hasSize(2);
    }

    @Test
    void anUnknownRoleIs404(Customer abc) {
      Http http = abc.server().http();
      for (String role : List.of("ROLE_NOBODY", "ROLE_OPERATOR", "x")) {
        String path = permissions(abc, role);
        String words = "Role '" + role + "' not found";
        http.get(path, abc.adminToken()).expectProblem(404, words);
        http.delete(path, abc.adminToken()).expectProblem(404, words);
        http.put(path, abc.adminToken(), Map.of("servicePermissions", List.of()))
            .expectProblem(404, words);
      }
    }

    @Test
    void oneOrAnArrayIsSetAndAnsweredInTheSameForm(Customer abc) {
      addRoles(abc, "ROLE_A", "ROLE_B");
      Http http = abc.server().http();
      ObjectNode a = document("ROLE_A", "Auth.Customer.Clients READ", "Files.Archive.Old LIST_ALL");
      ObjectNode b = document("ROLE_B", "Auth.Customer.Audit READ");

      Answer one = http.post(permissions(abc), abc.adminToken(), a).expect(201);
      Answer many = http.post(permissions(abc), abc.adminToken(), List.of(b, a)).expect(201);

      assertThat(one.json()).isEqualTo(a);
      assertThat(many.json()).containsExactly(b, a);
      assertThat(http.get(permissions(abc, "ROLE_A"), abc.adminToken()).json()).isEqualTo(a);
      assertThat(http.get(permissions(abc), abc.adminToken()).json().findValuesAsText("roleName"))
          .containsExactly("ROLE_A", "ROLE_ADMIN_CUSTOMER", "ROLE_ADMIN_USER", "ROLE_B");
    }

    @Test
    void putReplacesAndTheNameMayBeLeftOut(Customer abc) {
      addRoles(abc, ROLE);
      Http http = abc.server().http();
      carry(abc, ROLE, "Auth.Customer.Clients READ");
      ObjectNode other = document(ROLE, "Auth.Customer.Roles READ");
      ObjectNode nameless = other.deepCopy();
      nameless.remove("roleName");

      Answer put = http.put(permissions(abc, ROLE), abc.adminToken(), nameless).expect(200);

      assertThat(put.json()).isEqualTo(other);
      http.put(permissions(abc, ROLE), abc.adminToken(), document("ROLE_OTHER"))
          .expectFaults("/roleName");
    }

    @Test
    void deleteTakesAllOff(Customer abc) {
      Client keeper = keeper(abc, "Auth.Customer.Clients READ");
      Http http = abc.server().http();
      String token = keeper.token();
      http.get(abc.clients(), token).expect(200);

      assertThat(
              http.delete(permissions(abc, ROLE), abc.adminToken()).expect(200).json().toString())
          .isEqualTo("{\"status\":\"success\"}");

      assertThat(http.get(permissions(abc, ROLE), abc.adminToken()).json())
          .isEqualTo(document(ROLE));
      http.get(abc.clients(), token).expectProblem(403, DENIED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ROLE_API", "ROLE_ADMIN_CUSTOMER", "ROLE_ADMIN_USER", "ROLE_USER"})
    void aRoleOfTheSystemIsNotWritten(String role, Customer abc) {
      Http http = abc.server().http();
      http.put(permissions(abc, role), abc.adminToken(), document(role)).expect(400);
      http.post(permissions(abc), abc.adminToken(), document(role)).expectFaults("/roleName");
      http.delete(permissions(abc, role), abc.adminToken()).expect(400);
    }

    @Test
    void aRoleThatIsNotThereIsAFaultAndOfAnArrayNoneIsSet(Customer abc) {
      addRoles(abc, ROLE);
      Http http = abc.server().http();
      http.post(
              permissions(abc),
              abc.adminToken(),
              List.of(
                  document(ROLE, "Auth.Customer.Clients READ"),
                  document("ROLE_NOBODY", "Auth.Customer.Clients READ")))
          .expectFaults("/1/roleName");
      assertThat(http.get(permissions(abc, ROLE), abc.adminToken()).json())
          .isEqualTo(document(ROLE));
    }

    @Test
    void faultsAreSaidAtOnce(Customer abc) {
      addRoles(abc, ROLE);
      String body =
          """
          [{"servicePermissions":[]},
           {"roleName":"ROLE_KEEPER","servicePermissions":[
             {"id":"a b","resourcePermissions":[]},
             {"id":"S","resourcePermissions":[
               {"id":"a..b","allowedPrivileges":["READ"]},
               {"id":"A","allowedPrivileges":["read it"]},
               {"id":"B","allowedPrivileges":["READ","read"]},
               {"id":"b","allowedPrivileges":["READ"]},
               {"id":"C"}]},
             {"id":"s","resourcePermissions":[]},
             {"id":"Auth","resourcePermissions":[
               {"id":"Customer","allowedPrivileges":["FLY"]}],"more":1}]},
           {"roleName":"ROLE_KEEPER","servicePermissions":[]}]
          """;
      abc.server()
          .http()
          .unchecked()
          .post(permissions(abc), abc.adminToken(), body)
          .expectFaults(
              "/0/roleName",
              "/1/servicePermissions/0/id",
              "/1/servicePermissions/1/resourcePermissions/0/id",
              "/1/servicePermissions/1/resourcePermissions/1/allowedPrivileges/0",
              "/1/servicePermissions/1/resourcePermissions/2/allowedPrivileges/1",
              "/1/servicePermissions/1/resourcePermissions/3/id",
              "/1/servicePermissions/1/resourcePermissions/4/allowedPrivileges",
              "/1/servicePermissions/2/id",
              "/1/servicePermissions/3/resourcePermissions/0/allowedPrivileges/0",
              "/1/servicePermissions/3/more",
              "/2/roleName");
    }
  }

  @Nested
  class S2_3_WhatACustomRoleMayCarry {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "Auth.Tokens",
          "auth.tokens",
          "AUTH.Metrics",
          "Auth.Customers",
          "Auth.Custome",
          "Auth.CustomerX",
          "Auth.Keys",
          "Auth.Auth.Customer"
        })
    void ofAuthNothingThatIsNotAtOrBelowCustomer(String resource, Customer abc) {
      addRoles(abc, ROLE);
      Http http = abc.server().http();
      for (String token : List.of(abc.adminToken(), abc.server().operatorToken())) {
        http.put(permissions(abc, ROLE), token, document(ROLE, resource + " READ"))
            .expectFaults("/servicePermissions/0/resourcePermissions/0/id");
      }
      assertThat(http.get(permissions(abc, ROLE), abc.adminToken()).json())
          .isEqualTo(document(ROLE));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"Auth.Customer", "auth.customer", "Auth.CUSTOMER.clients", "Auth.Customer.New"})
    void ofAuthWhatIsAtOrBelowCustomer(String resource, Customer abc) {
      addRoles(abc, ROLE);
      carry(abc, ROLE, resource + " READ");
    }

    @ParameterizedTest
    @CsvSource({
      "ROLE_ADMIN_USER, Auth.Customer READ, false",
      "ROLE_ADMIN_USER, Auth.Customer.Clients DELETE, true",
      "ROLE_ADMIN_USER, Auth.Customer.Clients.Deeper DELETE, true",
      "ROLE_ADMIN_USER, Auth.Customer.Audit READ, true",
      "ROLE_ADMIN_USER, Auth.Customer.Audit DELETE, false",
      "ROLE_ADMIN_USER, Auth.Customer.Tenants READ, false",
      "ROLE_ADMIN_USER, Files.Archive READ, true",
      "ROLE_ADMIN_CUSTOMER, Auth.Customer DELETE, true",
      "ROLE_ADMIN_CUSTOMER, Auth.Customer.Anything UPDATE, true"
    })
    void onlyWhatItsWriterHolds(String writer, String carried, boolean may, Customer abc) {
      addRoles(abc, ROLE);
      String token = abc.newClient(Map.of(writer, List.of())).token();
      Http http = abc.server().http();
      ObjectNode document = document(ROLE, carried);

      for (boolean post : List.of(true, false)) {
        Answer answer =
            post
                ? http.post(permissions(abc), token, document)
                : http.put(permissions(abc, ROLE), token, document);
        if (may) {
          assertThat(answer.status()).isEqualTo(post ? 201 : 200);
        } else {
          answer.expectProblem(403, DENIED);
          assertThat(answer.json("errors")).isNotEmpty();
          assertThat(http.get(permissions(abc, ROLE), abc.adminToken()).json())
              .isEqualTo(document(ROLE));
        }
      }
    }

    @Test
    void aCallerWithoutRankCannotGiveARoleMoreThanItHolds(Customer abc) {
      addRoles(abc, ROLE, "ROLE_B");
      carry(abc, ROLE, "Auth.Customer.Roles CREATE READ UPDATE DELETE");
      String token = abc.newClient(Map.of(ROLE, List.of(abc.tenant(0)))).token();
      Http http = abc.server().http();

      http.put(permissions(abc, "ROLE_B"), token, document("ROLE_B", "Auth.Customer.Clients READ"))
          .expectProblem(403, DENIED);
      http.put(permissions(abc, "ROLE_B"), token, document("ROLE_B", "Files.Archive READ"))
          .expectProblem(403, DENIED);
      http.put(permissions(abc, ROLE), token, document(ROLE, "Auth.Customer READ"))
          .expectProblem(403, DENIED);
      http.put(permissions(abc, "ROLE_B"), token, document("ROLE_B", "Auth.Customer.Roles READ"))
          .expect(200);
    }

    @Test
    void aCallerWithoutRankCannotTakeOffWhatItDoesNotHold(Customer abc) {
      addRoles(abc, ROLE, "ROLE_B");
      carry(abc, ROLE, "Auth.Customer.Roles CREATE READ UPDATE DELETE");
      carry(abc, "ROLE_B", "Auth.Customer.Clients READ");
      String token = abc.newClient(Map.of(ROLE, List.of(abc.tenant(0)))).token();
      Http http = abc.server().http();

      http.delete(permissions(abc, "ROLE_B"), token).expectProblem(403, DENIED);
      http.put(permissions(abc, "ROLE_B"), token, document("ROLE_B")).expectProblem(403, DENIED);
      http.delete(abc.path() + "/roles/ROLE_B", token).expectProblem(403, DENIED);
      http.put(abc.path() + "/roles", token, List.of(ROLE)).expectProblem(403, DENIED);
      assertThat(http.get(permissions(abc, "ROLE_B"), abc.adminToken()).text()).contains("READ");
    }
  }

  @Nested
  class S2_3_WhoChangesItMustBeAbleToGiveItToEachHolder {
    @Test
    void aHolderOnAnotherTenantStandsInTheWayOfACallerWithoutRank(Customer abc) {
      addRoles(abc, ROLE);
      carry(abc, ROLE, "Auth.Customer.Roles CREATE READ UPDATE DELETE");
      Client caller = abc.newClient(Map.of(ROLE, List.of(abc.tenant(0))));
      Http http = abc.server().http();
      ObjectNode less = document(ROLE, "Auth.Customer.Roles READ UPDATE");

      Client holder = abc.newClient(Map.of(ROLE, List.of(abc.tenant(0), abc.tenant(1))));
      Answer refused =
          http.put(permissions(abc, ROLE), caller.token(), less).expectProblem(403, DENIED);
      assertThat(refused.text()).contains(holder.id());
      http.delete(permissions(abc, ROLE), caller.token()).expectProblem(403, DENIED);

      http.delete(holder.path(), abc.adminToken()).expect(200);
      http.put(permissions(abc, ROLE), caller.token(), less).expect(200);
    }

    @Test
    void whoDoesNotHoldItCannotChangeItForItsHolders(Customer abc) {
      addRoles(abc, ROLE, "ROLE_B");
      carry(abc, ROLE, "Auth.Customer.Roles CREATE READ UPDATE DELETE");
      Client caller = abc.newClient(Map.of(ROLE, List.of(abc.tenant(0))));
      abc.newClient(Map.of("ROLE_B", List.of(abc.tenant(0))));

      abc.server()
          .http()
          .put(
              permissions(abc, "ROLE_B"),
              caller.token(),
              document("ROLE_B", "Auth.Customer.Roles READ"))
          .expectProblem(403, DENIED);
    }

    @Test
    void rankIsEnough(Customer abc) {
      addRoles(abc, ROLE);
      abc.newClient(Map.of(ROLE, List.of(abc.tenant(0))));
      String manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token();
      abc.server()
          .http()
          .put(permissions(abc, ROLE), manager, document(ROLE, "Auth.Customer.Clients READ"))
          .expect(200);
    }
  }

  @Nested
  class S1_WhatAPrivilegeOpens {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "Auth.Customer.Clients READ",
          "AUTH.customer.CLIENTS read",
          "Auth.Customer READ",
          "auth.CUSTOMER Read"
        })
    void theRouteIsOpenWhateverTheCaseAndFromAParent(String carried, Customer abc) {
      Client keeper = keeper(abc, carried);
      Http http = abc.server().http();

      http.get(abc.clients(), keeper.token()).expect(200);
      http.get(keeper.path(), keeper.token()).expect(200);
      http.get(keeper.path() + "/secrets", keeper.token()).expect(200);
      http.get(keeper.path() + "/multitokens", keeper.token()).expect(200);
      http.post(abc.clients(), keeper.token(), Customer.client("x", Map.of()))
          .expectProblem(403, DENIED);
      http.put(keeper.path() + "/revoketokens", keeper.token()).expectProblem(403, DENIED);
    }

    @ParameterizedTest
    @CsvSource({
      "Auth.Customer.Client READ, false",
      "Auth.Customer.Clients.Deeper READ, false",
      "Auth.Customer.Clientsx READ, false",
      "Files.Customer.Clients READ, false",
      "Auth.Customer.Roles READ, false",
      "Auth.Customer.Clients CREATE, false",
      "Auth.Customer.Clients READ, true"
    })
    void aChildASiblingOrANameThatBeginsAlikeOpensNothing(
        String carried, boolean open, Customer abc) {
      Client keeper = keeper(abc, carried);
      assertThat(abc.server().http().get(abc.clients(), keeper.token()).status())
          .isEqualTo(open ? 200 : 403);
    }

    @Test
    void theCustomerItselfIsReadWithARightOnIt(Customer abc) {
      Client keeper = keeper(abc, "Auth.Customer READ");
      Http http = abc.server().http();
      http.get(abc.path(), keeper.token()).expect(200);
      http.get(abc.path() + "/audit", keeper.token()).expect(200);
      http.get(abc.path() + "/roles", keeper.token()).expect(200);
      http.put(abc.path(), keeper.token(), Map.of()).expectProblem(403, DENIED);
      http.get(abc.path() + "/tenants", keeper.token()).expectProblem(403, DENIED);
    }

    @Test
    void theRightCountsWhereverTheRoleIsHeldAndInNoOtherCustomer(Customer abc, Customer xyz) {
      Client keeper = keeper(abc, "Auth.Customer CREATE READ UPDATE DELETE");
      Http http = abc.server().http();
      http.get(abc.clients(), keeper.token()).expect(200);
      http.get(xyz.clients(), keeper.token()).expectProblem(403, DENIED);
      http.get("/oauth/customers/operator/clients", keeper.token()).expectProblem(403, DENIED);
      http.get("/oauth/customers", keeper.token()).expectProblem(403, DENIED);
      http.get("/metrics", keeper.token()).expectProblem(403, DENIED);
    }

    @Test
    void itIsTakenAndGivenForTokensThatAreOutAlready(Customer abc) {
      addRoles(abc, ROLE);
      Client keeper = abc.newClient(Map.of(ROLE, List.of(abc.tenant(0))));
      String token = keeper.token();
      Http http = abc.server().http();
      http.get(abc.clients(), token).expectProblem(403, DENIED);

      carry(abc, ROLE, "Auth.Customer.Clients READ");
      http.get(abc.clients(), token).expect(200);

      carry(abc, ROLE);
      http.get(abc.clients(), token).expectProblem(403, DENIED);
    }

    @Test
    void itGivesNoRank(Customer abc) {
      Client keeper = keeper(abc, "Auth.Customer CREATE READ UPDATE DELETE");
      Http http = abc.server().http();
      String token = keeper.token();

      for (String role : List.of("ROLE_API", "ROLE_USER", "ROLE_ADMIN_USER")) {
        http.post(
                abc.clients(),
                token,
                Customer.client(Names.unique("c"), Map.of(role, List.of(abc.tenant(0)))))
            .expectProblem(403, DENIED);
      }
      http.delete(abc.admin().path(), token).expectProblem(403, DENIED);
      http.post(
              abc.clients(),
              token,
              Customer.client(Names.unique("c"), Map.of(ROLE, List.of(abc.tenant(0)))))
          .expect(201);
      http.post(
              abc.clients(),
              token,
              Customer.client(Names.unique("c"), Map.of(ROLE, List.of(abc.tenant(1)))))
          .expectProblem(403, DENIED);
    }

    @Test
    void aTokenNarrowedByScopeHasOnlyWhatItsRolesCarry(Customer abc) {
      addRoles(abc, "ROLE_A", "ROLE_B");
      carry(abc, "ROLE_A", "Auth.Customer.Clients READ");
      carry(abc, "ROLE_B", "Auth.Customer.Audit READ");
      Client both =
          abc.newClient(Map.of("ROLE_A", List.of(abc.tenant(0)), "ROLE_B", List.of(abc.tenant(0))));
      String narrowed =
          abc.server()
              .askToken(both.id(), both.secret(), "scope", "ROLE_B")
              .expect(200)
              .json("access_token")
              .asText();
      Http http = abc.server().http();

      http.get(abc.path() + "/audit", narrowed).expect(200);
      http.get(abc.clients(), narrowed).expectProblem(403, DENIED);
    }
  }
}
