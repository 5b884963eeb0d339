package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.client.DirectoryPreload;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Names;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.TestServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// After a start a server reads clients into memory by itself; what changes meanwhile counts.
class DirectoryPreloadTest {
  private static final Logger LOG = (Logger) LoggerFactory.getLogger(DirectoryPreload.class);

  private final List<String> said = new CopyOnWriteArrayList<>();

  private final AppenderBase<ILoggingEvent> listener =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          said.add(event.getFormattedMessage());
        }
      };

  @BeforeEach
  void listen() {
    listener.start();
    LOG.addAppender(listener);
  }

  @AfterEach
  void listenNoMore() {
    LOG.detachAppender(listener);
  }

  private void restartAndAwaitPreload(TestServer server) {
    said.clear();
    server.restart();
    awaitPreload();
  }

  private void awaitPreload() {
    Eventually.is("clients were read", () -> !said.isEmpty());
    assertThat(said).allMatch(line -> line.endsWith("clients are in memory"));
  }

  private static List<Client> create(TestServer server, Customer abc, int count) {
    List<Client> clients = new ArrayList<>();
    while (clients.size() < count) {
      ArrayNode wanted = Answer.JSON.createArrayNode();
      for (int i = 0; i < 1000 && clients.size() + i < count; i++) {
        wanted.add(
            Customer.client(Names.unique("client"), Map.of("ROLE_API", List.of(abc.tenant(0)))));
      }
      for (JsonNode each : abc.post(wanted).expect(201).json()) {
        clients.add(
            new Client(
                server, abc, each.get("clientId").asText(), each.get("clientSecret").asText()));
      }
    }
    return clients;
  }

  @Test
  void clientsThatNeverAskedGetTokensWithoutTheDatabase() throws Exception {
    String url = PostgresServer.newDatabase();
    try (TestServer server = TestServer.start("--database", url)) {
      Customer abc = server.newCustomer("tenant1");
      List<Client> clients = create(server, abc, 250);
      restartAndAwaitPreload(server);
      // The customer.
      clients.getFirst().token();

      PostgresServer.allowConnections(url, false);
      try {
        for (Client client : clients) {
          assertThat(server.askToken(client.id(), client.secret()).status()).isEqualTo(200);
        }
      } finally {
        PostgresServer.allowConnections(url, true);
      }
    }
  }

  @Test
  void whatClientsAreIsReadAsItWasWritten() {
    try (TestServer server = TestServer.start()) {
      Customer abc = server.newCustomer("tenant1", "tenant2");
      Client full =
          abc.create(
              Customer.client(
                      Names.unique("client"),
                      Map.of("ROLE_API", abc.tenants(), "ROLE_USER", List.of(abc.tenant(1))))
                  .put("accessTokenValidity", 77)
                  .put("clientEmail", "ä@example.com")
                  .set("resourceIds", Answer.JSON.createArrayNode().add("one").add("zwei ✓")));
      Client chosen =
          abc.create(
              Customer.client(Names.unique("client"), Map.of("ROLE_API", abc.tenants()))
                  .put("clientSecret", "correct horse battery staple 1"));
      Client disabled = abc.create(Customer.client(Names.unique("client")).put("enabled", false));
      Client two = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));
      String second =
          server
              .http()
              .post(two.path() + "/secrets", abc.adminToken(), "")
              .expect(201)
              .json("clientSecret")
              .asText();
      Answer before = server.askToken(full.id(), full.secret()).expect(200);
      String checked = check(server, full, before.json("access_token").asText());

      restartAndAwaitPreload(server);

      Answer after = server.askToken(full.id(), full.secret()).expect(200);
      assertThat(after.json("expires_in").asInt()).isEqualTo(77);
      assertThat(after.json("scope")).isEqualTo(before.json("scope"));
      assertThat(check(server, full, after.json("access_token").asText())).isEqualTo(checked);
      server.token(chosen.id(), "correct horse battery staple 1");
      server.askToken(chosen.id(), "wrong").expectOAuthError(401, "invalid_client");
      server.askToken(disabled.id(), disabled.secret()).expectOAuthError(401, "invalid_client");
      server.token(two.id(), two.secret());
      server.token(two.id(), second);
    }
  }

  /// One row that this program does not know, and some that are very long, hold up nobody.
  @Test
  void whatCannotBeReadBeforeItAsksIsLeftOut() throws Exception {
    try (TestServer server = TestServer.start("--database", "")) {
      Customer abc = server.newCustomer("tenant1");
      List<Client> clients = create(server, abc, 150);
      ArrayNode long1 = Answer.JSON.createArrayNode();
      for (int i = 0; i < 100; i++) {
        long1.add("\u0001".repeat(1_990) + i);
      }
      Client huge =
          abc.create(
              Customer.client(Names.unique("a"), Map.of("ROLE_API", abc.tenants()))
                  .set("resourceIds", long1));
      List<String> inOrder = clients.stream().map(Client::id).sorted().toList();
      try (Connection connection = DriverManager.getConnection(server.databaseAddress());
          PreparedStatement statement =
              connection.prepareStatement(
                  "UPDATE client_secret SET algorithm = 'unknown' WHERE client_id = ?")) {
        statement.setString(1, inOrder.get(10));
        assertThat(statement.executeUpdate()).isEqualTo(1);
      }

      restartAndAwaitPreload(server);

      // Those of the customer but for one, its administrator, the operator; not the long one.
      assertThat(said).containsExactly("151 clients are in memory");
      server.token(huge.id(), huge.secret());
      for (Client client : clients) {
        if (!client.id().equals(inOrder.get(10))) {
          server.token(client.id(), client.secret());
        }
      }
    }
  }

  /// What `/oauth/checkToken` says, without the time.
  private static String check(TestServer server, Client caller, String token) {
    Answer answer = server.http().form("/oauth/checkToken", caller.basic(), "token", token);
    return ((ObjectNode) answer.expect(200).json()).without("expiration").toString();
  }

  /// Clients are disabled while they are read.
  @Test
  void whatChangesMeanwhileCounts() {
    try (TestServer server = TestServer.start("--database", "")) {
      Customer abc = server.newCustomer("tenant1");
      List<Client> clients = create(server, abc, 8_000);
      String admin = abc.adminToken();
      said.clear();
      server.restart();
      List<Client> changed = new ArrayList<>();
      for (int i = 0; said.isEmpty() && i < clients.size(); i++) {
        Client client = clients.get(i * 37 % clients.size());
        server
            .http()
            .put(client.path(), admin, Customer.client(client.id()).put("enabled", false))
            .expect(200);
        changed.add(client);
      }
      awaitPreload();

      assertThat(changed).hasSizeGreaterThan(20);
      for (Client client : changed) {
        server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
      }
    }
  }

  /// Where not all fit, those that asked within the last day are read.
  @Test
  void whoAskedOfLateIsInMemoryWhenNotAllFit() throws Exception {
    String url = PostgresServer.newDatabase();
    try (TestServer server = TestServer.start("--database", url, "--directory-memory", "1")) {
      Customer abc = server.newCustomer("tenant1");
      List<Client> clients = create(server, abc, 10_000);
      List<Client> asking = new ArrayList<>();
      for (int i = 0; i < clients.size(); i += 100) {
        asking.add(clients.get(i));
      }
      asking.forEach(Client::token);
      restartAndAwaitPreload(server);
      // The customer.
      asking.getFirst().token();

      PostgresServer.allowConnections(url, false);
      try {
        for (Client client : asking) {
          assertThat(server.askToken(client.id(), client.secret()).status()).isEqualTo(200);
        }
      } finally {
        PostgresServer.allowConnections(url, true);
      }
    }
  }
}
