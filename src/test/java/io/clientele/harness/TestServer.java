package io.clientele.harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.Routes;
import io.clientele.Server;
import io.clientele.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/// A whole server in this process, on a port that the system picks and a data directory of its own.
///
/// With the system property `clientele.test.database` set to `postgresql` each server that names no
/// database gets an empty one of [PostgresServer], so that every suite can be run on it.
///
/// Unless the arguments say otherwise its failure limit is out of reach, because suites that try
/// wrong secrets all come from one address.
public final class TestServer implements AutoCloseable {
  private record Cached(String token, Instant until) {}

  private final Path data;
  private final boolean ownsData;
  private final List<String> arguments;
  private final MutableClock clock;
  private final AtomicReference<Optional<Cached>> operatorToken =
      new AtomicReference<>(Optional.empty());
  private Server server;

  private TestServer(Path data, boolean ownsData, String... extra) {
    this.data = data;
    this.ownsData = ownsData;
    this.clock = new MutableClock();
    this.arguments = new ArrayList<>(List.of("--data", data.toString()));
    if (!List.of(extra).contains("--failure-limit")) {
      this.arguments.addAll(List.of("--failure-limit", "1000000"));
    }
    if (!List.of(extra).contains("--shutdown-grace")) {
      // Nothing is under way when a test stops its server; stopping gracefully takes a second or
      // two.
      this.arguments.addAll(List.of("--shutdown-grace", "0"));
    }
    if (System.getProperty("clientele.test.database", "").equals("postgresql")
        && !List.of(extra).contains("--database")) {
      this.arguments.addAll(List.of("--database", PostgresServer.newDatabase()));
    }
    this.arguments.addAll(List.of(extra));
    this.server = run(0);
  }

  /// Starts a server on a fresh data directory, which goes when the server is closed.
  public static TestServer start(String... extraArguments) {
    try {
      return new TestServer(Files.createTempDirectory("clientele-"), true, extraArguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Starts a server on this data directory, which stays.
  public static TestServer startOn(Path data, String... extraArguments) {
    return new TestServer(data, false, extraArguments);
  }

  private Server run(int port) {
    List<String> all = new ArrayList<>(arguments);
    if (!all.contains("--port")) {
      all.addAll(List.of("--port", Integer.toString(port)));
    }
    try {
      return Server.start(Settings.parse(all, Map.of()), clock);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("the server does not start: " + e.getMessage(), e);
    }
  }

  /// Stops the server and starts it again on the same data and port, so that its issuer stays.
  public TestServer restart() {
    int port = uri().getPort();
    server.close();
    server = run(port);
    return this;
  }

  public URI uri() {
    return server.uri();
  }

  public URI managementUri() {
    return server.managementUri();
  }

  public Path data() {
    return data;
  }

  /// Its table of routes.
  public List<Routes.Line> routes() {
    return server.routes();
  }

  /// The JDBC address of its database, for who looks into it with SQL.
  public String databaseAddress() {
    int option = arguments.lastIndexOf("--database");
    return option < 0 || arguments.get(option + 1).isEmpty()
        ? "jdbc:sqlite:" + data.resolve("clientele.db")
        : arguments.get(option + 1);
  }

  public MutableClock clock() {
    return clock;
  }

  /// HTTP to this server, each exchange held against the API document.
  public Http http() {
    return Http.to(uri());
  }

  /// What the first start wrote: `clientId`, `clientSecret`, `tokenEndpoint`.
  public JsonNode operator() {
    try {
      return Answer.JSON.readTree(Files.readAllBytes(data.resolve("operator.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The Basic header of the operator, raw.
  public String operatorBasic() {
    JsonNode operator = operator();
    return Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  /// A token of the operator, kept for half its life.
  public String operatorToken() {
    Instant now = clock.instant();
    Optional<Cached> cached = operatorToken.get().filter(token -> now.isBefore(token.until()));
    if (cached.isPresent()) {
      return cached.get().token();
    }
    JsonNode operator = operator();
    String fresh = token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
    operatorToken.set(Optional.of(new Cached(fresh, now.plus(Duration.ofMinutes(30)))));
    return fresh;
  }

  /// Asks for a token by Basic, with further parameters (name, value, …).
  public Answer askToken(String clientId, String secret, String... parameters) {
    List<String> all = new ArrayList<>(List.of("grant_type", "client_credentials"));
    all.addAll(List.of(parameters));
    return http().form("/oauth/token", Http.basic(clientId, secret), all.toArray(String[]::new));
  }

  /// A token with all that the client holds.
  public String token(String clientId, String secret) {
    return askToken(clientId, secret).expect(200).json("access_token").asText();
  }

  /// What the operator, who sees all tokens, is told about this one.
  public Answer introspect(String token) {
    return http().form("/oauth/introspect", operatorBasic(), "token", token).expect(200);
  }

  /// Whether the token lives.
  public boolean isActive(String token) {
    return introspect(token).json("active").asBoolean();
  }

  /// Creates a customer with a random id, an administrator, and one tenant for each name; the name
  /// is made unique by a suffix ([Customer#tenant] tells it).
  public Customer newCustomer(String... tenants) {
    return Customer.create(this, List.of(tenants));
  }

  /// Stops the server; its data directory goes too unless the test brought it.
  @Override
  public void close() {
    server.close();
    if (ownsData) {
      deleteTree(data);
    }
  }

  /// Deletes a directory and all below it.
  public static void deleteTree(Path root) {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
