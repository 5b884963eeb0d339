package io.clientele;

import io.clientele.crypto.CryptoProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;

/// The program: reads the command line, does one thing, returns an exit code.
///
/// Exit codes: 0 done; 1 it could not be done, and standard error says why; 2 the command line or a
/// setting is wrong, and standard error says how; 3 what was checked is not as it should be.
public final class Main {

  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int MISUSED = 2;
  private static final int WRONG = 3;

  private static final Set<String> AUDIT_COMMANDS = Set.of("verify", "export");

  private Main() {}

  @Command(
      name = "clientele",
      description = "An OAuth 2.0 authorization server for machines.",
      synopsisSubcommandLabel = "COMMAND",
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Begin with: clientele serve --demo (Ctrl-C stops it)",
        "In a source checkout, 'clientele package' makes a tar.gz that runs anywhere.",
        "'clientele prepare' makes the cache for fast starts, which the first 'serve' else makes."
      })
  static final class Program {}

  @Command(
      name = "operator",
      mixinStandardHelpOptions = true,
      description = "The operator's own client.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Operator {}

  @Command(
      name = "audit",
      mixinStandardHelpOptions = true,
      description = "The audit events of all customers.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Audit {}

  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments), System.getenv(), System.out, System.err));
  }

  /// Does what the command line says.
  ///
  /// @param out what was asked for
  /// @param err words for people
  /// @return the exit code
  static int run(
      List<String> arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
    List<String> words = arguments.stream().filter(each -> !each.isEmpty()).toList();
    if (words.isEmpty()) {
      CommandLines.make().whole.usage(err);
      return MISUSED;
    }
    try {
      return switch (words.getFirst()) {
        case "serve" -> serve(words.subList(1, words.size()), environment, out, err);
        case "operator" -> operator(words, environment, out, err);
        case "import", "generate" -> imports(words, environment, out, err);
        case "backup", "restore", "audit" -> data(words, environment, out, err);
        case "train" -> train(words.subList(1, words.size()), err);
        default -> other(words, out, err);
      };
    } catch (SettingsException e) {
      e.faults().forEach(fault -> err.println("clientele: " + fault));
      return MISUSED;
    } catch (StartException e) {
      err.println("clientele: " + e.getMessage());
      if (e.isUnexpected()) {
        LoggerFactory.getLogger(Main.class).error("the start failed unexpectedly", e);
      }
      return FAILED;
    }
  }

  /// The commands, for their help. Made when help is asked for: a server that starts spares itself
  /// the reflection.
  private record CommandLines(
      CommandLine whole,
      CommandLine serve,
      CommandLine operator,
      CommandLine reset,
      CommandLine imports,
      CommandLine generate,
      CommandLine backup,
      CommandLine restore,
      CommandLine audit,
      CommandLine verify,
      CommandLine export) {

    /// Options that say which installation is meant.
    private static final Set<String> WHERE =
        Set.of(
            "--data",
            "--database",
            "--database-user",
            "--database-password-file",
            "--master-key-file",
            "--issuer",
            "--config",
            "--help");

    static CommandLines make() {
      CommandLine whole = new CommandLine(new Program());
      CommandLine serve = new CommandLine(new ServeOptions());
      CommandLine operator = new CommandLine(new Operator());
      CommandLine reset = new CommandLine(new ServeOptions());
      reset
          .getCommandSpec()
          .usageMessage()
          .description(
              "Makes a new secret for client 'operator' when it is lost, in operator.json of the"
                  + " data directory. The server must be stopped. Takes every option of 'serve';"
                  + " these say which installation is meant.");
      reset.setCommandName("reset");
      hideWhatOnlyServes(reset, WHERE);
      CommandLine imports = new CommandLine(new ImportOptions());
      hideWhatOnlyServes(imports, FOR_IMPORT);
      CommandLine generate = new CommandLine(new GenerateOptions());
      hideWhatOnlyServes(generate, FOR_IMPORT);
      whole.addSubcommand("serve", serve);
      whole.addSubcommand("operator", operator);
      whole.addSubcommand("import", imports);
      whole.addSubcommand("generate", generate);
      operator.addSubcommand("reset", reset);
      CommandLine backup = new CommandLine(new BackupOptions());
      CommandLine restore = new CommandLine(new RestoreOptions());
      CommandLine audit = new CommandLine(new Audit());
      CommandLine verify = new CommandLine(new AuditOptions());
      CommandLine export = new CommandLine(new AuditExportOptions());
      for (CommandLine each : List.of(backup, restore, verify, export)) {
        hideWhatOnlyServes(each, FOR_DATA);
      }
      whole.addSubcommand("backup", backup);
      whole.addSubcommand("restore", restore);
      whole.addSubcommand("audit", audit);
      audit.addSubcommand("verify", verify);
      audit.addSubcommand("export", export);
      return new CommandLines(
          whole, serve, operator, reset, imports, generate, backup, restore, audit, verify, export);
    }

    /// Options of `import` and `generate` that people should see.
    private static final Set<String> FOR_IMPORT =
        Set.of(
            "--data",
            "--database",
            "--database-user",
            "--database-password-file",
            "--master-key-file",
            "--max-token-validity",
            "--config",
            "--help",
            "--secrets-out",
            "--customers",
            "--clients",
            "--seed");

    /// Options of `backup`, `restore`, `audit verify` and `audit export` that people should see.
    private static final Set<String> FOR_DATA =
        Set.of(
            "--data",
            "--database",
            "--database-user",
            "--database-password-file",
            "--master-key-file",
            "--config",
            "--help",
            "--keep-tokens",
            "--export",
            "--heads",
            "--heads-out",
            "--customer",
            "--format",
            "--out");

    private static void hideWhatOnlyServes(CommandLine command, Set<String> shown) {
      for (OptionSpec option : List.copyOf(command.getCommandSpec().options())) {
        if (!shown.contains(option.longestName())) {
          command.getCommandSpec().remove(option);
          command.getCommandSpec().addOption(OptionSpec.builder(option).hidden(true).build());
        }
      }
    }
  }

  private static boolean asksForHelp(List<String> words) {
    return words.contains("--help") || words.contains("-h");
  }

  private static int other(List<String> words, PrintStream out, PrintStream err) {
    if (words.getFirst().equals("--version") || words.getFirst().equals("-V")) {
      out.println(version());
      return DONE;
    }
    if (asksForHelp(words) || words.getFirst().equals("help")) {
      CommandLines.make().whole.usage(out);
      return DONE;
    }
    err.println("clientele: '" + words.getFirst() + "' is no command; see clientele --help");
    return MISUSED;
  }

  private static int serve(
      List<String> words, Map<String, String> environment, PrintStream out, PrintStream err)
      throws SettingsException, StartException {
    if (asksForHelp(words)) {
      CommandLines.make().serve.usage(out);
      return DONE;
    }
    if (words.contains("--version") || words.contains("-V")) {
      out.println(version());
      return DONE;
    }
    // Not by a class that has a logger: see below.
    Future<CryptoProvider> provider = CryptoProvider.beginChoice();
    Settings settings = Settings.parse(words, environment);
    // Before the first logger is made: logback.xml looks at it.
    System.setProperty(
        "clientele.log.format", settings.logFormat().name().toLowerCase(Locale.ROOT));
    Server server = Server.start(settings, provider, InstantSource.system());
    CountDownLatch stopped = new CountDownLatch(1);
    Thread onSignal =
        new Thread(
            () -> {
              err.println("Clientele stops: requests under way may end.");
              server.close();
              stopped.countDown();
              // The signal ends the process with its own code; a stop that was asked for is a
              // success.
              Runtime.getRuntime().halt(DONE);
            },
            "shutdown");
    try {
      Runtime.getRuntime().addShutdownHook(onSignal);
    } catch (IllegalStateException e) {
      // Asked to stop before it was ready.
      server.close();
      return DONE;
    }
    server.words().forEach(err::println);
    if (settings.managementPort().isPresent()) {
      err.println("Metrics and health: " + server.managementUri());
    }
    err.println("Clientele is ready: " + server.uri());
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return DONE;
  }

  private static int imports(
      List<String> words, Map<String, String> environment, PrintStream out, PrintStream err)
      throws SettingsException, StartException {
    boolean isImport = words.getFirst().equals("import");
    List<String> rest = words.subList(1, words.size());
    if (asksForHelp(rest)) {
      CommandLines program = CommandLines.make();
      (isImport ? program.imports : program.generate).usage(out);
      return DONE;
    }
    ImportCommands commands = new ImportCommands(environment, err);
    boolean done = isImport ? commands.importFile(rest) : commands.generate(rest);
    return done ? DONE : FAILED;
  }

  private static int data(
      List<String> words, Map<String, String> environment, PrintStream out, PrintStream err)
      throws SettingsException, StartException {
    boolean isAudit = words.getFirst().equals("audit");
    if (isAudit && (words.size() < 2 || !AUDIT_COMMANDS.contains(words.get(1)))) {
      if (asksForHelp(words)) {
        CommandLines.make().audit.usage(out);
        return DONE;
      }
      err.println(
          "clientele: say 'clientele audit verify' or 'clientele audit export'; see clientele audit"
              + " --help");
      return MISUSED;
    }
    String command = isAudit ? words.get(1) : words.getFirst();
    List<String> rest = words.subList(isAudit ? 2 : 1, words.size());
    if (asksForHelp(rest)) {
      CommandLines program = CommandLines.make();
      CommandLine asked =
          switch (command) {
            case "backup" -> program.backup;
            case "restore" -> program.restore;
            case "export" -> program.export;
            default -> program.verify;
          };
      asked.usage(out);
      return DONE;
    }
    DataCommands commands = new DataCommands(environment, err);
    switch (command) {
      case "backup" -> commands.backup(rest);
      case "restore" -> commands.restore(rest);
      case "export" -> commands.exportAudit(rest, out);
      default -> {
        return commands.verifyAudit(rest) ? DONE : WRONG;
      }
    }
    return DONE;
  }

  private static int operator(
      List<String> words, Map<String, String> environment, PrintStream out, PrintStream err)
      throws SettingsException, StartException {
    if (words.size() >= 2 && words.get(1).equals("reset")) {
      List<String> rest = words.subList(2, words.size());
      if (asksForHelp(rest)) {
        CommandLines.make().reset.usage(out);
        return DONE;
      }
      Settings settings = Settings.parse(rest, environment);
      err.println(
          "The operator's new secret is in "
              + Installation.resetOperator(settings, InstantSource.system())
              + " (mode 0600).");
      return DONE;
    }
    if (asksForHelp(words)) {
      CommandLines.make().operator.usage(out);
      return DONE;
    }
    err.println("clientele: say 'clientele operator reset'; see clientele operator --help");
    return MISUSED;
  }

  /// For the launcher, which makes the start cache with it; people say 'clientele prepare'.
  private static int train(List<String> words, PrintStream err) throws StartException {
    if (words.size() != 1) {
      err.println(
          "clientele: say 'clientele train DIR', with a directory for a trial server's data");
      return MISUSED;
    }
    Training.run(Path.of(words.getFirst()));
    return DONE;
  }

  /// The program's version.
  static String version() {
    Properties properties = new Properties();
    try (InputStream in =
        Objects.requireNonNull(Main.class.getResourceAsStream("/clientele.properties"))) {
      properties.load(in);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("the program has no clientele.properties", e);
    }
    return "clientele " + properties.getProperty("version", "");
  }
}
