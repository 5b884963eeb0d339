package io.clientele.harness;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// A customer that this test alone uses, with its tenants and an administrator
/// (ROLE_ADMIN_CUSTOMER).
public final class Customer {
  private record Cached(String token, Instant until) {}

  private final TestServer server;
  private final String id;
  private final List<String> tenants;
  private final Client admin;
  private final AtomicReference<Optional<Cached>> adminToken =
      new AtomicReference<>(Optional.empty());

  private Customer(TestServer server, String id, List<String> tenants, String adminId) {
    this.server = server;
    this.id = id;
    this.tenants = tenants;
    ObjectNode wanted = client(adminId, Map.of("ROLE_ADMIN_CUSTOMER", List.of()));
    this.admin = created(server.operatorToken(), wanted);
  }

  static Customer create(TestServer server, List<String> stems) {
    String id = Names.unique("customer");
    List<String> tenants = stems.stream().map(Names::unique).toList();
    server
        .http()
        .post(
            "/oauth/customers",
            server.operatorToken(),
            Map.of("id", id, "name", id, "tenants", tenants))
        .expect(201);
    return new Customer(server, id, tenants, Names.unique("admin"));
  }

  public TestServer server() {
    return server;
  }

  public String id() {
    return id;
  }

  /// The tenants in the order in which they were asked for, with their real ids.
  public List<String> tenants() {
    return tenants;
  }

  public String tenant(int index) {
    return tenants.get(index);
  }

  /// `/oauth/customers/{id}`
  public String path() {
    return "/oauth/customers/" + id;
  }

  /// `/oauth/customers/{id}/clients`
  public String clients() {
    return path() + "/clients";
  }

  public String clients(String clientId) {
    return clients() + "/" + clientId;
  }

  public Client admin() {
    return admin;
  }

  public String adminId() {
    return admin.id();
  }

  public String adminSecret() {
    return admin.secret();
  }

  /// A token of the administrator, kept for half its life.
  public String adminToken() {
    Instant now = server.clock().instant();
    Optional<Cached> cached = adminToken.get().filter(token -> now.isBefore(token.until()));
    if (cached.isPresent()) {
      return cached.get().token();
    }
    String fresh = admin.token();
    adminToken.set(Optional.of(new Cached(fresh, now.plus(Duration.ofMinutes(30)))));
    return fresh;
  }

  /// The smallest body that creates a client, with these roles and without ROLE_API by default.
  public static ObjectNode client(String clientId, Map<String, List<String>> roles) {
    ObjectNode client = client(clientId);
    client.put("defaultRolesAssignmentEnabled", false);
    ObjectNode given = client.putObject("clientPermissions").putObject("roles");
    roles.forEach(
        (role, tenants) -> {
          ArrayNode array = given.putArray(role);
          tenants.forEach(array::add);
        });
    return client;
  }

  /// The smallest body that creates a client.
  public static ObjectNode client(String clientId) {
    ObjectNode client = Answer.JSON.createObjectNode().put("clientId", clientId);
    client.putArray("authorizedGrantTypes").add("client_credentials");
    client
        .putArray("clientAuthenticationMethods")
        .add("client_secret_basic")
        .add("client_secret_post");
    return client;
  }

  /// POSTs one client or several as the administrator.
  public Answer post(Object body) {
    return server.http().post(clients(), adminToken(), body);
  }

  /// Creates this client as the administrator; its secret comes with it.
  public Client create(ObjectNode wanted) {
    return created(adminToken(), wanted);
  }

  /// A client that holds these roles on these tenants and nothing else.
  public Client newClient(Map<String, List<String>> roles) {
    return create(client(Names.unique("client"), roles));
  }

  /// A client without roles.
  public Client newClient() {
    return newClient(Map.of());
  }

  private Client created(String token, ObjectNode wanted) {
    Answer answer = server.http().post(clients(), token, wanted).expect(201);
    return new Client(
        server,
        this,
        answer.json("clientId").asText(),
        wanted.has("clientSecret")
            ? wanted.get("clientSecret").asText()
            : answer.json("clientSecret").asText());
  }
}
