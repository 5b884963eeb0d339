package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What goes wrong around the server, or changes between two of its starts.
class FaultsTest {

  private static void await(String what, BooleanSupplier condition) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(until);
      Thread.onSpinWait();
    }
  }

  /// The key that signed a long-lived token must outlive it, even when tokens became shorter since.
  @Test
  void aTokenOutlivesAShorterMaximumAndTheRotationOfItsKey(@TempDir Path data) {
    String issuer = "http://127.0.0.1:9/";
    String token;
    try (TestServer server =
        TestServer.startOn(data, "--issuer", issuer, "--max-token-validity", "86400")) {
      Customer abc = server.newCustomer("tenant1");
      Client client =
          abc.create(
              Customer.client(Names.unique("long"), Map.of("ROLE_USER", List.of(abc.tenant(0))))
                  .put("accessTokenValidity", 86_400));
      token = client.token();
    }
    try (TestServer server =
        TestServer.startOn(data, "--issuer", issuer, "--max-token-validity", "3600")) {
      JsonNode made =
          server.http().post("/oauth/keys/rotate", server.operatorToken(), "").expect(201).json();
      server.clock().advance(Duration.ofMinutes(6));
      await(
          "the old key is retired",
          () ->
              server
                  .http()
                  .get("/oauth/keys", server.operatorToken())
                  .expect(200)
                  .text()
                  .contains("\"retired\""));
      server.clock().advance(Duration.ofHours(3));

      assertThat(server.isActive(token)).isTrue();
      assertThat(made.get("state").asText()).isEqualTo("pending");
    }
  }

  /// A node that was frozen for longer than changes are kept finds none when it wakes.
  @Test
  void aChangeOfWhichNoRowIsLeftIsSeen() throws Exception {
    try (TestServer server = TestServer.start()) {
      Client client = server.newCustomer("tenant1").newClient();
      String token = client.token();
      // For so long that the node has read what it wrote itself, and remembers the client since.
      for (long end = System.nanoTime() + 1_500_000_000; System.nanoTime() < end; ) {
        assertThat(server.isActive(token)).isTrue();
      }

      try (Connection other =
              DriverManager.getConnection("jdbc:sqlite:" + server.data().resolve("clientele.db"));
          Statement statement = other.createStatement()) {
        statement.execute("PRAGMA busy_timeout = 5000");
        statement.execute("BEGIN IMMEDIATE");
        statement.execute(
            "UPDATE client SET generation = generation + 1 WHERE client_id = '"
                + client.id()
                + "'");
        statement.execute("UPDATE counter SET value = value + 1 WHERE name = 'change'");
        statement.execute("COMMIT");
      }

      await("the token is dead", () -> !server.isActive(token));
    }
  }

  /// As after `kill -9` in the midst of a first start.
  @Test
  void aDemonstrationThatWasNotMadeWholeIsMadeByTheNextStart(@TempDir Path data) throws Exception {
    Path inTheWay = Files.createDirectories(data.resolve("demo.json").resolve("in the way"));
    assertThatThrownBy(() -> TestServer.startOn(data, "--demo"))
        .hasMessageContaining("demo.json cannot be written");
    Files.delete(inTheWay);
    Files.delete(data.resolve("demo.json"));

    try (TestServer server = TestServer.startOn(data, "--demo")) {
      JsonNode admin =
          Answer.JSON.readTree(data.resolve("demo.json").toFile()).get("customers").get("ABC");
      assertThat(server.token(admin.get("clientId").asText(), admin.get("clientSecret").asText()))
          .isNotEmpty();
      assertThat(server.operatorToken()).isNotEmpty();
    }
  }
}
