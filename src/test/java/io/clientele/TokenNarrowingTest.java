package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which roles are in a token, on which tenants: all that the client holds, or what `tenant` and
/// `scope` leave of it.
@WithServer
class TokenNarrowingTest {

  private static Client tenantAndApi(Customer abc) {
    return abc.newClient(
        Map.of(
            "ROLE_ADMIN_TENANT", List.of(abc.tenant(0)),
            "ROLE_API", List.of(abc.tenant(0), abc.tenant(1))));
  }

  private static Answer ask(Client client, String... parameters) {
    return client.server().askToken(client.id(), client.secret(), parameters);
  }

  private static JsonNode claims(Client client, String... parameters) {
    return Jwt.claims(ask(client, parameters).expect(200).json("access_token").asText());
  }

  private static ObjectNode bare(String id) {
    return Customer.client(id);
  }

  @Nested
  class WithoutParameters {
    @Test
    void theTokenHasAllThatTheClientHolds(Customer abc) {
      Client client = tenantAndApi(abc);

      Answer answer = ask(client).expect(200);
      JsonNode claims = Jwt.claims(answer.json("access_token").asText());

      assertThat(claims.get("roles").toString()).isEqualTo("[\"ROLE_ADMIN_TENANT\",\"ROLE_API\"]");
      assertThat(claims.get("role_tenants").get("ROLE_ADMIN_TENANT"))
          .isEqualTo(json(abc.tenant(0)));
      assertThat(claims.get("role_tenants").get("ROLE_API")).isEqualTo(json(sorted(abc.tenants())));
      assertThat(claims.get("role_tenants")).hasSize(2);
      assertThat(claims.get("scope").asText()).isEqualTo("ROLE_ADMIN_TENANT ROLE_API");
      assertThat(answer.json("scope")).isEqualTo(claims.get("scope"));
      assertThat(claims.has("tenant")).isFalse();
    }

    @Test
    void roleApiByDefaultIsOnTheTenantsThatAreNamed(Customer abc) {
      Client client =
          abc.create(
              Customer.client(
                      Names.unique("default"), Map.of("ROLE_ADMIN_TENANT", List.of(abc.tenant(1))))
                  .put("defaultRolesAssignmentEnabled", true));

      JsonNode claims = claims(client);

      assertThat(claims.get("role_tenants").get("ROLE_API")).isEqualTo(json(abc.tenant(1)));
      assertThat(claims.get("role_tenants").get("ROLE_ADMIN_TENANT"))
          .isEqualTo(json(abc.tenant(1)));
    }

    @Test
    void roleApiByDefaultIsOnAllTenantsIfNoneAreNamed(Customer abc) {
      Client client = abc.create(bare(Names.unique("default")));

      JsonNode claims = claims(client);

      assertThat(claims.get("role_tenants").toString()).isEqualTo("{\"ROLE_API\":[\"*\"]}");
      assertThat(claims.get("roles").toString()).isEqualTo("[\"ROLE_API\"]");
    }

    @Test
    void noRolesAtAllNameNoTenantAndGetNothing(Customer abc) {
      ObjectNode wanted = bare(Names.unique("none"));
      wanted.putObject("clientPermissions").putObject("roles");
      Client client = abc.create(wanted);

      JsonNode claims = claims(client);

      assertThat(claims.get("role_tenants").toString()).isEqualTo("{}");
      assertThat(claims.get("roles").toString()).isEqualTo("[]");
      assertThat(claims.has("scope")).isFalse();
    }

    @Test
    void withoutTheDefaultTheClientHoldsWhatIsListedAndNothingElse(Customer abc) {
      Client client =
          abc.create(bare(Names.unique("bare")).put("defaultRolesAssignmentEnabled", false));

      assertThat(claims(client).get("role_tenants").toString()).isEqualTo("{}");
    }

    @Test
    void theLegacyScopeIsHeldOnAllTenants(Customer abc) {
      ObjectNode wanted = bare(Names.unique("legacy")).put("defaultRolesAssignmentEnabled", false);
      wanted.putArray("scope").add("ROLE_USER").add("ROLE_ADMIN_TENANT");
      Client client = abc.create(wanted);

      JsonNode claims = claims(client);

      assertThat(claims.get("role_tenants").toString())
          .isEqualTo("{\"ROLE_ADMIN_TENANT\":[\"*\"],\"ROLE_USER\":[\"*\"]}");
      assertThat(claims.get("scope").asText()).isEqualTo("ROLE_ADMIN_TENANT ROLE_USER");
    }
  }

