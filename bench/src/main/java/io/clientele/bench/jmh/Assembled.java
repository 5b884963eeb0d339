package io.clientele.bench.jmh;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.GrantStore;
import io.clientele.access.Role;
import io.clientele.access.RoleStore;
import io.clientele.audit.AuditStore;
import io.clientele.bench.process.Workshop;
import io.clientele.client.ClientAuthenticator;
import io.clientele.client.ClientCreationEndpoint;
import io.clientele.client.ClientDirectory;
import io.clientele.client.ClientStore;
import io.clientele.client.CurrentCallers;
import io.clientele.client.FailureLimits;
import io.clientele.client.SecretStore;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Es256Signer;
import io.clientele.crypto.Es256Verifier;
import io.clientele.crypto.MasterKey;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.CustomerDirectory;
import io.clientele.customer.CustomerStore;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.db.Database;
import io.clientele.http.Json;
import io.clientele.http.Metrics;
import io.clientele.http.Patience;
import io.clientele.http.RequestLog;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import io.clientele.key.KeyRing;
import io.clientele.key.KeyStore;
import io.clientele.token.IntrospectionEndpoint;
import io.clientele.token.Liveness;
import io.clientele.token.Revocations;
import io.clientele.token.TokenEndpoint;
import io.clientele.token.TokenIssuer;
import io.clientele.token.TokenVerifier;
import io.clientele.usage.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// What the server puts together, but for HTTP: a database in a directory, a customer with a tenant
/// and a client of two roles and a generated secret, and all that stands on the path of a token,
/// with the defaults of `serve`.
final class Assembled implements AutoCloseable {

  static final CustomerId CUSTOMER = new CustomerId("ABC");
  static final TenantId TENANT = new TenantId("tenant1");
  static final ClientId CLIENT = new ClientId("test_client");

  private static final URI ISSUER = URI.create("http://127.0.0.1:8080");
  private static final long DIRECTORY_BYTES = 256L * 1024 * 1024;
  private static final int LONGEST_VALIDITY = 86_400;
  private static final int FAILURES_A_MINUTE = 20;
  private static final Duration STALENESS_LIMIT = Duration.ofMinutes(10);
  private static final KeyRing.Lifetimes LIFETIMES =
      new KeyRing.Lifetimes(
          Duration.ofDays(30), Duration.ofDays(1), STALENESS_LIMIT.plusSeconds(LONGEST_VALIDITY));

  final CryptoProvider provider;
  final SecretHasher hasher;
  final ClientDirectory clients;
  final CustomerDirectory customers;
  final ClientAuthenticator authenticator;
  final TokenIssuer issuer;
  final TokenEndpoint tokens;

  /// Remembers what it verified.
  final IntrospectionEndpoint introspection;

  /// May remember nothing, so that every token is one that it never saw.
  final IntrospectionEndpoint forgetful;

  final Usage usage;
  final Metrics metrics;

  /// Its lines go nowhere: what a write costs is the reader's matter, and it is one for hundreds of
  /// lines.
  final RequestLog log;

  final Secret secret;

  /// One of the provider's, under a key that signs no token.
  final Es256Signer signer;

  /// Verifies what `signer` signed.
  final Es256Verifier verifier;

  private final Path directory;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /// Puts it together in a directory of its own.
  ///
  /// @throws IllegalStateException if that fails: there is nothing to measure then
  static Assembled assemble() {
    try {
      return new Assembled(Files.createTempDirectory("steps"));
    } catch (IOException | GeneralSecurityException | Database.CannotOpen e) {
      throw new IllegalStateException(e);
    }
  }

