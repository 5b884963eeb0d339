package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The example of the page that the API is compatible with, as it stands there: customer ABC,
/// tenant1, `test_client`.
class SeedPageTest {
  private static final Pattern GENERATED_SECRET =
      Pattern.compile("clt_[A-Za-z0-9]{43}[A-Za-z0-9]{6}");
  private static final String CLIENTS = "/oauth/customers/ABC/clients";

  private TestServer server;
  private Http http;
  private String admin;

  @BeforeEach
  void aCustomerAbcWithAnAdministrator() {
    server = TestServer.start();
    http = server.http();
    http.post(
            "/oauth/customers",
            server.operatorToken(),
            Map.of("id", "ABC", "tenants", List.of("tenant1", "tenant2")))
        .expect(201);
    JsonNode created =
        http.post(
                CLIENTS,
                server.operatorToken(),
                """
                {"clientId":"abc_admin","authorizedGrantTypes":["client_credentials"],
                 "clientAuthenticationMethods":["client_secret_basic"],
                 "clientPermissions":{"roles":{"ROLE_ADMIN_CUSTOMER":[]}}}\
                """)
            .expect(201)
            .json();
    admin = server.token("abc_admin", created.get("clientSecret").asText());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer example() {
    return http.post(CLIENTS, admin, resource("seed-page-request.json"));
  }

  private static String resource(String name) {
    try (InputStream in = SeedPageTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The page's answer shows the secret twice, as an old and a generated one; JSON has a name once.
  private static String pageAnswer() {
    return resource("seed-page-answer.json")
        .replace("\"clientSecret\": \"YZze8&7EU%xqH3%8\",\n", "");
  }

  @Nested
  class TheAnswer {
    @Test
    void isAnArrayOfOneWithExactlyThePagesFieldsAndValues() throws IOException {
      Answer answer = example().expect(201);

      assertThat(answer.json().isArray()).isTrue();
      assertThat(answer.json()).hasSize(1);
      JsonNode client = answer.json().get(0);
      String secret = client.get("clientSecret").asText();
      JsonNode page = Answer.JSON.readTree(pageAnswer().replace("generated_secret", secret));
      assertThat(client).isEqualTo(page);
    }

    @Test
    void hasItsFieldsInThePagesOrder() throws IOException {
      JsonNode client = example().expect(201).json().get(0);

      List<String> page = names(Answer.JSON.readTree(pageAnswer()));
      List<String> ours = names(client);
      assertThat(ours).hasSameElementsAs(page);
      // The page has the secret at two places: second, and after redirectUri.
      assertThat(ours.indexOf("clientSecret")).isIn(1, page.indexOf("clientSecret"));
      page.remove("clientSecret");
      ours.remove("clientSecret");
      assertThat(ours).isEqualTo(page);
    }

    @Test
    void hasAGeneratedSecretOnce() {
      Answer answer = example().expect(201);

      String secret = answer.json().get(0).get("clientSecret").asText();
      assertThat(secret).matches(GENERATED_SECRET);
      Matcher found = GENERATED_SECRET.matcher(answer.text());
      assertThat(found.results().count()).isEqualTo(1);
    }

    @Test
    void saysWhereTheClientIsAndMustNotBeStored() {
      Answer answer = example().expect(201);

      assertThat(answer.header("Location").orElse("")).endsWith(CLIENTS + "/test_client");
      assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
    }

    @Test
    void isAnObjectWhenTheRequestIsOne() {
      String array = resource("seed-page-request.json").strip();
      String object = array.substring(1, array.length() - 1);

      JsonNode client = http.post(CLIENTS, admin, object).expect(201).json();

      assertThat(client.isObject()).isTrue();
      assertThat(client.get("clientId").asText()).isEqualTo("test_client");
    }
  }

  @Nested
  class TheClient {
    @Test
    void isThereAfterwardsWithoutItsSecret() {
      JsonNode created = example().expect(201).json().get(0);

      JsonNode found = http.get(CLIENTS + "/test_client", admin).expect(200).json();

      assertThat(found.has("clientSecret")).isFalse();
      List<String> expected = names(created);
      expected.remove("clientSecret");
      assertThat(names(found)).isEqualTo(expected);
      expected.forEach(name -> assertThat(found.get(name)).isEqualTo(created.get(name)));
    }

    @Test
    void getsATokenWithExactlyTheRolesAndTenantsOfThePage() {
      String secret = example().expect(201).json().get(0).get("clientSecret").asText();

      String token = server.token("test_client", secret);

      JsonNode claims = Jwt.claims(token);
      assertThat(claims.get("customer").asText()).isEqualTo("ABC");
      assertThat(claims.get("role_tenants").toString())
          .isEqualTo("{\"ROLE_ADMIN_TENANT\":[\"tenant1\"],\"ROLE_API\":[\"tenant1\"]}");
      assertThat(claims.get("exp").asLong() - claims.get("iat").asLong()).isEqualTo(3600);
    }

    @Test
    void getsATokenByBothOfItsMethodsAndByAnEmptyBody() {
      String secret = example().expect(201).json().get(0).get("clientSecret").asText();

      http.form(
              "/oauth/token", Http.basic("test_client", secret), "grant_type", "client_credentials")
          .expect(200);
      http.form(
              "/oauth/token",
              "",
              "grant_type",
              "client_credentials",
              "client_id",
              "test_client",
              "client_secret",
              secret)
          .expect(200);
      http.send(
              "POST",
              "/oauth/token?grant_type=client_credentials",
              Map.of("Authorization", Http.basic("test_client", secret)),
              "")
          .expect(200);
      http.form(
              "/oauth/token",
              Http.basic("test%5Fclient", secret),
              "grant_type",
              "client_credentials")
          .expect(200);
    }

    @Test
    void canBeCreatedOnlyOnce() {
      example().expect(201);

      example().expectProblem(409, "Client 'test_client' already exists");
    }
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
