package io.clientele.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Role;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.PrivateFile;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.CustomerStore;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Json;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// The operator's own client: made at the first start, and given a new secret when the old one is
/// lost. Its secret is written to a file of mode 0600, once, before the database says that it
/// exists; it is never printed.
public final class OperatorAccount {

  /// The client that is made.
  public static final ClientId CLIENT = new ClientId("operator");

  private static final String STATE = "operator";

  private final Database database;
  private final CustomerStore customers;
  private final CustomersEndpoint customersEndpoint;
  private final ClientStore clients;
  private final ClientCreationEndpoint creation;
  private final SecretStore secrets;
  private final AuditStore audit;
  private final SecretHasher hasher;
  private final CryptoProvider provider;

  public OperatorAccount(
      Database database,
      CustomerStore customers,
      CustomersEndpoint customersEndpoint,
      ClientStore clients,
      ClientCreationEndpoint creation,
      SecretStore secrets,
      AuditStore audit,
      SecretHasher hasher,
      CryptoProvider provider) {
    this.database = database;
    this.customers = customers;
    this.customersEndpoint = customersEndpoint;
    this.clients = clients;
    this.creation = creation;
    this.secrets = secrets;
    this.audit = audit;
    this.hasher = hasher;
    this.provider = provider;
  }

  /// Makes the operator on a database that never had one. One row decides, so of two nodes that
  /// start together one makes it.
  ///
  /// @param file where id and secret go
  /// @param more what else belongs to the first start: all of it is done, or nothing
  /// @return whether it was made now
  public boolean makeIfFirst(Path file, URI tokenEndpoint, Consumer<Transaction> more) {
    return database.write(
        tx -> {
          boolean first = ServerStateStore.setIfAbsent(tx, STATE, CLIENT.text());
          if (first) {
            customersEndpoint.make(tx, CustomerId.OPERATOR, List.of(), CLIENT);
            Secret secret = Secret.generate(provider.random());
            creation.make(tx, CustomerId.OPERATOR, CLIENT, operatorRole(), secret, CLIENT);
            audit.write(tx, CustomerId.OPERATOR, "system", new AuditEvent.OperatorCreated(CLIENT));
            write(file, secret, tokenEndpoint);
            more.accept(tx);
          }
          return first;
        });
  }

  /// Gives the operator a new secret and its role back, whatever became of it; ends the old
  /// secrets.
  ///
  /// @param file where id and secret go
  /// @return false if there never was an operator
  public boolean reset(Path file, URI tokenEndpoint) {
    Secret secret = Secret.generate(provider.random());
    return database.write(
        tx -> {
          if (customers.lock(tx, CustomerId.OPERATOR).isEmpty()) {
            return false;
          }
          Optional<Client> present = clients.find(tx, CustomerId.OPERATOR, CLIENT);
          if (present.isEmpty()) {
            creation.make(tx, CustomerId.OPERATOR, CLIENT, operatorRole(), secret, CLIENT);
          } else {
            renew(tx, present.get(), secret);
          }
          audit.write(tx, CustomerId.OPERATOR, "system", new AuditEvent.OperatorReset(CLIENT));
          write(file, secret, tokenEndpoint);
          return true;
        });
  }

  private void renew(Transaction tx, Client present, Secret secret) {
    clients.update(tx, present, ClientFields.holding(operatorRole()), true, CLIENT);
    secrets.revokeAll(tx, CustomerId.OPERATOR, CLIENT);
    try {
      secrets.insert(
          tx,
          CustomerId.OPERATOR,
          CLIENT,
          secret,
          hasher.digest(secret),
          CLIENT,
          OptionalLong.empty());
    } catch (SecretHasher.Busy e) {
      throw new IllegalStateException("a generated secret has no slow hash", e);
    }
  }

  /// The token endpoint that the file names, if there is such a file.
  public static Optional<URI> tokenEndpointIn(Path file) {
    try {
      return Optional.ofNullable(
              Json.parseOurs(Files.readString(file)).path("tokenEndpoint").textValue())
          .map(URI::create);
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /// The lines that get the operator a token; its secret goes from file to file.
  public static String lines(Path data, URI base) {
    return """
    (umask 077; sed 's/.*"clientId":"\\([^"]*\\)","clientSecret":"\\([^"]*\\)".*/user = "\\1:\\2"/' %1$s/operator.json > %1$s/operator.curl)
    (umask 077; curl -sSf -K %1$s/operator.curl -d grant_type=client_credentials %2$s/oauth/token | sed 's/.*"access_token":"\\([^"]*\\)".*/header = "Authorization: Bearer \\1"/' > %1$s/operator-token.curl)
    curl -sS -K %1$s/operator-token.curl %2$s/oauth/customers; echo
    """
        .formatted(forShell(data), base);
  }

  /// A path for lines that are typed anywhere: absolute, and quoted if it must be.
  static String forShell(Path path) {
    String text = path.toAbsolutePath().normalize().toString();
    return text.matches("[A-Za-z0-9/._@%+-]*") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  private static ObjectNode operatorRole() {
    ObjectNode permissions = Json.object();
    permissions.putObject("roles").putArray(Role.OPERATOR.roleName().text());
    return permissions;
  }

  private static void write(Path file, Secret secret, URI tokenEndpoint) {
    ObjectNode json =
        Json.object()
            .put("clientId", CLIENT.text())
            .put("clientSecret", secret.reveal())
            .put("tokenEndpoint", tokenEndpoint.toString());
    try {
      PrivateFile.replace(file, (Json.text(json) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }
}