  private Assembled(Path directory)
      throws IOException, GeneralSecurityException, Database.CannotOpen {
    this.directory = directory;
    InstantSource clock = InstantSource.system();
    provider = CryptoProvider.choose();
    Database database = opened(Database.sqlite(directory.resolve("clientele.db"), clock));
    KeyStore keyStore =
        new KeyStore(MasterKey.create(directory.resolve("master.key"), provider.random()));
    byte[] pepper = new byte[32];
    provider.random().nextBytes(pepper);
    hasher = opened(new SecretHasher(provider, pepper, 1));
    KeyPair pair = provider.newP256();
    signer = provider.signer(pair.getPrivate());
    verifier = provider.verifier(pair.getPublic());

    AuditStore audit = new AuditStore(clock);
    RoleStore roles = new RoleStore(clock);
    GrantStore grants = new GrantStore();
    CustomerStore customerStore = new CustomerStore(clock, roles);
    SecretStore secretStore = new SecretStore(clock, provider);
    ClientStore clientStore = new ClientStore(clock, grants, secretStore);
    customers = new CustomerDirectory(database, customerStore, DIRECTORY_BYTES / 4);
    clients = new ClientDirectory(database, clientStore, DIRECTORY_BYTES);
    usage = opened(new Usage(database, clock));
    KeyRing keys = opened(new KeyRing(database, keyStore, audit, provider, LIFETIMES, clock));
    Revocations revocations = opened(new Revocations(database, audit, usage, clock));

    authenticator =
        new ClientAuthenticator(
            clients,
            customers,
            hasher,
            provider,
            new FailureLimits(FAILURES_A_MINUTE),
            database.changeLog(),
            STALENESS_LIMIT,
            clock);
    issuer =
        new TokenIssuer(
            keys,
            provider.randomBytes(),
            usage,
            ISSUER,
            List.of(ISSUER.toString()),
            LONGEST_VALIDITY,
            clock);
    tokens = new TokenEndpoint(authenticator, issuer);
    introspection =
        new IntrospectionEndpoint(
            authenticator,
            liveness(
                database,
                revocations,
                clock,
                new TokenVerifier(keys, ISSUER, DIRECTORY_BYTES / 4)));
    forgetful =
        new IntrospectionEndpoint(
            authenticator,
            liveness(database, revocations, clock, new TokenVerifier(keys, ISSUER, 0)));
    metrics = opened(new Metrics());
    log = opened(new RequestLog(OutputStream.nullOutputStream(), RequestLog.Format.JSON, clock));

    keys.start();
    revocations.start();
    usage.start();
    secret = Secret.generate(provider.random());
    CurrentCallers callers = new CurrentCallers(clients, customerStore);
    CustomersEndpoint customersEndpoint =
        new CustomersEndpoint(database, customerStore, roles, grants, audit, callers, clientStore);
    ClientCreationEndpoint creation =
        new ClientCreationEndpoint(
            database,
            clientStore,
            secretStore,
            customerStore,
            audit,
            callers,
            hasher,
            provider,
            LONGEST_VALIDITY);
    database.write(
        tx -> {
          customersEndpoint.make(tx, CUSTOMER, List.of(TENANT), CLIENT);
          creation.make(tx, CUSTOMER, CLIENT, twoRoles(), secret, CLIENT);
          return CLIENT;
        });
    // Only now, so that what was made is no change to follow, and nothing has to wait from here on.
    opened(database.changeLog()).follow();
    clients.find(CLIENT, Patience.ANYTHING);
    customers.find(CUSTOMER, Patience.ANYTHING);
  }

  private Liveness liveness(
      Database database, Revocations revocations, InstantSource clock, TokenVerifier verifier) {
    return new Liveness(verifier, clients, customers, revocations, database.changeLog(), clock);
  }

  private static ObjectNode twoRoles() {
    ObjectNode permissions = Json.object();
    ObjectNode roles = permissions.putObject("roles");
    for (Role role : List.of(Role.ADMIN_TENANT, Role.API)) {
      roles.putArray(role.roleName().text()).add(TENANT.text());
    }
    return permissions;
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.push(resource);
    return resource;
  }

  @Override
  public void close() {
    try {
      while (!open.isEmpty()) {
        open.pop().close();
      }
      Workshop.delete(directory);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
