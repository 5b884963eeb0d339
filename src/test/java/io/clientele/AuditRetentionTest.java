package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.db.Database;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Names;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.TestServer;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// `--audit-retention`: what is too old goes, what is left can still be checked, and nobody can
/// make events go in its name.
class AuditRetentionTest {
  private static final Duration MONTH = Duration.ofDays(32);

  @TempDir Path directory;

  private static TestServer start(Kind kind) {
    String database = kind == Kind.SQLITE ? "" : PostgresServer.newDatabase();
    return TestServer.start("--audit-retention", "30", "--database", database);
  }

  private static AuditCommand verify(TestServer server, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "verify",
                "--data",
                server.data().toString(),
                "--database",
                server.databaseAddress().startsWith("jdbc:sqlite:")
                    ? ""
                    : server.databaseAddress()));
    words.addAll(List.of(more));
    return AuditCommand.run(words.toArray(String[]::new));
  }

  private static List<JsonNode> events(TestServer server, String customer) {
    return server
        .http()
        .all("/oauth/customers/" + customer + "/audit?limit=1000", server.operatorToken());
  }

  private static List<Long> numbers(TestServer server, String customer) {
    return events(server, customer).stream().map(event -> event.get("seq").asLong()).toList();
  }

  private static void awaitOldest(TestServer server, String customer, long seq) {
    Eventually.is(
        "event " + seq + " is the oldest", () -> numbers(server, customer).getLast() == seq);
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

  private static String text(Connection connection, String sql, String... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet row = statement.executeQuery()) {
        assertThat(row.next()).isTrue();
        return row.getString(1);
      }
    }
  }

  @Nested
  class WhatIsTooOld {
    @ParameterizedTest
    @EnumSource(Kind.class)
    void goesAndTheChainTellsOfIt(Kind kind) throws Exception {
      try (TestServer server = start(kind)) {
        Customer abc = server.newCustomer("tenant");
        abc.newClient();
        Path oldHeads = directory.resolve("old");
        verify(server, "--heads-out", oldHeads.toString()).succeeded();
        server.clock().advance(Duration.ofDays(15));
        abc.newClient();
        abc.newClient();
        Path newHeads = directory.resolve("new");
        verify(server, "--heads-out", newHeads.toString()).succeeded();

        server.clock().advance(Duration.ofDays(17));
        awaitOldest(server, abc.id(), 4);

        List<JsonNode> left = events(server, abc.id());
        assertThat(left.stream().map(event -> event.get("seq").asLong()))
            .containsExactly(6L, 5L, 4L);
        assertThat(left.getFirst().get("action").asText()).isEqualTo("audit.expire");
        assertThat(left.getFirst().get("actor").asText()).isEqualTo("system");
        assertThat(left.getFirst().get("object").asText()).isEqualTo(abc.id());
        JsonNode detail = left.getFirst().get("detail");
        assertThat(detail.get("events").asInt()).isEqualTo(3);
        assertThat(detail.get("lastSeq").asInt()).isEqualTo(3);
        assertThat(detail.get("lastHash").asText()).hasSize(64);
        assertThat(Instant.parse(detail.get("before").asText()))
            .isBeforeOrEqualTo(server.clock().instant().minus(Duration.ofDays(30)));

        AuditCommand said = verify(server).succeeded();
        assertThat(said.err())
            .singleElement()
            .asString()
            .matches(
                ".*: nothing is missing or changed; \\d+ before them were removed by retention, as"
                    + " the chains tell\\.");
        // Heads that are younger than what was removed hold; older ones cannot be checked.
        assertThat(verify(server, "--heads", newHeads.toString()).succeeded().err())
            .noneMatch(line -> line.contains(abc.id()));
        assertThat(verify(server, "--heads", oldHeads.toString()).succeeded().err())
            .noneMatch(line -> line.contains("remark: customer " + abc.id()));

        // A filter that finds nothing does not lead on to what is gone.
        Answer none =
            server.http().get(abc.path() + "/audit?action=tenant.create", abc.adminToken());
        assertThat(none.json()).isEmpty();
        assertThat(server.http().next(none)).isEmpty();
        abc.newClient();
        assertThat(numbers(server, abc.id())).containsExactly(7L, 6L, 5L, 4L);
        verify(server).succeeded();
      }
    }

    @Test
    void isRemarkedWhereItWasKnown() throws Exception {
      Path heads = directory.resolve("heads");
      try (TestServer server = start(Kind.SQLITE)) {
        Customer abc = server.newCustomer("tenant");
        verify(server, "--heads-out", heads.toString()).succeeded();
        abc.newClient();
        server.clock().advance(Duration.ofDays(15));
        abc.newClient();
        server.clock().advance(Duration.ofDays(17));
        awaitOldest(server, abc.id(), 4);

        AuditCommand said = verify(server, "--heads", heads.toString()).succeeded();

        assertThat(said.err())
            .contains(
                "remark: customer "
                    + abc.id()
                    + ", event 2: it was known, and was removed by retention with all up to 3: what"
                    + " was known cannot be checked any more");
      }
    }

    /// A known head that is the very last one removed is still vouched for.
    @Test
    void isComparedAtItsEnd() throws Exception {
      Path heads = directory.resolve("heads");
      try (TestServer server = start(Kind.SQLITE)) {
        Customer abc = server.newCustomer("tenant");
        verify(server, "--heads-out", heads.toString()).succeeded();
        server.clock().advance(Duration.ofDays(15));
        abc.newClient();
        server.clock().advance(Duration.ofDays(17));
        awaitOldest(server, abc.id(), 3);
        Path others =
            Files.writeString(
                directory.resolve("others"),
                Files.readString(heads)
                    .replaceFirst(
                        "(\"customerId\":\"" + abc.id() + "\",\"seq\":2,\"hash\":\")[0-9a-f]{4}",
                        "$10000"));

        AuditCommand said = verify(server, "--heads", others.toString());

        assertThat(said.code()).isEqualTo(3);
        assertThat(said.err())
            .contains(
                "customer "
                    + abc.id()
                    + ", event 2: it is not the event that was known: the chain was rewritten");
      }
    }

    /// The last event stays, and events about removals do not bring forth ever more of them.
    @Test
    void leavesAnIdleChainAlone() {
      try (TestServer server = start(Kind.SQLITE)) {
        Customer abc = server.newCustomer("tenant");
        Customer witness = server.newCustomer("tenant");
        for (int month = 1; month <= 5; month++) {
          witness.newClient();
          long before = numbers(server, witness.id()).getFirst();
          server.clock().advance(MONTH);
          Eventually.is(
              "the witness's event goes", () -> numbers(server, witness.id()).getLast() >= before);
        }
        assertThat(numbers(server, abc.id())).hasSizeBetween(1, 2);
        assertThat(numbers(server, abc.id()).getFirst()).isLessThan(6);
        verify(server).succeeded();
      }
    }

    @Test
    void staysIfNothingElseIsSaid() {
      try (TestServer server = TestServer.start("--database", "")) {
        Customer abc = server.newCustomer("tenant");
        server.clock().advance(Duration.ofDays(10_000));
        server.restart();
        assertThat(numbers(server, abc.id())).containsExactly(2L, 1L);
      }
    }

    @Test
    void canBeSeenInAnExport() throws Exception {
      try (TestServer server = start(Kind.SQLITE)) {
        Customer abc = server.newCustomer("tenant");
        abc.newClient();
        server.clock().advance(MONTH);
        awaitOldest(server, abc.id(), 3);
        Path file = directory.resolve("export");
        AuditCommand.run("export", "--data", server.data().toString(), "--out", file.toString())
            .succeeded();

        assertThat(AuditCommand.run("verify", "--export", file.toString()).succeeded().err())
            .singleElement()
            .asString()
            .contains("removed by retention");
        String forged =
            Files.readString(file)
                .replaceFirst("\"removed\":\\{\"seq\":2", "\"removed\":{\"seq\":1");
        Path other = Files.writeString(directory.resolve("forged"), forged);
        assertThat(AuditCommand.run("verify", "--export", other.toString()).code()).isEqualTo(3);
      }
    }
  }

  /// Who may write the database removes events and says that it was retention.
  @Nested
  class InTheNameOfRetention {
    @ParameterizedTest
    @CsvSource(
        delimiter = '!',
        value = {
          "4 ! 3 ! event 4: the chain is said to begin with it, but no event tells that those"
              + " before were removed",
          "3 ! 3 ! event 3: it is missing"
        })
    void whatWasNotRemovedByItIsMissed(int upTo, int said, String what) throws Exception {
      try (TestServer server = start(Kind.SQLITE)) {
        Customer abc = server.newCustomer("tenant");
        for (int i = 0; i < 3; i++) {
          abc.newClient();
        }
        try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
          String hash =
              text(
                  connection,
                  "SELECT hash FROM audit_event WHERE customer_id = ? AND seq = " + (said - 1),
                  abc.id());
          update(
              connection,
              upTo == 4
                  ? "DELETE FROM audit_event WHERE seq < 4 AND customer_id = ?"
                  : "DELETE FROM audit_event WHERE seq = 3 AND customer_id = ?",
              abc.id());
          if (upTo == 4) {
            update(
                connection,
                "UPDATE audit_head SET removed_seq = 3, removed_hash = ? WHERE customer_id = ?",
                hash,
                abc.id());
          }
        }

        AuditCommand answer = verify(server);

        assertThat(answer.code()).isEqualTo(3);
        assertThat(answer.err()).contains("customer " + abc.id() + ", " + what);

        // Retention does not clean up behind them: it would take away what shows the deed.
        Customer witness = server.newCustomer("tenant");
        witness.newClient();
        List<Long> before = numbers(server, abc.id());
        server.clock().advance(MONTH);
        awaitOldest(server, witness.id(), 3);
        assertThat(numbers(server, abc.id())).isEqualTo(before);
        assertThat(verify(server).err()).contains("customer " + abc.id() + ", " + what);
      }
    }

    /// Nor by moving the beginning on behind a removal that there was.
    @Test
    void theBeginningCannotBeMovedOn() throws Exception {
      try (TestServer server = start(Kind.SQLITE)) {
        Customer abc = server.newCustomer("tenant");
        abc.newClient();
        server.clock().advance(MONTH);
        awaitOldest(server, abc.id(), 3);
        abc.newClient();
        try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
          String hash =
              text(
                  connection,
                  "SELECT hash FROM audit_event WHERE customer_id = ? AND seq = 3",
                  abc.id());
          assertThat(
                  update(
                      connection,
                      "DELETE FROM audit_event WHERE customer_id = ? AND seq = 3",
                      abc.id()))
              .isOne();
          update(
              connection,
              "UPDATE audit_head SET removed_seq = 3, removed_hash = ? WHERE customer_id = ?",
              hash,
              abc.id());
        }

        AuditCommand said = verify(server);

        assertThat(said.code()).isEqualTo(3);
        assertThat(said.err())
            .contains(
                "customer "
                    + abc.id()
                    + ", event 4: the chain is said to begin with it, but its events tell that the"
                    + " last one removed was event 2");
      }
    }

    /// A column that makes events look old does not make them go.
    @Test
    void aFalseTimeRemovesNothing() throws Exception {
      try (TestServer server = start(Kind.SQLITE)) {
        Customer abc = server.newCustomer("tenant");
        abc.newClient();
        Customer witness = server.newCustomer("tenant");
        witness.newClient();
        server.clock().advance(MONTH);
        abc.newClient();
        try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
          update(connection, "UPDATE audit_event SET at = 1 WHERE customer_id = ?", abc.id());
        }
        server.clock().advance(Duration.ofDays(1));
        awaitOldest(server, witness.id(), 3);

        assertThat(verify(server).err())
            .anyMatch(
                line ->
                    line.endsWith("event 5: its column at does not say what its text does")
                        || line.endsWith("event 4: its column at does not say what its text does"));
      }
    }
  }

  /// Many old events, as a server finds them that was told only now not to keep all.
  @Nested
  class Many {
    private static final int OLD = 1_500;

    private final CustomerId old = new CustomerId(Names.unique("old"));

    /// A data directory whose customer `old` has so many old events.
    private Path dataWithOld(String url, int events) throws Exception {
      Path data = directory.resolve("data");
      TestServer.startOn(data, "--database", url).close();
      InstantSource past = () -> Instant.now().minus(Duration.ofDays(100));
      try (Database database =
          url.isEmpty()
              ? Database.sqlite(data.resolve("clientele.db"), past)
              : Database.postgresql(url, "", "", past)) {
        List<AuditEvent> all =
            IntStream.range(0, events)
                .<AuditEvent>mapToObj(i -> new AuditEvent.ClientDeleted(new ClientId("c" + i)))
                .toList();
        database.write(
            tx -> {
              tx.handle()
                  .execute(
                      "INSERT INTO customer VALUES (?, 'old', 'active', 1, 1, NULL)", old.text());
              new AuditStore(past).write(tx, old, "somebody", all);
              return old;
            });
      }
      return data;
    }

    private long oldest(String address) {
      try (Connection connection = DriverManager.getConnection(address)) {
        return Long.parseLong(
            text(connection, "SELECT MIN(seq) FROM audit_event WHERE customer_id = ?", old.text()));
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    /// What is read or exported meanwhile has no gap, on one node or two.
    @ParameterizedTest
    @EnumSource(Kind.class)
    void goInPartsWhileTheChainGrowsAndIsRead(Kind kind) throws Exception {
      String url = kind == Kind.SQLITE ? "" : PostgresServer.newDatabase();
      Path data = dataWithOld(url, OLD);
      List<TestServer> nodes = new ArrayList<>();
      AtomicBoolean enough = new AtomicBoolean();
      try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
        nodes.add(TestServer.startOn(data, "--database", url, "--audit-retention", "30"));
        if (kind == Kind.POSTGRESQL) {
          nodes.add(
              TestServer.start(
                  "--database",
                  url,
                  "--audit-retention",
                  "30",
                  "--issuer",
                  nodes.getFirst().uri().toString(),
                  "--master-key-file",
                  data.resolve("master.key").toString()));
        }
        TestServer server = nodes.getFirst();
        String token = server.operatorToken();
        String path = "/oauth/customers/" + old;
        List<Future<?>> all = new ArrayList<>();
        all.add(
            threads.submit(
                () -> {
                  while (!enough.get()) {
                    server
                        .http()
                        .post(path + "/clients", token, Customer.client(Names.unique("c")))
                        .expect(201);
                  }
                }));
        all.add(
            threads.submit(
                () -> {
                  while (!enough.get()) {
                    JsonNode page = server.http().get(path + "/audit?limit=50", token).json();
                    for (int i = 1; i < page.size(); i++) {
                      assertThat(page.get(i).get("seq").asLong())
                          .isEqualTo(page.get(0).get("seq").asLong() - i);
                    }
                  }
                }));
        all.add(
            threads.submit(
                () -> {
                  while (!enough.get()) {
                    Path file = directory.resolve(Names.unique("export"));
                    AuditCommand.run(
                            "export",
                            "--data",
                            data.toString(),
                            "--database",
                            url,
                            "--out",
                            file.toString())
                        .succeeded();
                    AuditCommand.run("verify", "--export", file.toString()).succeeded();
                  }
                }));
        try {
          Eventually.is("all old events go", () -> oldest(server.databaseAddress()) > OLD);
        } finally {
          enough.set(true);
        }
        for (Future<?> each : all) {
          each.get();
        }
        verify(server).succeeded();
        List<Integer> removed =
            server.http().all(path + "/audit?action=audit.expire", token).stream()
                .map(event -> event.get("detail").get("events").asInt())
                .toList();
        assertThat(removed.stream().mapToInt(each -> each).sum()).isEqualTo(OLD);
        assertThat(removed).allMatch(each -> each <= 250).hasSizeLessThan(OLD / 100);
      } finally {
        enough.set(true);
        nodes.forEach(TestServer::close);
      }
    }

    @Test
    void aCrashInBetweenLeavesAChainThatHolds() throws Exception {
      Path data = dataWithOld("", 3 * OLD);
      String address = "jdbc:sqlite:" + data.resolve("clientele.db");
      for (int crash = 0; crash < 2; crash++) {
        long before = oldest(address);
        try (ServerProcess server = ServerProcess.serve(data, "--audit-retention", "30")) {
          assertThat(server.uri()).isNotNull();
          Eventually.is("some go", () -> oldest(address) > before || oldest(address) == 3 * OLD);
          server.kill9();
        }
        AuditCommand.run("verify", "--data", data.toString()).succeeded();
      }
      try (TestServer server =
          TestServer.startOn(data, "--database", "", "--audit-retention", "30")) {
        Eventually.is("all go", () -> oldest(address) >= 3 * OLD);
        verify(server).succeeded();
      }
    }
  }
}
