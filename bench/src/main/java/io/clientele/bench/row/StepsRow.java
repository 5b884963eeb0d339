package io.clientele.bench.row;

import io.clientele.bench.jmh.HotPath;
import io.clientele.bench.jmh.ProcessCpu;
import io.clientele.bench.jmh.SignatureAlone;
import io.clientele.bench.load.Spread;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import io.clientele.bench.report.Result;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// What each step of a token costs, in time and in memory: JMH on the server's own objects.
public final class StepsRow implements Row {

  private static final TimeValue SECOND = TimeValue.seconds(1);

  /// How JMH calls it.
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  /// A step, and what it is for people.
  private record Step(Class<?> in, String method, String words) {

    static Step of(String method, String words) {
      return new Step(HotPath.class, method, words);
    }

    /// CPU of the whole process.
    String cpu() {
      return "steps." + method + ".cpu";
    }

    /// On the clock, which other programs lengthen.
    String clock() {
      return "steps." + method + ".clock";
    }

    /// What is allocated.
    String memory() {
      return "steps." + method + ".memory";
    }
  }

  /// The steps of a token in their order, then wholes, then introspection.
  private static final List<Step> STEPS =
      List.of(
          Step.of("routing", "route found, headers and body in hand"),
          Step.of("form", "form and grant read"),
          Step.of("directories", "client and customer found in memory"),
          Step.of("secret", "secret: its HMAC"),
          Step.of("authentication", "authentication, the two before in it"),
          Step.of("randomBytes", "16 random bytes for the jti"),
          Step.of("signature", "ES256 signature by a kept signer"),
          new Step(SignatureAlone.class, "sign", "the same by one made for it"),
          Step.of("counters", "counted for usage"),
          Step.of("issue", "JWT: claims, random, signature, counted"),
          Step.of("issueNarrowed", "JWT narrowed to a tenant"),
          Step.of("logLine", "log line"),
          Step.of("metrics", "metrics"),
          Step.of("token", "TokenEndpoint.issue, routing to answer"),
          Step.of("verification", "ES256 verification"),
          Step.of("introspectionSeen", "introspection, token seen before"),
          Step.of("introspectionNeverSeen", "introspection, token never seen"));

  /// How long each step is measured.
  private record Effort(int forks, int warmUps, int iterations) {

    static Effort of(Pace pace) {
      // Introspection takes seconds until all of it is compiled, since it is not called that often.
      return pace.isFull() ? new Effort(2, 10, 5) : new Effort(1, 4, 3);
    }

    /// With what it takes to start a JVM and put the server together.
    Duration estimate() {
      return Duration.ofSeconds(forks * (warmUps + iterations + 2L));
    }
  }

  @Override
  public String name() {
    return "steps";
  }

  @Override
  public Duration estimate(Pace pace) {
    return Effort.of(pace).estimate().multipliedBy(STEPS.size());
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say) throws IOException {
    Effort effort = Effort.of(pace);
    Path scratch = workshop.newDirectory("steps");
    Measured measured = new Measured();
    for (Step step : STEPS) {
      say.say(step.words);
      RunResult run = run(step, effort, scratch);
      measured
          .add(Figure.of(step.cpu(), Spread.of(secondary(run, ProcessCpu.LABEL)), "µs"))
          .add(Figure.of(step.clock(), Spread.of(primary(run)), "µs"))
          .add(Figure.of(step.memory(), Spread.of(secondary(run, ALLOCATED)), "bytes"));
    }
    return measured;
  }

  private static RunResult run(Step step, Effort effort, Path scratch) throws IOException {
    try {
      return new Runner(
              new OptionsBuilder()
                  .include(step.in.getName() + "\\." + step.method + "$")
                  .forks(effort.forks)
                  // Of the two collectors that the launcher chooses from, the one whose writes cost
                  // more.
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
      values.add(
          Optional.ofNullable(iteration.getSecondaryResults().get(label))
              .orElseThrow(() -> new IOException("JMH has no " + label))
              .getScore());
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

  /// The steps as a table.
  public static void print(Result result, PrintStream out) {
    out.printf("%-42s %28s %10s %8s%n", "step", "µs of CPU (least to most)", "µs", "bytes");
    for (Step step : STEPS) {
      result
          .figure(step.cpu())
          .ifPresent(
              cpu ->
                  out.printf(
                      "%-42s %9.3f (%7.3f to %7.3f) %10.3f %8.0f%n",
                      step.words,
                      cpu.value(),
                      cpu.least(),
                      cpu.most(),
                      value(result, step.clock()),
                      value(result, step.memory())));
    }
  }

  private static double value(Result result, String figure) {
    return result.figure(figure).map(Figure::value).orElse(Double.NaN);
  }
}
