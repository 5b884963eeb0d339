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
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `POST /oauth/checkToken`: the same questions as introspection, in the source's own form.
@WithServer
class CheckTokenTest {

  private static Answer check(Client asking, String token) {
    return asking.server().http().form("/oauth/checkToken", asking.basic(), "token", token);
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static JsonNode json(String text) {
    try {
      return Answer.JSON.readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  @Nested
  class TheAnswer {
    @Test
    void isFieldByFieldThatOfTheSource(Customer abc) {
      ObjectNode wanted =
          Customer.client(
                  Names.unique("checked"),
                  Map.of(
                      "ROLE_ADMIN_TENANT", List.of(abc.tenant(0)),
                      "ROLE_API", List.of(abc.tenant(0), abc.tenant(1))))
              .put("clientEmail", "someone@example.com");
      wanted.putArray("resourceIds").add("b").add("a");
      Client client = abc.create(wanted);
      String token = client.token();
      List<String> both = abc.tenants().stream().sorted().toList();

      JsonNode expected =
          json(
              """
              {"clientId":"%1$s","expiration":%2$d,"resourceIds":["b","a"],
               "roles":["ROLE_ADMIN_TENANT","ROLE_API"],"scopes":["ROLE_ADMIN_TENANT","ROLE_API"],
               "errorCode":null,"errorMessage":null,
               "user":{"customer":"%3$s","username":"%1$s","email":"someone@example.com",
                "entity":null,"externalTokens":[],"tenants":["%5$s","%6$s"],
                "roles":["ROLE_ADMIN_TENANT","ROLE_API"],
                "userPermissions":{
                 "roles":{"ROLE_ADMIN_TENANT":["%4$s"],"ROLE_API":["%5$s","%6$s"]},
                 "permissions":{},"permissionsByService":{}},
                "groups":[],"enabled":true,"accountNonExpired":true,"accountNonLocked":true,
                "credentialsNonExpired":true,"externalUser":false,"locale":null,"timezone":null,
                "encrypted":true}}
              """
                  .formatted(
                      client.id(),
                      Jwt.claims(token).get("exp").asLong() * 1000,
                      abc.id(),
                      abc.tenant(0),
                      both.get(0),
                      both.get(1)));

      Answer answer = check(abc.admin(), token).expect(200);

      assertThat(answer.json()).isEqualTo(expected);
      assertThat(names(answer.json())).isEqualTo(names(expected));
      assertThat(names(answer.json("user"))).isEqualTo(names(expected.get("user")));
      assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
      assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
    }

    @Test
    void spellsAllTenantsOutAsTheyAreNow(TestServer server, Customer abc) {
      Client client = abc.create(Customer.client(Names.unique("all")));
      String token = client.token();
      String later = Names.unique("later");

      assertThat(tenants(check(abc.admin(), token)))
          .containsExactlyElementsOf(abc.tenants().stream().sorted().toList());
      server
          .http()
          .post(abc.path() + "/tenants", server.operatorToken(), Map.of("id", later))
          .expect(201);

      JsonNode user = check(abc.admin(), token).expect(200).json("user");
      assertThat(user.get("tenants")).hasSize(3);
      assertThat(user.get("tenants").toString()).contains(later).doesNotContain("*");
      assertThat(user.get("userPermissions").get("roles").get("ROLE_API"))
          .isEqualTo(user.get("tenants"));
    }

    private static List<String> tenants(Answer answer) {
      List<String> tenants = new ArrayList<>();
      answer.expect(200).json("user").get("tenants").forEach(each -> tenants.add(each.asText()));
      return tenants;
    }

    @Test
    void isThatOfTheTokenNotOfTheClient(TestServer server, Customer abc) {
      Client client =
          abc.newClient(Map.of("ROLE_API", abc.tenants(), "ROLE_USER", List.of(abc.tenant(1))));
      String narrowed =
          server
              .askToken(client.id(), client.secret(), "tenant", abc.tenant(0))
              .expect(200)
              .json("access_token")
              .asText();

      JsonNode told = check(abc.admin(), narrowed).expect(200).json();

      assertThat(told.get("roles").toString()).isEqualTo("[\"ROLE_API\"]");
      assertThat(told.get("scopes").toString()).isEqualTo("[\"ROLE_API\"]");
      assertThat(told.get("user").get("tenants").toString())
          .isEqualTo("[\"" + abc.tenant(0) + "\"]");
      assertThat(told.get("user").get("userPermissions").get("roles").toString())
          .isEqualTo("{\"ROLE_API\":[\"" + abc.tenant(0) + "\"]}");
    }

    @Test
    void ofAClientWithNothingIsEmptyOrNull(Customer abc) {
      JsonNode told = check(abc.admin(), abc.newClient().token()).expect(200).json();

      assertThat(told.get("resourceIds").toString()).isEqualTo("[]");
      assertThat(told.get("roles").toString()).isEqualTo("[]");
      assertThat(told.get("user").get("email").isNull()).isTrue();
      assertThat(told.get("user").get("tenants").toString()).isEqualTo("[]");
      assertThat(told.get("user").get("userPermissions").get("roles").toString()).isEqualTo("{}");
    }
  }

  @Nested
  class TheRequest {
    @Test
    void mayHaveTheTokenInTheQuery(TestServer server, Customer abc) {
      String token = abc.newClient().token();

      server
          .http()
          .send(
              "POST",
              "/oauth/checkToken?token=" + token + "&serviceId=Auth&tenantId=" + abc.tenant(0),
              Map.of("Authorization", abc.admin().basic()),
              "")
          .expect(200);
      server
          .http()
          .form("/oauth/checkToken?token=" + token, abc.admin().basic(), "token", token)
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void mayNameAServiceAndATenantWithoutEffect(TestServer server, Customer abc) {
      String token = abc.newClient().token();
      String plain = check(abc.admin(), token).expect(200).text();

      Answer answer =
          server
              .http()
              .form(
                  "/oauth/checkToken",
                  abc.admin().basic(),
                  "token",
                  token,
                  "serviceId",
                  "no service",
                  "tenantId",
                  "no-tenant");

      assertThat(answer.expect(200).text()).isEqualTo(plain);
    }

    @Test
    void mustBeOfAClient(TestServer server, Customer abc) {
      String token = abc.adminToken();
      Http http = server.http();

      http.form("/oauth/checkToken", "", "token", token).expectOAuthError(401, "invalid_client");
      http.form("/oauth/checkToken", "Bearer " + token, "token", token)
          .expectOAuthError(401, "invalid_client");
      http.form("/oauth/checkToken", abc.admin().basic(), "serviceId", "Auth")
          .expectOAuthError(400, "invalid_request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE"})
    void mustBePost(String method, TestServer server) {
      server
          .http()
          .send(method, "/oauth/checkToken", Map.of(), "")
          .expectOAuthError(405, "invalid_request");
    }
  }

  @Nested
  class InvalidToken {
    @Test
    void isWhatIsNoToken(Customer abc) {
      String token = abc.newClient().token();

      for (String none :
          List.of("x", "a.b.c", token + "x", token.substring(1), abc.adminSecret())) {
        Answer answer = check(abc.admin(), none);
        answer.expectOAuthError(400, "invalid_token");
        assertThat(answer.text()).doesNotContain(none.length() > 10 ? none : "\"" + none + "\"");
      }
    }

    @Test
    void isADeadOne(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String token = client.token();
      server.http().put(client.path() + "/revoketokens", abc.adminToken()).expect(200);

      check(abc.admin(), token).expectOAuthError(400, "invalid_token");
      check(client, token).expectOAuthError(400, "invalid_token");
    }

    @Test
    void isOneOfAnotherCustomerInTheSameWords(TestServer server, Customer abc, Customer xyz) {
      String none = check(abc.admin(), "x").expect(400).text();

      assertThat(check(abc.admin(), xyz.newClient().token()).expect(400).text()).isEqualTo(none);
      assertThat(check(abc.admin(), server.operatorToken()).expect(400).text()).isEqualTo(none);
    }

    @Test
    void isNoneForTheOperator(TestServer server, Customer abc) {
      server
          .http()
          .form("/oauth/checkToken", server.operatorBasic(), "token", abc.newClient().token())
          .expect(200);
    }
  }
}
