package io.clientele;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.cli.Seed;
import io.clientele.crypto.Secret;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `clientele import` and `clientele generate`, as who types them sees them.
class ImportTest {

  private static final String CHOSEN = "horse, battery & staple";
  private static final Pattern MADE =
      Pattern.compile("([\\d,]+) clients? made, ([\\d,]+) lines? there already");

  @TempDir Path directory;

  private record Said(int code, String err) {
    long made() {
      return number(1);
    }

    long there() {
      return number(2);
    }

    private long number(int group) {
      Matcher matcher = MADE.matcher(err);
      assertThat(matcher.find()).as(err).isTrue();
      return Long.parseLong(matcher.group(group).replace(",", ""));
    }

    Said succeeded() {
      assertThat(code).as(err).isZero();
      return this;
    }

    Said failed() {
      assertThat(code).as(err).isEqualTo(1);
      return this;
    }
  }

  private static Said run(String... arguments) {
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

  private Said importLines(List<String> lines, String... more) throws IOException {
    Path file = directory.resolve("lines.ndjson");
    Files.writeString(file, String.join("\n", lines) + "\n");
    List<String> words =
        new ArrayList<>(List.of("import", file.toString(), "--data", data().toString()));
    words.addAll(List.of(more));
    return run(words.toArray(String[]::new));
  }

  private Said importLines(String... lines) throws IOException {
    return importLines(List.of(lines));
  }

  private static String customer(String id, String... tenants) {
    ObjectNode line = Answer.JSON.createObjectNode();
    ObjectNode customer = line.putObject("customer").put("id", id);
    List.of(tenants).forEach(customer.putArray("tenants")::add);
    return line.toString();
  }

  private static String client(String customer, ObjectNode client) {
    ObjectNode line = Answer.JSON.createObjectNode().put("customerId", customer);
    line.set("client", client);
    return line.toString();
  }

  private static String client(String customer, String id) {
    return client(customer, Customer.client(id).put("clientSecret", CHOSEN));
  }

  private static JsonNode get(TestServer server, String customer, String path) {
    return server
        .http()
        .get("/oauth/customers/" + customer + path, server.operatorToken())
        .expect(200)
        .json();
  }

  @Nested
  class Clients {
    @Test
    void areWhatARequestWouldHaveMadeOfThem() throws Exception {
      ObjectNode wanted =
          (ObjectNode)
              Answer.JSON.readTree(
                  """
                  {"clientId":"imported","authorizedGrantTypes":["client_credentials"],
                   "clientAuthenticationMethods":["client_secret_post"],"accessTokenValidity":120,
                   "clientName":"Näme","clientDescription":"d","clientEmail":"a@example.com",
                   "scope":["ROLE_USER"],"authorities":["x"],"resourceIds":["y"],
                   "redirectUri":["https://example.com"],"refreshTokenValidity":-1,
                   "clientPermissions":{"roles":{"ROLE_OWN":["b-1","b-2"]}}}
                  """);
      importLines(
              """
              {"customer":{"id":"B","name":"Customer B","tenants":["b-1",{"id":"b-2","name":"Two"}],\
              "roles":["ROLE_OWN"]}}\
              """,
              client("B", wanted.deepCopy().put("clientSecret", CHOSEN)))
          .succeeded();

      try (TestServer server = TestServer.startOn(data())) {
        ObjectNode made = wanted.deepCopy().put("clientId", "requested");
        made.put("clientSecret", CHOSEN);
        server.http().post("/oauth/customers/B/clients", server.operatorToken(), made).expect(201);

        JsonNode imported = get(server, "B", "/clients/imported");
        ObjectNode requested = (ObjectNode) get(server, "B", "/clients/requested");
        assertThat(imported).isEqualTo(requested.put("clientId", "imported"));
        assertThat(get(server, "B", "").toString())
            .isEqualTo(
                "{\"id\":\"B\",\"name\":\"Customer B\",\"status\":\"active\","
                    + "\"tenants\":[\"b-1\",\"b-2\"]}");
        assertThat(rolesInToken(server, "imported")).isEqualTo(rolesInToken(server, "requested"));
      }
    }

    private JsonNode rolesInToken(TestServer server, String client) {
      String token =
          server
              .http()
              .form(
                  "/oauth/token",
                  "",
                  "grant_type",
                  "client_credentials",
                  "client_id",
                  client,
                  "client_secret",
                  CHOSEN)
              .expect(200)
              .json("access_token")
              .asText();
      return server.introspect(token).json("role_tenants");
    }

    @Test
    void comeWithTheSecretThatTheyHaveWhicheverFormItHas() throws Exception {
      String generated = new Seed("another installation").secret(7).reveal();
      importLines(
              customer("B"),
              client("B", Customer.client("chosen").put("clientSecret", CHOSEN)),
              client("B", Customer.client("generated").put("clientSecret", generated)))
          .succeeded();

      try (TestServer server = TestServer.startOn(data())) {
        server.askToken("chosen", CHOSEN).expect(200);
        server.askToken("generated", generated).expect(200);
        server.askToken("generated", CHOSEN).expect(401);
        assertThat(get(server, "B", "/clients/generated/secrets").get(0).get("hint").asText())
            .isEqualTo(generated.substring(generated.length() - 4));
      }
    }

    @Test
    void thatAreDisabledStayOut() throws Exception {
      ObjectNode client = Customer.client("off").put("clientSecret", CHOSEN).put("enabled", false);
      importLines(customer("B"), client("B", client)).succeeded();

      try (TestServer server = TestServer.startOn(data())) {
        server.askToken("off", CHOSEN).expect(401);
      }
    }

    @Test
    void mayJoinACustomerThatIsThere() throws Exception {
      try (TestServer server = TestServer.startOn(data())) {
        server
            .http()
            .post("/oauth/customers", server.operatorToken(), Map.of("id", "There"))
            .expect(201);
      }
      importLines(client("There", "joins")).succeeded();

      try (TestServer server = TestServer.startOn(data())) {
        server.askToken("joins", CHOSEN).expect(200);
      }
    }

    @Test
    void areToldToTheAuditTrailByTheCustomer() throws Exception {
      importLines(
              customer("B"), customer("C"), client("B", "b2"), client("C", "c1"), client("B", "b1"))
          .succeeded();

      try (TestServer server = TestServer.startOn(data())) {
        JsonNode events = get(server, "B", "/audit");
        assertThat(events.findValuesAsText("action"))
            .containsExactly("client.import", "customer.create");
        JsonNode event = events.get(0);
        assertThat(event.get("seq").asLong()).isEqualTo(2);
        assertThat(event.get("actor").asText()).isEqualTo("system");
        assertThat(event.get("object").asText()).isEqualTo("B");
        assertThat(event.get("detail").toString())
            .isEqualTo(
                "{\"clients\":2,\"first\":\"b1\",\"last\":\"b2\",\"sha256\":\"%s\"}"
                    .formatted(sha256("b1\nb2\n")));
      }
    }

    private static String sha256(String text) throws Exception {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(US_ASCII)));
    }
  }

  @Nested
  class RunAgain {
    @Test
    void whatIsThereIsLeftAsItIs() throws Exception {
      List<String> lines =
          List.of(
              customer("B", "b-1"),
              client("B", "one"),
              client("B", Customer.client("two").put("clientSecret", generated(2))));
      assertThat(importLines(lines).succeeded().made()).isEqualTo(2);

      Said again = importLines(lines).succeeded();

      assertThat(again.made()).isZero();
      assertThat(again.there()).isEqualTo(3);
      List<String> longer = new ArrayList<>(lines);
      longer.add(client("B", "three"));
      assertThat(importLines(longer).succeeded().made()).isEqualTo(1);
    }

    @Test
    void whatIsThereAndDiffersIsRefusedWithItsLine() throws Exception {
      importLines(customer("B", "b-1"), client("B", "one"), client("B", "two")).succeeded();

      assertRefused(
          importLines(client("B", Customer.client("one").put("clientSecret", CHOSEN + "!"))),
          "line 1, /client/clientId: client 'one' is there already, and differs in clientSecret");
      assertRefused(
          importLines(
              client("B", "new"),
              client(
                  "B", Customer.client("two").put("clientSecret", CHOSEN).put("clientName", "x"))),
          "line 2, /client/clientId: client 'two' is there already, and differs in clientName");
      assertRefused(
          importLines("{\"customer\":{\"id\":\"B\",\"name\":\"Other\",\"tenants\":[\"b-1\"]}}"),
          "line 1, /customer: Customer 'B' is there already, with another name, status, tenants or"
              + " roles");
      assertRefused(
          importLines(customer("C", "b-1")),
          "line 1, /customer/tenants/0: tenant 'b-1' already exists");
      assertRefused(
          importLines(customer("D"), client("D", "one")),
          "line 2, /client/clientId: client 'one' is taken: it is or was another customer's, or was"
              + " deleted");
    }

    @Test
    void aClientTwiceInAFileIsOneClientUnlessTheLinesDiffer() throws Exception {
      Said said = importLines(customer("B"), client("B", "one"), client("B", "one")).succeeded();
      assertThat(said.made()).isEqualTo(1);
      assertThat(said.there()).isEqualTo(1);

      assertRefused(
          importLines(
              client("B", "two"),
              client("B", Customer.client("two").put("clientSecret", CHOSEN + "!"))),
          "line 2, /client/clientId: client 'two' is in line 1 too, and another there");
    }

    @Test
    void anIdThatWasDeletedStaysReserved() throws Exception {
      importLines(customer("B"), client("B", "one")).succeeded();
      try (TestServer server = TestServer.startOn(data())) {
        server.http().delete("/oauth/customers/B/clients/one", server.operatorToken()).expect(200);
      }
      assertRefused(
          importLines(client("B", "one")), "line 1, /client/clientId: client 'one' is taken");
    }

    private void assertRefused(Said said, String words) {
      said.failed();
      assertThat(said.err).contains(words).contains("Nothing was imported");
      assertThat(said.made()).isZero();
    }

    @Test
    void afterAKillGivesTheWhole() throws Exception {
      try (ServerProcess process = generate()) {
        Eventually.is("a part is on its way", () -> size("clientele.db-wal") > 1_000_000);
        process.kill9();
      }
      assertComplete();
    }

    @Test
    void afterASignalGivesTheWhole() throws Exception {
      try (ServerProcess process = generate()) {
        Eventually.is("a part is on its way", () -> size("clientele.db-wal") > 1_000_000);
        process.terminate();
        process.exitCode();
        assertThat(process.err()).contains("Stopped. The first ").contains("Run the import again");
        // Closed in order: all of it is in the database itself.
        assertThat(size("clientele.db-wal")).isZero();
      }
      assertComplete();
    }

    @Test
    void afterTheDiskWasFullGivesTheWhole() throws Exception {
      // Room for a part or two.
      try (ServerProcess process = ServerProcess.runWithFilesUpTo(30_000, generation())) {
        assertThat(process.exitCode()).isEqualTo(1);
        assertThat(process.err())
            .contains("clientele: The import failed: database: ")
            .contains("Run the import again when the cause is gone.");
      }
      assertComplete();
    }

    private ServerProcess generate() {
      return ServerProcess.run(generation());
    }

    private String[] generation() {
      return new String[] {
        "generate",
        "--customers",
        "7",
        "--clients",
        "60000",
        "--seed",
        "s",
        "--data",
        data().toString()
      };
    }

    private long size(String file) {
      return data().resolve(file).toFile().length();
    }

    private void assertComplete() {
      try (ServerProcess again = generate()) {
        assertThat(again.exitCode()).as(again.err()).isZero();
        Said said = new Said(0, again.err());
        assertThat(said.made() + said.there()).isBetween(60_000L, 60_007L);
      }
      assertThat(generateHere().there()).isEqualTo(60_007);
      try (TestServer server = TestServer.startOn(data())) {
        Seed seed = new Seed("s");
        for (int client : List.of(0, 29_999, 59_999)) {
          server.askToken(seed.clientId(client).text(), seed.secret(client).reveal()).expect(200);
        }
        long audited = 0;
        for (int i = 0; i < 7; i++) {
          JsonNode events = get(server, seed.customerId(i).text(), "/audit");
          for (int j = 0; j < events.size(); j++) {
            assertThat(events.get(j).get("seq").asLong()).isEqualTo(events.size() - j);
            audited += events.get(j).get("detail").path("clients").asLong();
          }
        }
        assertThat(audited).isEqualTo(60_000);
      }
    }

    private Said generateHere() {
      return run(generation()).succeeded();
    }
  }

  private static String generated(int index) {
    return new Seed("generated").secret(index).reveal();
  }

  @Nested
  class Refusals {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        value = {
          "no json | the body is not JSON",
          "{} | must have either a member customer or a member client",
          "[] | must be an object",
          "{\"customer\":{\"id\":\"operator\"}} | /customer/id: is reserved",
          "{\"customer\":{\"id\":\"X\",\"roles\":[\"ROLE_API\"]}} | /customer/roles/0: is a name"
              + " that",
          "{\"customer\":{\"id\":\"X\"},\"customer\":{\"id\":\"Y\"}} | /customer: the key is"
              + " repeated",
          "{\"customer\":{\"id\":\"X\",\"owner\":1}} | /customer/owner: is not a known field",
          "{\"client\":{}} | /customerId: is required",
          "{\"customerId\":\"B\",\"client\":{\"clientId\":\"x\"}} | /client/authorizedGrantTypes:"
              + " is required",
        })
    void aLineThatARequestCouldNotBeIsRefused(String line, String words) throws Exception {
      Said said = importLines(customer("B"), "", line).failed();

      assertThat(said.err).contains("line 3").contains(words.strip());
      assertThat(said.made()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        value = {
          "clientPermissions | {\"roles\":{\"ROLE_API\":[\"other\"]}} |"
              + " /clientPermissions/roles/ROLE_API/0: the customer has no such tenant",
          "clientPermissions | {\"roles\":{\"ROLE_OPERATOR\":[]}} |"
              + " /clientPermissions/roles/ROLE_OPERATOR: the customer has no such role",
          "accessTokenValidity | 59 | /accessTokenValidity: must be a whole number from 60 to"
              + " 86400",
          "clientSecret | \"short\" | /clientSecret: must have 16 to 256 characters",
          "clientSecret | \"clt_0123456789012345678901234567890123456789012345678\" |"
              + " /clientSecret: has the form of a generated secret",
          "clientSecret | null | /clientSecret: is absent, and there is no file for generated ones",
          "clientId | \"operator\" | /clientId: is reserved",
          "surprise | 1 | /surprise: is not a known field",
        })
    void whatARequestIsRefusedForIsRefused(String name, String value, String words)
        throws Exception {
      ObjectNode client = Customer.client("one").put("clientSecret", CHOSEN);
      client.set(name, Answer.JSON.readTree(value));

      Said said = importLines(customer("B"), client("B", client)).failed();

      assertThat(said.err).contains("line 2, /client" + words).doesNotContain("clt_");
      assertThat(said.made()).isZero();
    }

    @Test
    void allFaultsAreToldAtOnceAndNothingOfThePartIsDone() throws Exception {
      Said said =
          importLines(customer("B"), client("B", "one"), "{", client("Nobody", "two"), "{}")
              .failed();

      assertThat(said.err)
          .contains("line 3: ")
          .contains("line 5: ")
          .contains("Nothing was imported");
      try (TestServer server = TestServer.startOn(data())) {
        server.http().get("/oauth/customers/B", server.operatorToken()).expect(404);
      }
    }

    @Test
    void aClientOfNobodyIsRefused() throws Exception {
      Said said = importLines(client("Nobody", "one"), customer("Nobody")).failed();

      assertThat(said.err).contains("line 1, /customerId: Customer 'Nobody' not found");
    }

    @Test
    void aServerOnTheDataKeepsAnImportOut() throws Exception {
      try (TestServer server = TestServer.startOn(data())) {
        assertThat(server.uri()).isNotNull();
        Said said = importLines(customer("B"));
        assertThat(said.code).isEqualTo(1);
        assertThat(said.err).contains("is in use by another Clientele. Stop that one");
      }
    }

    @Test
    void aCommandLineThatIsWrongIsToldWhole() {
      Said none = run("import");
      assertThat(none.code).isEqualTo(2);
      assertThat(none.err).contains("FILE");

      Said wrong =
          run(
              "generate",
              "--customers",
              "0",
              "--clients",
              "x",
              "--prot",
              "1",
              "--max-token-validity=1");
      assertThat(wrong.code).isEqualTo(2);
      assertThat(wrong.err)
          .contains("--customers must be a whole number from 1 to 1000000, not '0'")
          .contains("--clients must be a whole number from 1 to 100000000, not 'x'")
          .contains("'--prot' is not a known option; the nearest is --port")
          .contains("--max-token-validity must be");
      assertThat(run("import", "nowhere.ndjson").err).contains("There is no file nowhere.ndjson");
    }
  }

  @Nested
  class GeneratedSecrets {
    private Path out() {
      return directory.resolve("secrets.ndjson");
    }

    private String secret(String client) throws IOException {
      return Optional.ofNullable(secrets().get(client)).orElseThrow();
    }

    private Map<String, String> secrets() throws IOException {
      Map<String, String> secrets = new HashMap<>();
      for (String line : Files.readAllLines(out())) {
        JsonNode json = Answer.JSON.readTree(line);
        assertThat(secrets.put(json.get("clientId").asText(), json.get("clientSecret").asText()))
            .as("each client once")
            .isNull();
      }
      return secrets;
    }

    @Test
    void goToAFileThatOnlyItsOwnerReads() throws Exception {
      List<String> lines =
          List.of(customer("B"), client("B", Customer.client("one")), client("B", "with"));
      importLines(lines, "--secrets-out", out().toString()).succeeded();

      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out())))
          .isEqualTo("rw-------");
      assertThat(secrets()).containsOnlyKeys("one");
      try (TestServer server = TestServer.startOn(data())) {
        server.askToken("one", secret("one")).expect(200);
      }
    }

    @Test
    void standThereOnceHoweverOftenTheImportRuns() throws Exception {
      // As a run leaves it that ended after the file was written and before the part committed, in
      // the middle of a line.
      String left = generated(1);
      Files.createFile(
          out(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(
          out(),
          "{\"customerId\":\"B\",\"clientId\":\"one\",\"clientSecret\":\"%s\"}\n{\"custo"
              .formatted(left));
      List<String> lines =
          List.of(
              customer("B"),
              client("B", Customer.client("one")),
              client("B", Customer.client("two")));

      importLines(lines, "--secrets-out", out().toString()).succeeded();
      importLines(lines, "--secrets-out", out().toString()).succeeded();

      assertThat(secrets()).containsOnlyKeys("one", "two").containsEntry("one", left);
      try (TestServer server = TestServer.startOn(data())) {
        server.askToken("one", left).expect(200);
        server.askToken("two", secret("two")).expect(200);
      }
    }

    @Test
    void areNotPutWhereOthersReadThem() throws Exception {
      Files.writeString(out(), "");
      Files.setPosixFilePermissions(out(), PosixFilePermissions.fromString("rw-r--r--"));

      Said said = importLines(List.of(customer("B")), "--secrets-out", out().toString()).failed();

      assertThat(said.err).contains("may be read by others: make its mode 0600");
    }
  }

  @Nested
  class OnPostgresql {
    @Test
    void othersMayRunMeanwhile() throws Exception {
      String database = PostgresServer.newDatabase();
      try (TestServer server =
          TestServer.startOn(directory.resolve("server"), "--database", database)) {
        server.http().get("/oauth/customers/B", server.operatorToken()).expect(404);
        List<String> lines = List.of(customer("B", "b-1"), client("B", "one"));
        String[] there = {
          "--database",
          database,
          "--master-key-file",
          directory.resolve("server").resolve("master.key").toString()
        };

        assertThat(importLines(lines, there).succeeded().made()).isEqualTo(1);
        assertThat(importLines(lines, there).succeeded().there()).isEqualTo(2);

        // The server remembers that there is no customer B, until it reads the change log.
        Eventually.is(
            "the server knows of it", () -> server.askToken("one", CHOSEN).status() == 200);
        assertThat(get(server, "B", "/audit").findValuesAsText("action"))
            .containsExactly("client.import", "customer.create");
      }
    }

    @Test
    void manyAreGenerated() {
      String database = PostgresServer.newDatabase();
      String[] generate = {
        "generate",
        "--customers",
        "5",
        "--clients",
        "15000",
        "--seed",
        "s",
        "--data",
        data().toString(),
        "--database",
        database
      };
      assertThat(run(generate).succeeded().made()).isEqualTo(15_000);
      assertThat(run(generate).succeeded().there()).isEqualTo(15_005);

      Seed seed = new Seed("s");
      try (TestServer server = TestServer.startOn(data(), "--database", database)) {
        server.askToken(seed.clientId(14_999).text(), seed.secret(14_999).reveal()).expect(200);
      }
    }
  }

  @Nested
  class Seeds {
    private static final String ALPHABET =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    @Test
    void giveWhatTheirDocumentSays() throws Exception {
      Seed seed = new Seed("a sëed");

      assertThat(seed.customerId(42).text()).isEqualTo("k000042-" + hex8("customer:42"));
      assertThat(seed.tenantId(42, 2).text()).isEqualTo("k000042-" + hex8("customer:42") + "-2");
      assertThat(seed.clientId(1234).text()).isEqualTo("c000001234-" + hex8("client:1234"));
      String digits = base62(new BigInteger(1, hmac("secret:1234")), 43);
      CRC32 crc = new CRC32();
      crc.update(digits.getBytes(US_ASCII));
      Secret secret = seed.secret(1234);
      assertThat(secret.reveal())
          .isEqualTo("clt_" + digits + base62(BigInteger.valueOf(crc.getValue()), 6));
      assertThat(secret.hasGeneratedForm() && secret.hasRightChecksum()).isTrue();
    }

    @Test
    void spreadClientsOverCustomersEvenly() {
      Map<Integer, Integer> counts = new HashMap<>();
      for (int client = 0; client < 1000; client++) {
        counts.merge(Seed.customerOf(client, 1000, 7), 1, Integer::sum);
      }
      assertThat(counts).hasSize(7);
      assertThat(counts.values()).allMatch(count -> count == 142 || count == 143);
    }

    @Test
    void areMadeAtRandomAndPrintedIfNoneIsGiven() {
      Said said =
          run("generate", "--customers", "2", "--clients", "3", "--data", data().toString())
              .succeeded();
      Matcher printed = Pattern.compile("Seed: (\\w{22}) ").matcher(said.err);
      assertThat(printed.find()).isTrue();
      Seed seed = new Seed(printed.group(1));
      try (TestServer server = TestServer.startOn(data())) {
        server.askToken(seed.clientId(2).text(), seed.secret(2).reveal()).expect(200);
        assertThat(get(server, seed.customerId(1).text(), "").get("tenants")).hasSize(3);
      }
    }

    private static byte[] hmac(String text) throws Exception {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec("a sëed".getBytes(UTF_8), "HmacSHA256"));
      return mac.doFinal(text.getBytes(US_ASCII));
    }

    private static String hex8(String text) throws Exception {
      return HexFormat.of().formatHex(hmac(text)).substring(0, 8);
    }

    private static String base62(BigInteger number, int length) {
      StringBuilder text = new StringBuilder();
      BigInteger rest = number;
      while (text.length() < length) {
        BigInteger[] parts = rest.divideAndRemainder(BigInteger.valueOf(62));
        text.insert(0, ALPHABET.charAt(parts[1].intValue()));
        rest = parts[0];
      }
      return text.toString();
    }
  }
}
