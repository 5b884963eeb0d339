package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 7662: who is told what about which token, and that a dead one is dead from the moment the
/// deed was answered.
@WithServer
class Rfc7662Test {
  private static final String INACTIVE = "{\"active\":false}";

  private static Answer introspect(Client asking, String token) {
    return asking
        .server()
        .http()
        .form("/oauth/introspect", asking.basic(), "token", token)
        .expect(200);
  }

  private static Client inOperator(TestServer server, Map<String, List<String>> roles) {
    ObjectNode wanted = Customer.client(Names.unique("server"), roles);
    Customer any = server.newCustomer();
    Answer made =
        server
            .http()
            .post("/oauth/customers/operator/clients", server.operatorToken(), wanted)
            .expect(201);
    return new Client(
        server, any, made.json("clientId").asText(), made.json("clientSecret").asText());
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Nested
  class Section2_1 {
    @Test
    void theTokenComesInTheForm(TestServer server, Customer abc) {
      String token = abc.newClient().token();

      server
          .http()
          .send(
              "POST",
              "/oauth/introspect?token=" + token,
              Map.of("Authorization", abc.admin().basic()),
              "")
          .expectOAuthError(400, "invalid_request");
      server
          .http()
          .form("/oauth/introspect", abc.admin().basic(), "token_type_hint", "access_token")
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void theHintIsOfNoEffect(TestServer server, Customer abc) {
      String token = abc.newClient().token();

      for (String hint : List.of("access_token", "refresh_token", "nonsense")) {
        Answer answer =
            server
                .http()
                .form(
                    "/oauth/introspect",
                    abc.admin().basic(),
                    "token",
                    token,
                    "token_type_hint",
                    hint);
        assertThat(answer.expect(200).json("active").asBoolean()).isTrue();
      }
    }

    @Test
    void whoeverAsksAuthenticatesAsAClient(TestServer server, Customer abc) {
      String token = abc.adminToken();
      Http http = server.http();

      http.form("/oauth/introspect", "", "token", token).expectOAuthError(401, "invalid_client");
      http.form("/oauth/introspect", "Bearer " + token, "token", token)
          .expectOAuthError(401, "invalid_client");
      http.form("/oauth/introspect", Http.basic(abc.adminId(), "wrong wrong wrong"), "token", token)
          .expectOAuthError(401, "invalid_client");
      http.form(
              "/oauth/introspect",
              "",
              "client_id",
              abc.adminId(),
              "client_secret",
              abc.adminSecret(),
              "token",
              token)
          .expect(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE"})
    void onlyPostIsAnswered(String method, TestServer server) {
      server
          .http()
          .send(method, "/oauth/introspect", Map.of(), "")
          .expectOAuthError(405, "invalid_request");
    }
  }

  @Nested
  class Section2_2 {
    @Test
    void anActiveTokenIsToldWithExactlyTheseMembers(TestServer server, Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
      String token = client.token();
      JsonNode claims = Jwt.claims(token);

      Answer answer = introspect(abc.admin(), token);

      JsonNode told = answer.json();
      assertThat(names(told))
          .containsExactlyInAnyOrder(
              "active",
              "client_id",
              "sub",
              "iss",
              "aud",
              "iat",
              "exp",
              "jti",
              "token_type",
              "scope",
              "customer",
              "roles",
              "role_tenants");
      assertThat(told.get("active").isBoolean()).isTrue();
      assertThat(told.get("active").asBoolean()).isTrue();
      assertThat(told.get("token_type").asText()).isEqualTo("Bearer");
      for (String same :
          List.of(
              "client_id",
              "sub",
              "iss",
              "aud",
              "iat",
              "exp",
              "jti",
              "scope",
              "customer",
              "roles",
              "role_tenants")) {
        assertThat(told.get(same)).as(same).isEqualTo(claims.get(same));
      }
      assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
      assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
    }

    @Test
    void aNarrowedTokenIsToldWithItsTenant(TestServer server, Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_API", abc.tenants()));
      String token =
          server
              .askToken(client.id(), client.secret(), "tenant", abc.tenant(1))
              .expect(200)
              .json("access_token")
              .asText();

      Answer answer = introspect(abc.admin(), token);

      assertThat(answer.json("tenant").asText()).isEqualTo(abc.tenant(1));
      assertThat(answer.json("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"" + abc.tenant(1) + "\"]}");
    }

    @Test
    void withoutRolesThereIsNoScope(Customer abc) {
      Answer answer = introspect(abc.admin(), abc.newClient().token());

      assertThat(answer.json().has("scope")).isFalse();
      assertThat(answer.json("roles").toString()).isEqualTo("[]");
      assertThat(answer.json("role_tenants").toString()).isEqualTo("{}");
    }

    @Test
    void allTenantsAreToldAsInTheToken(Customer abc) {
      Client client = abc.create(Customer.client(Names.unique("all")));

      assertThat(introspect(abc.admin(), client.token()).json("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"*\"]}");
    }

    @Test
    void whatIsNoTokenIsInactiveAndNoMore(Customer abc) {
      String token = abc.newClient().token();

      for (String none :
          List.of(
              "x",
              "a.b.c",
              "...",
              token + ".",
              token + "x",
              " " + token,
              "é",
              "x".repeat(60_000))) {
        assertThat(introspect(abc.admin(), none).text()).isEqualTo(INACTIVE);
      }
    }
  }

  @Nested
  class WhoSeesWhat {
    @Test
    void anyClientSeesTheTokensOfItsOwnCustomer(Customer abc) {
      Client asking = abc.newClient();

      for (String token : List.of(asking.token(), abc.adminToken(), abc.newClient().token())) {
        assertThat(introspect(asking, token).json("active").asBoolean()).isTrue();
      }
    }

    @Test
    void nobodySeesTheTokensOfAnotherCustomer(TestServer server, Customer abc, Customer xyz) {
      assertThat(introspect(abc.admin(), xyz.newClient().token()).text()).isEqualTo(INACTIVE);
      assertThat(introspect(abc.newClient(), xyz.adminToken()).text()).isEqualTo(INACTIVE);
      assertThat(introspect(abc.admin(), server.operatorToken()).text()).isEqualTo(INACTIVE);
    }

    @Test
    void aResourceServerSeesTheTokensOfAllCustomers(TestServer server, Customer abc, Customer xyz) {
      Client resourceServer = inOperator(server, Map.of("ROLE_RESOURCE_SERVER", List.of()));

      for (String token :
          List.of(
              abc.newClient().token(),
              xyz.adminToken(),
              resourceServer.token(),
              server.operatorToken())) {
        assertThat(introspect(resourceServer, token).json("active").asBoolean()).isTrue();
      }
    }

    @Test
    void theOperatorSeesTheTokensOfAllCustomers(TestServer server, Customer abc) {
      Client operator = inOperator(server, Map.of("ROLE_OPERATOR", List.of()));

      assertThat(introspect(operator, abc.adminToken()).json("active").asBoolean()).isTrue();
    }

    @Test
    void aClientOfTheOperatorWithoutTheRoleSeesThemNot(TestServer server, Customer abc) {
      Client bare = inOperator(server, Map.of());

      assertThat(introspect(bare, abc.adminToken()).text()).isEqualTo(INACTIVE);
      assertThat(introspect(bare, bare.token()).json("active").asBoolean()).isTrue();
    }

    @Test
    void aResourceServerThatLostItsRoleSeesThemNoMore(TestServer server, Customer abc) {
      Client resourceServer = inOperator(server, Map.of("ROLE_RESOURCE_SERVER", List.of()));
      String token = abc.newClient().token();
      assertThat(introspect(resourceServer, token).json("active").asBoolean()).isTrue();

      server
          .http()
          .put(
              "/oauth/customers/operator/clients/" + resourceServer.id(),
              server.operatorToken(),
              Customer.client(resourceServer.id(), Map.of()))
          .expect(200);

      assertThat(introspect(resourceServer, token).text()).isEqualTo(INACTIVE);
    }

    @Test
    void aResourceServerManagesNothing(TestServer server, Customer abc) {
      String token = inOperator(server, Map.of("ROLE_RESOURCE_SERVER", List.of())).token();

      server.http().get(abc.clients(), token).expectProblem(403, "Access is denied");
      server.http().get("/oauth/customers", token).expectProblem(403, "Access is denied");
    }

    @Test
    void aDisabledClientIsToldNothing(TestServer server, Customer abc) {
      Client asking = abc.newClient();
      server
          .http()
          .put(
              asking.path(),
              abc.adminToken(),
              Customer.client(asking.id(), Map.of()).put("enabled", false))
          .expect(200);

      server
          .http()
          .form("/oauth/introspect", asking.basic(), "token", abc.adminToken())
          .expectOAuthError(401, "invalid_client");
    }
  }

  /// "Dead is a token from the moment the answer to the deed is sent."
  @Nested
  class Dead {
    private static void put(Client client, String query, ObjectNode wanted) {
      client
          .server()
          .http()
          .put(client.path() + query, client.server().operatorToken(), wanted)
          .expect(200);
    }

    private static void putCustomer(Customer customer, String status, List<String> tenants) {
      customer
          .server()
          .http()
          .put(
              customer.path(),
              customer.server().operatorToken(),
              Map.of("id", customer.id(), "status", status, "tenants", tenants))
          .expect(200);
    }

    private static ObjectNode same(Client client) {
      return Customer.client(client.id(), Map.of("ROLE_API", List.of(client.customer().tenant(0))));
    }

    private static Client living(Customer customer) {
      return customer.newClient(Map.of("ROLE_API", List.of(customer.tenant(0))));
    }

    private static void isDead(TestServer server, Client client, String token) {
      assertThat(server.introspect(token).text()).isEqualTo(INACTIVE);
      server
          .http()
          .form("/oauth/checkToken", server.operatorBasic(), "token", token)
          .expectOAuthError(400, "invalid_token");
      server.http().get(client.path(), token).expectOAuthError(401, "invalid_token");
    }

    private static void isAlive(TestServer server, Client client, String token) {
      assertThat(server.isActive(token)).isTrue();
      server.http().get(client.path(), token).expect(403);
    }

    @Test
    void isATokenOfADisabledClientForGood(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();

      put(client, "", same(client).put("enabled", false));

      isDead(server, client, token);
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
      put(client, "", same(client).put("enabled", true));
      isDead(server, client, token);
      isAlive(server, client, client.token());
    }

    @Test
    void isATokenOfADisabledClientEvenIfItShouldBeSpared(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();

      put(client, "?skipTokenRevocation=true", same(client).put("enabled", false));

      isDead(server, client, token);
      put(client, "?skipTokenRevocation=true", same(client));
      isDead(server, client, token);
    }

    @Test
    void isATokenOfADeletedClientAndOfOneCreatedAgain(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();

      server.http().delete(client.path(), abc.adminToken()).expect(200);
      isDead(server, client, token);

      Client again = abc.create(same(client));
      isDead(server, client, token);
      String fresh = again.token();
      isAlive(server, again, fresh);
      server.http().delete(client.path(), abc.adminToken()).expect(200);
      abc.create(same(client));
      isDead(server, client, token);
      isDead(server, again, fresh);
    }

    @Test
    void isATokenWhoseClientGotOtherRoles(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();
      put(client, "", Customer.client(client.id(), Map.of("ROLE_API", abc.tenants())));
      isDead(server, client, token);

      String second = client.token();
      put(client, "", Customer.client(client.id(), Map.of()));
      isDead(server, client, second);

      String third = client.token();
      put(client, "", same(client));
      isDead(server, client, token);
      isDead(server, client, third);
    }

    @Test
    void isATokenWhoseClientGotOrLostTheDefaultRole(TestServer server, Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_USER", List.of(abc.tenant(0))));
      String token = client.token();
      ObjectNode wanted = Customer.client(client.id(), Map.of("ROLE_USER", List.of(abc.tenant(0))));

      put(client, "", wanted.put("defaultRolesAssignmentEnabled", true));

      isDead(server, client, token);
    }

    @Test
    void isATokenWhoseClientGotAnotherLegacyScope(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();
      ObjectNode wanted = same(client);
      wanted.putArray("scope").add("ROLE_USER");

      put(client, "", wanted);

      isDead(server, client, token);
    }

    @Test
    void isATokenWhoseClientGotAnotherSecret(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();
      String secret = "Another chosen secret, 2nd";

      put(client, "", same(client).put("clientSecret", secret));

      isDead(server, client, token);
      server.askToken(client.id(), client.secret()).expect(401);
      isAlive(server, client, server.token(client.id(), secret));
    }

    @Test
    void isNoTokenThatWasToBeSpared(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();

      put(
          client,
          "?skipTokenRevocation=true",
          Customer.client(client.id(), Map.of("ROLE_API", abc.tenants()))
              .put("clientSecret", "Another chosen secret, 3rd"));

      isAlive(server, client, token);
      assertThat(server.introspect(token).json("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"" + abc.tenant(0) + "\"]}");
    }

    @Test
    void isNoTokenWhoseClientChangedOtherwise(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();

      put(client, "", same(client));
      isAlive(server, client, token);
      ObjectNode changed =
          same(client)
              .put("clientName", "another name")
              .put("clientDescription", "another text")
              .put("clientEmail", "someone@example.com")
              .put("accessTokenValidity", 60);
      changed.putArray("clientAuthenticationMethods").add("client_secret_basic");
      changed.putArray("resourceIds").add("x");
      put(client, "", changed);
      isAlive(server, client, token);
    }

    @Test
    void isNoTokenWhoseClientGotOrLostASecondSecret(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();
      String id =
          server
              .http()
              .post(client.path() + "/secrets", abc.adminToken(), "")
              .expect(201)
              .json("id")
              .asText();
      isAlive(server, client, token);

      server.http().delete(client.path() + "/secrets/" + id, abc.adminToken()).expect(200);

      isAlive(server, client, token);
    }

    @Test
    void isEveryTokenIssuedBeforeRevokeTokens(TestServer server, Customer abc) {
      Client client = living(abc);
      Client other = living(abc);
      String token = client.token();
      String second = client.token();
      String ofTheOther = other.token();

      server.http().put(client.path() + "/revoketokens", abc.adminToken()).expect(200);

      isDead(server, client, token);
      isDead(server, client, second);
      isAlive(server, other, ofTheOther);
      isAlive(server, client, client.token());
    }

    @Test
    void isATokenOfASuspendedCustomerForGood(TestServer server, Customer abc, Customer xyz) {
      Client client = living(abc);
      String token = client.token();
      String admin = abc.adminToken();
      String ofXyz = xyz.newClient().token();

      putCustomer(abc, "suspended", abc.tenants());

      isDead(server, client, token);
      isDead(server, client, admin);
      assertThat(server.isActive(ofXyz)).isTrue();
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");

      putCustomer(abc, "active", abc.tenants());
      isDead(server, client, token);
      isDead(server, client, admin);
      isAlive(server, client, client.token());
    }

    @Test
    void isATokenOfACustomerThatLostATenant(TestServer server) {
      Customer abc = server.newCustomer("kept", "unused", "dropped");
      Client client = living(abc);
      String token = client.token();

      server
          .http()
          .delete(abc.path() + "/tenants/" + abc.tenant(1), server.operatorToken())
          .expect(200);
      isDead(server, client, token);

      String second = client.token();
      putCustomer(abc, "active", List.of(abc.tenant(0)));
      isDead(server, client, second);
      isAlive(server, client, client.token());
    }

    @Test
    void isNoTokenOfACustomerThatChangedOtherwise(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();
      List<String> more = new ArrayList<>(abc.tenants());
      more.add(Names.unique("more"));

      putCustomer(abc, "active", more);
      server
          .http()
          .post(abc.path() + "/tenants", server.operatorToken(), Map.of("id", Names.unique("more")))
          .expect(201);
      server
          .http()
          .post(abc.path() + "/roles", abc.adminToken(), List.of(Names.uniqueRole()))
          .expect(201);

      isAlive(server, client, token);
    }

    @Test
    void isATokenOfADeletedCustomer(TestServer server, Customer abc) {
      Client client = living(abc);
      String token = client.token();
      String admin = abc.adminToken();

      server.http().delete(abc.path(), server.operatorToken()).expect(200);

      isDead(server, client, token);
      isDead(server, client, admin);
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
    }

    @Test
    void isAnExpiredToken() {
      try (TestServer server = TestServer.start()) {
        Customer abc = server.newCustomer("t");
        Client client =
            abc.create(Customer.client("brief", Map.of()).put("accessTokenValidity", 120));
        String token = client.token();

        server.clock().advance(Duration.ofSeconds(90));
        isAlive(server, client, token);
        server.clock().advance(Duration.ofSeconds(31));

        isDead(server, client, token);
      }
    }

    @Test
    void isTheSameAfterARestart() {
      try (TestServer server = TestServer.start()) {
        Customer abc = server.newCustomer("t");
        Client client = living(abc);
        String dead = client.token();
        server.http().put(client.path() + "/revoketokens", abc.adminToken()).expect(200);
        String alive = client.token();

        server.restart();

        isDead(server, client, dead);
        isAlive(server, client, alive);
      }
    }
  }
}
