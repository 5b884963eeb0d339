package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// RFC 9068: what a token says, to the letter. Resource servers that we do not know read it.
@WithServer
class Rfc9068Test {

  private static Client ofBothTenants(Customer abc) {
    return abc.newClient(
        Map.of("ROLE_API", List.of(abc.tenant(0)), "ROLE_USER", List.of(abc.tenant(1))));
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Nested
  class Section2_1 {
    @Test
    void theHeaderSaysTypeAlgorithmAndKeyAndNothingElse(TestServer server, Customer abc) {
      String token = abc.newClient().token();

      JsonNode header = Jwt.header(token);

      assertThat(names(header)).containsExactlyInAnyOrder("typ", "alg", "kid");
      assertThat(header.get("typ").asText()).isEqualTo("at+jwt");
      assertThat(header.get("alg").asText()).isEqualTo("ES256");
      assertThat(server.http().get("/oauth/jwks", "").json("keys").findValuesAsText("kid"))
          .contains(header.get("kid").asText());
    }

    @Test
    void theTokenIsAJwsInCompactForm(Customer abc) {
      String[] parts = abc.newClient().token().split("\\.", -1);

      assertThat(parts).hasSize(3);
      for (String part : parts) {
        byte[] bytes = Base64.getUrlDecoder().decode(part);
        assertThat(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)).isEqualTo(part);
      }
      assertThat(Base64.getUrlDecoder().decode(parts[2])).hasSize(64);
    }
  }

  @Nested
  class Section2_2 {
    @Test
    void theClaimsAreExactlyThese(TestServer server, Customer abc) {
      Client client = ofBothTenants(abc);

      JsonNode claims = Jwt.claims(client.token());

      assertThat(names(claims))
          .containsExactlyInAnyOrder(
              "iss",
              "sub",
              "client_id",
              "aud",
              "iat",
              "exp",
              "jti",
              "customer",
              "roles",
              "role_tenants",
              "scope",
              "gen");
      assertThat(claims.get("iss").asText()).isEqualTo(server.uri().toString());
      assertThat(claims.get("sub").asText()).isEqualTo(client.id());
      assertThat(claims.get("client_id").asText()).isEqualTo(client.id());
      assertThat(claims.get("customer").asText()).isEqualTo(abc.id());
      assertThat(claims.get("aud"))
          .isEqualTo(Answer.JSON.valueToTree(List.of(server.uri().toString())));
      assertThat(claims.get("gen").isArray()).isTrue();
      assertThat(claims.get("gen")).hasSize(2);
      claims.get("gen").forEach(each -> assertThat(each.isIntegralNumber()).isTrue());
    }

    @Test
    void aNarrowedTokenNamesItsTenantToo(TestServer server, Customer abc) {
      Client client = ofBothTenants(abc);
      String token =
          server
              .askToken(client.id(), client.secret(), "tenant", abc.tenant(0))
              .expect(200)
              .json("access_token")
              .asText();

      assertThat(names(Jwt.claims(token))).contains("tenant").hasSize(13);
      assertThat(Jwt.claims(token).get("tenant").asText()).isEqualTo(abc.tenant(0));
    }

    @Test
    void theTimesAreWholeSeconds(TestServer server, Customer abc) {
      Client client =
          abc.create(
              Customer.client(Names.unique("timed"), Map.of()).put("accessTokenValidity", 600));
      long before = server.clock().instant().getEpochSecond();

      JsonNode claims = Jwt.claims(client.token());

      assertThat(claims.get("iat").isIntegralNumber()).isTrue();
      assertThat(claims.get("exp").isIntegralNumber()).isTrue();
      assertThat(Instant.ofEpochSecond(claims.get("iat").asLong()))
          .isBetween(Instant.ofEpochSecond(before), server.clock().instant());
      assertThat(claims.get("exp").asLong() - claims.get("iat").asLong()).isEqualTo(600);
    }

    @Test
    void theLifetimeIsNeverLongerThanTheServersMaximum() {
      try (TestServer server = TestServer.start("--max-token-validity", "120")) {
        JsonNode claims = Jwt.claims(server.operatorToken());

        assertThat(claims.get("exp").asLong() - claims.get("iat").asLong()).isEqualTo(120);
      }
    }

    @Test
    void theIdIsAFreshTextOfAtLeast128Bits(Customer abc) {
      String jti = Jwt.claims(abc.newClient().token()).get("jti").asText();

      assertThat(Base64.getUrlDecoder().decode(jti)).hasSizeGreaterThanOrEqualTo(16);
    }
  }

  @Nested
  class Section2_2_3 {
    @Test
    void theScopeNamesTheRoles(Customer abc) {
      JsonNode claims = Jwt.claims(ofBothTenants(abc).token());

      assertThat(claims.get("scope").asText()).isEqualTo("ROLE_API ROLE_USER");
    }

    @Test
    void rolesAreAnArrayOfNames(Customer abc) {
      JsonNode claims = Jwt.claims(ofBothTenants(abc).token());

      assertThat(claims.get("roles").toString()).isEqualTo("[\"ROLE_API\",\"ROLE_USER\"]");
      assertThat(claims.get("role_tenants").get("ROLE_API").toString())
          .isEqualTo("[\"" + abc.tenant(0) + "\"]");
      assertThat(claims.get("role_tenants").get("ROLE_USER").toString())
          .isEqualTo("[\"" + abc.tenant(1) + "\"]");
      assertThat(names(claims.get("role_tenants"))).containsExactly("ROLE_API", "ROLE_USER");
    }

    @Test
    void anIdWithEachAllowedCharacterIsWrittenAsItIs(Customer abc) {
      String id = Names.unique("A.z_0~9@b-");

      JsonNode claims = Jwt.claims(abc.create(Customer.client(id, Map.of())).token());

      assertThat(claims.get("sub").asText()).isEqualTo(id);
      assertThat(claims.get("client_id").asText()).isEqualTo(id);
    }

    @Test
    void aRoleWithEachAllowedCharacterIsWrittenAsItIs(TestServer server, Customer abc) {
      String role = "ROLE_az_09$&@" + Names.uniqueRole();
      server.http().post(abc.path() + "/roles", abc.adminToken(), List.of(role)).expect(201);

      String token = abc.newClient(Map.of(role, List.of(abc.tenant(0)))).token();

      assertThat(Jwt.claims(token).get("scope").asText()).isEqualTo(role);
      assertThat(server.introspect(token).json("role_tenants").get(role).toString())
          .isEqualTo("[\"" + abc.tenant(0) + "\"]");
    }
  }

  @Nested
  class Section5 {
    @Test
    void nothingOfTheClientsSecretsIsInTheToken(Customer abc) {
      Client client =
          abc.create(
              Customer.client(Names.unique("private"), Map.of())
                  .put("clientEmail", "someone@example.com")
                  .put("clientName", "A private name")
                  .put("clientDescription", "A private text"));

      String claims = Jwt.claims(client.token()).toString();

      assertThat(claims)
          .doesNotContain("someone@example.com")
          .doesNotContain("private name")
          .doesNotContain("private text")
          .doesNotContain(client.secret().substring(4));
    }
  }
}