  @Nested
  class ByTenant {
    @Test
    void onlyWhatIsHeldOnTheTenantIsInTheToken(Customer abc) {
      Client client = tenantAndApi(abc);

      JsonNode first = claims(client, "tenant", abc.tenant(0));
      JsonNode second = claims(client, "tenant", abc.tenant(1));

      assertThat(first.get("tenant").asText()).isEqualTo(abc.tenant(0));
      assertThat(first.get("role_tenants").get("ROLE_ADMIN_TENANT")).isEqualTo(json(abc.tenant(0)));
      assertThat(first.get("role_tenants").get("ROLE_API")).isEqualTo(json(abc.tenant(0)));
      assertThat(second.get("tenant").asText()).isEqualTo(abc.tenant(1));
      assertThat(second.get("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"" + abc.tenant(1) + "\"]}");
      assertThat(second.get("roles").toString()).isEqualTo("[\"ROLE_API\"]");
      assertThat(second.get("scope").asText()).isEqualTo("ROLE_API");
    }

    @Test
    void whatIsHeldOnAllTenantsIsHeldOnEach(Customer abc) {
      Client client = abc.create(bare(Names.unique("all")));

      assertThat(claims(client, "tenant", abc.tenant(1)).get("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"" + abc.tenant(1) + "\"]}");
    }

    @Test
    void aTenantOnWhichTheClientHasNothingIsInvalidTarget(Customer abc, Customer xyz) {
      Client client = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
      Client all = abc.create(bare(Names.unique("all")));
      Client none = abc.newClient();

      for (Answer answer :
          List.of(
              ask(client, "tenant", abc.tenant(1)),
              ask(client, "tenant", xyz.tenant(0)),
              ask(client, "tenant", Names.unique("no-tenant")),
              ask(client, "tenant", "*"),
              ask(client, "tenant", "no/tenant at all"),
              ask(client, "tenant", abc.tenant(0) + " "),
              ask(all, "tenant", xyz.tenant(0)),
              ask(all, "tenant", Names.unique("no-tenant")),
              ask(all, "tenant", "*"),
              ask(none, "tenant", abc.tenant(0)))) {
        answer.expectOAuthError(400, "invalid_target");
      }
    }

    @Test
    void theAnswerDoesNotTellAnotherCustomersTenantFromNone(Customer abc, Customer xyz) {
      Client client = tenantAndApi(abc);

      assertThat(ask(client, "tenant", xyz.tenant(0)).expect(400).text())
          .isEqualTo(ask(client, "tenant", Names.unique("no-tenant")).expect(400).text());
    }

    @Test
    void aTenantThatCameLaterIsReachedByAnAllTenantsGrant(TestServer server, Customer abc) {
      Client client = abc.create(bare(Names.unique("all")));
      String later = Names.unique("later");
      ask(client, "tenant", later).expectOAuthError(400, "invalid_target");

      server
          .http()
          .post(abc.path() + "/tenants", server.operatorToken(), Map.of("id", later))
          .expect(201);

      assertThat(claims(client, "tenant", later).get("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"" + later + "\"]}");
    }

    @Test
    void aNarrowedTokenHasNoManagementRight(TestServer server, Customer abc) {
      Client admin = abc.admin();
      String narrowed =
          ask(admin, "tenant", abc.tenant(0)).expect(200).json("access_token").asText();

      assertThat(Jwt.claims(narrowed).get("role_tenants").toString())
          .isEqualTo("{\"ROLE_ADMIN_CUSTOMER\":[\"" + abc.tenant(0) + "\"]}");
      for (String path : List.of(abc.clients(), abc.path(), abc.path() + "/roles")) {
        server.http().get(path, narrowed).expectProblem(403, "Access is denied");
      }
      server
          .http()
          .post(abc.clients(), narrowed, bare(Names.unique("x")))
          .expectProblem(403, "Access is denied");
      server
          .http()
          .put(admin.path() + "/revoketokens", narrowed)
          .expectProblem(403, "Access is denied");
      assertThat(server.isActive(narrowed)).isTrue();
    }
  }

  @Nested
  class ByScope {
    @Test
    void onlyTheRolesThatAreNamedAreInTheToken(Customer abc) {
      Client client = tenantAndApi(abc);

      Answer answer = ask(client, "scope", "ROLE_API").expect(200);

      assertThat(answer.json("scope").asText()).isEqualTo("ROLE_API");
      JsonNode claims = Jwt.claims(answer.json("access_token").asText());
      assertThat(claims.get("roles").toString()).isEqualTo("[\"ROLE_API\"]");
      assertThat(claims.get("role_tenants").get("ROLE_API")).isEqualTo(json(sorted(abc.tenants())));
      assertThat(claims.get("role_tenants")).hasSize(1);
      assertThat(claims.has("tenant")).isFalse();
    }

    @Test
    void theOrderInWhichTheyAreNamedIsOfNoEffect(Customer abc) {
      Client client = tenantAndApi(abc);

      assertThat(claims(client, "scope", "ROLE_API ROLE_ADMIN_TENANT").get("scope").asText())
          .isEqualTo("ROLE_ADMIN_TENANT ROLE_API");
    }

    @Test
    void allTenantsStayAllTenants(Customer abc) {
      Client client = abc.create(bare(Names.unique("all")));

      assertThat(claims(client, "scope", "ROLE_API").get("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"*\"]}");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "ROLE_USER",
          "ROLE_API ROLE_USER",
          "ROLE_ADMIN_CUSTOMER",
          "ROLE_OPERATOR",
          "role_api",
          "ROLE_API,ROLE_ADMIN_TENANT",
          "openid",
          "*",
          "ROLE_API\tROLE_ADMIN_TENANT",
          "ROLE_API\0",
          "ROLE_é"
        })
    void aRoleThatTheClientDoesNotHoldIsInvalidScope(String scope, Customer abc) {
      ask(tenantAndApi(abc), "scope", scope).expectOAuthError(400, "invalid_scope");
    }

    @Test
    void aTokenWithoutTheAdministratorsRoleAdministratesNothing(TestServer server, Customer abc) {
      Client both =
          abc.newClient(
              Map.of("ROLE_ADMIN_CUSTOMER", List.of(), "ROLE_API", List.of(abc.tenant(0))));
      String less = ask(both, "scope", "ROLE_API").expect(200).json("access_token").asText();
      String more =
          ask(both, "scope", "ROLE_ADMIN_CUSTOMER").expect(200).json("access_token").asText();

      server.http().get(abc.clients(), less).expectProblem(403, "Access is denied");
      server.http().get(abc.clients(), more).expect(200);
    }
  }

  @Nested
  class ByBoth {
    @Test
    void whatIsNamedOnTheTenantIsInTheToken(Customer abc) {
      Client client = tenantAndApi(abc);

      JsonNode claims = claims(client, "tenant", abc.tenant(0), "scope", "ROLE_ADMIN_TENANT");

      assertThat(claims.get("role_tenants").toString())
          .isEqualTo("{\"ROLE_ADMIN_TENANT\":[\"" + abc.tenant(0) + "\"]}");
      assertThat(claims.get("tenant").asText()).isEqualTo(abc.tenant(0));
    }

    @Test
    void aRoleThatIsHeldElsewhereOnlyIsInvalidScope(Customer abc) {
      Client client = tenantAndApi(abc);

      ask(client, "tenant", abc.tenant(1), "scope", "ROLE_ADMIN_TENANT")
          .expectOAuthError(400, "invalid_scope");
      ask(client, "tenant", Names.unique("none"), "scope", "ROLE_API")
          .expectOAuthError(400, "invalid_target");
    }
  }

  @Nested
  class MoreThan8KiB {
    @Test
    void isRefusedWithTheWayOut(TestServer server) {
      String[] stems = new String[90];
      for (int i = 0; i < stems.length; i++) {
        stems[i] = "a-tenant-with-a-rather-long-name-" + i;
      }
      Customer large = server.newCustomer(stems);
      Client client =
          large.newClient(Map.of("ROLE_API", large.tenants(), "ROLE_USER", large.tenants()));

      Answer refused = ask(client).expectOAuthError(400, "invalid_scope");

      assertThat(refused.json("error_description").asText()).contains("tenant").contains("scope");
      String byTenant =
          ask(client, "tenant", large.tenant(7)).expect(200).json("access_token").asText();
      String byScope = ask(client, "scope", "ROLE_USER").expect(200).json("access_token").asText();
      assertThat(byTenant.length()).isLessThan(byScope.length());
      assertThat(byScope.length()).isLessThanOrEqualTo(8 * 1024);
      assertThat(server.isActive(byScope)).isTrue();
    }

    @Test
    void isWhatNoTokenHasAndWhatAlmostHasItLives(TestServer server) {
      String[] stems = new String[140];
      for (int i = 0; i < stems.length; i++) {
        stems[i] = "a-tenant-with-a-long-name-" + i;
      }
      Customer large = server.newCustomer(stems);
      String longest = "";
      int refused = 0;

      for (int count = 100; count <= stems.length; count++) {
        Answer answer = ask(large.newClient(Map.of("ROLE_API", large.tenants().subList(0, count))));
        if (answer.status() == 200) {
          longest = answer.json("access_token").asText();
        } else {
          answer.expectOAuthError(400, "invalid_scope");
          refused++;
        }
      }

      assertThat(refused).isPositive();
      assertThat(longest.length()).isBetween(8 * 1024 - 100, 8 * 1024);
      assertThat(server.isActive(longest)).isTrue();
      server.http().get(large.clients(), longest).expectProblem(403, "Access is denied");
    }
  }

  private static JsonNode json(String only) {
    return json(List.of(only));
  }

  private static JsonNode json(List<String> texts) {
    return Answer.JSON.valueToTree(texts);
  }

  private static List<String> sorted(List<String> texts) {
    return texts.stream().sorted().toList();
  }
}
