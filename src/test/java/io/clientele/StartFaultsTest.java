package io.clientele;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.TestServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the program does when it cannot start: one clear sentence on standard error, exit code 1,
/// and nothing changed. And how it stops.
class StartFaultsTest {
  @TempDir Path directory;

  /// A server on the embedded database of this directory, whatever the other suites run on.
  private static TestServer embedded(Path data, String... more) {
    List<String> arguments = new ArrayList<>(List.of("--database", ""));
    arguments.addAll(List.of(more));
    return TestServer.startOn(data, arguments.toArray(String[]::new));
  }

  private Path data() {
    return directory.resolve("data");
  }

  /// A data directory that was used, and was closed as it should be.
  private Path used() {
    try (TestServer server = embedded(data())) {
      server.newCustomer("tenant");
    }
    return data();
  }

  private static String refused(Path data, String... arguments) {
    try (ServerProcess server = ServerProcess.serve(data, arguments)) {
      int code = server.exitCode();
      assertThat(code).as(server.err() + server.out()).isEqualTo(1);
      assertThat(server.err().lines()).as(server.err()).hasSize(1);
      assertThat(server.err())
          .startsWith("clientele: ")
          .doesNotContain("Exception")
          .doesNotContain("\tat ");
      assertThat(server.out()).doesNotContain("Exception");
      return server.err();
    }
  }

  /// The digests of all files, but for those that come and go with every process.
  private static Map<String, String> contents(Path data) throws Exception {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = data.relativize(file).toString();
        if (!Set.of("lock", "clientele.db-shm", "clientele.db-wal").contains(name)) {
          contents.put(
              name,
              HexFormat.of()
                  .formatHex(
                      MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
        }
      }
    }
    return contents;
  }

  @Nested
  class TheDataDirectory {
    @Test
    void aFileInItsPlaceIsRefused() throws Exception {
      Files.writeString(data(), "a file");

      assertThat(refused(data())).contains(data().toString()).contains("not a directory");

      assertThat(data()).hasContent("a file");
    }

    @Test
    void onePlaceWhereNothingCanBeMadeIsRefused() {
      assertThat(refused(Path.of("/proc/clientele"))).contains("/proc/clientele");
      assertThat(refused(Path.of("/proc"))).contains("/proc");
    }

    @Test
    void aSecondServerOnItIsRefusedAndTheFirstGoesOn() {
      try (TestServer first = embedded(data())) {
        String token = first.operatorToken();

        assertThat(refused(data())).contains(data().toString()).contains("in use");

        assertThat(first.isActive(token)).isTrue();
        assertThat(first.newCustomer().adminToken()).isNotEmpty();
      }
    }
  }

