package io.clientele;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The settings as text, as the command line, the environment or a file gives them; `Settings`
/// checks them.
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Runs the server. Each option is also an environment variable (--max-token-validity:"
            + " CLIENTELE_MAX_TOKEN_VALIDITY) and a name in the --config file.")
final class ServeOptions {
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
          "Port on 127.0.0.1 that serves /metrics, /health/live and /health/ready without a token"
              + " (default: none).")
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
      description = "The issuer in tokens and metadata (default on loopback: http://ADDRESS:PORT).")
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
      description =
          "Memory for clients, 200 bytes each as a rule (default: 256, or a quarter of the JVM's"
              + " heap if that is less).")
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
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "10000",
      description =
          "Connections that may be open, each of which takes a file descriptor; beyond, idle ones"
              + " are ended (default: ${DEFAULT-VALUE}).")
  String maxConnections = "";

  @Option(
      names = "--peer-timeout",
      paramLabel = "SECONDS",
      defaultValue = "20",
      description =
          "How long a request may take to come once it began, and each MiB of an answer to be"
              + " taken (default: ${DEFAULT-VALUE}).")
  String peerTimeout = "";

  @Option(
      names = "--staleness-limit",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description =
          "How long known clients get tokens while PostgreSQL is away (default:"
              + " ${DEFAULT-VALUE}).")
  String stalenessLimit = "";

  @Option(
      names = "--audit-retention",
      paramLabel = "DAYS",
      defaultValue = "0",
      description =
          "How long audit events are kept; older ones are removed, and 'audit verify' still checks"
              + " the others (default: ${DEFAULT-VALUE}, for ever).")
  String auditRetention = "";

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
      description = "Form of the log on standard output (default: text at a terminal, else json).")
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
