package io.clientele;

import io.clientele.access.GrantStore;
import io.clientele.access.RoleStore;
import io.clientele.audit.AuditRetention;
import io.clientele.audit.AuditStore;
import io.clientele.audit.RefusalStore;
import io.clientele.audit.Refusals;
import io.clientele.client.ClientAuthenticator;
import io.clientele.client.ClientCreationEndpoint;
import io.clientele.client.ClientDirectory;
import io.clientele.client.ClientStore;
import io.clientele.client.ClientsEndpoint;
import io.clientele.client.CurrentCallers;
import io.clientele.client.Demonstration;
import io.clientele.client.DirectoryPreload;
import io.clientele.client.FailureLimits;
import io.clientele.client.OperatorAccount;
import io.clientele.client.SecretStore;
import io.clientele.client.SecretsEndpoint;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.MasterKey;
import io.clientele.crypto.Niceness;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.AuditEndpoint;
import io.clientele.customer.CustomerDirectory;
import io.clientele.customer.CustomerStore;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.customer.PermissionsEndpoint;
import io.clientele.customer.RefusalsEndpoint;
import io.clientele.customer.RolesEndpoint;
import io.clientele.customer.TenantsEndpoint;
import io.clientele.db.Database;
import io.clientele.http.Admission;
import io.clientele.http.ErrorResponses;
import io.clientele.http.HealthEndpoint;
import io.clientele.http.Metrics;
import io.clientele.http.OpenApiEndpoint;
import io.clientele.http.RequestLog;
import io.clientele.http.Router;
import io.clientele.http.SourceAddress;
import io.clientele.http.Unavailable;
import io.clientele.http.WebServer;
import io.clientele.key.KeyRing;
import io.clientele.key.KeyStore;
import io.clientele.key.KeysEndpoint;
import io.clientele.key.MetadataEndpoint;
import io.clientele.token.CheckTokenEndpoint;
import io.clientele.token.IntrospectionEndpoint;
import io.clientele.token.Liveness;
import io.clientele.token.RevocationEndpoint;
import io.clientele.token.Revocations;
import io.clientele.token.TokenEndpoint;
import io.clientele.token.TokenIssuer;
import io.clientele.token.TokenVerifier;
import io.clientele.token.Walls;
import io.clientele.usage.Usage;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The server put together: every object is made here, with `new`, in order of need, and ended in
/// the opposite order.
public final class Server implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Server.class);

  private final Deque<AutoCloseable> open;
  private final URI uri;
  private final Optional<URI> managementUri;
  private final List<Routes.Line> routes;
  private final List<String> words;

  private Server(
      Deque<AutoCloseable> open,
      URI uri,
      Optional<URI> managementUri,
      List<Routes.Line> routes,
      List<String> words) {
    this.open = open;
    this.uri = uri;
    this.managementUri = managementUri;
    this.routes = routes;
    this.words = words;
  }

  /// Starts a server; it is ready when this returns.
  ///
  /// @param clock what time it is, for everything that is written, issued or judged
  /// @throws StartException if it cannot start; nothing is left behind but what a next start will
  ///   use
  public static Server start(Settings settings, InstantSource clock) throws StartException {
    return start(settings, CryptoProvider.beginChoice(), clock);
  }

  /// Starts a server with what `CryptoProvider.beginChoice` began.
  static Server start(Settings settings, Future<CryptoProvider> provider, InstantSource clock)
      throws StartException {
    Deque<AutoCloseable> open = new ArrayDeque<>();
    try {
      return assemble(settings, provider, clock, open);
    } catch (StartException e) {
      closeAll(open);
      throw e;
    } catch (Exception e) {
      closeAll(open);
      throw new StartException("The server cannot start: " + e.getMessage(), e);
    }
  }

  private static Server assemble(
      Settings settings,
      Future<CryptoProvider> choosing,
      InstantSource clock,
      Deque<AutoCloseable> open)
      throws Exception {
    // What may be refused before anything is changed.
    WebServer.Listener listener = opened(open, bind(settings.host(), settings.port()));
    Optional<WebServer.Listener> managementListener = Optional.empty();
    if (settings.managementPort().isPresent()) {
      managementListener =
          Optional.of(opened(open, bind("127.0.0.1", settings.managementPort().getAsInt())));
    }
    opened(open, DataDirectory.lock(settings.data()));

    // The installation: database, keys, what is sealed.
    Database database = opened(open, Installation.openDatabase(settings, clock));
    CryptoProvider provider = choosing.get();
    MasterKey masterKey = Installation.masterKey(settings, database, provider);
    KeyStore keyStore = new KeyStore(masterKey);
    SecretHasher hasher =
        opened(
            open,
            new SecretHasher(
                provider,
                Installation.pepper(database, keyStore, provider),
                settings.slowHashThreads()));

    // Stores and what is remembered of them.
    AuditStore audit = new AuditStore(clock);
    RoleStore roles = new RoleStore(clock);
    GrantStore grants = new GrantStore();
    CustomerStore customers = new CustomerStore(clock, roles);
    SecretStore secrets = new SecretStore(clock, provider);
    ClientStore clients = new ClientStore(clock, grants, secrets);
    CustomerDirectory customerDirectory =
        new CustomerDirectory(database, customers, settings.directoryBytes() / 8);
    ClientDirectory clientDirectory =
        new ClientDirectory(database, clients, settings.directoryBytes());
    CurrentCallers callers = new CurrentCallers(clientDirectory, customers);
    Usage usage = opened(open, new Usage(database, clock));
    KeyRing keys =
        opened(
            open,
            new KeyRing(
                database,
                keyStore,
                audit,
                provider,
                new KeyRing.Lifetimes(
                    settings.keyRotation(),
                    settings.keyPublishLead(),
                    settings.stalenessLimit().plusSeconds(settings.maxTokenValidity())),
                clock));
    RefusalStore refusalStore = new RefusalStore();
    Refusals refusals =
        opened(open, new Refusals(database, refusalStore, customerDirectory::remembers, clock));
    Revocations revocations = opened(open, new Revocations(database, audit, usage, clock));

    // Tokens.
    URI issuer = settings.issuer().orElse(listener.uri());
    List<String> audience = new ArrayList<>(List.of(issuer.toString()));
    audience.addAll(settings.audience());
    ClientAuthenticator authenticator =
        new ClientAuthenticator(
            clientDirectory,
            customerDirectory,
            hasher,
            provider,
            new FailureLimits(settings.failureLimit()),
            database.changeLog(),
            settings.stalenessLimit(),
            clock);
    TokenIssuer tokenIssuer =
        new TokenIssuer(
            keys,
            provider.randomBytes(),
            usage,
            issuer,
            audience,
            settings.maxTokenValidity(),
            clock);
    Liveness liveness =
        new Liveness(
            new TokenVerifier(keys, issuer, settings.directoryBytes() / 8),
            clientDirectory,
            customerDirectory,
            revocations,
            database.changeLog(),
            clock);
    IntrospectionEndpoint introspection = new IntrospectionEndpoint(authenticator, liveness);

    // Management.
    CustomersEndpoint customersEndpoint =
        new CustomersEndpoint(database, customers, roles, grants, audit, callers, clients);
    ClientCreationEndpoint creation =
        new ClientCreationEndpoint(
            database,
            clients,
            secrets,
            customers,
            audit,
            callers,
            hasher,
            provider,
            settings.maxTokenValidity());

    // Routes.
    Metrics metrics = opened(open, new Metrics());
    describe(metrics, provider, clientDirectory, hasher, database);
    ErrorResponses errors = new ErrorResponses();
    Routes table = new Routes(new Walls(liveness, customerDirectory, clientDirectory, issuer));
    Routes.Endpoints endpoints =
        new Routes.Endpoints(
            new TokenEndpoint(authenticator, tokenIssuer),
            introspection,
            new CheckTokenEndpoint(authenticator, introspection),
            new RevocationEndpoint(authenticator, liveness, revocations),
            new KeysEndpoint(database, keys, callers, settings.jwksCache(), clock),
            new MetadataEndpoint(issuer),
            creation,
            new ClientsEndpoint(
                database,
                clients,
                secrets,
                customers,
                audit,
                callers,
                hasher,
                usage,
                settings.maxTokenValidity()),
            new SecretsEndpoint(
                database, clients, secrets, customers, audit, callers, hasher, provider, clock),
            customersEndpoint,
            new TenantsEndpoint(database, customers, customersEndpoint, audit, callers),
            new RolesEndpoint(database, customers, roles, grants, audit, callers),
            new PermissionsEndpoint(database, customers, roles, grants, audit, callers),
            new AuditEndpoint(database, audit),
            new RefusalsEndpoint(database, refusalStore),
            new HealthEndpoint(() -> obstacle(database, settings.stalenessLimit())),
            metrics,
            new OpenApiEndpoint());
    List<Routes.Line> routes = table.all(endpoints);

    // What time does.
    keys.start();
    revocations.start();
    usage.start();
    refusals.start(
        routes.stream()
            .filter(Routes.Line::isManagement)
            .map(Routes.Line::toString)
            .collect(Collectors.toSet()));
    opened(open, new AuditRetention(database, audit, settings.auditRetention(), clock)).start();
    opened(open, database.changeLog()).follow();

    // The first start.
    List<String> words =
        Installation.firstStart(
            settings,
            listener.uri(),
            issuer,
            new OperatorAccount(
                database,
                customers,
                customersEndpoint,
                clients,
                creation,
                secrets,
                audit,
                hasher,
                provider),
            new Demonstration(database, customersEndpoint, creation, provider));

    // The outside.
    DirectoryPreload preload = opened(open, new DirectoryPreload(clientDirectory, clock));
    RequestLog log =
        opened(
            open,
            new RequestLog(new FileOutputStream(FileDescriptor.out), settings.logFormat(), clock));
    WebServer.Observer observer =
        (request, traceId, status, microseconds) -> {
          log.answered(request, traceId, status, microseconds);
          metrics.answered(request.method(), request.notes().route(), status, microseconds);
          refusals.answered(request, status);
        };
    ExecutorService virtual =
        opened(
            open,
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("request-", 0).factory()));
    Executor waiting = work -> virtual.execute(() -> givingWay(work));
    Executor readers = database.readers().orElse(waiting);
    SourceAddress addresses = new SourceAddress(settings.behindProxy());
    WebServer.Limits limits =
        new WebServer.Limits(settings.maxConnections(), settings.peerTimeout());
    if (managementListener.isPresent()) {
      List<Routes.Line> lines = table.managementPort(endpoints);
      opened(
              open,
              new WebServer(
                  managementListener.get(),
                  new Router(
                      lines.stream().map(Routes.Line::route).toList(),
                      errors,
                      new Admission(readers, waiting)),
                  addresses,
                  observer,
                  limits,
                  settings.grace()))
          .start();
    }
    Admission admission = new Admission(readers, waiting);
    WebServer web =
        opened(
            open,
            new WebServer(
                listener,
                new Router(routes.stream().map(Routes.Line::route).toList(), errors, admission),
                addresses,
                observer,
                limits,
                settings.grace()));
    describe(metrics, web, admission);
    database.giveWay();
    web.start();
    preload.start();
    LOG.info(
        "serving {} with {}{}",
        issuer,
        provider.name(),
        provider.reason().isEmpty() ? "" : " (" + provider.reason() + ")");
    return new Server(
        open, listener.uri(), managementListener.map(WebServer.Listener::uri), routes, words);
  }

  private static WebServer.Listener bind(String host, int port) throws StartException {
    try {
      return WebServer.Listener.bind(host, port);
    } catch (IOException e) {
      throw new StartException(
          "Cannot listen on " + host + " port " + port + ": " + e.getMessage() + ".", e);
    }
  }

  private static void describe(
      Metrics metrics,
      CryptoProvider provider,
      ClientDirectory clients,
      SecretHasher hasher,
      Database database) {
    metrics.fact(
        "clientele.crypto.provider", "Where signatures come from", "provider", provider.name());
    metrics.gauge(
        "clientele.directory.clients",
        "Clients in memory",
        clients,
        directory -> (double) directory.size());
    metrics.gauge(
        "clientele.slow.hashes",
        "Slow hashes under way",
        hasher,
        each -> (double) each.slowHashesUnderWay());
    metrics.gauge(
        "clientele.change.log.age.seconds",
        "How long ago the change log was read",
        database.changeLog(),
        each -> each.ageOfKnowledge().toMillis() / 1000.0);
  }

  private static void describe(Metrics metrics, WebServer web, Admission admission) {
    metrics.gauge("clientele.connections", "Connections open", web, WebServer::connections);
    metrics.gauge(
        "clientele.waiting", "Requests that wait", admission, each -> (double) each.underWay());
    metrics.counter(
        "clientele.connections.slow", "Slow peers that were cut", web, WebServer::slowPeers);
    metrics.counter(
        "clientele.connections.displaced",
        "Idle connections that made room for others",
        web,
        WebServer::idlePeers);
    metrics.counter(
        "clientele.requests.shed",
        "Requests refused for want of a place or of memory",
        web,
        each -> (double) each.refused() + admission.refused());
  }

  /// The threads that carry virtual ones do nothing for requests that wait for nothing: they give
  /// way to those that do.
  private static void givingWay(Runnable work) {
    Niceness.lower(Niceness.BESIDE);
    work.run();
  }

  /// What keeps the server from its main job, in one word. While a shared database is away, known
  /// clients get tokens up to the staleness limit: a node is ready so long, or a balancer would
  /// take out all nodes at once.
  private static Optional<String> obstacle(Database database, Duration stalenessLimit) {
    if (database.isShared()) {
      return database.changeLog().ageOfKnowledge().compareTo(stalenessLimit) > 0
          ? Optional.of("stale")
          : Optional.empty();
    }
    try {
      return database.read(tx -> Optional.<String>empty());
    } catch (Unavailable e) {
      return Optional.of("database");
    }
  }

  private static <T extends AutoCloseable> T opened(Deque<AutoCloseable> open, T resource) {
    open.push(resource);
    return resource;
  }

  private static void closeAll(Deque<AutoCloseable> open) {
    while (!open.isEmpty()) {
      AutoCloseable resource = open.pop();
      try {
        resource.close();
      } catch (Exception e) {
        LOG.error("{} does not close", resource.getClass().getSimpleName(), e);
      }
    }
  }

  /// Where the server answers, with the port that was chosen.
  public URI uri() {
    return uri;
  }

  /// Where the management port answers.
  ///
  /// @throws IllegalStateException if there is none
  public URI managementUri() {
    return managementUri.orElseThrow(
        () -> new IllegalStateException("the server has no management port"));
  }

  /// Every route, with the right it demands.
  public List<Routes.Line> routes() {
    return routes;
  }

  /// What the operator should be told after this start; never a secret.
  public List<String> words() {
    return words;
  }

  /// Lets requests under way end, writes what is counted, and stops.
  @Override
  public void close() {
    closeAll(open);
  }
}