  @Test
  void aPortInUseIsRefusedAndNothingIsMade() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());

      assertThat(refused(data(), "--port", port)).contains("127.0.0.1").contains(port);
      assertThat(data()).doesNotExist();
      assertThat(refused(data(), "--management-port", port)).contains(port);
      assertThat(data()).doesNotExist();
    }
  }

  @Test
  void anAddressThatIsNotThisMachinesIsRefused() {
    assertThat(
            refused(
                data(),
                "--host",
                "192.0.2.1",
                "--behind-proxy",
                "192.0.2.0/24",
                "--issuer",
                "https://id.example.com"))
        .contains("192.0.2.1");
  }

  @Nested
  class TheMasterKey {
    private Path otherKey() throws IOException {
      byte[] bytes = new byte[32];
      bytes[7] = 1;
      return Files.writeString(
          directory.resolve("other.key"), Base64.getEncoder().encodeToString(bytes));
    }

    @Test
    void aWrongOneIsRefused() throws Exception {
      Path data = used();
      Map<String, String> before = contents(data);

      assertThat(refused(data, "--master-key-file", otherKey().toString()))
          .contains("--master-key-file");

      assertThat(contents(data)).isEqualTo(before);
      try (TestServer server = embedded(data)) {
        server.operatorToken();
      }
    }

    @Test
    void aLostOneIsNotMadeAgain() throws Exception {
      Path data = used();
      Path key = data.resolve("master.key");
      Files.move(key, directory.resolve("kept.key"));
      Map<String, String> before = contents(data);

      assertThat(refused(data)).contains(key.toString()).contains("missing");

      assertThat(contents(data)).isEqualTo(before);
      Files.move(directory.resolve("kept.key"), key);
      try (TestServer server = embedded(data)) {
        server.operatorToken();
      }
    }

    @Test
    void aFileThatIsNamedAndNotThereIsRefused() {
      Path missing = directory.resolve("missing.key");
      assertThat(refused(data(), "--master-key-file", missing.toString()))
          .contains(missing.toString())
          .contains("missing");
      assertThat(missing).doesNotExist();
      assertThat(data().resolve("operator.json")).doesNotExist();
    }

    @Test
    void oneThatIsNoKeyIsRefusedAndNotRepeated() throws Exception {
      Path data = used();
      for (String text : List.of("", "not base64 at all!", "c2hvcnQ=", "secretsecretsecret")) {
        Path file = Files.writeString(directory.resolve("bad.key"), text);
        String said = refused(data, "--master-key-file", file.toString());
        assertThat(said).contains(file.toString());
        if (!text.isEmpty()) {
          assertThat(said).doesNotContain(text);
        }
      }
    }
  }

  @Nested
  class TheDatabase {
    private void sql(Path data, String statement) throws Exception {
      try (Connection connection =
              DriverManager.getConnection("jdbc:sqlite:" + data.resolve("clientele.db"));
          Statement run = connection.createStatement()) {
        run.execute(statement);
      }
    }

    @Test
    void oneOfANewerVersionIsRefused() throws Exception {
      Path data = used();
      sql(
          data,
          "INSERT INTO flyway_schema_history (installed_rank, version, description, type, script,"
              + " checksum, installed_by, execution_time, success) VALUES (9999, '9999', 'later',"
              + " 'SQL', 'V9999__later.sql', 1, '', 1, 1)");
      Map<String, String> before = contents(data);

      assertThat(refused(data)).contains("9999").contains("newer");

      assertThat(contents(data)).isEqualTo(before);
    }

    @Test
    void aFileThatIsNoDatabaseIsRefused() throws Exception {
      Path data = used();
      Path file = data.resolve("clientele.db");
      Files.write(file, "this is no database ".repeat(1000).getBytes(US_ASCII));
      Map<String, String> before = contents(data);

      assertThat(refused(data)).contains(file.toString());

      assertThat(contents(data)).isEqualTo(before);
    }

    @Test
    void aFileOfWhichPagesAreCorruptIsRefused() throws Exception {
      Path data = used();
      Path file = data.resolve("clientele.db");
      try (RandomAccessFile pages = new RandomAccessFile(file.toFile(), "rw")) {
        byte[] rubbish = new byte[4096];
        java.util.Arrays.fill(rubbish, (byte) 0xA5);
        for (long at = 4096; at + 4096 <= pages.length(); at += 4096) {
          pages.seek(at);
          pages.write(rubbish);
        }
      }
      Map<String, String> before = contents(data);

      assertThat(refused(data)).contains("database");

      assertThat(contents(data)).isEqualTo(before);
    }

    @Test
    void aFileThatWasCutOffIsRefused() throws Exception {
      Path data = used();
      Path file = data.resolve("clientele.db");
      try (var channel = java.nio.channels.FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(channel.size() / 2);
      }
      Map<String, String> before = contents(data);

      assertThat(refused(data)).contains("database");

      assertThat(contents(data)).isEqualTo(before);
    }

    @Test
    void oneCorruptPageOfManyIsRefused() throws Exception {
      Path data = used();
      Path file = data.resolve("clientele.db");
      try (RandomAccessFile pages = new RandomAccessFile(file.toFile(), "rw")) {
        byte[] rubbish = new byte[4096];
        java.util.Arrays.fill(rubbish, (byte) 0x5A);
        pages.seek(4096L * (pages.length() / 4096 / 2));
        pages.write(rubbish);
      }
      Map<String, String> before = contents(data);

      assertThat(refused(data)).contains("database");

      assertThat(contents(data)).isEqualTo(before);
    }

    @Test
    void aLostFileIsNotReplacedByAnEmptyDatabase() throws Exception {
      Path data = used();
      Files.delete(data.resolve("clientele.db"));
      Map<String, String> before = contents(data);

      assertThat(refused(data)).contains("clientele.db");

      assertThat(contents(data)).isEqualTo(before);
    }

    @Test
    void aDatabaseServerThatIsNotThereIsRefused() throws Exception {
      int nobody;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        nobody = free.getLocalPort();
      }
      String url = "jdbc:postgresql://127.0.0.1:" + nobody + "/x?user=postgres&password=hidden";
      assertThat(refused(data(), "--database", url)).contains("database").doesNotContain("hidden");
    }
  }

  @Nested
  class Stopping {
    @Test
    void sigtermLetsRequestsUnderWayEndAndExitsWith0() throws Exception {
      Set<String> acknowledged = ConcurrentHashMap.newKeySet();
      Set<String> wrong = ConcurrentHashMap.newKeySet();
      Set<String> broken = ConcurrentHashMap.newKeySet();
      AtomicLong tokens = new AtomicLong();
      try (ServerProcess server = ServerProcess.serve(data())) {
        Http http = server.http();
        JsonNode operator = ServerProcess.operator(data());
        String basic =
            Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
        String token =
            server.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
        http.post("/oauth/customers", token, Map.of("id", "abc")).expect(201);
        AtomicBoolean stopping = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          boolean writes = i % 2 == 0;
          threads.add(
              Thread.ofPlatform()
                  .start(
                      () -> {
                        try {
                          while (true) {
                            Answer answer;
                            String id = Names.unique("client");
                            answer =
                                writes
                                    ? http.post(
                                        "/oauth/customers/abc/clients", token, Customer.client(id))
                                    : http.form(
                                        "/oauth/token", basic, "grant_type", "client_credentials");
                            if (writes && answer.status() == 201) {
                              acknowledged.add(id);
                            } else if (!writes && answer.status() == 200) {
                              tokens.incrementAndGet();
                            } else if (answer.status() != 503) {
                              wrong.add(answer.toString());
                            }
                          }
                        } catch (UncheckedIOException e) {
                          // Refused or closed: right once it stops, wrong before.
                          if (!stopping.get()) {
                            wrong.add(e.toString());
                          }
                        } catch (AssertionError e) {
                          broken.add(e.toString());
                        }
                      }));
        }
        Eventually.is(
            "load runs", () -> (acknowledged.size() > 50 && tokens.get() > 50) || !wrong.isEmpty());
        stopping.set(true);
        server.terminate();

        assertThat(server.exitCode()).isZero();
        for (Thread thread : threads) {
          thread.join();
        }
        // A 503 while it stops is in the form of the API document, which every exchange is held
        // against: what is not ends the thread.
        assertThat(broken).isEmpty();
        assertThat(server.err()).doesNotContain("Exception");
        assertThat(server.out()).doesNotContain("\"level\":\"ERROR\"");
      }
      assertThat(wrong).isEmpty();
      try (ServerProcess again = ServerProcess.serve(data())) {
        JsonNode operator = ServerProcess.operator(data());
        String token =
            again.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
        List<String> stored = new ArrayList<>();
        again
            .http()
            .all("/oauth/customers/abc/clients", token)
            .forEach(each -> stored.add(each.get("clientId").asText()));
        assertThat(stored).containsAll(acknowledged);
      }
    }

    @Test
    void anIdleServerStopsAtOnce() {
      try (ServerProcess server = ServerProcess.serve(data())) {
        server.uri();
        long before = System.nanoTime();
        server.terminate();
        assertThat(server.exitCode()).isZero();
        assertThat(System.nanoTime() - before).isLessThan(8_000_000_000L);
      }
    }
  }
}
