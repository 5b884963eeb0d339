package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.clientele.Program;
import io.clientele.Program.Said;
import io.clientele.crypto.MasterKey;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A backup that is taken while others write, restored elsewhere, is the data as of one moment: all
/// that was acknowledged before it began, nothing half done, and what came later not at all or as a
/// whole. It holds nothing that is of use without the master key, and one of which a byte is
/// another is refused.
@TrustCase(
    id = "T30",
    title = "Backups taken under writes, restored elsewhere",
    unit = "rounds",
    required = 20,
    brief = 1,
    soak = 200,
    seconds = 180)
class BackupUnderWritesTest {

  private static final String ISSUER = "https://auth.example.com";
  private static final Pattern SECRET = Pattern.compile("clt_[A-Za-z0-9]{49}");

  /// And which of their rows a restore leaves alone: it writes an event of the operator's.
  private static final Map<String, String> TABLES =
      Map.of(
          "customer", "TRUE",
          "tenant", "TRUE",
          "custom_role", "TRUE",
          "client", "TRUE",
          "client_grant", "TRUE",
          "client_secret", "TRUE",
          "revoked_token", "TRUE",
          "sealed_value", "TRUE",
          "server_state", "TRUE",
          "audit_event", "customer_id <> 'operator'");

  @TempDir Path directory;

  private final long seed = ThreadLocalRandom.current().nextLong();
  private final Random random = new Random(seed);

  private Path data() {
    return directory.resolve("data");
  }

  private static TestServer embedded(Path data) {
    return TestServer.startOn(data, "--database", "", "--issuer", ISSUER);
  }

  @Test
  void aRestoredBackupIsTheDataAsOfOneMoment(Tally tally) throws Exception {
    System.err.println("T30: seed " + seed);
    DeedLoad load = new DeedLoad(4, 10, random);
    try (TestServer server = embedded(data())) {
      DeedWorker.makeCustomer(server.http(), server.operatorToken());
      Customer quiet = server.newCustomer("tenant");
      Client known = quiet.newClient(Map.of("ROLE_USER", quiet.tenants()));
      while (tally.done() < tally.required()) {
        round(server, load, known, tally);
        tally.done(1);
      }
    }
    tally.load("4 connections writing while a backup is made");
    tally.measured("seed " + seed);
  }

  private void round(TestServer server, DeedLoad load, Client known, Tally tally) throws Exception {
    long round = tally.done();
    Path file = directory.resolve("backup-" + round + ".zip");
    load.go(server.uri(), server.operatorToken(), "r" + round);
    load.awaitAcknowledged(20);
    int before = load.written().size();
    Program.run("backup", file.toString(), "--data", data().toString()).succeeded();
    load.awaitAcknowledged(5);
    load.stop();

    Path elsewhere = newDirectory("elsewhere-" + round);
    restore(file, elsewhere).succeeded();
    Program.run("audit", "verify", "--data", elsewhere.toString()).succeeded();
    compare(file, elsewhere, tally);
    try (TestServer restored = embedded(elsewhere)) {
      DeedHistory history = new DeedHistory(tally);
      List<String> lines = load.written();
      for (int i = 0; i < lines.size(); i++) {
        history.takeAsOfCopy(lines.get(i), i < before);
      }
      history.checkEverything(restored.uri(), restored.operatorToken(), restored.operatorBasic());
      tally.acknowledgedChecked(history.acknowledgedWrites());
      restored.token(known.id(), known.secret());
    }
    holdsNoSecret(file, load.written(), tally);
    nothingIsOverwritten(file, elsewhere, tally);
    damagedOnesAreRefused(file, tally.scale() == Scale.BRIEF ? 20 : 50, tally);
    aRestoreThatIsKilledLeavesNothingThatStarts(file, known, tally);
    Files.delete(file);
  }

  /// With the master key and what the operator needs, which are brought by a way of their own.
  private Path newDirectory(String name) throws IOException {
    Path made = Files.createDirectory(directory.resolve(name));
    Files.copy(data().resolve("master.key"), made.resolve("master.key"));
    Files.copy(data().resolve("operator.json"), made.resolve("operator.json"));
    return made;
  }

  private static Said restore(Path file, Path data) {
    return Program.run("restore", file.toString(), "--data", data.toString());
  }

