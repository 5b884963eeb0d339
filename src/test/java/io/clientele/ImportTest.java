package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.cli.Seed;
import io.clientele.harness.Http;
import io.clientele.harness.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `clientele import` and `clientele generate`, as who types them sees them.
class ImportTest {

  @TempDir Path directory;

  private record Said(int code, String err) {}

  private Said run(String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            List.of(arguments),
            Map.of(),
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new PrintStream(err, true, UTF_8));
    return new Said(code, err.toString(UTF_8));
  }

  private Path data() {
    return directory.resolve("data");
  }

  @Nested
  class Generate {
    @Test
    void clientsGetTokensWithSecretsThatFollowFromTheSeed() {
      Said said =
          run(
              "generate",
              "--customers",
              "3",
              "--clients",
              "100",
              "--seed",
              "s",
              "--data",
              data().toString());
      assertThat(said.code).as(said.err).isZero();
      assertThat(said.err).contains("3 customers and 100 clients made");

      Seed seed = new Seed("s");
      try (TestServer server = TestServer.startOn(data())) {
        for (int client : List.of(0, 1, 50, 99)) {
          token(server, seed, client);
        }
      }
    }

    private void token(TestServer server, Seed seed, int client) {
      Http.to(server.uri())
          .form(
              "/oauth/token",
              Http.basic(seed.clientId(client).text(), seed.secret(client).reveal()),
              "grant_type",
              "client_credentials")
          .expect(200);
    }
  }
}
