package io.clientele.bench;

import io.clientele.bench.load.Call;
import io.clientele.bench.load.ClosedLoop;
import io.clientele.bench.load.Comparison;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Requests;
import io.clientele.bench.load.Trial;
import io.clientele.bench.participant.BareHandler;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.RunningServer;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.time.Duration;

/// A short look at the one ratio that matters most, for `./verify`. It fails only if it could not
/// measure: on a machine that does other things meanwhile the figure means little.
final class Guard {

  private static final Duration WARM_UP = Duration.ofSeconds(4);
  private static final Duration TRIAL = Duration.ofSeconds(1);

  private Guard() {}

  /// @return a sentence with the ratio
  static String measure(Workshop workshop) throws IOException, InterruptedException {
    try (RunningServer ours = new Clientele(workshop.newDirectory("data")).start(workshop);
        RunningServer bare = new BareHandler(ours.process()).start(workshop)) {
      Load ofOurs = load(ours);
      Load ofBare = load(bare);
      Trial.warmUp(ours.process(), ofOurs, WARM_UP);
      Trial.warmUp(bare.process(), ofBare, WARM_UP);
      Comparison comparison =
          Comparison.of(
              () -> Trial.of(ours.process(), ofOurs, TRIAL),
              () -> Trial.of(bare.process(), ofBare, TRIAL),
              1);
      return "a token costs %.2f × the CPU of the bare handler's (%.0f µs against %.0f µs)"
          .formatted(
              comparison.cpuRatio().median(),
              Comparison.cpu(comparison.a()).median(),
              Comparison.cpu(comparison.b()).median());
    }
  }

  private static Load load(RunningServer server) {
    return ClosedLoop.of(
        server.token().port(), Requests.repeated(server.token()), Call.TOKEN_ANSWER);
  }
}
