package io.clientele;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Http;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Contract 5: the operator that the first start makes, its reset, and `--demo`.
class FirstStartTest {
  @TempDir Path data;

  /// A server on the embedded database of this directory, whatever the other suites run on.
  private static TestServer embedded(Path data, String... more) {
    List<String> arguments = new ArrayList<>(List.of("--database", ""));
    arguments.addAll(List.of(more));
    return TestServer.startOn(data, arguments.toArray(String[]::new));
  }

  private static String modeOf(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  /// Files below the data directory in which these characters stand.
  private static List<String> filesWith(Path data, String needle) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, ISO_8859_1).contains(needle)) {
          found.add(data.relativize(file).toString());
        }
      }
    }
    return found;
  }

  private static String secret(Path data) {
    return ServerProcess.operator(data).get("clientSecret").asText();
  }

  @Nested
  class TheOperator {
    @Test
    void itIsInAFileThatItsOwnerAloneReads() throws Exception {
      try (TestServer server = embedded(data)) {
        Path file = data.resolve("operator.json");
        JsonNode operator = ServerProcess.operator(data);

        assertThat(modeOf(file)).isEqualTo("rw-------");
        assertThat(modeOf(data.resolve("master.key"))).isEqualTo("rw-------");
        assertThat(operator.properties())
            .extracting(Map.Entry::getKey)
            .containsExactly("clientId", "clientSecret", "tokenEndpoint");
        assertThat(operator.get("clientId").asText()).isEqualTo("operator");
        assertThat(secret(data)).matches("clt_[A-Za-z0-9]{49}");
        assertThat(operator.get("tokenEndpoint").asText()).isEqualTo(server.uri() + "/oauth/token");
        server.token("operator", secret(data));
      }
    }

    @Test
    void aNewDirectoryIsItsOwnersAlone() throws Exception {
      Path fresh = data.resolve("a/b");
      try (TestServer server = embedded(fresh)) {
        assertThat(modeOf(fresh)).isEqualTo("rwx------");
        assertThat(server.isActive(server.operatorToken())).isTrue();
      }
    }

    @Test
    void theTokenEndpointFollowsTheIssuer() {
      try (TestServer server = embedded(data, "--issuer", "https://id.example.com/x")) {
        assertThat(server.operator().get("tokenEndpoint").asText())
            .isEqualTo("https://id.example.com/x/oauth/token");
      }
    }

    @Test
    void standardErrorSaysWhereItIsAndWhatIsNextAndItsSecretIsNowhereElse() throws Exception {
      try (ServerProcess server = ServerProcess.serve(data)) {
        server.uri();
        String secret = secret(data);
        server.token("operator", secret);
        server.terminate();
        assertThat(server.exitCode()).isZero();

        assertThat(server.err())
            .contains(data.resolve("operator.json").toString())
            .contains("Next, ")
            .doesNotContain(secret);
        assertThat(server.out()).doesNotContain(secret);
        assertThat(filesWith(data, secret)).containsExactly("operator.json");
        assertThat(filesWith(data, secret.substring(4, 30))).containsExactly("operator.json");
      }
    }

    @Test
    void aSecondStartKeepsItAndSaysNothingOfIt() throws Exception {
      try (ServerProcess first = ServerProcess.serve(data)) {
        first.uri();
        first.kill9();
      }
      byte[] before = Files.readAllBytes(data.resolve("operator.json"));
      try (ServerProcess second = ServerProcess.serve(data)) {
        second.token("operator", secret(data));
        assertThat(Files.readAllBytes(data.resolve("operator.json"))).isEqualTo(before);
        assertThat(second.err()).doesNotContain("operator.json");
      }
    }

    @Test
    void aLostFileIsNotMadeAgainByAStart() throws Exception {
      try (TestServer server = embedded(data)) {
        server.operatorToken();
      }
      String secret = secret(data);
      Files.delete(data.resolve("operator.json"));
      try (TestServer server = embedded(data)) {
        assertThat(data.resolve("operator.json")).doesNotExist();
        server.token("operator", secret);
      }
    }
  }

  @Nested
  class Reset {
    private ServerProcess reset(String... more) {
      List<String> arguments =
          new ArrayList<>(List.of("operator", "reset", "--data", data.toString()));
      arguments.addAll(List.of(more));
      return ServerProcess.run(arguments.toArray(String[]::new));
    }

    @Test
    void itMakesANewSecretKillsTheOldOnesTokensAndIsAudited() throws Exception {
      String oldSecret;
      String oldToken;
      try (TestServer server = embedded(data, "--issuer", "https://id.example.com")) {
        oldToken = server.operatorToken();
        oldSecret = secret(data);
      }
      try (ServerProcess reset = reset("--issuer", "https://id.example.com")) {
        assertThat(reset.exitCode()).as(reset.err()).isZero();
        assertThat(reset.err()).contains(data.resolve("operator.json").toString());
        assertThat(reset.err() + reset.out()).doesNotContain(secret(data));
      }
      assertThat(secret(data)).isNotEqualTo(oldSecret).startsWith("clt_");
      assertThat(modeOf(data.resolve("operator.json"))).isEqualTo("rw-------");
      assertThat(ServerProcess.operator(data).get("tokenEndpoint").asText())
          .isEqualTo("https://id.example.com/oauth/token");
      assertThat(filesWith(data, secret(data))).containsExactly("operator.json");
      try (TestServer server = embedded(data, "--issuer", "https://id.example.com")) {
        server.askToken("operator", oldSecret).expectOAuthError(401, "invalid_client");
        assertThat(server.isActive(oldToken)).isFalse();
        JsonNode newest =
            server
                .http()
                .get("/oauth/customers/operator/audit?limit=1", server.operatorToken())
                .expect(200)
                .json()
                .get(0);
        assertThat(newest.get("action").asText()).isEqualTo("operator.reset");
        assertThat(newest.get("actor").asText()).isEqualTo("system");
        assertThat(newest.get("object").asText()).isEqualTo("operator");
      }
    }

    @Test
    void itGivesBackARoleAndAnIdThatWereLost() {
      try (TestServer server = embedded(data)) {
        String other =
            server
                .http()
                .post(
                    "/oauth/customers/operator/clients",
                    server.operatorToken(),
                    io.clientele.harness.Customer.client(
                        "second", Map.of("ROLE_OPERATOR", List.of())))
                .expect(201)
                .json("clientSecret")
                .asText();
        server
            .http()
            .delete("/oauth/customers/operator/clients/operator", server.token("second", other))
            .expect(200);
      }
      try (ServerProcess reset = reset()) {
        assertThat(reset.exitCode()).as(reset.err()).isZero();
      }
      try (TestServer server = embedded(data)) {
        server.http().get("/oauth/customers", server.operatorToken()).expect(200);
      }
    }

    @Test
    void itRefusesWhileAServerRuns() {
      try (TestServer server = embedded(data)) {
        String before = secret(data);
        String token = server.operatorToken();
        try (ServerProcess reset = reset()) {
          assertThat(reset.exitCode()).isEqualTo(1);
          assertThat(reset.err().lines()).hasSize(1);
          assertThat(reset.err()).contains("in use");
        }
        assertThat(secret(data)).isEqualTo(before);
        assertThat(server.isActive(token)).isTrue();
      }
    }

    @Test
    void whereNothingWasEverStartedItSaysSoAndMakesNothing() throws Exception {
      Path empty = Files.createDirectory(data.resolve("empty"));
      for (Path none : List.of(empty, data.resolve("absent"))) {
        try (ServerProcess reset =
            ServerProcess.run("operator", "reset", "--data", none.toString())) {
          assertThat(reset.exitCode()).isEqualTo(1);
          assertThat(reset.err().lines()).as(reset.err()).hasSize(1);
          assertThat(reset.err()).contains(none.toString());
        }
        assertThat(none.resolve("operator.json")).doesNotExist();
        assertThat(none.resolve("clientele.db")).doesNotExist();
        assertThat(none.resolve("master.key")).doesNotExist();
      }
    }
  }

  @Nested
  class Demo {
    @Test
    void itsLinesAsPrintedEndInACreatedClientAndAToken() throws Exception {
      try (ServerProcess server = ServerProcess.serve(data, "--demo")) {
        server.uri();
        String lines = server.err();
        lines = lines.substring(lines.indexOf("# 1."), lines.indexOf("Clientele is ready"));

        Process bash =
            new ProcessBuilder("bash", "-e", "-u", "-o", "pipefail", "-c", lines)
                .directory(data.toFile())
                .redirectErrorStream(true)
                .start();
        bash.getOutputStream().close();
        String said = new String(bash.getInputStream().readAllBytes(), UTF_8);
        assertThat(bash.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(bash.exitValue()).as(said).isZero();
        assertThat(said).contains("created: 201");
        List<JsonNode> answers = new ArrayList<>();
        for (String line : said.split("\n", -1)) {
          if (line.startsWith("{")) {
            answers.add(Answer.JSON.readTree(line));
          }
        }
        assertThat(answers).hasSize(2);
        String token = answers.getFirst().get("access_token").asText();
        assertThat(answers.getFirst().get("scope").asText())
            .isEqualTo("ROLE_ADMIN_TENANT ROLE_API");
        assertThat(answers.getLast().get("errorCode").asInt()).isEqualTo(403);
        Answer seen =
            server
                .http()
                .form("/oauth/introspect", Http.basic("operator", secret(data)), "token", token)
                .expect(200);
        assertThat(seen.json("active").asBoolean()).isTrue();
        assertThat(seen.json("client_id").asText()).isEqualTo("test_client");
        assertThat(seen.json("role_tenants").toString())
            .isEqualTo("{\"ROLE_ADMIN_TENANT\":[\"tenant1\"],\"ROLE_API\":[\"tenant1\"]}");
      }
    }

    @Test
    void itsCredentialsAreInFilesThatTheirOwnerAloneReadsAndWork() throws Exception {
      try (TestServer server = embedded(data, "--demo")) {
        for (String file : List.of("demo.json", "demo-ABC.curl", "demo-XYZ.curl")) {
          assertThat(modeOf(data.resolve(file))).as(file).isEqualTo("rw-------");
        }
        JsonNode demo = Answer.JSON.readTree(data.resolve("demo.json").toFile());
        assertThat(demo.get("tokenEndpoint").asText()).isEqualTo(server.uri() + "/oauth/token");
        for (String customer : List.of("ABC", "XYZ")) {
          JsonNode admin = demo.get("customers").get(customer);
          String secret = admin.get("clientSecret").asText();
          String token = server.token(admin.get("clientId").asText(), secret);
          server.http().get("/oauth/customers/" + customer + "/clients", token).expect(200);
          assertThat(filesWith(data, secret))
              .containsExactlyInAnyOrder("demo.json", "demo-" + customer + ".curl");
        }
        assertThat(server.http().get("/oauth/customers/ABC", server.operatorToken()).text())
            .contains("[\"tenant1\",\"tenant2\"]");
      }
    }

    @Test
    void noSecretIsPrinted() throws Exception {
      try (ServerProcess server = ServerProcess.serve(data, "--demo")) {
        server.uri();
        JsonNode demo = Answer.JSON.readTree(data.resolve("demo.json").toFile());
        for (String secret : demo.findValuesAsText("clientSecret")) {
          assertThat(server.err() + server.out()).doesNotContain(secret);
        }
      }
    }

    @Test
    void aRestartWithItKeepsWhatItMade() throws Exception {
      try (TestServer server = embedded(data, "--demo")) {
        server.operatorToken();
      }
      byte[] before = Files.readAllBytes(data.resolve("demo.json"));
      try (TestServer server = embedded(data, "--demo")) {
        assertThat(Files.readAllBytes(data.resolve("demo.json"))).isEqualTo(before);
        JsonNode admin =
            Answer.JSON.readTree(data.resolve("demo.json").toFile()).get("customers").get("ABC");
        server.token(admin.get("clientId").asText(), admin.get("clientSecret").asText());
      }
    }

    @Test
    void aUsedDirectoryIsRefusedAndNothingChanges() throws Exception {
      try (TestServer server = embedded(data)) {
        server.operatorToken();
      }
      StartException refused =
          catchThrowableOfType(
              StartException.class,
              () ->
                  Server.start(
                          Settings.parse(
                              List.of("--data", data.toString(), "--port", "0", "--demo"),
                              Map.of()),
                          InstantSource.system())
                      .close());

      assertThat(refused).hasMessageContaining("--demo").hasMessageContaining(data.toString());
      assertThat(data.resolve("demo.json")).doesNotExist();
      try (TestServer server = embedded(data)) {
        server
            .http()
            .get("/oauth/customers/ABC", server.operatorToken())
            .expectProblem(404, "Customer 'ABC' not found");
      }
    }
  }
}
