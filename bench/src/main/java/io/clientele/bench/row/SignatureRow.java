package io.clientele.bench.row;

import io.clientele.bench.jmh.SignatureAlone;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Spread;
import io.clientele.bench.load.Trial;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.RunningServer;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// What a whole token costs, against its signature alone; in turn, A B B A.
public final class SignatureRow implements Row {

  @Override
  public String name() {
    return "signature";
  }

  @Override
  public Duration estimate(Pace pace) {
    return pace.warmUp()
        .plus(pace.trial().multipliedBy(3).plusSeconds(4).multipliedBy(pace.rounds()));
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    try (RunningServer server = new Clientele(workshop.newDirectory("data")).start(workshop)) {
      Load load = SideBySide.wrk(workshop, server);
      Trial.warmUp(server.process(), load, pace.warmUp());
      List<Double> tokens = new ArrayList<>();
      List<Double> signatures = new ArrayList<>();
      List<Double> ratios = new ArrayList<>();
      for (int round = 0; round < pace.rounds(); round++) {
        double first = Trial.of(server.process(), load, pace.trial()).cpuMicros();
        // JMH's own iterations stand for B B.
        double signature = signature(pace);
        double second = Trial.of(server.process(), load, pace.trial()).cpuMicros();
        tokens.addAll(List.of(first, second));
        signatures.add(signature);
        ratios.add((first + second) / 2 / signature);
      }
      return new Measured()
          .add(Figure.ratio("signature.cpu-ratio", Spread.of(ratios)))
          .add(Figure.of("signature.cpu", Spread.of(signatures), "µs"))
          .add(Figure.of("signature.token-cpu", Spread.of(tokens), "µs"));
    }
  }

  /// @return CPU microseconds of one
  private static double signature(Pace pace) throws IOException {
    // Another JMH on this machine, or its lock file of another user, is load like any other: CPU
    // time
    // is what counts here.
    System.setProperty("jmh.ignoreLock", "true");
    TimeValue second = TimeValue.seconds(1);
    try {
      Collection<RunResult> results =
          new Runner(
                  new OptionsBuilder()
                      .include(SignatureAlone.class.getName())
                      .forks(1)
                      .jvmArgs(
                          "--enable-native-access=ALL-UNNAMED",
                          "--sun-misc-unsafe-memory-access=allow",
                          "-Xmx256m")
                      .warmupIterations(2)
                      .warmupTime(second)
                      .measurementIterations((int) pace.trial().toSeconds())
                      .measurementTime(second)
                      .timeUnit(TimeUnit.MICROSECONDS)
                      .verbosity(VerboseMode.SILENT)
                      .build())
              .run();
      RunResult result = results.iterator().next();
      return sum(result, "cpuNanos") / sum(result, "signatures") / 1000;
    } catch (RunnerException e) {
      throw new IOException("JMH could not measure: " + e.getMessage(), e);
    }
  }

  private static double sum(RunResult run, String counter) throws IOException {
    Result<?> result = run.getSecondaryResults().get(counter);
    if (result == null) {
      throw new IOException("JMH has no counter " + counter);
    }
    return result.getScore();
  }
}
