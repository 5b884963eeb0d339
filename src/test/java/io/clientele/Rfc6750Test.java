package io.clientele;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 6750: how a token is brought to the management API, and what is said when it is not, or is
/// not good.
@WithServer
class Rfc6750Test {

  private static Answer with(TestServer server, String path, String authorization) {
    return server.http().send("GET", path, Map.of("Authorization", authorization), "");
  }

  private static Answer withHeaders(TestServer server, String path, String... authorizations) {
    List<String> head =
        new ArrayList<>(
            List.of("GET " + path + " HTTP/1.1", "Host: localhost", "Connection: close"));
    for (String authorization : authorizations) {
      head.add("Authorization: " + authorization);
    }
    return RawHttp.exchange(server.uri(), head, new byte[0]);
  }

  private static void saysThatATokenIsMissing(Answer answer) {
    answer.expect(401);
    assertThat(answer.headers("WWW-Authenticate")).containsExactly("Bearer");
    assertThat(answer.header("Content-Type").orElse("")).startsWith("application/problem+json");
    assertThat(answer.json("status").asInt()).isEqualTo(401);
    assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
  }

  private static void saysThatTheTokenIsBad(Answer answer) {
    answer.expectOAuthError(401, "invalid_token");
    assertThat(answer.headers("WWW-Authenticate"))
        .containsExactly("Bearer error=\"invalid_token\"");
    assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
    assertThat(answer.json("error_description").asText()).isNotEmpty();
    assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
  }

  @Nested
  class Section2_1 {
    @ParameterizedTest
    @ValueSource(strings = {"Bearer", "bearer", "BEARER", "bEARER"})
    void theSchemeIsReadInAnyCase(String scheme, TestServer server, Customer abc) {
      with(server, abc.clients(), scheme + " " + abc.adminToken()).expect(200);
    }

    @Test
    void twoAuthorizationHeadersAreNotAccepted(TestServer server, Customer abc) {
      String good = "Bearer " + abc.adminToken();

      saysThatTheTokenIsBad(withHeaders(server, abc.clients(), good, good));
      saysThatTheTokenIsBad(withHeaders(server, abc.clients(), good, "Bearer x"));
      withHeaders(server, abc.clients(), "Bearer x", good).expect(401);
      withHeaders(server, abc.clients(), good, abc.admin().basic()).expect(401);
      withHeaders(server, abc.clients(), abc.admin().basic(), good).expect(401);
      withHeaders(server, abc.clients(), good).expect(200);
    }

    @Test
    void aTokenInTheQueryIsNotAccepted(TestServer server, Customer abc) {
      saysThatATokenIsMissing(
          server.http().get(abc.clients() + "?access_token=" + abc.adminToken(), ""));
    }

    @Test
    void aTokenInTheBodyIsNotAccepted(TestServer server, Customer abc) {
      String form = "access_token=" + abc.adminToken();

      saysThatATokenIsMissing(
          server
              .http()
              .send(
                  "POST",
                  abc.clients(),
                  Map.of("Content-Type", "application/x-www-form-urlencoded"),
                  form));
    }
  }

  @Nested
  class Section3 {
    @Test
    void withoutATokenNoErrorIsNamed(TestServer server, Customer abc) {
      saysThatATokenIsMissing(server.http().get(abc.clients(), ""));
      saysThatATokenIsMissing(server.http().get("/oauth/customers", ""));
      saysThatATokenIsMissing(server.http().get("/metrics", ""));
      saysThatATokenIsMissing(server.http().delete(abc.clients(abc.adminId()), ""));
    }

    @Test
    void basicInsteadIsNoToken(TestServer server, Customer abc) {
      saysThatATokenIsMissing(with(server, abc.clients(), abc.admin().basic()));
      saysThatATokenIsMissing(with(server, "/oauth/customers", server.operatorBasic()));
      saysThatATokenIsMissing(with(server, abc.clients(), "Bearer"));
      saysThatATokenIsMissing(with(server, abc.clients(), "Bearerx " + abc.adminToken()));
      saysThatATokenIsMissing(with(server, abc.clients(), abc.adminToken()));
    }

    @Test
    void whatIsBehindIsNotToldWithoutAToken(TestServer server, Customer abc) {
      String there = server.http().get(abc.clients(abc.adminId()), "").expect(401).text();

      assertThat(server.http().get(abc.clients("nobody"), "").expect(401).text()).isEqualTo(there);
      assertThat(server.http().get("/oauth/customers/none/clients", "").expect(401).text())
          .isEqualTo(there);
    }

