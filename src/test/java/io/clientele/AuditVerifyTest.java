package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `clientele audit verify`, as who types it sees it.
class AuditVerifyTest {

  @TempDir Path directory;

  private record Said(int code, List<String> lines) {}

  private static Said verify(String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> words = new ArrayList<>(List.of("audit", "verify"));
    words.addAll(List.of(arguments));
    int code =
        Main.run(
            words,
            Map.of(),
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new PrintStream(err, true, UTF_8));
    return new Said(code, err.toString(UTF_8).lines().toList());
  }

  /// Events 1 to 5 of a customer: itself, its administrator, and three clients.
  private static Customer fiveEvents(TestServer server) {
    Customer abc = server.newCustomer("tenant");
    for (int i = 0; i < 3; i++) {
      abc.create(Customer.client(Names.unique("a"), Map.of("ROLE_API", abc.tenants())));
    }
    return abc;
  }

  private static int update(Connection connection, String sql, String... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      return statement.executeUpdate();
    }
  }

  private static int events(TestServer server) throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.databaseAddress());
        PreparedStatement statement =
            connection.prepareStatement("SELECT COUNT(*) FROM audit_event");
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getInt(1);
    }
  }

  private static String hashed(Connection connection, String customer, int seq)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT hashed FROM audit_event WHERE customer_id = ? AND seq = ?")) {
      statement.setString(1, customer);
      statement.setInt(2, seq);
      try (ResultSet row = statement.executeQuery()) {
        assertThat(row.next()).isTrue();
        return row.getString(1);
      }
    }
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
  }

  @Nested
  class WhatIsWhole {
    @Test
    void isFoundWholeBesideARunningServer() throws Exception {
      try (TestServer server = TestServer.start("--database", "")) {
        fiveEvents(server);
        fiveEvents(server);

        Said said = verify("--data", server.data().toString());

        assertThat(said.code()).isZero();
        assertThat(said.lines())
            .containsExactly(
                events(server) + " events of 3 customers: nothing is missing or changed.");
        fiveEvents(server);
      }
    }

    @Test
    void isFoundWholeOnPostgresql() throws Exception {
      String url = PostgresServer.newDatabase();
      try (TestServer server = TestServer.start("--database", url)) {
        fiveEvents(server);

        Said said = verify("--data", server.data().toString(), "--database", url);

        assertThat(said.lines())
            .containsExactly(
                events(server) + " events of 2 customers: nothing is missing or changed.");
        assertThat(said.code()).isZero();
      }
    }
  }

  @Nested
  class WhatWasChanged {
    @ParameterizedTest
    @CsvSource(
        delimiter = '!',
        quoteCharacter = '`',
        value = {
          "UPDATE audit_event SET actor = 'nobody' WHERE seq = 3 AND customer_id = ?"
              + " ! event 3: its column actor does not say what its text does",
          "UPDATE audit_event SET at = at + 1 WHERE seq = 3 AND customer_id = ?"
              + " ! event 3: its column at does not say what its text does",
          "UPDATE audit_event SET object = 'x' WHERE seq = 5 AND customer_id = ?"
              + " ! event 5: its column object does not say what its text does",
          "UPDATE audit_event SET hashed = replace(hashed, ':4,', ': 4,') WHERE seq = 4"
              + " AND customer_id = ?"
              + " ! event 4: its hash is not the one of its text",
          "DELETE FROM audit_event WHERE seq = 1 AND customer_id = ?" + " ! event 1: it is missing",
          "DELETE FROM audit_event WHERE seq IN (2, 3) AND customer_id = ?"
              + " ! event 2: this and all before 4 are missing",
          "DELETE FROM audit_event WHERE seq = 5 AND customer_id = ?"
              + " ! event 4: it is the last, but the end of the chain is said to be event 5",
          "DELETE FROM audit_event WHERE customer_id = ? ! event 1: no event is there",
          "UPDATE audit_event SET actor = CAST(actor AS BLOB) WHERE seq = 3 AND customer_id = ?"
              + " ! event 3: its column actor does not say what its text does",
          "UPDATE audit_event SET at = at || 'x' WHERE seq = 3 AND customer_id = ?"
              + " ! event 3: its column at does not say what its text does",
          "UPDATE audit_head SET hash = 'x' WHERE customer_id = ?"
              + " ! event 5: it is not the event that the end of the chain is said to be",
        })
    void isToldWithItsPlace(String sql, String what) throws Exception {
      try (TestServer server = TestServer.start("--database", "")) {
        fiveEvents(server);
        Customer abc = fiveEvents(server);
        try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
          assertThat(update(connection, sql, abc.id())).isPositive();
        }

        Said said = verify("--data", server.data().toString());

        assertThat(said.code()).isEqualTo(3);
        assertThat(said.lines()).hasSize(2);
        assertThat(said.lines().getFirst()).isEqualTo("customer " + abc.id() + ", " + what);
        assertThat(said.lines().getLast()).endsWith("of 3 customers: 1 faults.");
      }
    }

    /// Nor can a whole chain be made away with, or put under a name that nobody asks for.
    @ParameterizedTest
    @ValueSource(
        strings = {
          "DELETE FROM %s WHERE customer_id = ?",
          "UPDATE %s SET customer_id = CAST(customer_id AS BLOB) WHERE customer_id = ?"
        })
    void isToldOfAWholeChain(String sql) throws Exception {
      try (TestServer server = TestServer.start("--database", "")) {
        Customer abc = fiveEvents(server);
        try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
          for (String table : List.of("audit_event", "audit_head")) {
            assertThat(update(connection, sql.formatted(table), abc.id())).isPositive();
          }
        }

        Said said = verify("--data", server.data().toString());

        assertThat(said.code()).isEqualTo(3);
        assertThat(said.lines()).contains("customer " + abc.id() + ", event 1: no event is there");
      }
    }

    /// Who writes an event anew with its hash would have to write all that follow.
    @Test
    void doesNotPrecedeWhatFollows() throws Exception {
      try (TestServer server = TestServer.start("--database", "")) {
        Customer abc = fiveEvents(server);
        try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
          String other =
              hashed(connection, abc.id(), 3).replace("\"enabled\":true", "\"enabled\":false");
          update(
              connection,
              "UPDATE audit_event SET hashed = ?, hash = ? WHERE seq = 3 AND customer_id = ?",
              other,
              sha256(other),
              abc.id());
        }

        Said said = verify("--data", server.data().toString());

        assertThat(said.code()).isEqualTo(3);
        assertThat(said.lines())
            .contains("customer " + abc.id() + ", event 4: it does not follow the event before it");
      }
    }
  }

  /// Who writes the whole end of a chain anew is found out by heads that are kept elsewhere.
  @Nested
  class Heads {
    @Test
    void tellWhatWasCutOff() throws Exception {
      Path heads = directory.resolve("heads.ndjson");
      try (TestServer server = TestServer.start("--database", "")) {
        Customer abc = fiveEvents(server);
        String data = server.data().toString();
        assertThat(verify("--data", data, "--heads-out", heads.toString()).code()).isZero();
        assertThat(Files.readAllLines(heads)).hasSize(3);
        try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
          update(connection, "DELETE FROM audit_event WHERE seq = 5 AND customer_id = ?", abc.id());
          update(
              connection,
              "UPDATE audit_head SET seq = 4, hash = ? WHERE customer_id = ?",
              sha256(hashed(connection, abc.id(), 4)),
              abc.id());
        }

        assertThat(verify("--data", data).code()).isZero();
        Said said = verify("--data", data, "--heads", heads.toString());

        assertThat(said.code()).isEqualTo(3);
        assertThat(said.lines())
            .contains("customer " + abc.id() + ", event 5: it was known, and is missing");
        Path others = directory.resolve("others.ndjson");
        verify("--data", data, "--heads", heads.toString(), "--heads-out", others.toString());
        assertThat(Files.exists(others)).isFalse();
      }
    }

    @Test
    void tellWhatWasWrittenAnew() throws Exception {
      Path heads = directory.resolve("heads.ndjson");
      try (TestServer server = TestServer.start("--database", "")) {
        Customer abc = fiveEvents(server);
        String data = server.data().toString();
        verify("--data", data, "--heads-out", heads.toString());
        try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
          String other =
              hashed(connection, abc.id(), 5).replace("\"enabled\":true", "\"enabled\":false");
          update(
              connection,
              "UPDATE audit_event SET hashed = ?, hash = ? WHERE seq = 5 AND customer_id = ?",
              other,
              sha256(other),
              abc.id());
          update(
              connection,
              "UPDATE audit_head SET hash = ? WHERE customer_id = ?",
              sha256(other),
              abc.id());
        }

        assertThat(verify("--data", data).code()).isZero();
        Said said = verify("--data", data, "--heads", heads.toString());

        assertThat(said.lines())
            .contains(
                "customer "
                    + abc.id()
                    + ", event 5: it is not the event that was known: the chain was rewritten");
      }
    }

    /// What is done after heads were written does not contradict them.
    @Test
    void hold() {
      Path heads = directory.resolve("heads.ndjson");
      try (TestServer server = TestServer.start("--database", "")) {
        fiveEvents(server);
        String data = server.data().toString();
        verify("--data", data, "--heads-out", heads.toString());
        fiveEvents(server);

        Said said = verify("--data", data, "--heads", heads.toString());

        assertThat(said.lines()).hasSize(1);
        assertThat(said.code()).isZero();
      }
    }
  }

  @Nested
  class BadInput {
    @Test
    void saysWhatIsWrong() throws Exception {
      Path none = directory.resolve("none");
      assertThat(verify("--data", none.toString()).lines())
          .containsExactly("clientele: There is no file " + none.resolve("clientele.db") + ".");
      assertThat(Files.exists(none)).isFalse();

      try (TestServer server = TestServer.start("--database", "")) {
        String data = server.data().toString();
        Path file = Files.writeString(directory.resolve("heads"), "{\"seq\":1}\n");
        assertThat(verify("--data", data, "--heads", file.toString()).lines())
            .containsExactly(
                "clientele: It cannot be done: "
                    + file
                    + ", line 1 says no customerId, seq and hash");
        Path cut = Files.writeString(directory.resolve("cut"), "");
        assertThat(verify("--data", data, "--heads", cut.toString()).lines())
            .containsExactly(
                "clientele: It cannot be done: "
                    + cut
                    + " is not whole: its last line must count the others");
        assertThat(verify("--data", data, "--heads=").code()).isEqualTo(1);
        assertThat(verify("--data", data, "--heads-out", file.toString()).lines())
            .containsExactly("clientele: There is a file " + file + " already.");
        assertThat(Files.readString(file)).isEqualTo("{\"seq\":1}\n");
        assertThat(verify("--data", data, "--heads", none.toString()).lines())
            .containsExactly("clientele: There is no file " + none + ".");
        assertThat(verify("--data", data, "--head", none.toString()).code()).isEqualTo(2);
      }
    }
  }
}
