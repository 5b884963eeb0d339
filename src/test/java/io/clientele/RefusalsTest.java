package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Refused management requests are counted per caller, route and hour: enough for an auditor, and
/// not enough to fill a disk.
@WithServer
class RefusalsTest {
  private static final String NOBODY = "(nobody)";
  private static final String ANOTHER = "(another customer)";
  private static final String CLIENTS = "GET /oauth/customers/{customerId}/clients";
  private static final String CLIENT = CLIENTS + "/{clientId}";

  private static String refusals(String customer) {
    return "/oauth/customers/" + customer + "/audit/refusals";
  }

  private static List<JsonNode> told(TestServer server, String customer) {
    return server.http().all(refusals(customer), server.operatorToken());
  }

  /// `caller route outcome count`
  private static Set<String> lines(TestServer server, String customer) {
    return told(server, customer).stream()
        .map(
            row ->
                String.join(
                    " ",
                    row.get("caller").asText(),
                    row.get("route").asText(),
                    row.get("outcome").asText(),
                    row.get("count").asText()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void awaitLines(TestServer server, String customer, String... expected) {
    Eventually.is(
        customer + " is told " + List.of(expected) + " and not " + lines(server, customer),
        () -> lines(server, customer).equals(new TreeSet<>(Set.of(expected))));
  }

  @Test
  void eachCustomerIsToldOfItsOwnClientsAndOfOthersAtItsDoor(
      TestServer server, Customer abc, Customer xyz) {
    Http http = server.http();
    Client lower = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
    Client manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of()));
    String token = lower.token();
    for (int i = 0; i < 3; i++) {
      http.get(abc.clients(), token).expect(403);
    }
    http.get(abc.clients("nobody"), abc.adminToken()).expect(404);
    abc.post(Customer.client(lower.id())).expect(409);
    http.delete(abc.admin().path(), manager.token()).expect(403);
    for (int i = 0; i < 2; i++) {
      http.get(xyz.admin().path(), abc.adminToken()).expect(403);
    }
    http.get("/oauth/customers/no-such-customer/clients", abc.adminToken()).expect(403);
    // Good requests, and what is no refusal, are not counted.
    http.get(abc.clients(), abc.adminToken()).expect(200);
    abc.post(Customer.client("a b")).expect(400);
    server.askToken(lower.id(), "wrong").expect(401);

    String admin = abc.adminId();
    awaitLines(
        server,
        abc.id(),
        lower.id() + " " + CLIENTS + " access_denied 3",
        admin + " " + CLIENT + " not_found 1",
        admin + " " + CLIENTS.replace("GET", "POST") + " conflict 1",
        manager.id() + " " + CLIENT.replace("GET", "DELETE") + " access_denied 1",
        admin + " " + CLIENT + " access_denied 2",
        admin + " " + CLIENTS + " access_denied 1");
    awaitLines(server, xyz.id(), ANOTHER + " " + CLIENT + " access_denied 2");
    Eventually.is(
        "a customer that the node has in memory is told of nobody",
        () -> {
          http.get(xyz.clients(), xyz.adminToken()).expect(200);
          http.get(xyz.clients(), "").expect(401);
          http.get(xyz.clients(), token + "x").expect(401);
          Set<String> told = lines(server, xyz.id());
          return Stream.of("unauthorized", "invalid_token")
              .map(outcome -> NOBODY + " " + CLIENTS + " " + outcome + " ")
              .allMatch(begin -> told.stream().anyMatch(line -> line.startsWith(begin)));
        });
    assertThat(told(server, xyz.id()).toString())
        .doesNotContain(abc.id())
        .doesNotContain(admin)
        .doesNotContain("no-such");
    assertThat(told(server, abc.id()).toString()).doesNotContain(xyz.id());
    String hour = told(server, abc.id()).getFirst().get("hour").asText();
    assertThat(Instant.parse(hour).truncatedTo(ChronoUnit.HOURS)).isEqualTo(Instant.parse(hour));

    // Who may read the audit may read this, of its own customer.
    assertThat(http.all(refusals(abc.id()), manager.token())).isNotEmpty();
    http.get(refusals(abc.id()), token).expectProblem(403, "Access is denied");
    http.get(refusals(xyz.id()), abc.adminToken()).expectProblem(403, "Access is denied");
    http.get(refusals("no-such-customer"), abc.adminToken()).expectProblem(403, "Access is denied");
    http.get(refusals(abc.id()), "").expect(401);
  }

  @Test
  void theOperatorIsToldOfPathsOfNobody(TestServer server, Customer abc) {
    Http http = server.http();
    http.get("/oauth/keys", abc.adminToken()).expect(403);
    http.get("/oauth/customers", abc.adminToken()).expect(403);
    http.get("/oauth/customers/" + Names.unique("none") + "/roles", "").expect(401);

    Eventually.is(
        "the operator is told",
        () ->
            lines(server, "operator").stream()
                    .filter(
                        line ->
                            line.startsWith(ANOTHER + " GET /oauth/keys access_denied ")
                                || line.startsWith(ANOTHER + " GET /oauth/customers access_denied ")
                                || line.startsWith(
                                    NOBODY
                                        + " GET /oauth/customers/{customerId}/roles unauthorized "))
                    .count()
                == 3);
    awaitLines(
        server,
        abc.id(),
        abc.adminId() + " GET /oauth/keys access_denied 1",
        abc.adminId() + " GET /oauth/customers access_denied 1");
  }

  @Test
  void hoursAreAskedForByTimeAndPageByPage(TestServer server, Customer abc) {
    Http http = server.http();
    Client lower = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
    http.get(abc.clients(), lower.token()).expect(403);
    http.get(abc.path() + "/roles", lower.token()).expect(403);
    server.clock().advance(Duration.ofHours(1));
    http.get(abc.clients(), lower.token()).expect(403);
    Eventually.is("all are told", () -> told(server, abc.id()).size() == 3);

    List<JsonNode> whole = told(server, abc.id());
    String hour = whole.getFirst().get("hour").asText();
    assertThat(whole.get(1).get("hour").asText()).isLessThan(hour);
    assertThat(http.all(refusals(abc.id()) + "?limit=1", abc.adminToken())).isEqualTo(whole);
    assertThat(http.all(refusals(abc.id()) + "?from=" + hour, abc.adminToken()))
        .isEqualTo(whole.subList(0, 1));
    assertThat(http.all(refusals(abc.id()) + "?to=" + hour, abc.adminToken()))
        .isEqualTo(whole.subList(1, 3));

    // Counts are kept for 90 days.
    server.clock().advance(Duration.ofDays(91));
    http.get(abc.clients(), lower.token()).expect(403);
    Eventually.is("old hours go", () -> told(server, abc.id()).size() == 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=0",
        "cursor=x",
        "cursor=1%7Ca%7Cb",
        "cursor=9999999999%7Ca%7Cb%7Cc",
        "cursor=-1%7Ca%7Cb%7Cc",
        "from=x",
        "to=2026"
      })
  void aBadValueIsAFault(String query, Customer abc) {
    abc.server()
        .http()
        .get(refusals(abc.id()) + "?" + query, abc.adminToken())
        .expectFaults("?" + query.substring(0, query.indexOf('=')));
  }

  /// Who invents customers, with a token or without, makes no rows for them and few for itself.
  @Test
  void whoInventsNamesFillsNoDisk(TestServer server, Customer abc) throws Exception {
    Http http = server.http().unchecked();
    long before = rows(server);
    int sent = 700;
    for (int i = 0; i < sent; i++) {
      String path = "/oauth/customers/" + Names.unique("x") + "/clients";
      http.get(path, abc.adminToken()).expect(403);
      http.get(path, "").expect(401);
    }
    Eventually.is(
        "all are counted",
        () ->
            told(server, abc.id()).stream()
                    .filter(row -> row.get("caller").asText().equals(abc.adminId()))
                    .mapToLong(row -> row.get("count").asLong())
                    .sum()
                == sent);
    assertThat(rows(server) - before).isLessThan(10);
  }

  private static long rows(TestServer server) throws Exception {
    try (Connection connection = DriverManager.getConnection(server.databaseAddress());
        PreparedStatement count =
            connection.prepareStatement("SELECT COUNT(*) FROM refusal_count");
        ResultSet row = count.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }
}
