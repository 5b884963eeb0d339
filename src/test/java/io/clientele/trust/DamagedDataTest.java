package io.clientele.trust;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.Program;
import io.clientele.Server;
import io.clientele.StartException;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A database, or a master key, that is not what it was: the server refuses to start, says why in
/// one sentence, and changes nothing. Where it starts, because the damage is in a value that only
/// its reader could know, or in a page that nobody uses, it forgets nobody and shows nobody what is
/// another customer's.
@TrustCase(
    id = "T28",
    title = "Corrupt pages, cut files, wrong keys, newer schemas",
    unit = "variants",
    required = 240,
    brief = 16,
    soak = 5_000,
    seconds = 120)
class DamagedDataTest {

  private static final int PAGE = 4096;
  private static final int CLIENTS = 60;

  /// What a start leaves of its own, whether it is refused or not.
  private static final Set<String> OF_EACH_START =
      Set.of("lock", "clientele.db-shm", "clientele.db-wal");

  @TempDir Path directory;

  private final long seed = ThreadLocalRandom.current().nextLong();
  private final Random random = new Random(seed);
  private final Map<String, List<String>> idsOfCustomer = new HashMap<>();
  private final List<Client> known = new ArrayList<>();
  private byte[] database = new byte[0];
  private int started;

  /// What is done to a data directory that was closed as it should be.
  private enum Damage {
    RANDOM_PAGE(false),
    ZERO_PAGE(false),
    SWAPPED_PAGES(false),
    BITS_IN_THE_HEADER(false),
    BITS_AT_THE_HEAD_OF_A_PAGE(false),
    BITS_ANYWHERE(false),
    CUT(true),
    EMPTY(true),
    NO_DATABASE(true),
    ANOTHER_DATABASE(true),
    A_DIRECTORY(true),
    MISSING(true),
    NEWER_SCHEMA(true),
    ANOTHER_KEY(true),
    NO_KEY(true),
    KEY_MISSING(true);

    /// Else it may start: not every bit of a file means something.
    private final boolean mustBeRefused;

    Damage(boolean mustBeRefused) {
      this.mustBeRefused = mustBeRefused;
    }
  }

  private Path template() {
    return directory.resolve("template");
  }

  @BeforeEach
  void makeTemplate() throws IOException {
    try (TestServer server = TestServer.startOn(template(), "--database", "")) {
      for (int i = 0; i < 2; i++) {
        Customer customer = server.newCustomer("tenant");
        List<String> ids = new ArrayList<>(List.of(customer.adminId()));
        ArrayNode batch = Answer.JSON.createArrayNode();
        for (int j = 0; j < CLIENTS; j++) {
          String id = Names.unique("client");
          ids.add(id);
          batch.add(Customer.client(id, Map.of("ROLE_USER", customer.tenants())));
        }
        JsonNode made = customer.post(batch).expect(201).json();
        idsOfCustomer.put(customer.id(), ids);
        for (JsonNode each : List.of(made.get(0), made.get(CLIENTS - 1))) {
          known.add(
              new Client(
                  server,
                  customer,
                  each.get("clientId").asText(),
                  each.get("clientSecret").asText()));
        }
      }
    }
    database = Files.readAllBytes(template().resolve("clientele.db"));
  }

  @Test
  void whatIsDamagedIsRefusedOrAnsweredRightly(Tally tally) throws Exception {
    System.err.println("T28: seed " + seed);
    Damage[] kinds = Damage.values();
    for (int i = 0; tally.done() < tally.required(); i++) {
      // Damage to pages is of many kinds, the rest of few.
      Damage damage =
          i < kinds.length || i % 4 == 0 ? kinds[i % kinds.length] : kinds[random.nextInt(6)];
      Path data = copy("data-" + i);
      apply(damage, data);
      verifyAudit(damage + " " + i, data, tally);
      judge(damage + " " + i, damage.mustBeRefused, data, tally);
      tally.badInput();
      TestServer.deleteTree(data);
    }
    tally.measured(started + " starts, the rest refused");
    tally.measured("seed " + seed);
  }

  private Path copy(String name) throws IOException {
    Path data = Files.createDirectory(directory.resolve(name));
    for (String file : List.of("clientele.db", "master.key", "operator.json")) {
      Files.copy(template().resolve(file), data.resolve(file));
    }
    return data;
  }

  private int randomPage() {
    return random.nextInt(database.length / PAGE);
  }

