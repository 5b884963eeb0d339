package io.clientele.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.clientele.bench.jmh.HotPath;
import io.clientele.bench.jmh.ProcessCpu;
import io.clientele.bench.jmh.SignatureAlone;
import io.clientele.bench.load.Spread;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// What each step of a token costs, in time and in memory: JMH on the server's own objects.
final class Steps {

  private static final String RESULTS = "bench/results/steps.json";
  private static final TimeValue SECOND = TimeValue.seconds(1);

  /// A step, and what it is for people.
  private record Step(Class<?> in, String method, String words) {

    static Step of(String method, String words) {
      return new Step(HotPath.class, method, words);
    }
  }

  /// The steps of a token in their order, then wholes, then introspection.
  private static final List<Step> STEPS =
      List.of(
          Step.of("routing", "route found, headers and body in hand"),
          Step.of("form", "form and grant read"),
          Step.of("directories", "client and customer found in memory"),
          Step.of("secret", "secret: its HMAC"),
          Step.of("authentication", "authentication, with the two before"),
          Step.of("randomBytes", "16 random bytes for the jti"),
          Step.of("signature", "ES256 signature by a kept signer"),
          new Step(SignatureAlone.class, "sign", "the same by one made for each signature"),
          Step.of("counters", "counted for usage"),
          Step.of("issue", "JWT: claims, with the four before"),
          Step.of("issueNarrowed", "JWT narrowed to a tenant"),
          Step.of("logLine", "log line"),
          Step.of("metrics", "metrics"),
          Step.of("token", "TokenEndpoint.issue, routing to answer"),
          Step.of("verification", "ES256 verification"),
          Step.of("introspectionSeen", "introspection, token seen before"),
          Step.of("introspectionNeverSeen", "introspection, token never seen"));

  /// How long each step is measured.
  private record Effort(int forks, int warmUps, int iterations) {

    /// With what it takes to start a JVM and put the server together.
    Duration estimate() {
      return Duration.ofSeconds(forks * (warmUps + iterations + 2L));
    }
  }

  private static final Effort QUICK = new Effort(1, 2, 3);
  private static final Effort FULL = new Effort(2, 4, 5);

  /// What a step costs.
  ///
  /// @param cpuMicros CPU of the whole process
  /// @param micros on the clock, which other programs lengthen
  /// @param bytes allocated
  private record Cost(String step, String words, Spread cpuMicros, Spread micros, double bytes) {}

  private record Results(String measuredAt, String java, int processors, List<Cost> steps) {}

  private Steps() {}

  /// Measures all, prints a table, and writes it to `bench/results/steps.json`.
  static void measure(Workshop workshop, boolean quick, PrintStream out, PrintStream err)
      throws IOException {
    Effort effort = quick ? QUICK : FULL;
    Path scratch = workshop.newDirectory("steps");
    Progress progress = new Progress(err, effort.estimate().multipliedBy(STEPS.size()));
    List<Cost> costs = new ArrayList<>();
    for (Step step : STEPS) {
      progress.begin(step.method);
      costs.add(cost(step, effort, scratch));
      progress.end(effort.estimate());
    }
    print(costs, out);
    write(
        new Results(
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            Runtime.version().toString(),
            Runtime.getRuntime().availableProcessors(),
            costs),
        workshop.checkout().resolve(RESULTS));
  }

  private static Cost cost(Step step, Effort effort, Path scratch) throws IOException {
    try {
      RunResult run =
          new Runner(
                  new OptionsBuilder()
                      .include(step.in.getName() + "\\." + step.method + "$")
                      .forks(effort.forks)
                      // As the launcher starts the server.
                      .jvmArgs(
                          "--enable-native-access=ALL-UNNAMED",
                          "--sun-misc-unsafe-memory-access=allow",
                          "-XX:+UseG1GC",
                          "-XX:+UseCompactObjectHeaders",
                          "-Xmx512m",
                          "-Djava.io.tmpdir=" + scratch)
                      .warmupIterations(effort.warmUps)
                      .warmupTime(SECOND)
                      .measurementIterations(effort.iterations)
                      .measurementTime(SECOND)
                      .addProfiler(GCProfiler.class)
                      .addProfiler(ProcessCpu.class)
                      .shouldFailOnError(true)
                      .verbosity(VerboseMode.SILENT)
                      .build())
              .runSingle();
      return new Cost(
          step.method,
          step.words,
          Spread.of(secondary(run, ProcessCpu.LABEL)),
          Spread.of(primary(run)),
          Spread.of(secondary(run, "gc.alloc.rate.norm")).median());
    } catch (RunnerException e) {
      throw new IOException("JMH could not measure " + step.method + ": " + e.getMessage(), e);
    }
  }

  private static List<Double> primary(RunResult run) {
    return iterations(run).stream().map(each -> each.getPrimaryResult().getScore()).toList();
  }

  private static List<Double> secondary(RunResult run, String label) throws IOException {
    List<Double> values = new ArrayList<>();
    for (IterationResult iteration : iterations(run)) {
      Result<?> result = iteration.getSecondaryResults().get(label);
      if (result == null) {
        throw new IOException("JMH has no " + label);
      }
      values.add(result.getScore());
    }
    return values;
  }

  private static List<IterationResult> iterations(RunResult run) {
    List<IterationResult> iterations = new ArrayList<>();
    for (BenchmarkResult fork : run.getBenchmarkResults()) {
      iterations.addAll(fork.getIterationResults());
    }
    return iterations;
  }

  private static void print(List<Cost> costs, PrintStream out) {
    out.printf("%-42s %28s %10s %8s%n", "step", "µs of CPU (least to most)", "µs", "bytes");
    for (Cost each : costs) {
      Spread cpu = each.cpuMicros;
      out.printf(
          "%-42s %9.3f (%7.3f to %7.3f) %10.3f %8.0f%n",
          each.words, cpu.median(), cpu.least(), cpu.most(), each.micros.median(), each.bytes);
    }
  }

  private static void write(Results results, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(file.toFile(), results);
  }
}
