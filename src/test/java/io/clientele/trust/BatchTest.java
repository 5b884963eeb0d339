package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.CustomerRows;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// A request creates all of its clients or none.
@TrustCase(
    id = "T21",
    title = "Batches of 1,000 with one bad item at each place: all or nothing",
    unit = "batches",
    required = 1_060,
    brief = 45,
    seconds = 120)
@WithServer
class BatchTest {
  private static final int SIZE = 1000;

  /// What is wrong with one item.
  private enum Bad {
    VALIDITY,
    UNKNOWN_FIELD,
    NO_ID,
    ID_TWICE,
    NO_SUCH_ROLE,
    FOREIGN_TENANT,
    WEAK_SECRET,
    NO_OBJECT,
    REPEATED_KEY,
    ROLE_TOO_MUCH,
    ID_TAKEN
  }

  private static List<ObjectNode> batch(int size) {
    String stem = Names.unique("batch");
    List<ObjectNode> batch = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      batch.add(Customer.client(stem + "-" + i));
    }
    return batch;
  }

  private static String text(List<ObjectNode> batch) {
    return batch.stream().map(ObjectNode::toString).collect(Collectors.joining(",", "[", "]"));
  }

  private static void onlyTheAdministratorIsThere(Customer customer) {
    Http http = customer.server().http();
    assertThat(
            http.get(customer.clients(), customer.adminToken()).json().findValuesAsText("clientId"))
        .containsExactly(customer.adminId());
  }

  /// A customer to whom batches are sent, and another one who has things of its own.
  private static final class World implements AutoCloseable {
    final Customer abc;
    final Customer xyz;
    final Client taken;
    final String manager;
    final Connection connection;
    final List<String> before;

    World(TestServer server) throws SQLException {
      abc = server.newCustomer("tenant1");
      xyz = server.newCustomer("tenant1");
      taken = xyz.newClient();
      manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token();
      connection = DriverManager.getConnection(server.databaseAddress());
      before = rows();
    }

    /// All that there is of both, their audit trails among it.
    List<String> rows() throws SQLException {
      List<String> rows = new ArrayList<>(CustomerRows.of(connection, abc.id()));
      rows.addAll(CustomerRows.of(connection, xyz.id()));
      return rows;
    }

    Answer send(String body) {
      return abc.server().http().unchecked().post(abc.clients(), manager, body);
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  /// Sends a batch with one bad item, and fails unless it is named and nothing became of the rest.
  private static void refused(World world, Bad bad, int place, Tally tally) throws SQLException {
    List<ObjectNode> batch = batch(SIZE);
    ObjectNode item = batch.get(place);
    String id = item.get("clientId").asText();
    String at = "/" + place;
    Answer answer;
    String body = "";
    List<String> pointers = List.of();
    switch (bad) {
      case VALIDITY -> {
        item.put("accessTokenValidity", 1);
        pointers = List.of(at + "/accessTokenValidity");
      }
      case UNKNOWN_FIELD -> {
        item.put("generation", 1);
        pointers = List.of(at + "/generation");
      }
      case NO_ID -> {
        item.remove("clientId");
        pointers = List.of(at + "/clientId");
      }
      case ID_TWICE -> {
        int other = (place + SIZE / 2) % SIZE;
        item.set("clientId", batch.get(other).get("clientId"));
        // The second one is the fault.
        pointers = List.of("/" + Math.max(place, other) + "/clientId");
      }
      case NO_SUCH_ROLE -> {
        batch.set(
            place, Customer.client(id, Map.of("ROLE_NOBODY_HAS", List.of(world.abc.tenant(0)))));
        pointers = List.of(at + "/clientPermissions/roles/ROLE_NOBODY_HAS");
      }
      case FOREIGN_TENANT -> {
        batch.set(place, Customer.client(id, Map.of("ROLE_API", List.of(world.xyz.tenant(0)))));
        pointers = List.of(at + "/clientPermissions/roles/ROLE_API/0");
      }
      case WEAK_SECRET -> {
        item.put("clientSecret", "aaaaaaaaaaaaaaaaaaaa");
        pointers = List.of(at + "/clientSecret");
      }
      case NO_OBJECT -> {
        body = text(batch).replace(item.toString(), "7");
        pointers = List.of(at);
      }
      case REPEATED_KEY -> {
        String twice = item.toString().replaceFirst("\\{", "{\"enabled\":true,\"enabled\":false,");
        body = text(batch).replace(item.toString(), twice);
        pointers = List.of(at + "/enabled");
      }
      case ROLE_TOO_MUCH ->
          batch.set(place, Customer.client(id, Map.of("ROLE_ADMIN_CUSTOMER", List.of())));
      case ID_TAKEN -> item.put("clientId", world.taken.id());
    }
    answer = world.send(body.isEmpty() ? text(batch) : body);
    tally.badInput();
    switch (bad) {
      case ROLE_TOO_MUCH -> {
        answer.expectProblem(403, "Access is denied");
        assertThat(answer.pointers()).isNotEmpty().allMatch(each -> each.startsWith(at + "/"));
      }
      case ID_TAKEN -> {
        answer.expectProblem(409, "Client '" + world.taken.id() + "' already exists");
        assertThat(answer.pointers()).containsExactly(at + "/clientId");
      }
      default -> answer.expectFaults(pointers.toArray(String[]::new));
    }
    if (!world.rows().equals(world.before)) {
      tally.wrong("a batch with " + bad + " at " + place + " leaves something");
    }
  }

  @Test
  void oneBadItemOfAThousandCreatesNone(TestServer server, Tally tally) throws SQLException {
    try (World world = new World(server)) {
      for (Bad bad : Bad.values()) {
        for (int place : new int[] {0, SIZE / 2 - 1, SIZE - 1}) {
          refused(world, bad, place, tally);
        }
      }
      for (int place = 0; place < SIZE && tally.scale() != Scale.BRIEF; place++) {
        refused(world, Bad.values()[place % Bad.values().length], place, tally);
      }
      onlyTheAdministratorAndTheManagerAreThere(world);
    }
  }

  private static void onlyTheAdministratorAndTheManagerAreThere(World world) {
    assertThat(world.abc.server().http().get(world.abc.clients(), world.abc.adminToken()).json())
        .hasSize(2);
  }

  /// The connection ends within the body: what came of it is nothing.
  @Test
  void aBatchThatIsCutOffCreatesNone(TestServer server, Tally tally) throws SQLException {
    try (World world = new World(server)) {
      List<ObjectNode> batch = batch(SIZE);
      byte[] body = text(batch).getBytes(UTF_8);
      String head =
          "POST "
              + world.abc.clients()
              + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
              + world.manager
              + "\r\nContent-Type: application/json\r\nContent-Length: "
              + body.length
              + "\r\n\r\n";
      for (int part = 1; part < 8; part++) {
        try (RawHttp connection = RawHttp.connect(server.uri())) {
          connection.write(head.getBytes(ISO_8859_1));
          connection.write(java.util.Arrays.copyOf(body, body.length / 8 * part));
        }
        tally.badInput();
      }
      // None of these ids was used up.
      world.abc.server().http().post(world.abc.clients(), world.manager, text(batch)).expect(201);
      tally.done(1);
      all(world.abc, batch, 1, tally);
    }
  }

  /// Two of the same at once: one is made, as a whole.
  @Test
  void ofTwoEqualBatchesAtOnceOneIsMade(TestServer server, Tally tally) throws Exception {
    int rounds = tally.scale() == Scale.BRIEF ? 1 : 10;
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < rounds; round++) {
        Customer abc = server.newCustomer("tenant1");
        abc.adminToken();
        List<ObjectNode> batch = batch(SIZE);
        CyclicBarrier start = new CyclicBarrier(2);
        List<Future<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          answers.add(
              threads.submit(
                  () -> {
                    start.await();
                    return abc.post(batch);
                  }));
        }
        List<Integer> statuses = new ArrayList<>();
        for (Future<Answer> answer : answers) {
          statuses.add(answer.get().status());
          if (answer.get().status() == 201) {
            isUsable(abc, answer.get());
          }
        }
        tally.done(2);
        assertThat(statuses).containsExactlyInAnyOrder(201, 409);
        all(abc, batch, 0, tally);
      }
    }
  }

  /// The secrets of the answer are those that count.
  private static void isUsable(Customer abc, Answer made) {
    for (int i : new int[] {0, SIZE - 1}) {
      abc.server()
          .askToken(
              made.json().get(i).get("clientId").asText(),
              made.json().get(i).get("clientSecret").asText())
          .expect(200);
    }
  }

  /// All of a batch are there, with an audit event each.
  ///
  /// @param more clients beside them and the administrator
  private static void all(Customer abc, List<ObjectNode> batch, int more, Tally tally)
      throws SQLException {
    List<String> wanted = batch.stream().map(one -> one.get("clientId").asText()).toList();
    List<String> there =
        abc.server().http().all(abc.clients(), abc.adminToken()).stream()
            .map(one -> one.get("clientId").asText())
            .toList();
    tally.acknowledgedChecked(wanted.size());
    wanted.stream().filter(id -> !there.contains(id)).forEach(tally::lost);
    assertThat(there).hasSize(wanted.size() + 1 + more);
    try (Connection connection = DriverManager.getConnection(abc.server().databaseAddress())) {
      List<String> events =
          CustomerRows.rows(
              connection,
              "event",
              "SELECT object FROM audit_event WHERE customer_id = ? AND action = 'client.create'",
              abc.id());
      assertThat(events).hasSize(there.size()).doesNotHaveDuplicates();
    }
  }

  @Test
  void anIdTwiceInARequestIsAFaultAtTheSecond(Customer abc, Tally tally) {
    List<ObjectNode> batch = batch(10);
    batch.get(7).put("clientId", batch.get(2).get("clientId").asText());

    abc.post(batch).expectFaults("/7/clientId");
    tally.badInput();
    onlyTheAdministratorIsThere(abc);
  }

  @Test
  void everyBadItemIsNamed(Customer abc, Tally tally) {
    List<ObjectNode> batch = batch(SIZE);
    List<String> pointers = new ArrayList<>();
    for (int i = 0; i < SIZE; i += 3) {
      batch.get(i).put("enabled", "yes");
      pointers.add("/" + i + "/enabled");
    }

    abc.post(batch).expectFaults(pointers.toArray(String[]::new));
    tally.badInput();
    onlyTheAdministratorIsThere(abc);
  }

  @Test
  void aRepairedRequestCreatesAllInItsOrderAndARetryCreatesNothing(Customer abc, Tally tally)
      throws SQLException {
    List<ObjectNode> batch = batch(SIZE);
    batch.get(SIZE - 1).put("x", 1);
    abc.post(batch).expectFaults("/999/x");
    batch.get(SIZE - 1).remove("x");

    Answer made = abc.post(batch).expect(201);

    List<String> wanted = batch.stream().map(one -> one.get("clientId").asText()).toList();
    assertThat(made.json().findValuesAsText("clientId")).isEqualTo(wanted);
    isUsable(abc, made);
    List<String> before = CustomerRows.of(abc.server().databaseAddress(), abc.id());
    abc.post(batch).expectProblem(409, "Client '" + wanted.getFirst() + "' already exists");
    assertThat(CustomerRows.of(abc.server().databaseAddress(), abc.id())).isEqualTo(before);
    tally.done(3);
    all(abc, batch, 0, tally);
  }
}
