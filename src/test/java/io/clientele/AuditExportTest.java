package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `clientele audit export`, what `audit verify --export` makes of it, and the audit as CSV.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditExportTest {
  private static final String FORMULA = "=HYPERLINK(\"http://x\";\"y\"),\r\n;=1+1";

  @TempDir private Path directory = Path.of("");
  private TestServer server;
  private Customer abc;

  @BeforeAll
  void start() {
    server = TestServer.start("--database", "");
    server.newCustomer("tenant");
    abc = server.newCustomer("tenant");
    for (int i = 0; i < 3; i++) {
      abc.newClient(Map.of("ROLE_API", abc.tenants()));
    }
    // A name may be any text.
    server
        .http()
        .put(abc.path(), server.operatorToken(), Map.of("name", FORMULA, "tenants", abc.tenants()))
        .expect(200);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private AuditCommand export(String... arguments) {
    List<String> words = new ArrayList<>(List.of("export", "--data", server.data().toString()));
    words.addAll(List.of(arguments));
    return AuditCommand.run(words.toArray(String[]::new));
  }

  private static AuditCommand check(Path export, String... arguments) {
    List<String> words = new ArrayList<>(List.of("verify", "--export", export.toString()));
    words.addAll(List.of(arguments));
    return AuditCommand.run(words.toArray(String[]::new));
  }

  private Path file(String text) throws Exception {
    return Files.writeString(directory.resolve(Names.unique("export")), text);
  }

  private static List<JsonNode> json(String lines) throws Exception {
    List<JsonNode> all = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      all.add(Answer.JSON.readTree(line));
    }
    return all;
  }

  @Nested
  class AsNdjson {
    @Test
    void itHoldsWhatTheAuditTellsAndMore() throws Exception {
      AuditCommand said = export("--customer", abc.id()).succeeded();

      List<JsonNode> lines = json(said.out());
      List<JsonNode> told =
          server.http().all(abc.path() + "/audit?limit=1000", abc.adminToken()).reversed();
      assertThat(lines).hasSize(told.size() + 2);
      for (int i = 0; i < told.size(); i++) {
        ObjectNode line = (ObjectNode) lines.get(i + 1);
        assertThat(line.remove("customerId").asText()).isEqualTo(abc.id());
        assertThat(Answer.JSON.readTree(line.remove("hashed").asText()).get("detail"))
            .isEqualTo(line.get("detail"));
        assertThat(line.remove("hash").asText()).hasSize(64);
        assertThat(line).isEqualTo(told.get(i));
      }
      assertThat(lines.getFirst().get("end").get("seq").asInt()).isEqualTo(told.size());
      assertThat(lines.getLast().toString())
          .isEqualTo(
              "{\"customerId\":\"%s\",\"customers\":1,\"events\":%d}"
                  .formatted(abc.id(), told.size()));
      assertThat(said.err()).containsExactly(told.size() + " events of 1 customers exported.");
    }

    @Test
    void itIsWholeWithoutTheDatabase() throws Exception {
      Path file = directory.resolve(Names.unique("all"));
      Path heads = directory.resolve(Names.unique("heads"));
      Path othersHeads = directory.resolve(Names.unique("heads"));
      export("--out", file.toString()).succeeded();
      AuditCommand.run(
              "verify", "--data", server.data().toString(), "--heads-out", heads.toString())
          .succeeded();

      AuditCommand said =
          check(file, "--heads", heads.toString(), "--heads-out", othersHeads.toString());

      assertThat(said.err())
          .singleElement()
          .asString()
          .matches("\\d+ events of 3 customers: nothing is missing or changed\\.");
      assertThat(Files.readString(othersHeads)).isEqualTo(Files.readString(heads));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      assertThat(Files.exists(Path.of(file + ".part"))).isFalse();
    }

    @Test
    void onPostgresqlAsWell() throws Exception {
      String url = PostgresServer.newDatabase();
      try (TestServer other = TestServer.start("--database", url)) {
        other.newCustomer("tenant").newClient();
        String data = other.data().toString();

        AuditCommand said =
            AuditCommand.run("export", "--data", data, "--database", url).succeeded();

        assertThat(check(file(said.out())).succeeded().err().getFirst())
            .endsWith("of 2 customers: nothing is missing or changed.");
      }
    }

    /// Whoever changes an export must not get away with it.
    @ParameterizedTest
    @CsvSource(
        delimiter = '!',
        quoteCharacter = '`',
        value = {
          "(?m)^.*\"seq\":3,\"at.*\\n ! ! event 3: it is missing",
          "(\"seq\":3,\"at\".*?\"actor\":\")[^\"]+ ! $1nobody"
              + " ! event 3: its column actor does not say what its text does",
          "(\"seq\":3,\"at\":\"....-..-..T..:..:..)....Z ! $1.000Z"
              + " ! event 3: its column at does not say what its text does",
          "(\"seq\":3,\"at\".*?\"detail\":\\{\"enabled\":)true ! $1false"
              + " ! event 3: its detail does not say what its text does",
          "(\"seq\":3,\"at\".*?\\\\\"enabled\\\\\":)true ! $1false"
              + " ! event 3: its hash is not the one of its text",
          "\"end\":\\{\"seq\":6 ! \"end\":{\"seq\":7"
              + " ! event 6: it is the last, but the end of the chain is said to be event 7",
          "(?s)(\"removed\":.\"seq\":)0(.*) ! $12$2"
              + " ! event 3: the chain is said to begin with it, but no event tells that those"
              + " before were removed",
        })
    void whatWasChangedIsFound(String pattern, String replacement, String what) throws Exception {
      String whole = export("--customer", abc.id()).succeeded().out();
      String changed = whole.replaceFirst(pattern, replacement == null ? "" : replacement);
      assertThat(changed).isNotEqualTo(whole);
      String counted =
          changed.replaceFirst("\"events\":\\d+", "\"events\":" + (changed.lines().count() - 2));

      AuditCommand said = check(file(counted));

      assertThat(said.code()).isEqualTo(3);
      assertThat(said.err()).contains("customer " + abc.id() + ", " + what);
    }

    @Test
    void whatIsCutOffOrNoExportIsNotChecked() throws Exception {
      String whole = export().succeeded().out();
      String last = whole.lines().toList().getLast();
      List<UnaryOperator<String>> ways =
          List.of(
              text -> "",
              text -> text.substring(0, text.length() / 2),
              text -> text.substring(0, text.lastIndexOf('\n', text.length() - 2) + 1),
              text -> text + last,
              text -> text.replaceFirst("(?m)^.*\"seq\":2,\"at.*\\n", ""),
              text -> text.substring(text.indexOf('\n') + 1),
              text -> text.replace(last, "") + text,
              text -> "[]\n" + text,
              text -> "{\"seq\":1}\n" + text,
              text -> "\u0000" + text,
              text -> text.replaceFirst("\"hash\":\"[0-9a-f]+\"\\}\\n", "\"hash\":7}\n"));
      for (UnaryOperator<String> way : ways) {
        AuditCommand said = check(file(way.apply(whole)));

        assertThat(said.code()).as(said.err().toString()).isEqualTo(1);
        assertThat(said.err().getLast()).startsWith("clientele: It cannot be done: " + directory);
      }
    }

    @Test
    void anExportOfOneCustomerSaysWhichKnownHeadsItCannotShow() throws Exception {
      Path heads = directory.resolve(Names.unique("heads"));
      AuditCommand.run(
              "verify", "--data", server.data().toString(), "--heads-out", heads.toString())
          .succeeded();

      AuditCommand said =
          check(
              file(export("--customer", abc.id()).succeeded().out()), "--heads", heads.toString());

      assertThat(said.code()).isZero();
      assertThat(said.err()).hasSize(3);
      assertThat(said.err().subList(0, 2))
          .allMatch(
              line ->
                  line.startsWith("remark: ")
                      && line.endsWith("the chain of " + abc.id() + " alone was looked at"));
    }

    /// What is written meanwhile is in it or not, but an event is there whole.
    @Test
    void itIsOfOneMomentWhileOthersWrite() throws Exception {
      AtomicBoolean enough = new AtomicBoolean();
      try (TestServer busy = TestServer.start("--database", "");
          ExecutorService threads = Executors.newFixedThreadPool(4)) {
        String data = busy.data().toString();
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          writers.add(
              threads.submit(
                  () -> {
                    Customer xyz = busy.newCustomer("tenant");
                    while (!enough.get()) {
                      xyz.newClient();
                    }
                  }));
        }
        try {
          for (int i = 0; i < 10; i++) {
            check(file(AuditCommand.run("export", "--data", data).succeeded().out())).succeeded();
          }
        } finally {
          enough.set(true);
        }
        for (Future<?> writer : writers) {
          writer.get();
        }
      }
    }
  }

  @Nested
  class AsCsv {
    /// RFC 4180, as a spreadsheet reads it.
    private static List<List<String>> records(String text, char separator) {
      List<List<String>> records = new ArrayList<>();
      List<String> record = new ArrayList<>();
      StringBuilder field = new StringBuilder();
      boolean quoted = false;
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else if (c == '"' && (quoted || field.isEmpty())) {
          quoted = !quoted;
        } else if (!quoted && (c == separator || c == '\n')) {
          record.add(field.toString());
          field.setLength(0);
          if (c == '\n') {
            records.add(record);
            record = new ArrayList<>();
          }
        } else if (quoted || c != '\r') {
          field.append(c);
        }
      }
      return records;
    }

    @Test
    void itSaysTheSame() throws Exception {
      Path file = directory.resolve(Names.unique("csv"));
      export("--customer", abc.id(), "--format", "csv", "--out", file.toString()).succeeded();

      List<List<String>> records = records(Files.readString(file), ',');
      List<JsonNode> told =
          server.http().all(abc.path() + "/audit?limit=1000", abc.adminToken()).reversed();
      assertThat(records).hasSize(told.size() + 1);
      assertThat(records.getFirst())
          .containsExactly(
              "customerId", "seq", "at", "actor", "action", "object", "detail", "hash");
      for (int i = 0; i < told.size(); i++) {
        List<String> record = records.get(i + 1);
        JsonNode event = told.get(i);
        assertThat(record).hasSize(8);
        assertThat(record.getFirst()).isEqualTo(abc.id());
        assertThat(record.get(1)).isEqualTo(event.get("seq").asText());
        assertThat(record.get(3)).isEqualTo(event.get("actor").asText());
        assertThat(Answer.JSON.readTree(record.get(6))).isEqualTo(event.get("detail"));
      }
    }

    @Test
    void aPageOfTheAuditSaysTheSame() throws Exception {
      Map<String, String> headers =
          Map.of("Authorization", "Bearer " + abc.adminToken(), "Accept", "text/csv");
      Answer page =
          server.http().send("GET", abc.path() + "/audit?limit=2", headers, "").expect(200);

      assertThat(page.header("Content-Type")).hasValue("text/csv; charset=utf-8; header=present");
      assertThat(page.text()).endsWith("\r\n");
      List<List<String>> records = records(page.text(), ',');
      JsonNode told = server.http().get(abc.path() + "/audit?limit=2", abc.adminToken()).json();
      assertThat(records).hasSize(3);
      assertThat(records.getFirst())
          .containsExactly("seq", "at", "actor", "action", "object", "detail");
      assertThat(records.get(1).get(1)).isEqualTo(told.get(0).get("at").asText());
      assertThat(Answer.JSON.readTree(records.get(2).get(5))).isEqualTo(told.get(1).get("detail"));
      assertThat(server.http().next(page)).isPresent();
    }

    /// Whatever a customer is called, and whatever somebody wrote into the database.
    @Test
    void noFieldIsAFormulaWhateverSeparatesFields() throws Exception {
      try (TestServer other = TestServer.start("--database", "")) {
        Customer xyz = other.newCustomer("tenant");
        other
            .http()
            .put(
                xyz.path(),
                other.operatorToken(),
                Map.of("name", FORMULA, "tenants", xyz.tenants()))
            .expect(200);
        for (String hostile :
            List.of("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "x;=1", "x\r\n=1")) {
          xyz.newClient();
          try (Connection connection = DriverManager.getConnection(other.databaseAddress());
              PreparedStatement update =
                  connection.prepareStatement(
                      "UPDATE audit_event SET object = ? WHERE customer_id = ? AND seq ="
                          + " (SELECT seq FROM audit_head WHERE customer_id = ?)")) {
            update.setString(1, hostile);
            update.setString(2, xyz.id());
            update.setString(3, xyz.id());
            assertThat(update.executeUpdate()).isOne();
          }
        }
        String offline =
            AuditCommand.run("export", "--data", other.data().toString(), "--format", "csv")
                .succeeded()
                .out();
        String page =
            other
                .http()
                .send(
                    "GET",
                    xyz.path() + "/audit",
                    Map.of("Authorization", "Bearer " + xyz.adminToken(), "Accept", "text/csv"),
                    "")
                .text();

        for (String text : List.of(offline, page)) {
          assertThat(records(text, ',').stream().flatMap(List::stream))
              .hasSizeGreaterThan(60)
              .contains("'=1+1", "'-1", "x;=1")
              .noneMatch(field -> field.matches("(?s)[=+@\\t\\r\\n-].*"));
          // Where it is read with semicolons the names at least do no harm.
          assertThat(text).contains("HYPERLINK").doesNotContain(";=1+1").doesNotContain("; =");
        }
      }
    }
  }

  @Nested
  class BadInput {
    @Test
    void saysWhatIsWrong() throws Exception {
      Path there = file("mine");
      assertThat(export("--out", there.toString()).err())
          .containsExactly("clientele: There is a file " + there + " already.");
      assertThat(Files.readString(there)).isEqualTo("mine");
      assertThat(export("--customer", "no-such").err())
          .containsExactly("clientele: There is no customer no-such.");
      assertThat(export("--customer", "../x").code()).isEqualTo(2);
      assertThat(export("--format", "xml").code()).isEqualTo(2);
      assertThat(export("--out=").code()).isEqualTo(2);
      assertThat(export("--out", directory.resolve("none/file").toString()).code()).isEqualTo(1);
      assertThat(check(directory.resolve("none")).err())
          .containsExactly("clientele: There is no file " + directory.resolve("none") + ".");
      assertThat(check(directory).code()).isEqualTo(1);
      assertThat(AuditCommand.run("exports").code()).isEqualTo(2);
      assertThat(AuditCommand.run("export", "--help").out()).contains("--format", "--customer");
    }
  }
}
