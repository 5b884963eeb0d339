package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Contract 4: `/health/live`, `/health/ready`, `/metrics`.
@WithServer({"--management-port", "0"})
class HealthAndMetricsTest {

  @ParameterizedTest
  @ValueSource(strings = {"/health/live", "/health/ready"})
  void anyoneIsToldThatTheServerIsUp(String path, TestServer server) {
    for (Http http : List.of(server.http(), Http.to(server.managementUri()).unchecked())) {
      Answer answer = http.get(path, "").expect(200);
      assertThat(answer.text()).isEqualTo("{\"status\":\"up\"}");
      assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
    }
  }

  @Test
  void aBadTokenDoesNotMatterWhereNoneIsNeeded(TestServer server) {
    server.http().unchecked().get("/health/live", "nonsense").expect(200);
  }

  @Test
  void theOperatorReadsTheMetrics(TestServer server, Customer abc) {
    abc.newClient().token();
    Answer answer = server.http().get("/metrics", server.operatorToken()).expect(200);

    assertThat(answer.header("Content-Type").orElse("")).startsWith("text/plain");
    assertThat(answer.text())
        .contains("# TYPE clientele_requests_seconds histogram")
        .contains("route=\"/oauth/token\"")
        .contains("jvm_memory_used_bytes")
        .contains("clientele_crypto_provider");
    for (String line : answer.text().split("\n", -1)) {
      assertThat(line).matches("|#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\\{.*\\})? [-+0-9.eEinfNa]+");
    }
  }

  @Test
  void nobodyElseReadsThem(TestServer server, Customer abc) {
    Http http = server.http();
    http.get("/metrics", "").expect(401);
    http.get("/metrics", abc.adminToken()).expectProblem(403, "Access is denied");
    String id = Names.unique("rs");
    String secret =
        http.post(
                "/oauth/customers/operator/clients",
                server.operatorToken(),
                Customer.client(id, Map.of("ROLE_RESOURCE_SERVER", List.of())))
            .expect(201)
            .json("clientSecret")
            .asText();
    http.get("/metrics", server.token(id, secret)).expectProblem(403, "Access is denied");
  }

  @Test
  void theyNameNoCustomerAndNoClientAndGrowWithNeither(TestServer server, Customer abc) {
    Client client = abc.newClient();
    client.token();
    server.askToken(Names.unique("stranger"), "wrong").expect(401);
    for (int i = 0; i < 50; i++) {
      server.http().unchecked().get("/" + Names.unique("nowhere"), "").expect(404);
      server.http().unchecked().send("BREW" + i, "/" + Names.unique("nowhere"), Map.of(), "");
    }
    String metrics = server.http().get("/metrics", server.operatorToken()).text();

    assertThat(metrics)
        .doesNotContain(abc.id())
        .doesNotContain(client.id())
        .doesNotContain("stranger")
        .doesNotContain("nowhere")
        .doesNotContain("BREW");
  }

  @Test
  void theManagementPortNeedsNoTokenAndServesNothingElse(TestServer server) {
    Http management = Http.to(server.managementUri()).unchecked();

    assertThat(server.managementUri().getHost()).isEqualTo("127.0.0.1");
    assertThat(management.get("/metrics", "").expect(200).text()).contains("clientele_requests");
    for (String path : List.of("/oauth/jwks", "/oauth/customers", "/oauth/keys", "/openapi.yaml")) {
      management.get(path, server.operatorToken()).expect(404);
    }
    management
        .form("/oauth/token", server.operatorBasic(), "grant_type", "client_credentials")
        .expect(404);
  }

  @Test
  void thereIsNoManagementPortUnlessItIsAskedFor() {
    try (TestServer server = TestServer.start()) {
      assertThatThrownBy(server::managementUri).isInstanceOf(IllegalStateException.class);
    }
  }
}
