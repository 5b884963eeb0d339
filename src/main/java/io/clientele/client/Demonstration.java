package io.clientele.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Role;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.PrivateFile;
import io.clientele.crypto.Secret;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Json;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// What `--demo` makes on an empty data directory: customer `ABC` with two tenants, customer `XYZ`
/// to try the walls with, an administrator in each. Their secrets go to files of mode 0600 and are
/// never printed.
public final class Demonstration {

  private static final String STATE = "demo";
  private static final CustomerId ABC = new CustomerId("ABC");
  private static final CustomerId XYZ = new CustomerId("XYZ");

  private final Database database;
  private final CustomersEndpoint customers;
  private final ClientCreationEndpoint clients;
  private final CryptoProvider provider;

  public Demonstration(
      Database database,
      CustomersEndpoint customers,
      ClientCreationEndpoint clients,
      CryptoProvider provider) {
    this.database = database;
    this.customers = customers;
    this.clients = clients;
    this.provider = provider;
  }

  /// Whether it was made here before.
  public boolean wasMade() {
    return database.read(tx -> ServerStateStore.has(tx, STATE));
  }

  /// Makes it.
  ///
  /// @param data the directory for `demo.json` and the files for `curl -K`
  public void make(Transaction tx, Path data, URI tokenEndpoint) {
    ServerStateStore.setIfAbsent(tx, STATE, ABC.text());
    ObjectNode json = Json.object();
    json.put("tokenEndpoint", tokenEndpoint.toString());
    ObjectNode made = json.putObject("customers");
    made.set(
        ABC.text(),
        makeCustomer(tx, data, ABC, List.of(new TenantId("tenant1"), new TenantId("tenant2"))));
    made.set(XYZ.text(), makeCustomer(tx, data, XYZ, List.of(new TenantId("tenant3"))));
    write(data.resolve("demo.json"), Json.text(json) + "\n");
  }

  private ObjectNode makeCustomer(
      Transaction tx, Path data, CustomerId customer, List<TenantId> tenants) {
    customers.make(tx, customer, tenants, OperatorAccount.CLIENT);
    ClientId admin = adminOf(customer);
    ObjectNode roles = Json.object();
    roles.putObject("roles").putArray(Role.ADMIN_CUSTOMER.roleName().text());
    Secret secret = Secret.generate(provider.random());
    clients.make(tx, customer, admin, roles, secret, OperatorAccount.CLIENT);
    write(
        data.resolve("demo-" + customer + ".curl"),
        "user = \"" + admin + ":" + secret.reveal() + "\"\n");
    return Json.object().put("clientId", admin.text()).put("clientSecret", secret.reveal());
  }

  private static ClientId adminOf(CustomerId customer) {
    return new ClientId(customer.text().toLowerCase(java.util.Locale.ROOT) + "-admin");
  }

  private static void write(Path file, String text) {
    try {
      PrivateFile.replace(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  /// The lines that take a newcomer from nothing to the page's own example and a token from it.
  /// They read secrets from files and write them to files; none is shown.
  public static String lines(Path data, URI base) {
    return """
    # 1. A token for the administrator of customer ABC. Its secret is read from a file.
    (umask 077; curl -sSf -K %1$s/demo-ABC.curl -X POST '%2$s/oauth/token?grant_type=client_credentials' | sed 's/.*"access_token":"\\([^"]*\\)".*/header = "Authorization: Bearer \\1"/' > %1$s/demo-token.curl)

    # 2. Create a client that may act on tenant1. The answer holds its secret, once, and goes to a file.
    (umask 077; curl -sSf -K %1$s/demo-token.curl -H 'Content-Type: application/json' %2$s/oauth/customers/ABC/clients -o %1$s/demo-client.json -w 'created: %%{http_code}\\n' -d '{"clientId":"test_client","clientPermissions":{"roles":{"ROLE_ADMIN_TENANT":["tenant1"],"ROLE_API":["tenant1"]}},"authorizedGrantTypes":["client_credentials"],"defaultRolesAssignmentEnabled":false,"clientAuthenticationMethods":["client_secret_post","client_secret_basic"]}' && sed 's/.*"clientId":"\\([^"]*\\)","clientSecret":"\\([^"]*\\)".*/user = "\\1:\\2"/' %1$s/demo-client.json > %1$s/demo-client.curl)

    # 3. A token for the new client
    curl -sS -K %1$s/demo-client.curl -d grant_type=client_credentials %2$s/oauth/token; echo

    # 4. The administrator of customer XYZ stays outside: 403
    (umask 077; curl -sSf -K %1$s/demo-XYZ.curl -X POST '%2$s/oauth/token?grant_type=client_credentials' | sed 's/.*"access_token":"\\([^"]*\\)".*/header = "Authorization: Bearer \\1"/' > %1$s/demo-other.curl)
    curl -sS -K %1$s/demo-other.curl %2$s/oauth/customers/ABC/clients/test_client; echo
    """
        .formatted(OperatorAccount.forShell(data), base);
  }
}
