package io.clientele;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 8414: the metadata says what the server does, and says it of the issuer that was configured.
@WithServer
class Rfc8414Test {
  private static final String OAUTH = "/.well-known/oauth-authorization-server";
  private static final String OPENID = "/.well-known/openid-configuration";
  private static final List<String> METHODS = List.of("client_secret_basic", "client_secret_post");

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  @Nested
  class Section2 {
    @Test
    void whatIsRequiredIsThere(TestServer server) {
      JsonNode metadata = server.http().get(OAUTH, "").expect(200).json();
      String issuer = server.uri().toString();

      assertThat(metadata.get("issuer").asText()).isEqualTo(issuer);
      assertThat(metadata.get("token_endpoint").asText()).isEqualTo(issuer + "/oauth/token");
      assertThat(metadata.get("jwks_uri").asText()).isEqualTo(issuer + "/oauth/jwks");
      assertThat(metadata.get("response_types_supported").isArray()).isTrue();
      assertThat(metadata.get("response_types_supported")).isEmpty();
      assertThat(texts(metadata.get("grant_types_supported")))
          .containsExactly("client_credentials");
      assertThat(texts(metadata.get("subject_types_supported"))).containsExactly("public");
      assertThat(metadata.get("introspection_endpoint").asText())
          .isEqualTo(issuer + "/oauth/introspect");
      assertThat(metadata.get("revocation_endpoint").asText()).isEqualTo(issuer + "/oauth/revoke");
      for (String endpoint : List.of("token", "introspection", "revocation")) {
        assertThat(texts(metadata.get(endpoint + "_endpoint_auth_methods_supported")))
            .containsExactlyElementsOf(METHODS);
      }
    }

    @Test
    void nothingIsPromisedThatIsNotThere(TestServer server) {
      JsonNode metadata = server.http().get(OAUTH, "").expect(200).json();

      for (String absent :
          List.of(
              "authorization_endpoint",
              "registration_endpoint",
              "userinfo_endpoint",
              "code_challenge_methods_supported",
              "token_endpoint_auth_signing_alg_values_supported",
              "signed_metadata")) {
        assertThat(metadata.has(absent)).as(absent).isFalse();
      }
      metadata.forEach(value -> assertThat(value.isNull()).isFalse());
    }

    @Test
    void everyAddressInItAnswers(TestServer server, Customer abc) {
      JsonNode metadata = server.http().get(OAUTH, "").expect(200).json();
      String token = abc.adminToken();

      server.http().get(URI.create(metadata.get("jwks_uri").asText()).getPath(), "").expect(200);
      server
          .http()
          .get(URI.create(metadata.get("service_documentation").asText()).getPath(), "")
          .expect(200);
      for (String name : List.of("introspection_endpoint", "revocation_endpoint")) {
        server
            .http()
            .form(
                URI.create(metadata.get(name).asText()).getPath(),
                abc.admin().basic(),
                "token",
                token)
            .expect(200);
      }
      server
          .http()
          .form(
              URI.create(metadata.get("token_endpoint").asText()).getPath(),
              abc.admin().basic(),
              "grant_type",
              "client_credentials")
          .expect(200);
    }
  }

  @Nested
  class Section3 {
    @Test
    void theDocumentIsJsonForAnyone(TestServer server) {
      Answer answer = server.http().get(OAUTH, "").expect(200);

      assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
      assertThat(answer.header("Cache-Control").orElse("")).contains("max-age=");
      assertThat(answer.header("X-Request-Id")).isPresent();
    }

    @Test
    void headIsAnsweredWithoutABody(TestServer server) {
      Answer answer = server.http().send("HEAD", OAUTH, Map.of(), "").expect(200);

      assertThat(answer.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE"})
    void nothingElseIsAllowed(String method, TestServer server) {
      Answer answer = server.http().send(method, OAUTH, Map.of(), "").expect(405);

      assertThat(answer.header("Allow").orElse("")).contains("GET");
    }

    @Test
    void theOpenIdPathSaysTheSame(TestServer server) {
      assertThat(server.http().get(OPENID, "").expect(200).text())
          .isEqualTo(server.http().get(OAUTH, "").expect(200).text());
    }
  }

  @Nested
  class Section3_3 {
    @Test
    void theIssuerIsTheOneInTokens(TestServer server, Customer abc) {
      String issuer = server.http().get(OAUTH, "").json("issuer").asText();

      assertThat(Jwt.claims(abc.adminToken()).get("iss").asText()).isEqualTo(issuer);
      assertThat(server.introspect(abc.adminToken()).json("iss").asText()).isEqualTo(issuer);
    }

    @Test
    void theIssuerIsTheOneThatWasConfigured() {
      String issuer = "https://id.example.com/auth";
      try (TestServer server = TestServer.start("--issuer", issuer)) {
        JsonNode metadata = server.http().get(OAUTH, "").expect(200).json();

        assertThat(metadata.get("issuer").asText()).isEqualTo(issuer);
        assertThat(metadata.get("token_endpoint").asText()).isEqualTo(issuer + "/oauth/token");
        assertThat(Jwt.claims(server.operatorToken()).get("iss").asText()).isEqualTo(issuer);
        assertThat(server.isActive(server.operatorToken())).isTrue();
      }
    }

    @Test
    void noHeaderOfARequestChangesIt(TestServer server, Customer abc) {
      String before = server.http().get(OAUTH, "").text();
      List<String> forged =
          List.of(
              "Host: evil.example",
              "X-Forwarded-Host: evil.example",
              "X-Forwarded-Proto: https",
              "X-Forwarded-Port: 444",
              "X-Forwarded-Prefix: /evil",
              "X-Forwarded-For: 203.0.113.7",
              "Forwarded: for=203.0.113.7;host=evil.example;proto=https",
              "X-Original-URL: /evil",
              "Connection: close");
      List<String> head = new ArrayList<>(List.of("GET " + OAUTH + " HTTP/1.1"));
      head.addAll(forged);
      List<String> ask = new ArrayList<>(List.of("POST /oauth/token HTTP/1.1"));
      ask.addAll(forged);
      String grant = "grant_type=client_credentials";
      ask.add("Authorization: " + Http.basic(abc.adminId(), abc.adminSecret()));
      ask.add("Content-Type: application/x-www-form-urlencoded");
      ask.add("Content-Length: " + grant.length());

      Answer metadata = RawHttp.exchange(server.uri(), head, new byte[0]).expect(200);
      Answer token = RawHttp.exchange(server.uri(), ask, grant.getBytes(ISO_8859_1)).expect(200);

      assertThat(metadata.text()).isEqualTo(before);
      assertThat(metadata.headers().toString()).doesNotContain("evil");
      JsonNode claims = Jwt.claims(token.json("access_token").asText());
      assertThat(claims.get("iss").asText()).isEqualTo(server.uri().toString());
      assertThat(claims.toString()).doesNotContain("evil");
    }

    @Test
    void anAbsoluteRequestTargetDoesNotChangeItEither(TestServer server) {
      String before = server.http().get(OAUTH, "").text();

      Answer answer =
          RawHttp.exchange(
              server.uri(),
              List.of(
                  "GET http://evil.example" + OAUTH + " HTTP/1.1",
                  "Host: evil.example",
                  "Connection: close"),
              new byte[0]);

      assertThat(answer.expect(200).text()).isEqualTo(before);
    }
  }
}
