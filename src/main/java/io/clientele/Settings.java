package io.clientele;

import io.clientele.http.RequestLog;
import io.clientele.http.SourceAddress;
import java.io.Console;
import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

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
/// @param stalenessLimit how long known clients get tokens while the database is away
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
    Duration stalenessLimit,
    Duration grace,
    RequestLog.Format logFormat,
    boolean demo) {

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

  private static final String PREFIX = "CLIENTELE_";

  /// Variables with our prefix that are the launcher's or the command line's, and no settings.
  private static final Set<String> NOT_SETTINGS =
      Set.of("CLIENTELE_JAVA_HOME", "CLIENTELE_JAVA_OPTS", "CLIENTELE_HOME");

  /// Settings as text, as picocli reads them.
  @Command(
      name = "serve",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Runs the server. Each option is also an environment variable (--max-token-validity:"
              + " CLIENTELE_MAX_TOKEN_VALIDITY) and a name in the --config file.")
  static final class Options {
    @Option(
        names = "--host",
        paramLabel = "ADDRESS",
        defaultValue = "127.0.0.1",
        description =
            "Address to listen on (default: ${DEFAULT-VALUE}). Off loopback needs --behind-proxy"
                + " and --issuer.")
    String host = "";

    @Option(
        names = "--port",
        paramLabel = "PORT",
        defaultValue = "8080",
        description = "Port to listen on; 0 picks a free one (default: ${DEFAULT-VALUE}).")
    String port = "";

    @Option(
        names = "--management-port",
        paramLabel = "PORT",
        defaultValue = "",
        description =
            "Port on 127.0.0.1 that serves /metrics and /health without a token (default: none).")
    String managementPort = "";

    @Option(
        names = "--data",
        paramLabel = "DIR",
        defaultValue = "./data",
        description =
            "Directory of the embedded database, the master key and operator.json (default:"
                + " ${DEFAULT-VALUE}).")
    String data = "";

    @Option(
        names = "--database",
        paramLabel = "URL",
        defaultValue = "",
        description = "jdbc:postgresql://… to use PostgreSQL instead of the embedded SQLite.")
    String database = "";

    @Option(
        names = "--database-user",
        paramLabel = "NAME",
        defaultValue = "",
        description = "User at the PostgreSQL database (default: what the URL says).")
    String databaseUser = "";

    @Option(
        names = "--database-password-file",
        paramLabel = "FILE",
        defaultValue = "",
        description = "File whose first line is that user's password.")
    String databasePasswordFile = "";

    @Option(
        names = "--issuer",
        paramLabel = "URL",
        defaultValue = "",
        description =
            "The issuer in tokens and metadata (default on loopback: http://ADDRESS:PORT).")
    String issuer = "";

    @Option(
        names = "--audience",
        paramLabel = "NAME,…",
        defaultValue = "",
        description = "Added to the issuer in every token's aud.")
    String audience = "";

    @Option(
        names = "--master-key-file",
        paramLabel = "FILE",
        defaultValue = "",
        description =
            "The key that seals signing keys and pepper: 32 bytes in base64 (default:"
                + " DIR/master.key, made at first start).")
    String masterKeyFile = "";

    @Option(
        names = "--max-token-validity",
        paramLabel = "SECONDS",
        defaultValue = "86400",
        description = "The longest accessTokenValidity (default: ${DEFAULT-VALUE}).")
    String maxTokenValidity = "";

    @Option(
        names = "--key-rotation",
        paramLabel = "SECONDS",
        defaultValue = "2592000",
        description =
            "How long a key signs before the next takes over (default: ${DEFAULT-VALUE}, 30 days).")
    String keyRotation = "";

    @Option(
        names = "--key-publish-lead",
        paramLabel = "SECONDS",
        defaultValue = "300",
        description =
            "How long a key is published before it signs; not less than --jwks-cache (default:"
                + " ${DEFAULT-VALUE}).")
    String keyPublishLead = "";

    @Option(
        names = "--jwks-cache",
        paramLabel = "SECONDS",
        defaultValue = "300",
        description = "How long others may keep the JWKS (default: ${DEFAULT-VALUE}).")
    String jwksCache = "";

    @Option(
        names = "--failure-limit",
        paramLabel = "N",
        defaultValue = "20",
        description =
            "Failed authentications a minute for one client id from one address (default:"
                + " ${DEFAULT-VALUE}).")
    String failureLimit = "";

    @Option(
        names = "--directory-memory",
        paramLabel = "MIB",
        defaultValue = "128",
        description = "Memory for clients that are asked for often (default: ${DEFAULT-VALUE}).")
    String directoryMemory = "";

    @Option(
        names = "--slow-hash-threads",
        paramLabel = "N",
        defaultValue = "1",
        description =
            "Chosen secrets that may be hashed at once, 19 MiB each (default: ${DEFAULT-VALUE}).")
    String slowHashThreads = "";

    @Option(
        names = "--behind-proxy",
        paramLabel = "CIDR,…",
        defaultValue = "",
        description =
            "Proxies in front, which end TLS and may tell the source address (default: none).")
    String behindProxy = "";

    @Option(
        names = "--staleness-limit",
        paramLabel = "SECONDS",
        defaultValue = "600",
        description =
            "How long known clients get tokens while PostgreSQL is away (default:"
                + " ${DEFAULT-VALUE}).")
    String stalenessLimit = "";

    @Option(
        names = "--shutdown-grace",
        paramLabel = "SECONDS",
        defaultValue = "10",
        description =
            "How long requests under way may take when the server stops (default:"
                + " ${DEFAULT-VALUE}).")
    String shutdownGrace = "";

    @Option(
        names = "--log-format",
        paramLabel = "json|text",
        defaultValue = "",
        description =
            "Form of the log on standard output (default: text at a terminal, else json).")
    String logFormat = "";

    @Option(
        names = "--demo",
        description = "On an empty data directory: make customers ABC and XYZ to try things with.")
    boolean demo;

    @Option(
        names = "--config",
        paramLabel = "FILE",
        defaultValue = "",
        description = "Properties file with these names, without the dashes.")
    String config = "";
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
    CommandLine line = new CommandLine(new Options());
    Faults faults = new Faults();
    line.setDefaultValueProvider(defaults(line, arguments, environment, faults));
    try {
      line.parseArgs(arguments.toArray(new String[0]));
    } catch (CommandLine.UnmatchedArgumentException e) {
      e.getUnmatched().forEach(each -> faults.add(unknown(line, each)));
    } catch (CommandLine.ParameterException e) {
      faults.add(String.valueOf(e.getMessage()));
    }
    faults.throwIfAny();
    return from((Options) line.getCommandSpec().userObject(), faults);
  }

  private static String unknown(CommandLine line, String argument) {
    return "'" + argument + "' is not a known option" + nearest(line, argument);
  }

  private static String nearest(CommandLine line, String name) {
    String bare = name.startsWith("--") ? name.substring(2) : name;
    return names(line).stream()
        .min(Comparator.comparingInt(known -> distance(known, bare)))
        .filter(known -> distance(known, bare) <= Math.max(2, bare.length() / 2))
        .map(known -> "; the nearest is --" + known)
        .orElse("");
  }

  private static Set<String> names(CommandLine line) {
    Set<String> names = new TreeSet<>();
    for (OptionSpec option : line.getCommandSpec().options()) {
      names.add(option.longestName().substring(2));
    }
    return names;
  }

  /// How many letters must be put, taken or changed (Levenshtein).
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(changed, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  /// What holds where the command line is silent: the environment, then the file.
  static CommandLine.IDefaultValueProvider defaults(
      CommandLine line, List<String> arguments, Map<String, String> environment, Faults faults) {
    Map<String, String> values = new TreeMap<>();
    Set<String> names = names(line);
    configFile(arguments, environment)
        .ifPresent(file -> readConfig(line, file, names, values, faults));
    environment.forEach(
        (variable, value) -> {
          if (variable.startsWith(PREFIX) && !NOT_SETTINGS.contains(variable)) {
            String name =
                variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT).replace('_', '-');
            if (names.contains(name)) {
              values.put(name, value);
            } else {
              faults.add(
                  "the environment variable " + variable + " is no setting" + nearest(line, name));
            }
          }
        });
    return new CommandLine.IDefaultValueProvider() {
      @Override
      public @org.jspecify.annotations.Nullable String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option
            ? values.get(option.longestName().substring(2))
            : null;
      }
    };
  }

  private static Optional<Path> configFile(
      List<String> arguments, Map<String, String> environment) {
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i).startsWith("--config=")) {
        return Optional.of(Path.of(arguments.get(i).substring("--config=".length())));
      }
      if (arguments.get(i).equals("--config") && i + 1 < arguments.size()) {
        return Optional.of(Path.of(arguments.get(i + 1)));
      }
    }
    return Optional.ofNullable(environment.get(PREFIX + "CONFIG")).map(Path::of);
  }

  private static void readConfig(
      CommandLine line, Path file, Set<String> names, Map<String, String> values, Faults faults) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      faults.add("the --config file " + file + " cannot be read: " + e.getMessage());
      return;
    }
    for (String name : new TreeSet<>(properties.stringPropertyNames())) {
      if (names.contains(name) && !name.equals("config")) {
        values.put(name, properties.getProperty(name, ""));
      } else {
        faults.add("'" + name + "' in " + file + " is no setting" + nearest(line, name));
      }
    }
  }

  /// Checks the texts of all options.
  static Settings from(Options options, Faults faults) throws SettingsException {
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
    if (rotation <= lead) {
      faults.add("--key-rotation must be longer than --key-publish-lead");
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
            1024L * 1024 * faults.number("directory-memory", options.directoryMemory, 1, 1_000_000),
            faults.number("slow-hash-threads", options.slowHashThreads, 1, 256),
            proxies,
            Duration.ofSeconds(faults.number("staleness-limit", options.stalenessLimit, 1, 86_400)),
            Duration.ofSeconds(faults.number("shutdown-grace", options.shutdownGrace, 0, 3_600)),
            logFormat(options.logFormat, faults),
            options.demo);
    faults.throwIfAny();
    return settings;
  }

  private static boolean isLoopback(String host, Faults faults) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      faults.add("--host " + host + " is no address of this machine");
      return true;
    }
  }

  private static List<SourceAddress.Range> proxies(String text, Faults faults) {
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
  private static Optional<URI> issuer(String text, Faults faults) {
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

  private static Optional<DatabaseAddress> database(Options options, Faults faults) {
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

  private static RequestLog.Format logFormat(String text, Faults faults) {
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

  /// Gathers what is wrong.
  static final class Faults {
    private final List<String> found = new ArrayList<>();

    void add(String fault) {
      found.add(fault);
    }

    int number(String name, String text, int least, int most) {
      try {
        int value = Integer.parseInt(text);
        if (value >= least && value <= most) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Said below, with the bounds.
      }
      found.add(
          "--"
              + name
              + " must be a whole number from "
              + least
              + " to "
              + most
              + ", not '"
              + text
              + "'");
      return least;
    }

    void throwIfAny() throws SettingsException {
      if (!found.isEmpty()) {
        throw new SettingsException(found);
      }
    }
  }
}
