package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Two OAuth clients in JavaScript that others wrote. They form-encode both parts of Basic, also
/// characters that need no encoding, `_` and `-` among them.
@WithServer
class JavaScriptClientsTest {
  private static final Path SCRIPTS = Path.of("src", "test", "js").toAbsolutePath();
  private static final String OF_THE_PAGE = "YZze8&7EU%xqH3%8";

  @BeforeAll
  static void theirCodeIsThere() throws IOException, InterruptedException {
    // npm leaves its own lock file when it has finished.
    if (!Files.exists(SCRIPTS.resolve("node_modules/.package-lock.json"))) {
      run(Map.of(), "npm", "ci", "--silent");
    }
  }

  private static String run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("clientele-js-", ".out");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(SCRIPTS.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      boolean ended = process.waitFor(180, TimeUnit.SECONDS);
      process.destroyForcibly();
      String said = Files.readString(output, UTF_8);
      assertThat(ended).as(said).isTrue();
      assertThat(process.exitValue()).as(said).isZero();
      return said;
    } finally {
      Files.delete(output);
    }
  }

  private static JsonNode runAs(Client client, String script)
      throws IOException, InterruptedException {
    String said =
        run(
            Map.of(
                "ISSUER",
                client.server().uri().toString(),
                "CLIENT_ID",
                client.id(),
                "CLIENT_SECRET",
                client.secret()),
            "node",
            script);
    return Answer.JSON.readTree(said);
  }

  private static void worked(JsonNode told, Client client) {
    for (String way : List.of("basic", "post")) {
      JsonNode journey = told.get(way);
      assertThat(journey.get("type").asText()).isEqualToIgnoringCase("bearer");
      assertThat(journey.get("scope").asText()).isEqualTo("ROLE_API");
      assertThat(journey.get("before").get("active").asBoolean()).isTrue();
      assertThat(journey.get("before").get("client_id").asText()).isEqualTo(client.id());
      assertThat(journey.get("after").toString()).isEqualTo("{\"active\":false}");
    }
    JsonNode refused = told.get("refused");
    assertThat(refused.get("secret").asText()).isIn("invalid_client", "basic");
    assertThat(refused.get("scope").asText()).isEqualTo("invalid_scope");
    assertThat(refused.get("tenant").asText()).isEqualTo("invalid_target");
  }

  private static Client withId(Customer abc, String id) {
    return abc.create(Customer.client(id, Map.of("ROLE_API", abc.tenants())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"oauth4webapi.js", "openid-client.js"})
  void anIdWithEachSpecialCharacterWorks(String script, TestServer server, Customer abc)
      throws IOException, InterruptedException {
    Client client = withId(abc, Names.unique("test_client~a@b.c"));

    worked(runAs(client, script), client);
  }

  /// The id is sent as it is, the secret is not: `clt%5F…`.
  @ParameterizedTest
  @ValueSource(strings = {"oauth4webapi.js", "openid-client.js"})
  void aPlainIdWithAGeneratedSecretWorks(String script, TestServer server, Customer abc)
      throws IOException, InterruptedException {
    Client client = withId(abc, Names.unique("plain").replace("-", ""));

    worked(runAs(client, script), client);
  }

  @ParameterizedTest
  @ValueSource(strings = {"oauth4webapi.js", "openid-client.js"})
  void theSecretOfThePageWorks(String script, TestServer server, Customer abc)
      throws IOException, InterruptedException {
    Client client =
        abc.create(
            Customer.client(
                    Names.unique("page").replace("-", ""), Map.of("ROLE_API", abc.tenants()))
                .put("clientSecret", OF_THE_PAGE));

    worked(runAs(client, script), client);
  }

  @ParameterizedTest
  @ValueSource(strings = {"oauth4webapi.js"})
  void theTokenIsValidAsAnAccessTokenByRfc9068(String script, TestServer server, Customer abc)
      throws IOException, InterruptedException {
    Client client = withId(abc, Names.unique("validated"));

    JsonNode claims = runAs(client, script).get("basic").get("claims");

    assertThat(claims.get("iss").asText()).isEqualTo(server.uri().toString());
    assertThat(claims.get("client_id").asText()).isEqualTo(client.id());
    assertThat(claims.get("customer").asText()).isEqualTo(abc.id());
  }
}
