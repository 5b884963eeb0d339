package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A database of every earlier schema is brought up to date by a start, and loses nothing.
class EarlierSchemaTest {
  @TempDir Path directory;

  /// Makes an SQLite file as version 1 made it, by its own SQL, with the rows that version 1 had.
  private static void becomeVersion1(Path database) throws Exception {
    Path newer = database.resolveSibling("newer.db");
    Files.move(database, newer);
    String url = "jdbc:sqlite:" + database;
    Flyway.configure()
        .dataSource(url, null, null)
        .locations("classpath:db/migration")
        .placeholders(Map.of("bytewise", "COLLATE BINARY", "inKey", " WITHOUT ROWID"))
        .target("1")
        .load()
        .migrate();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA foreign_keys = OFF");
      statement.execute("ATTACH '" + newer + "' AS newer");
      for (String table :
          strings(
              statement,
              "SELECT name FROM main.sqlite_master WHERE type = 'table'"
                  + " AND name NOT LIKE 'flyway%'")) {
        String columns =
            String.join(
                ", ", strings(statement, "SELECT name FROM pragma_table_info('" + table + "')"));
        statement.execute("DELETE FROM main." + table);
        statement.execute(
            "INSERT INTO main."
                + table
                + " ("
                + columns
                + ") SELECT "
                + columns
                + " FROM newer."
                + table);
      }
      statement.execute("DELETE FROM main.counter WHERE name = 'audit.retention'");
    }
    Files.delete(newer);
  }

  private static List<String> strings(Statement statement, String sql) throws SQLException {
    List<String> strings = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        strings.add(rows.getString(1));
      }
    }
    return strings;
  }

  private record Before(
      Customer customer, Client client, List<JsonNode> audit, List<String> heads) {}

  private Before use(TestServer server, Path heads) throws Exception {
    Customer abc = server.newCustomer("tenant");
    Client client = abc.newClient(Map.of("ROLE_API", abc.tenants()));
    AuditCommand.run(
            "verify",
            "--data",
            server.data().toString(),
            "--database",
            server.databaseAddress().startsWith("jdbc:sqlite:") ? "" : server.databaseAddress(),
            "--heads-out",
            heads.toString())
        .succeeded();
    return new Before(
        abc,
        client,
        server.http().all(abc.path() + "/audit", server.operatorToken()),
        Files.readAllLines(heads));
  }

  private static void isAsBefore(Before before, TestServer server, String url, Path heads) {
    String data = server.data().toString();
    assertThat(server.token(before.client.id(), before.client.secret())).isNotEmpty();
    assertThat(server.http().all(before.customer.path() + "/audit", server.operatorToken()))
        .isEqualTo(before.audit);
    AuditCommand.run("verify", "--data", data, "--database", url, "--heads", heads.toString())
        .succeeded();
    server
        .http()
        .post(
            before.customer.clients(),
            server.operatorToken(),
            Customer.client(before.client.id() + "2"))
        .expect(201);
    AuditCommand.run("verify", "--data", data, "--database", url).succeeded();
  }

  @Test
  void version1OnSqlite() throws Exception {
    Path data = directory.resolve("data");
    Path heads = directory.resolve("heads");
    Before before;
    try (TestServer server = TestServer.startOn(data, "--database", "")) {
      before = use(server, heads);
    }
    becomeVersion1(data.resolve("clientele.db"));

    assertThat(AuditCommand.run("verify", "--data", data.toString()).err())
        .containsExactly(
            "clientele: The database has schema version 1, this program knows 2: start the server"
                + " once, which brings it up to date.");
    try (TestServer server = TestServer.startOn(data, "--database", "")) {
      isAsBefore(before, server, "", heads);
    }
  }

  @Test
  void version1OnPostgresql() throws Exception {
    Path data = directory.resolve("data");
    Path heads = directory.resolve("heads");
    String url = PostgresServer.newDatabase();
    Before before;
    try (TestServer server = TestServer.startOn(data, "--database", url)) {
      before = use(server, heads);
    }
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE refusal_count");
      statement.execute("ALTER TABLE audit_head DROP COLUMN removed_seq");
      statement.execute("ALTER TABLE audit_head DROP COLUMN removed_hash");
      statement.execute("DELETE FROM counter WHERE name = 'audit.retention'");
      statement.execute("DELETE FROM flyway_schema_history WHERE version = '2'");
    }

    try (TestServer server = TestServer.startOn(data, "--database", url)) {
      isAsBefore(before, server, url, heads);
    }
  }
}
