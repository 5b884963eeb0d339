package io.clientele.bench;

import io.clientele.bench.participant.Keycloak;
import io.clientele.bench.participant.OidcProvider;
import io.clientele.bench.participant.SpringServer;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import io.clientele.bench.row.AgainstItself;
import io.clientele.bench.row.ChosenSecretsRow;
import io.clientele.bench.row.GrowthRow;
import io.clientele.bench.row.IntrospectionRow;
import io.clientele.bench.row.LatencyRow;
import io.clientele.bench.row.ManagementRow;
import io.clientele.bench.row.MemoryRow;
import io.clientele.bench.row.Pace;
import io.clientele.bench.row.PeerRow;
import io.clientele.bench.row.Row;
import io.clientele.bench.row.SignatureRow;
import io.clientele.bench.row.StartRow;
import io.clientele.bench.row.TokenRow;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/// The program behind `./bench/run`, which starts it in Clientele's checkout.
///
/// Exit codes: 0 measured; 1 it could not be measured, and standard error says why; 2 the command
/// line is wrong.
public final class Main {

  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int MISUSED = 2;

  private static final List<Row> ROWS =
      List.of(
          new AgainstItself(),
          new TokenRow(),
          new SignatureRow(),
          new PeerRow("keycloak", new Keycloak(), false, false),
          new PeerRow("oidc-provider", new OidcProvider(), false, false),
          new PeerRow("spring", SpringServer.withoutHashing(), true, false),
          new PeerRow("spring-bcrypt", SpringServer.asDelivered(), true, true),
          new LatencyRow(),
          new IntrospectionRow(),
          new ChosenSecretsRow(),
          new StartRow(),
          new MemoryRow(),
          new ManagementRow(),
          new GrowthRow());

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(arguments, System.out, System.err));
  }

  private static int run(String[] arguments, PrintStream out, PrintStream err) {
    Options options = new Options();
    CommandLine commandLine = new CommandLine(options);
    commandLine.setUsageHelpLongOptionsMaxWidth(16);
    System.setProperty("ROWS", names(ROWS));
    try {
      commandLine.parseArgs(arguments);
      check(options, commandLine);
    } catch (CommandLine.ParameterException e) {
      err.println("bench/run: " + e.getMessage());
      err.println("See ./bench/run --help");
      return MISUSED;
    }
    if (options.help) {
      commandLine.usage(out);
      return DONE;
    }
    try (Workshop workshop = new Workshop(Path.of("").toAbsolutePath())) {
      endAllOnSignal(workshop);
      measure(options, workshop, out, err);
      return DONE;
    } catch (IOException | UncheckedIOException e) {
      err.println("bench/run: " + e.getMessage());
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  private static void check(Options options, CommandLine commandLine) {
    long kinds =
        List.of(options.huge, options.guard, options.report).stream().filter(each -> each).count();
    boolean isNarrowed = options.quick || !options.only.isEmpty();
    if (options.steps && (kinds > 0 || !options.only.isEmpty())) {
      throw new CommandLine.ParameterException(
          commandLine, "beside --steps there may be --quick, and nothing else");
    }
    if (kinds > 1 || (kinds == 1 && isNarrowed)) {
      throw new CommandLine.ParameterException(
          commandLine, "--huge, --guard and --report stand alone");
    }
    for (String name : options.only) {
      if (ROWS.stream().noneMatch(row -> row.name().equals(name))) {
        throw new CommandLine.ParameterException(
            commandLine, "there is no row '" + name + "'; rows: " + names(ROWS));
      }
    }
  }

  private static String names(List<Row> rows) {
    return rows.stream().map(Row::name).collect(Collectors.joining(", "));
  }

  /// Ctrl-C or `SIGTERM`: what this run started ends with it.
  private static void endAllOnSignal(Workshop workshop) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    workshop.close();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                },
                "end of the run"));
  }

  private static void measure(Options options, Workshop workshop, PrintStream out, PrintStream err)
      throws IOException, InterruptedException {
    if (options.guard) {
      out.println(Guard.measure(workshop));
      return;
    }
    if (options.steps) {
      Steps.measure(workshop, options.quick, out, err);
      return;
    }
    Pace pace = options.quick ? Pace.quick() : Pace.full();
    List<Row> rows =
        ROWS.stream()
            .filter(row -> options.only.isEmpty() || options.only.contains(row.name()))
            .toList();
    Measured measured = measure(rows, workshop, pace, err);
    for (Figure each : measured.figures()) {
      out.printf(
          "%-24s %12.3f %-5s (%.3f to %.3f)%n",
          each.id(), each.value(), each.unit(), each.least(), each.most());
    }
  }

  private static Measured measure(List<Row> rows, Workshop workshop, Pace pace, PrintStream err)
      throws IOException, InterruptedException {
    Progress progress =
        new Progress(
            err,
            rows.stream().map(row -> row.estimate(pace)).reduce(Duration.ZERO, Duration::plus));
    Measured measured = new Measured();
    for (Row row : rows) {
      progress.begin(row.name());
      measured.addAll(row.measure(workshop, pace, progress::say));
      progress.end(row.estimate(pace));
    }
    return measured;
  }
}