  private void apply(Damage damage, Path data) throws Exception {
    Path file = data.resolve("clientele.db");
    Path key = data.resolve("master.key");
    byte[] bytes = database.clone();
    switch (damage) {
      case RANDOM_PAGE -> {
        byte[] rubbish = new byte[PAGE];
        random.nextBytes(rubbish);
        System.arraycopy(rubbish, 0, bytes, randomPage() * PAGE, PAGE);
      }
      case ZERO_PAGE -> {
        int page = randomPage();
        Arrays.fill(bytes, page * PAGE, page * PAGE + PAGE, (byte) 0);
      }
      case SWAPPED_PAGES -> {
        int one = randomPage();
        int other = randomPage();
        System.arraycopy(database, one * PAGE, bytes, other * PAGE, PAGE);
        System.arraycopy(database, other * PAGE, bytes, one * PAGE, PAGE);
      }
      case BITS_IN_THE_HEADER -> flip(bytes, 0, 100);
      case BITS_AT_THE_HEAD_OF_A_PAGE -> flip(bytes, randomPage() * PAGE, 12);
      case BITS_ANYWHERE -> flip(bytes, 0, bytes.length);
      case CUT -> bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length - PAGE));
      case EMPTY -> bytes = new byte[0];
      case NO_DATABASE -> random.nextBytes(bytes);
      case NEWER_SCHEMA, ANOTHER_DATABASE, A_DIRECTORY, MISSING -> Files.delete(file);
      case ANOTHER_KEY -> {
        byte[] other = Base64.getDecoder().decode(Files.readString(key).strip());
        other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
        Files.writeString(key, Base64.getEncoder().encodeToString(other) + "\n");
      }
      case NO_KEY ->
          Files.writeString(
              key, List.of("", "no base64 at all", "c2hvcnQ=").get(random.nextInt(3)), US_ASCII);
      case KEY_MISSING -> Files.delete(key);
    }
    switch (damage) {
      case A_DIRECTORY -> Files.createDirectory(file);
      case ANOTHER_DATABASE -> sql(file, "CREATE TABLE another (program TEXT)");
      case NEWER_SCHEMA -> {
        Files.write(file, bytes);
        int version = 1_000 + random.nextInt(10_000);
        sql(
            file,
            "INSERT INTO flyway_schema_history (installed_rank, version, description, type, script,"
                + " checksum, installed_by, execution_time, success) VALUES (9999, '"
                + version
                + "', 'later', 'SQL', 'later.sql', 1, '', 1, 1)");
      }
      case MISSING -> {
        // It stays so.
      }
      default -> Files.write(file, bytes);
    }
  }

  private void flip(byte[] bytes, int from, int length) {
    for (int i = random.nextInt(5); i >= 0; i--) {
      bytes[from + random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
    }
  }

  private static void sql(Path file, String statement) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement run = connection.createStatement()) {
      run.execute(statement);
    }
  }

  /// The command that only looks finds what it finds, or says in one sentence why it cannot.
  private static void verifyAudit(String what, Path data, Tally tally) throws IOException {
    Map<String, Integer> before = contents(data);
    Program.Said said = Program.run("audit", "verify", "--data", data.toString());
    boolean isClear =
        said.code() == 1
            ? said.err().lines().count() == 1 && said.err().startsWith("clientele: ")
            : said.code() == 0 || said.code() == 3;
    if (!isClear || said.err().contains("Exception")) {
      tally.wrong(what + ": audit verify ends with " + said);
    }
    if (!contents(data).equals(before)) {
      tally.wrong(what + ": audit verify changed files");
    }
  }

  private void judge(String what, boolean mustBeRefused, Path data, Tally tally) throws Exception {
    Map<String, Integer> before = contents(data);
    List<String> arguments =
        List.of("--data", data.toString(), "--port", "0", "--shutdown-grace", "0");
    try (Server server = Program.serve(arguments)) {
      started++;
      if (mustBeRefused) {
        tally.wrong(what + " starts");
      } else {
        answersRightly(what, server, data, tally);
      }
    } catch (StartException e) {
      String said = String.valueOf(e.getMessage());
      if (said.isBlank()
          || said.contains("\n")
          || said.contains("Exception")
          || Program.looksLikeABug(e)) {
        tally.wrong(what + " is refused with: " + said + " " + e.getCause());
      }
      if (!contents(data).equals(before)) {
        tally.wrong(what + " is refused, and files were changed");
      }
    }
  }

  private static Map<String, Integer> contents(Path data) throws IOException {
    Map<String, Integer> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = data.relativize(file).toString();
        if (!OF_EACH_START.contains(name)) {
          contents.put(name, Arrays.hashCode(Files.readAllBytes(file)));
        }
      }
    }
    return contents;
  }

  /// What was damaged may be refused one by one, and is nobody else's.
  private void answersRightly(String what, Server server, Path data, Tally tally) {
    Http http = Http.to(server.uri()).unchecked();
    for (Client client : known) {
      Answer answer = http.form("/oauth/token", client.basic(), "grant_type", "client_credentials");
      switch (answer.status()) {
        case 200 -> {
          JsonNode claims = Jwt.claims(answer.json("access_token").asText());
          if (!claims.get("customer").asText().equals(client.customer().id())
              || !claims.get("client_id").asText().equals(client.id())) {
            tally.wrong(what + ": another's token " + claims);
          }
        }
        case 401, 503 -> {
          // Its row or its secret is what was damaged.
        }
        default -> mayFail(what, answer, tally);
      }
    }
    Answer operator =
        http.form(
            "/oauth/token", ServerProcess.operatorBasic(data), "grant_type", "client_credentials");
    if (operator.status() != 200) {
      return;
    }
    String token = operator.json("access_token").asText();
    idsOfCustomer.forEach(
        (customer, ids) -> {
          Answer list = http.get("/oauth/customers/" + customer + "/clients", token);
          if (list.status() == 200) {
            judgeList(what + ": customer " + customer, customer, list, tally);
          } else if (list.status() != 503 && list.status() != 404) {
            mayFail(what, list, tally);
          }
        });
  }

  /// A value that cannot be what was written, as a JSON text that is none, is for the server what a
  /// bug is: it says so, and nothing else.
  private static void mayFail(String what, Answer answer, Tally tally) {
    if (answer.status() != 500
        || !answer.text().toLowerCase(Locale.ROOT).contains("server failed")) {
      tally.wrong(what + ": " + answer);
    }
  }

  private void judgeList(String what, String customer, Answer list, Tally tally) {
    if (list.json().size() != idsOfCustomer.getOrDefault(customer, List.of()).size()) {
      tally.lost(what + " has " + list.json().size() + " clients");
    }
    for (JsonNode each : list.json()) {
      String id = each.get("clientId").asText();
      idsOfCustomer.forEach(
          (other, ids) -> {
            if (!other.equals(customer) && ids.contains(id)) {
              tally.wrong(what + " sees client " + id + " of " + other);
            }
          });
    }
  }
}