    @Test
    void theWallStandsBeforeTheBodyIsRead(TestServer server, Customer abc) {
      Answer answer =
          RawHttp.exchange(
              server.uri(),
              List.of(
                  "POST " + abc.clients() + " HTTP/1.1",
                  "Host: localhost",
                  "Content-Type: application/json",
                  "Content-Length: 1000000"),
              "[".getBytes(ISO_8859_1));

      saysThatATokenIsMissing(answer);
    }
  }

  @Nested
  class Section3_1 {
    @Test
    void aBadTokenIsInvalidTokenWhateverIsWrongWithIt(TestServer server, Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_ADMIN_CUSTOMER", List.of()));
      String dead = client.token();
      server.http().put(client.path() + "/revoketokens", abc.adminToken()).expect(200);
      String good = abc.adminToken();
      String first = "";

      for (String bad :
          List.of(
              dead,
              "x",
              "a.b.c",
              "..",
              good + "x",
              good.substring(0, good.length() - 1),
              good + "." + good,
              good + " " + good,
              good + "," + good,
              "\"" + good + "\"",
              abc.adminSecret(),
              "x".repeat(9_000))) {
        Answer answer = with(server, abc.clients(), "Bearer " + bad);
        saysThatTheTokenIsBad(answer);
        assertThat(answer.text()).doesNotContain(bad);
        first = first.isEmpty() ? answer.text() : first;
        assertThat(answer.text()).isEqualTo(first);
      }
    }

    @Test
    void aBadTokenWinsOverAllElse(TestServer server, Customer abc) {
      saysThatTheTokenIsBad(with(server, "/oauth/customers/none/clients/none", "Bearer x"));
      saysThatTheTokenIsBad(
          server
              .http()
              .send("POST", abc.clients(), Map.of("Authorization", "Bearer x"), "{not json"));
    }

    @Test
    void aGoodTokenWithoutTheRightIs403(TestServer server, Customer abc) {
      Answer answer = server.http().get(abc.clients(), abc.newClient().token()).expect(403);

      answer.expectProblem(403, "Access is denied");
      assertThat(answer.headers("WWW-Authenticate")).isEmpty();
    }
  }

  @Nested
  class Section5_2 {
    @Test
    void aTokenOfAnotherServerIsNotAccepted(TestServer server, Customer abc) {
      try (TestServer other = TestServer.start()) {
        saysThatTheTokenIsBad(
            with(server, abc.clients(), "Bearer " + other.newCustomer("t").adminToken()));
      }
    }

    @Test
    void aTokenOfTheSameKeysUnderAnotherIssuerIsNotAccepted(@TempDir Path data) {
      String before;
      try (TestServer server = TestServer.startOn(data, "--issuer", "http://127.0.0.1:9")) {
        before = server.operatorToken();
        server.http().get("/oauth/customers", before).expect(200);
      }
      try (TestServer server = TestServer.startOn(data, "--issuer", "http://127.0.0.1:10")) {
        saysThatTheTokenIsBad(with(server, "/oauth/customers", "Bearer " + before));
        assertThat(server.isActive(before)).isFalse();
        server.http().get("/oauth/customers", server.operatorToken()).expect(200);
      }
    }

    @Test
    void moreAudiencesDoNotTakeTheIssuerAway() {
      try (TestServer server = TestServer.start("--audience", "https://api.example.com,reports")) {
        URI issuer = server.uri();
        Answer answer = server.introspect(server.operatorToken());

        assertThat(answer.json("aud"))
            .isEqualTo(
                Answer.JSON.valueToTree(
                    List.of(issuer.toString(), "https://api.example.com", "reports")));
        server.http().get("/oauth/customers", server.operatorToken()).expect(200);
      }
    }
  }

  @Test
  void aTokenIsNoCredentialAtTheTokenEndpoint(TestServer server, Customer abc) {
    server
        .http()
        .form("/oauth/introspect", "Bearer " + abc.adminToken(), "token", abc.adminToken())
        .expectOAuthError(401, "invalid_client");
    server
        .http()
        .form("/oauth/token", Http.basic(abc.adminToken(), ""), "grant_type", "client_credentials")
        .expectOAuthError(401, "invalid_client");
  }
}