  /// Counts and digests of all rows: of what is in the backup, of what was restored, and, for what
  /// was not written meanwhile, of what is live.
  private void compare(Path file, Path elsewhere, Tally tally) throws Exception {
    Path saved = directory.resolve("saved.db");
    try (ZipFile zip = new ZipFile(file.toFile());
        InputStream in = zip.getInputStream(zip.getEntry("clientele.db"))) {
      Files.copy(in, saved);
    }
    Path live = data().resolve("clientele.db");
    Path restored = elsewhere.resolve("clientele.db");
    same("restored", rows(saved, "TRUE"), rows(restored, "TRUE"), tally);
    String quiet = "customer_id NOT IN ('crash', 'operator')";
    same("live", rows(saved, quiet), rows(live, quiet), tally);
    Files.delete(saved);
  }

  private static void same(
      String what, Map<String, String> saved, Map<String, String> other, Tally tally) {
    saved.forEach(
        (table, digest) -> {
          if (!digest.equals(other.get(table))) {
            tally.lost("table " + table + ", saved " + digest + ", " + what + other.get(table));
          }
        });
  }

  /// For each table how many rows there are, and their digest.
  ///
  /// @param which rows of tables that have customers
  private static Map<String, String> rows(Path database, String which) throws Exception {
    Map<String, String> found = new TreeMap<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        Statement statement = connection.createStatement()) {
      for (Map.Entry<String, String> table : TABLES.entrySet()) {
        boolean hasCustomer =
            !table.getKey().equals("sealed_value") && !table.getKey().equals("server_state");
        found.put(
            table.getKey(),
            digest(
                statement,
                "SELECT * FROM "
                    + table.getKey()
                    + " WHERE "
                    + table.getValue()
                    + " AND "
                    + (hasCustomer ? which : "TRUE")));
      }
    }
    return found;
  }

  private static String digest(Statement statement, String sql) throws Exception {
    List<String> rows = new ArrayList<>();
    try (ResultSet row = statement.executeQuery(sql)) {
      int columns = row.getMetaData().getColumnCount();
      while (row.next()) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= columns; i++) {
          text.append(row.getString(i)).append('\u0001');
        }
        rows.add(text.toString());
      }
    }
    rows.sort(null);
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    rows.forEach(row -> sha256.update(row.getBytes(UTF_8)));
    return rows.size() + " rows " + HexFormat.of().formatHex(sha256.digest());
  }

  /// What a thief of the backup has: digests and sealed values.
  private void holdsNoSecret(Path file, List<String> lines, Tally tally) throws Exception {
    StringBuilder all = new StringBuilder(new String(Files.readAllBytes(file), ISO_8859_1));
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().map(ZipEntry.class::cast).toList()) {
        all.append(new String(zip.getInputStream(entry).readAllBytes(), ISO_8859_1));
      }
    }
    String text = all.toString();
    if (SECRET.matcher(text).find()) {
      tally.wrong("a secret is in the backup");
    }
    int looked = 0;
    for (String line : lines) {
      Matcher secrets = SECRET.matcher(line);
      while (looked < 300 && secrets.find()) {
        looked++;
        if (text.contains(secrets.group().substring(8, 40))) {
          tally.wrong("a part of a secret is in the backup");
        }
      }
    }
    assertThat(looked).isPositive();
    for (byte[] hidden : keys()) {
      if (text.contains(new String(hidden, ISO_8859_1))
          || text.contains(Base64.getEncoder().withoutPadding().encodeToString(hidden))
          || text.contains(HexFormat.of().formatHex(hidden))) {
        tally.wrong("a key is in the backup");
      }
    }
  }

  /// The master key and all that it seals.
  private List<byte[]> keys() throws Exception {
    MasterKey key = MasterKey.read(data().resolve("master.key"), new SecureRandom()).orElseThrow();
    List<byte[]> keys = new ArrayList<>();
    keys.add(Base64.getDecoder().decode(Files.readString(data().resolve("master.key")).strip()));
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + data().resolve("clientele.db"));
        Statement statement = connection.createStatement()) {
      keys.addAll(opened(statement, key, "SELECT name, sealed FROM sealed_value"));
      keys.addAll(
          opened(
              statement,
              key,
              """
              SELECT 'signing-key/' || kid, sealed_private FROM signing_key
              WHERE sealed_private <> ''
              """));
    }
    assertThat(keys).hasSizeGreaterThanOrEqualTo(3);
    return keys;
  }

  private static List<byte[]> opened(Statement statement, MasterKey key, String sql)
      throws SQLException, MasterKey.WrongKey {
    List<byte[]> opened = new ArrayList<>();
    try (ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        opened.add(key.open(row.getString(1), row.getString(2)));
      }
    }
    return opened;
  }

  private void nothingIsOverwritten(Path file, Path elsewhere, Tally tally) throws IOException {
    Path database = elsewhere.resolve("clientele.db");
    byte[] saved = Files.readAllBytes(file);
    byte[] restored = Files.readAllBytes(database);
    refused(restore(file, elsewhere), database, tally);
    refused(Program.run("backup", file.toString(), "--data", data().toString()), file, tally);
    if (!Arrays.equals(saved, Files.readAllBytes(file))
        || !Arrays.equals(restored, Files.readAllBytes(database))) {
      tally.wrong("a file was written over");
    }
  }

  /// One sentence that names the file.
  private static void refused(Said said, Path file, Tally tally) {
    List<String> lines = said.err().lines().toList();
    if (said.code() != 1
        || lines.size() != 1
        || !lines.getFirst().startsWith("clientele: ")
        || !lines.getFirst().contains(file.toString())
        || lines.getFirst().contains("Exception")) {
      tally.wrong("exit code " + said.code() + " says " + lines);
    }
  }

  /// Any byte that is another, any length that is less, and files that are something else.
  private void damagedOnesAreRefused(Path file, int positions, Tally tally) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Path elsewhere = newDirectory("damaged-" + tally.done());
    Path damaged = directory.resolve("damaged.zip");
    List<byte[]> bad =
        new ArrayList<>(
            List.of(
                new byte[0],
                "no backup".getBytes(UTF_8),
                "PK\u0003\u0004".getBytes(UTF_8),
                Arrays.copyOf(whole, whole.length + 1)));
    for (int i = 0; i < positions; i++) {
      byte[] flipped = whole.clone();
      // Among the first and the last bytes are what ZIP itself reads.
      int at =
          switch (i % 4) {
            case 0 -> random.nextInt(100);
            case 1 -> whole.length - 1 - random.nextInt(500);
            default -> random.nextInt(whole.length);
          };
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      bad.add(flipped);
      if (i % 5 == 0) {
        bad.add(Arrays.copyOf(whole, random.nextInt(whole.length)));
      }
    }
    for (byte[] each : bad) {
      Files.write(damaged, each);
      refused(restore(damaged, elsewhere), damaged, tally);
      tally.badInputs(1);
      if (Files.exists(elsewhere.resolve("clientele.db"))) {
        tally.wrong("a damaged backup was restored");
        Files.delete(elsewhere.resolve("clientele.db"));
      }
    }
    Files.delete(damaged);
  }

  private void aRestoreThatIsKilledLeavesNothingThatStarts(Path file, Client known, Tally tally)
      throws IOException {
    Path elsewhere = newDirectory("killed-" + tally.done());
    Path database = elsewhere.resolve("clientele.db");
    Path beside = elsewhere.resolve("clientele.db.restoring");
    try (ServerProcess restore =
        ServerProcess.run("restore", file.toString(), "--data", elsewhere.toString())) {
      Eventually.within(
          Duration.ofMinutes(3),
          "the restore has begun",
          () -> Files.exists(beside) || Files.exists(database));
      // Not to wait for something: the moment is to be a random one.
      LockSupport.parkNanos(random.nextLong(300_000_000));
      restore.kill9();
    }
    tally.faultsSurvived(1);
    if (Files.notExists(database)) {
      Throwable refusal = catchThrowable(() -> embedded(elsewhere).close());
      if (refusal == null || Files.exists(database)) {
        tally.wrong("a server starts on what a restore that was killed left");
      }
      restore(file, elsewhere).succeeded();
    }
    try (TestServer restored = embedded(elsewhere)) {
      restored.token(known.id(), known.secret());
    }
  }
}
