package io.clientele.trust;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.Nodes;
import io.clientele.harness.PostgresServer;
import io.clientele.harness.Relay;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A node whose database does not answer any more goes on issuing tokens to clients that it knows;
/// they are dead on every node that knows what happened meanwhile, and on that node itself as soon
/// as it does.
@TrustCase(
    id = "T20",
    title = "A token issued by a node that is behind is dead elsewhere",
    unit = "deeds",
    required = 160,
    brief = 8,
    seconds = 120)
class BehindNodeTest {

  private Map<String, Consumer<Client>> deeds(Nodes nodes) {
    Http http = nodes.first().http();
    Map<String, Consumer<Client>> deeds = new LinkedHashMap<>();
    deeds.put(
        "disabled",
        client ->
            http.put(client.path(), admin(client), body(client).put("enabled", false)).expect(200));
    deeds.put(
        "its tokens revoked",
        client -> http.put(client.path() + "/revoketokens", admin(client)).expect(200));
    deeds.put("deleted", client -> http.delete(client.path(), admin(client)).expect(200));
    deeds.put(
        "its roles changed",
        client ->
            http.put(
                    client.path(),
                    admin(client),
                    Customer.client(
                        client.id(), Map.of("ROLE_USER", List.of(client.customer().tenant(0)))))
                .expect(200));
    deeds.put(
        "its secret replaced",
        client ->
            http.put(
                    client.path(),
                    admin(client),
                    body(client).put("clientSecret", Names.unique("another one")))
                .expect(200));
    deeds.put(
        "a tenant of its customer deleted",
        client ->
            http.delete(
                    client.customer().path() + "/tenants/" + client.customer().tenant(1),
                    operator(client))
                .expect(200));
    deeds.put(
        "its customer suspended",
        client ->
            http.put(
                    client.customer().path(),
                    operator(client),
                    Map.of("status", "suspended", "tenants", client.customer().tenants()))
                .expect(200));
    deeds.put(
        "its customer deleted",
        client -> http.delete(client.customer().path(), operator(client)).expect(200));
    return deeds;
  }

  private static String admin(Client client) {
    return client.customer().adminToken();
  }

  private static String operator(Client client) {
    return client.server().operatorToken();
  }

  private static ObjectNode body(Client client) {
    return Customer.client(client.id(), Map.of());
  }

  @Test
  void whatItIssuesIsDead(@TempDir Path directory, Tally tally) throws Exception {
    String url = PostgresServer.newDatabase();
    int port = URI.create(url.substring("jdbc:".length())).getPort();
    try (Relay relay = Relay.to(port);
        Nodes nodes = Nodes.start(directory, url, relay)) {
      Map<String, Consumer<Client>> deeds = deeds(nodes);
      while (tally.done() < tally.required()) {
        for (Map.Entry<String, Consumer<Client>> deed : deeds.entrySet()) {
          tryOne(nodes, relay, deed.getKey(), deed.getValue(), tally);
        }
      }
    }
  }

  private static Answer askSecond(Nodes nodes, Client client) {
    return nodes
        .second()
        .http()
        .form("/oauth/token", client.basic(), "grant_type", "client_credentials");
  }

  private static void tryOne(
      Nodes nodes, Relay relay, String name, Consumer<Client> deed, Tally tally) {
    Customer abc = nodes.first().newCustomer("tenant1", "tenant2");
    Client client = abc.newClient();
    abc.adminToken();
    // The second node knows what was done so far, and the client.
    Eventually.is("the second node knows it", () -> askSecond(nodes, client).status() == 200);
    Eventually.is(
        "its tokens live there",
        () -> nodes.livesOnTheSecond(askSecond(nodes, client).json("access_token").asText()));
    String token;
    relay.hold();
    try {
      deed.accept(client);
      Answer answer = askSecond(nodes, client);
      if (answer.status() != 200) {
        tally.wrong("a known client gets no token from a node that is behind: " + answer);
        return;
      }
      token = answer.json("access_token").asText();
      tally.faultsSurvived(1);
      if (nodes.first().isActive(token)) {
        tally.wrong("a token of a node that is behind lives, client " + name);
      }
      if (nodes.first().http().get(client.path(), token).status() != 401) {
        tally.wrong("a token of a node that is behind passes the wall, client " + name);
      }
    } finally {
      relay.release();
    }
    Eventually.is("dead there too, client " + name, () -> !livesOnTheSecond(nodes, token));
    tally.acknowledgedChecked(1);
    tally.done(1);
  }

  /// Or it does not know, which it says.
  private static boolean livesOnTheSecond(Nodes nodes, String token) {
    Answer answer =
        nodes
            .second()
            .http()
            .form("/oauth/introspect", nodes.first().operatorBasic(), "token", token);
    return answer.status() != 200 || answer.json("active").asBoolean();
  }
}
