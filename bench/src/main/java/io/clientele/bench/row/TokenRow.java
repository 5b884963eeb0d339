package io.clientele.bench.row;

import io.clientele.bench.load.Comparison;
import io.clientele.bench.load.Trial;
import io.clientele.bench.participant.BareHandler;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.RunningServer;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// The token endpoint with everything on, against the bare handler.
public final class TokenRow implements Row {

  @Override
  public String name() {
    return "token";
  }

  @Override
  public Duration estimate(Pace pace) {
    return pace.ofComparison();
  }

  /// Everything is on, or it is not measured: the log that was read has a line for each token.
  private static void checkLog(RunningServer ours, List<Trial> trials) throws IOException {
    long tokens = trials.stream().mapToLong(Trial::requests).sum();
    if (ours.process().linesOut() < tokens) {
      throw new IOException(
          "%d tokens were answered, and %d lines logged"
              .formatted(tokens, ours.process().linesOut()));
    }
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    try (RunningServer ours = new Clientele(workshop.newDirectory("data")).start(workshop);
        RunningServer bare = new BareHandler(ours.process()).start(workshop)) {
      Comparison comparison = SideBySide.compare(workshop, pace, ours, bare);
      checkLog(ours, comparison.a());
      return new Measured()
          .add(Figure.ratio("token.rate-ratio", comparison.rateRatio()))
          .add(Figure.ratio("token.cpu-ratio", comparison.cpuRatio()))
          .add(Figure.of("token.rate", Comparison.rate(comparison.a()), "/s"))
          .add(Figure.of("token.cpu", Comparison.cpu(comparison.a()), "µs"))
          .add(Figure.of("token.bare-rate", Comparison.rate(comparison.b()), "/s"))
          .add(Figure.of("token.bare-cpu", Comparison.cpu(comparison.b()), "µs"))
          .add(Figure.of("token.resident", ours.process().residentBytes() / 1e6, "MB"));
    }
  }
}
