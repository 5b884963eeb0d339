package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.TestServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.LoggerFactory;

/// What a request costs does not grow with the number of clients: no statement that a server runs
/// reads a table, or all that a customer has in one, from end to end. The statements are those that
/// a server prepared while it was asked for everything.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlansTest {

  /// Of these a server has few rows, or wants them all.
  private static final Set<String> READ_WHOLE = Set.of("signing_key", "sealed_value");

  private static final Set<String> LARGE =
      Set.of("client", "client_grant", "client_secret", "audit_event", "token_count");

  /// What statements call them that name several.
  private static final Set<String> ALIASES = Set.of("c", "g", "s");

  private static final Pattern PREPARED =
      Pattern.compile(".*\\[SQLite EXEC\\] ((SELECT|INSERT|UPDATE|DELETE)\\b.*)", Pattern.DOTALL);

  private static final Pattern OF_A_WHOLE_CUSTOMER =
      Pattern.compile(
          "SEARCH .*\\(customer_id=\\?( AND (role|tenant_id|deleted_at|enabled)=\\?)*\\)");

  private static final Logger DRIVER = (Logger) LoggerFactory.getLogger("org.sqlite.core.NativeDB");

  private final Set<String> statements = new TreeSet<>();
  private final TestServer server;

  PlansTest() {
    ListAppender<ILoggingEvent> prepared = new ListAppender<>();
    prepared.start();
    DRIVER.addAppender(prepared);
    DRIVER.setAdditive(false);
    DRIVER.setLevel(Level.TRACE);
    server = TestServer.start("--database", "");
    askForClients(server.newCustomer("one", "two"));
    askForCustomers(server.newCustomer("one"));
    server.restart();
    DRIVER.detachAppender(prepared);
    DRIVER.setLevel(null);
    DRIVER.setAdditive(true);
    for (ILoggingEvent event : new ArrayList<>(prepared.list)) {
      Matcher matcher = PREPARED.matcher(event.getFormattedMessage());
      if (matcher.matches() && !matcher.group(1).matches("(?s).*(flyway_|sqlite_|rowid).*")) {
        statements.add(matcher.group(1).replaceAll("\\s+", " ").strip());
      }
    }
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private void askForClients(Customer abc) {
    Http http = server.http();
    String tenant = abc.tenant(0);
    Client client = abc.newClient(Map.of("ROLE_USER", List.of(tenant)));
    String token = client.token();
    String filters = "&enabled=true&role=ROLE_USER&tenant=" + tenant;
    for (String query :
        List.of(
            "",
            "?q=a",
            "?enabled=true",
            "?role=ROLE_USER",
            "?tenant=" + tenant,
            "?q=a" + filters)) {
      http.get(abc.clients() + query, abc.adminToken()).expect(200);
    }
    String time = "2026-01-01T00:00:00Z";
    String more = "&from=" + time + "&to=" + time + "&cursor=5";
    for (String query :
        List.of("", "?cursor=5", "?action=a", "?actor=b", "?object=c", "?action=a" + more)) {
      http.get(abc.path() + "/audit" + query, abc.adminToken()).expect(200);
    }
    http.get(client.path(), abc.adminToken()).expect(200);
    http.get(client.path() + "/multitokens", abc.adminToken()).expect(200);
    http.get(client.path() + "/secrets", abc.adminToken()).expect(200);
    String second =
        http.post(client.path() + "/secrets", abc.adminToken(), "").expect(201).json("id").asText();
    http.delete(client.path() + "/secrets/" + second, abc.adminToken()).expect(200);
    http.put(
            client.path(),
            abc.adminToken(),
            Customer.client(client.id(), Map.of("ROLE_API", List.of(tenant))))
        .expect(200);
    http.put(client.path() + "/revoketokens", abc.adminToken()).expect(200);
    server.introspect(token);
    http.form("/oauth/revoke", client.basic(), "token", client.token()).expect(200);
    http.delete(client.path(), abc.adminToken()).expect(200);
    http.post(abc.clients(), abc.adminToken(), Customer.client(client.id())).expect(201);
  }

  private void askForCustomers(Customer abc) {
    Http http = server.http();
    String operator = server.operatorToken();
    http.get("/oauth/customers", operator).expect(200);
    http.get(abc.path(), operator).expect(200);
    String role = Names.uniqueRole();
    http.post(abc.path() + "/roles", abc.adminToken(), List.of(role)).expect(201);
    http.delete(abc.path() + "/roles/" + role, abc.adminToken()).expect(200);
    http.post(abc.path() + "/tenants", operator, List.of(Names.unique("t"))).expect(201);
    http.delete(abc.path() + "/tenants/" + abc.tenant(0), operator).expect(200);
    http.delete(abc.path(), operator).expect(200);
    String another = "/oauth/customers/operator/clients/" + Names.unique("operator");
    String id = another.substring(another.lastIndexOf('/') + 1);
    http.post(
            "/oauth/customers/operator/clients",
            operator,
            Customer.client(id, Map.of("ROLE_OPERATOR", List.of())))
        .expect(201);
    http.delete(another, operator).expect(200);
  }

  private interface Explained {
    List<String> plan(Statement statement, String sql) throws SQLException;
  }

  private Map<String, List<String>> plans(String database, Explained explained)
      throws SQLException {
    Map<String, List<String>> plans = new TreeMap<>();
    try (Connection connection = DriverManager.getConnection(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        plans.put(sql, explained.plan(statement, sql));
      }
    }
    return plans;
  }

  private static List<String> lines(ResultSet rows, int column) throws SQLException {
    List<String> lines = new ArrayList<>();
    while (rows.next()) {
      lines.add(rows.getString(column));
    }
    return lines;
  }

  private static boolean isLarge(String name) {
    return LARGE.contains(name) || ALIASES.contains(name);
  }

  @Test
  void theStatementsAreKnown() {
    assertThat(statements).hasSizeGreaterThan(50);
    for (String table : LARGE) {
      assertThat(statements).anyMatch(sql -> sql.contains("FROM " + table + " "));
    }
  }

  @Test
  void onSqliteNoneReadsATableFromEndToEnd() throws SQLException {
    Map<String, List<String>> plans =
        plans(
            server.databaseAddress(),
            (statement, sql) -> {
              try (ResultSet rows = statement.executeQuery("EXPLAIN QUERY PLAN " + sql)) {
                return lines(rows, 4);
              }
            });

    assertThat(plans)
        .allSatisfy(
            (sql, plan) -> {
              boolean firstOfMany = sql.contains(" ORDER BY ") && sql.contains(" LIMIT ?");
              String outermost =
                  plan.stream().filter(line -> line.startsWith("SEARCH")).findFirst().orElse("");
              boolean sorts = plan.stream().anyMatch(line -> line.contains("TEMP B-TREE"));
              for (String line : plan) {
                Matcher scan = Pattern.compile("SCAN (\\w+).*").matcher(line);
                if (scan.matches() && !READ_WHOLE.contains(scan.group(1))) {
                  assertThat(firstOfMany && !sorts).as(line).isTrue();
                }
                Matcher search = Pattern.compile("SEARCH (\\w+) .*").matcher(line);
                if (!search.matches() || !isLarge(search.group(1))) {
                  continue;
                }
                if (OF_A_WHOLE_CUSTOMER.matcher(line).matches()) {
                  // Operators are few.
                  assertThat((firstOfMany && !sorts) || sql.contains("'operator'"))
                      .as(line)
                      .isTrue();
                }
                if (!line.equals(outermost)) {
                  // This is done for each row of the outermost.
                  assertThat(line).contains("client_id=?");
                }
              }
            });
  }

  /// Without statistics PostgreSQL reads small tables whole; told not to, it still does where it
  /// has no index.
  @Test
  void onPostgresqlNoneMustReadATableFromEndToEnd() throws SQLException {
    String database = PostgresServer.newDatabase();
    TestServer.start("--database", database).close();
    Map<String, List<String>> plans =
        plans(
            database,
            (statement, sql) -> {
              statement.execute("SET enable_seqscan = off");
              statement.execute("SET plan_cache_mode = force_generic_plan");
              AtomicInteger parameters = new AtomicInteger();
              String numbered =
                  Pattern.compile("[?]")
                      .matcher(sql)
                      .replaceAll(each -> "\\$" + parameters.incrementAndGet());
              statement.execute("PREPARE asked AS " + numbered);
              String values = String.join(", ", Collections.nCopies(parameters.get(), "NULL"));
              try (ResultSet rows =
                  statement.executeQuery(
                      "EXPLAIN EXECUTE asked" + (values.isEmpty() ? "" : "(" + values + ")"))) {
                return lines(rows, 1);
              } finally {
                statement.execute("DEALLOCATE asked");
              }
            });

    assertThat(plans)
        .allSatisfy(
            (sql, plan) -> {
              for (String line : plan) {
                Matcher scan = Pattern.compile(".*Seq Scan on (\\w+).*").matcher(line);
                if (scan.matches()) {
                  assertThat(READ_WHOLE).as(line).contains(scan.group(1));
                }
              }
            });
  }
}
