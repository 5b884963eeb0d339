package io.clientele.bench;

import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Report;
import io.clientele.bench.report.Result;
import io.clientele.bench.row.HugeRow;
import io.clientele.bench.row.Pace;
import io.clientele.bench.row.Row;
import io.clientele.bench.row.StepsRow;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
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

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(arguments, System.out, System.err));
  }

  private static int run(String[] arguments, PrintStream out, PrintStream err) {
    Options options = new Options();
    CommandLine commandLine = new CommandLine(options);
    commandLine.setUsageHelpLongOptionsMaxWidth(16);
    System.setProperty("ROWS", names());
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
      return measure(options, workshop, out, err);
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
      if (Run.ROWS.stream().noneMatch(row -> row.name().equals(name))) {
        throw new CommandLine.ParameterException(
            commandLine, "there is no row '" + name + "'; rows: " + names());
      }
    }
  }

  private static String names() {
    return Run.ROWS.stream().map(Row::name).collect(Collectors.joining(", "));
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

  private static int measure(Options options, Workshop workshop, PrintStream out, PrintStream err)
      throws IOException, InterruptedException {
    if (options.report) {
      Report.write(workshop.checkout());
      return DONE;
    }
    if (options.guard) {
      out.println(Guard.measure(workshop));
      return DONE;
    }
    Run run =
        new Run(workshop, options.quick ? Pace.quick() : Pace.full(), err, InstantSource.system());
    if (options.steps) {
      return steps(run, options, workshop, out);
    }
    Result result = run.measure(kind(options), rows(options));
    print(result, out);
    if (options.isForTheDocument()) {
      run.show(result);
      err.println("Written: docs/performance.md");
    }
    return result.failures().isEmpty() ? DONE : FAILED;
  }

  private static int steps(Run run, Options options, Workshop workshop, PrintStream out)
      throws IOException, InterruptedException {
    Result result = run.measure("steps", List.of(new StepsRow()));
    StepsRow.print(result, out);
    if (!options.quick) {
      result.write(Report.resultOf(workshop.checkout(), result.kind()));
    }
    result.failures().values().forEach(out::println);
    return result.failures().isEmpty() ? DONE : FAILED;
  }

  private static String kind(Options options) {
    if (options.huge) {
      return "huge";
    }
    if (!options.only.isEmpty()) {
      return "partial";
    }
    return options.quick ? "quick" : "full";
  }

  private static List<Row> rows(Options options) {
    if (options.huge) {
      return List.of(new HugeRow());
    }
    return Run.ROWS.stream()
        .filter(row -> options.only.isEmpty() || options.only.contains(row.name()))
        .toList();
  }

  private static void print(Result result, PrintStream out) {
    for (Figure each : result.figures()) {
      out.printf(
          "%-28s %12.3f %-8s (%.3f to %.3f)%n",
          each.id(), each.value(), each.unit(), each.least(), each.most());
    }
    out.println();
    out.print(Report.goals(result));
    result.failures().forEach((row, why) -> out.println(row + " could not be measured: " + why));
  }
}
