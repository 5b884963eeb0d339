package io.clientele;

import io.clientele.http.RequestLog;
import io.clientele.http.SourceAddress;
import java.io.Console;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Every setting of the server, checked. A setting is an option of `clientele serve`, an
/// environment variable (`--max-token-validity` is `CLIENTELE_MAX_TOKEN_VALIDITY`) or a line of the
/// `--config` file, in this order of precedence. All faults are reported at once; a setting that
/// nobody knows is a fault.
///
/// @param host address to listen on
/// @param port 0 for any that is free
/// @param managementPort on loopback, for `/metrics` and `/health` without a token
/// @param data directory of the embedded database, the master key and `operator.json`
/// @param database JDBC URL of PostgreSQL; empty for the embedded SQLite
/// @param issuer absent: `http://127.0.0.1:PORT`
/// @param audience what is added to the issuer in `aud`
/// @param directoryBytes memory for clients that are asked for often
/// @param failureLimit failed authentications a minute, for one id from one address
/// @param maxConnections beyond which idle ones are ended
/// @param peerTimeout for a request to come once it began, and for a mebibyte of an answer
/// @param stalenessLimit how long known clients get tokens while the database is away
/// @param auditRetention how long audit events are kept, in whole days; zero for ever
/// @param grace how long requests under way may take when the server stops
public record Settings(
    String host,
    int port,
    OptionalInt managementPort,
    Path data,
    Optional<DatabaseAddress> database,
    Optional<URI> issuer,
    List<String> audience,
    Optional<Path> masterKeyFile,
    int maxTokenValidity,
    Duration keyRotation,
    Duration keyPublishLead,
    Duration jwksCache,
    int failureLimit,
    long directoryBytes,
    int slowHashThreads,
    List<SourceAddress.Range> behindProxy,
    int maxConnections,
    Duration peerTimeout,
    Duration stalenessLimit,
    Duration auditRetention,
    Duration grace,
    RequestLog.Format logFormat,
    boolean demo) {

  private static final long MEBIBYTE = 1 << 20;
  private static final long DIRECTORY_BYTES = 256 * MEBIBYTE;

  /// Where PostgreSQL is.
  ///
  /// @param url `jdbc:postgresql://…`
  /// @param user empty for what the URL says
  /// @param password empty for what the URL says
  public record DatabaseAddress(String url, String user, String password) {
    @Override
    public String toString() {
      return "DatabaseAddress[" + user + "]";
    }
  }

  public Settings {
    audience = List.copyOf(audience);
    behindProxy = List.copyOf(behindProxy);
  }

  /// Reads the options of `clientele serve`.
  ///
  /// @param arguments without the word `serve`
  /// @throws SettingsException with every fault there is
  public static Settings parse(List<String> arguments, Map<String, String> environment)
      throws SettingsException {
    SettingsFaults faults = new SettingsFaults();
    return from(SettingsSources.read(arguments, environment, faults), faults);
  }

  /// Checks the texts of all options.
  static Settings from(ServeOptions options, SettingsFaults faults) throws SettingsException {
    int port = faults.number("port", options.port, 0, 65_535);
    boolean loopback = isLoopback(options.host, faults);
    List<SourceAddress.Range> proxies = proxies(options.behindProxy, faults);
    Optional<URI> issuer = issuer(options.issuer, faults);
    if (!loopback && proxies.isEmpty()) {
      faults.add(
          "--host "
              + options.host
              + " is off loopback, where plain HTTP needs a proxy in front that ends TLS:"
              + " name it with --behind-proxy");
    }
    if (!loopback && issuer.isEmpty()) {
      faults.add("--issuer must be given when --host is off loopback");
    }
    int lead = faults.number("key-publish-lead", options.keyPublishLead, 1, 2_592_000);
    int cache = faults.number("jwks-cache", options.jwksCache, 1, 86_400);
    int rotation = faults.number("key-rotation", options.keyRotation, 2, 315_360_000);
    if (lead < cache) {
      faults.add(
          "--key-publish-lead ("
              + lead
              + ") is less than --jwks-cache ("
              + cache
              + "): verifiers would meet tokens of keys that they do not know yet");
    }
    OptionalInt managementPort =
        options.managementPort.isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(faults.number("management-port", options.managementPort, 0, 65_535));
    Settings settings =
        new Settings(
            options.host,
            port,
            managementPort,
            Path.of(options.data),
            database(options, faults),
            issuer,
            words(options.audience),
            options.masterKeyFile.isEmpty()
                ? Optional.empty()
                : Optional.of(Path.of(options.masterKeyFile)),
            faults.number("max-token-validity", options.maxTokenValidity, 60, 31_536_000),
            Duration.ofSeconds(rotation),
            Duration.ofSeconds(lead),
            Duration.ofSeconds(cache),
            faults.number("failure-limit", options.failureLimit, 1, 1_000_000),
            directoryBytes(options, faults),
            faults.number("slow-hash-threads", options.slowHashThreads, 1, 256),
            proxies,
            faults.number("max-connections", options.maxConnections, 1, 1_000_000),
            Duration.ofSeconds(faults.number("peer-timeout", options.peerTimeout, 1, 3_600)),
            Duration.ofSeconds(faults.number("staleness-limit", options.stalenessLimit, 1, 86_400)),
            Duration.ofDays(faults.number("audit-retention", options.auditRetention, 0, 36_500)),
            Duration.ofSeconds(faults.number("shutdown-grace", options.shutdownGrace, 0, 3_600)),
            logFormat(options.logFormat, faults),
            options.demo);
    faults.throwIfAny();
    return settings;
  }

  private static long directoryBytes(ServeOptions options, SettingsFaults faults) {
    long heap = Runtime.getRuntime().maxMemory();
    if (options.directoryMemory.isEmpty()) {
      return Math.min(DIRECTORY_BYTES, heap / 4);
    }
    int wanted = faults.number("directory-memory", options.directoryMemory, 1, 1_000_000);
    if (wanted * MEBIBYTE > heap / 2) {
      faults.add(
          "--directory-memory ("
              + wanted
              + ") is more than half of the JVM's heap of "
              + heap / MEBIBYTE
              + " MiB: set a larger one, e.g. CLIENTELE_JAVA_OPTS=-Xmx4g");
    }
    return wanted * MEBIBYTE;
  }

  private static boolean isLoopback(String host, SettingsFaults faults) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      faults.add("--host " + host + " is no address of this machine");
      return true;
    }
  }

  private static List<SourceAddress.Range> proxies(String text, SettingsFaults faults) {
    List<SourceAddress.Range> ranges = new ArrayList<>();
    for (String word : words(text)) {
      Optional<SourceAddress.Range> range = SourceAddress.Range.parse(word);
      if (range.isEmpty()) {
        faults.add("--behind-proxy: '" + word + "' is no address range like 10.0.0.0/8");
      }
      range.ifPresent(ranges::add);
    }
    return ranges;
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    for (String word : text.split(",", -1)) {
      if (!word.isBlank()) {
        words.add(word.strip());
      }
    }
    return words;
  }

  /// RFC 8414 §2: no query, no fragment; https, but on loopback.
  private static Optional<URI> issuer(String text, SettingsFaults faults) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI uri = new URI(text);
      boolean isHttps = "https".equals(uri.getScheme());
      boolean isLocal =
          "http".equals(uri.getScheme())
              && uri.getHost() != null
              && Set.of("localhost", "127.0.0.1", "[::1]").contains(uri.getHost());
      if (uri.getHost() == null
          || uri.getRawQuery() != null
          || uri.getRawFragment() != null
          || !(isHttps || isLocal)) {
        faults.add(
            "--issuer must be an https URL without query and fragment (http on loopback only)");
      }
      return Optional.of(uri);
    } catch (URISyntaxException e) {
      faults.add("--issuer is no URL: " + e.getReason());
      return Optional.empty();
    }
  }

  private static Optional<DatabaseAddress> database(ServeOptions options, SettingsFaults faults) {
    String password = "";
    if (!options.databasePasswordFile.isEmpty()) {
      try {
        password =
            Files.readString(Path.of(options.databasePasswordFile), StandardCharsets.UTF_8)
                .lines()
                .findFirst()
                .orElse("");
      } catch (IOException e) {
        faults.add("--database-password-file " + options.databasePasswordFile + " cannot be read");
      }
    }
    if (options.database.isEmpty()) {
      if (!options.databaseUser.isEmpty() || !options.databasePasswordFile.isEmpty()) {
        faults.add("--database-user and --database-password-file need --database");
      }
      return Optional.empty();
    }
    if (!options.database.startsWith("jdbc:postgresql:")) {
      faults.add("--database must begin with jdbc:postgresql:");
    }
    return Optional.of(new DatabaseAddress(options.database, options.databaseUser, password));
  }

  private static RequestLog.Format logFormat(String text, SettingsFaults faults) {
    return switch (text) {
      case "json" -> RequestLog.Format.JSON;
      case "text" -> RequestLog.Format.TEXT;
      case "" ->
          Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false)
              ? RequestLog.Format.TEXT
              : RequestLog.Format.JSON;
      default -> {
        faults.add("--log-format must be json or text");
        yield RequestLog.Format.JSON;
      }
    };
  }
}
