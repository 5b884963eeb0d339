package io.clientele.bench.row;

import io.clientele.bench.load.Comparison;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.RunningServer;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.time.Duration;

/// Clientele against itself, in two processes. What differs here is the machine's doing, so nothing
/// that differs less means anything.
public final class AgainstItself implements Row {

  private static final double TOLERATED = 0.05;
  private static final int TRIES = 3;

  @Override
  public String name() {
    return "itself";
  }

  @Override
  public Duration estimate(Pace pace) {
    return warmer(pace).ofComparison();
  }

  /// A quick run is not so quick that both are still being compiled.
  private static Pace warmer(Pace pace) {
    return pace.isFull() ? pace : pace.withWarmUp(Duration.ofSeconds(6));
  }

  /// @throws IOException if the two differ by more than 5 % three times
  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    for (int i = 0; i < TRIES; i++) {
      Comparison comparison = once(workshop, warmer(pace));
      double ratio = comparison.cpuRatio().median();
      if (Math.abs(ratio - 1) <= TOLERATED) {
        return new Measured().add(Figure.ratio("itself.cpu-ratio", comparison.cpuRatio()));
      }
      say.say("Clientele against itself: %.3f, which should be 1".formatted(ratio));
    }
    throw new IOException(
        "this machine measures the same program twice and gets figures that are far apart: what it"
            + " said of others would mean nothing. Try again when it is quiet.");
  }

  private static Comparison once(Workshop workshop, Pace pace)
      throws IOException, InterruptedException {
    try (RunningServer a = new Clientele(workshop.newDirectory("data")).start(workshop);
        RunningServer b = new Clientele(workshop.newDirectory("data")).start(workshop)) {
      return SideBySide.compare(workshop, pace, a, b);
    }
  }
}
