package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `clientele backup` and `clientele restore`, as who types them sees them.
class BackupTest {

  private static final String ISSUER = "https://auth.example.com";

  @TempDir Path directory;

  /// A server on the embedded database, with the same issuer wherever it is.
  private static TestServer embedded(Path data) {
    return TestServer.startOn(data, "--database", "", "--issuer", ISSUER);
  }

  private Path data() {
    return directory.resolve("data");
  }

  private Path file() {
    return directory.resolve("saved.zip");
  }

  private Path elsewhere() {
    return directory.resolve("elsewhere");
  }

  private Program.Said backup() {
    return Program.run("backup", file().toString(), "--data", data().toString());
  }

  private Program.Said restore(String... more) {
    List<String> words =
        new ArrayList<>(List.of("restore", file().toString(), "--data", elsewhere().toString()));
    words.addAll(List.of(more));
    return Program.run(words.toArray(String[]::new));
  }

  /// The master key is brought to the other machine by a way of its own.
  private void bringMasterKey() throws IOException {
    Files.createDirectories(elsewhere());
    Files.copy(data().resolve("master.key"), elsewhere().resolve("master.key"));
  }

  private static Client create(Customer abc) {
    return abc.create(Customer.client(Names.unique("a"), Map.of("ROLE_API", abc.tenants())));
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(each -> String.valueOf(each.getFileName())).sorted().toList();
    }
  }

  @Nested
  class BesideARunningServer {

    /// What was acknowledged before the backup began is in it, with its audit, and whoever writes
    /// meanwhile is not held up.
    @Test
    void holdsAllThatWasAcknowledged() throws Exception {
      Queue<Client> acknowledged = new ConcurrentLinkedQueue<>();
      List<Client> before;
      List<Client> all;
      try (TestServer server = embedded(data());
          ExecutorService writers = Executors.newFixedThreadPool(4)) {
        Customer abc = server.newCustomer("tenant");
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch many = new CountDownLatch(200);
        List<Future<?>> writing = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          writing.add(
              writers.submit(
                  () -> {
                    while (!stop.get()) {
                      acknowledged.add(create(abc));
                      many.countDown();
                    }
                  }));
        }
        many.await();
        before = List.copyOf(acknowledged);
        backup().succeeded();
        assertThat(acknowledged).hasSizeGreaterThan(before.size());
        stop.set(true);
        for (Future<?> each : writing) {
          each.get();
        }
        all = List.copyOf(acknowledged);
      }
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
          .isEqualTo("rw-------");
      assertThat(names(directory)).containsExactly("data", "saved.zip");

      bringMasterKey();
      restore().succeeded();

      assertThat(names(elsewhere())).containsExactly("clientele.db", "lock", "master.key");
      assertThat(Program.run("audit", "verify", "--data", elsewhere().toString()).succeeded().err())
          .contains("nothing is missing or changed");
      try (TestServer server = embedded(elsewhere())) {
        for (Client client : before) {
          server.token(client.id(), client.secret());
        }
        Customer abc = before.getFirst().customer();
        JsonNode operator =
            Answer.JSON.readTree(Files.readAllBytes(data().resolve("operator.json")));
        String token =
            server.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
        List<String> there =
            server.http().all(abc.clients() + "?limit=1000", token).stream()
                .map(each -> each.get("clientId").asText())
                .toList();
        List<String> known = new ArrayList<>(all.stream().map(Client::id).toList());
        known.add(abc.adminId());
        assertThat(there).isSubsetOf(known);
        assertThat(there).containsAll(before.stream().map(Client::id).toList());
      }
    }

    @Test
    void saysWhatItHolds() throws Exception {
      try (TestServer server = embedded(data())) {
        server.newCustomer("tenant");
        Program.Said said = backup().succeeded();
        assertThat(said.err()).contains("master.key) is not in it");
        try (ZipFile zip = new ZipFile(file().toFile())) {
          assertThat(zip.stream().map(Object::toString).toList())
              .containsExactly("clientele.db", "backup.json");
          JsonNode about =
              Answer.JSON.readTree(zip.getInputStream(zip.getEntry("backup.json")).readAllBytes());
          assertThat(about.get("program").asText()).isEqualTo(Main.version());
          assertThat(said.err()).contains(about.get("sha256").asText());
        }
      }
    }
  }

  /// A chosen secret is easier to guess than a key, and its digest is made under the pepper, which
  /// is sealed: who has only the backup cannot try guesses.
  @Test
  void doesNotTellWhetherAGuessIsRight() throws Exception {
    String chosen = "A chosen secret, 1st";
    try (TestServer server = embedded(data())) {
      Customer abc = server.newCustomer("tenant");
      Client client =
          abc.create(Customer.client(Names.unique("c"), Map.of()).put("clientSecret", chosen));
      server.token(client.id(), chosen);
      try (Connection connection = DriverManager.getConnection(server.databaseAddress());
          PreparedStatement statement =
              connection.prepareStatement("SELECT digest FROM client_secret WHERE client_id = ?")) {
        statement.setString(1, client.id());
        try (ResultSet row = statement.executeQuery()) {
          assertThat(row.next()).isTrue();
          String[] digest = row.getString(1).split("\\$", -1);
          assertThat(digest[0]).isEqualTo("m=19456,t=2,p=1,pepper=1");
          Argon2BytesGenerator guess = new Argon2BytesGenerator();
          guess.init(
              new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                  .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                  .withMemoryAsKB(19_456)
                  .withIterations(2)
                  .withParallelism(1)
                  .withSalt(Base64.getDecoder().decode(digest[1]))
                  .build());
          byte[] hash = new byte[32];
          guess.generateBytes(chosen.getBytes(UTF_8), hash);
          assertThat(hash).isNotEqualTo(Base64.getDecoder().decode(digest[2]));
        }
      }
    }
  }

  @Nested
  class Tokens {
    private record Saved(Client client, String token) {}

    private Saved saveWithToken() throws IOException {
      try (TestServer server = embedded(data())) {
        Client client = create(server.newCustomer("tenant"));
        String token = client.token();
        assertThat(server.isActive(token)).isTrue();
        backup().succeeded();
        bringMasterKey();
        Files.copy(data().resolve("operator.json"), elsewhere().resolve("operator.json"));
        return new Saved(client, token);
      }
    }

    /// Those that were revoked after the backup was made must not live again, and nobody knows
    /// which these are.
    @Test
    void fromBeforeAreDead() throws Exception {
      Saved saved = saveWithToken();
      assertThat(restore().succeeded().err()).contains("are dead");
      try (TestServer server = embedded(elsewhere())) {
        assertThat(server.isActive(saved.token)).isFalse();
        assertThat(server.isActive(server.token(saved.client.id(), saved.client.secret())))
            .isTrue();
        JsonNode event =
            server
                .http()
                .get("/oauth/customers/operator/audit?action=data.restore", server.operatorToken())
                .expect(200)
                .json()
                .get(0);
        assertThat(event.get("actor").asText()).isEqualTo("system");
        assertThat(event.get("detail").get("tokensKilled").asBoolean()).isTrue();
      }
      // Nor after another start.
      try (TestServer server = embedded(elsewhere())) {
        assertThat(server.isActive(saved.token)).isFalse();
      }
    }

    /// The clock of the machine that it goes to may be behind.
    @Test
    void areDeadWhateverTheClockSays() throws Exception {
      Saved saved = saveWithToken();
      Files.delete(file());
      try (Connection connection =
              DriverManager.getConnection("jdbc:sqlite:" + data().resolve("clientele.db"));
          Statement statement = connection.createStatement()) {
        statement.executeUpdate("UPDATE signing_key SET created_at = created_at + 86400000");
      }
      backup().succeeded();
      restore().succeeded();
      try (TestServer server = embedded(elsewhere())) {
        assertThat(server.isActive(saved.token)).isFalse();
        assertThat(server.isActive(server.token(saved.client.id(), saved.client.secret())))
            .isTrue();
      }
    }

    /// A file that keeps its keys whatever is asked of it.
    @Test
    void orItIsRefused() throws Exception {
      saveWithToken();
      Files.delete(file());
      try (Connection connection =
              DriverManager.getConnection("jdbc:sqlite:" + data().resolve("clientele.db"));
          Statement statement = connection.createStatement()) {
        statement.executeUpdate(
            "CREATE TRIGGER keep BEFORE UPDATE ON signing_key BEGIN SELECT RAISE(IGNORE); END");
      }
      backup().succeeded();
      Program.Said said = restore();
      assertThat(said.code()).as(said.err()).isEqualTo(1);
      assertThat(said.err()).contains("could not be written as it must be");
      assertThat(Files.exists(elsewhere().resolve("clientele.db"))).isFalse();
    }

    @Test
    void liveOnWhereThatIsAskedFor() throws Exception {
      Saved saved = saveWithToken();
      assertThat(restore("--keep-tokens").succeeded().err()).contains("live on");
      try (TestServer server = embedded(elsewhere())) {
        assertThat(server.isActive(saved.token)).isTrue();
      }
    }
  }

  @Nested
  class Refused {
    private void save() {
      try (TestServer server = embedded(data())) {
        server.newCustomer("tenant");
        backup().succeeded();
      }
    }

    private static void refused(Program.Said said, String words) {
      assertThat(said.code()).as(said.err()).isEqualTo(1);
      assertThat(said.err().lines()).as(said.err()).hasSize(1);
      assertThat(said.err()).startsWith("clientele: ").contains(words);
    }

    private void nothingIsThere() throws IOException {
      if (Files.exists(elsewhere())) {
        assertThat(names(elsewhere())).isSubsetOf("lock", "master.key");
      }
    }

    @Test
    void whatIsThereIsNotOverwritten() throws Exception {
      save();
      byte[] first = Files.readAllBytes(file());
      refused(backup(), "There is a file " + file() + " already.");
      assertThat(Files.readAllBytes(file())).isEqualTo(first);

      bringMasterKey();
      restore().succeeded();
      byte[] restored = Files.readAllBytes(elsewhere().resolve("clientele.db"));
      refused(restore(), "clientele.db already.");
      assertThat(Files.readAllBytes(elsewhere().resolve("clientele.db"))).isEqualTo(restored);
    }

    @Test
    void whatIsMissing() throws Exception {
      refused(backup(), "There is no file " + data().resolve("clientele.db"));
      assertThat(Files.exists(file())).isFalse();
      refused(restore(), "There is no file " + file());
      nothingIsThere();
      save();
      refused(
          Program.run(
              "backup", directory.resolve("no/where").toString(), "--data", data().toString()),
          "There is no directory " + directory.resolve("no"));
    }

    @Test
    void postgresqlHasItsOwn() {
      String url = PostgresServer.newDatabase();
      refused(Program.run("backup", file().toString(), "--database", url), "pg_dump");
      refused(Program.run("restore", file().toString(), "--database", url), "pg_restore");
    }

    @Test
    void aDirectoryInUse() throws Exception {
      save();
      try (TestServer server =
          TestServer.startOn(elsewhere(), "--database", PostgresServer.newDatabase())) {
        assertThat(server.isActive("x")).isFalse();
        refused(restore(), "is in use by another Clientele");
      }
    }

    @Test
    void theWrongMasterKey() throws Exception {
      save();
      Files.createDirectories(elsewhere());
      Files.writeString(
          elsewhere().resolve("master.key"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
      refused(restore(), "The master key is not the one that this database was sealed with");
      nothingIsThere();
    }

    /// Without its master key it is restored, and does not start before the key is there.
    @Test
    void withoutItsMasterKeyItDoesNotStart() throws Exception {
      save();
      assertThat(restore().succeeded().err()).contains("Its master key is missing");
      Program.Said said = Program.run("serve", "--port", "0", "--data", elsewhere().toString());
      refused(said, "The master key file");
    }
  }
}
