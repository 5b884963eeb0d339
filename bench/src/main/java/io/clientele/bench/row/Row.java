package io.clientele.bench.row;

import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.time.Duration;

/// One row of the table in `docs/performance.md`: starts what it needs, measures, ends it.
public interface Row {

  /// How `--only` names it.
  String name();

  /// How long it takes, about.
  Duration estimate(Pace pace);

  /// Measures.
  ///
  /// @param say a word for the person who waits
  Measured measure(Workshop workshop, Pace pace, Say say) throws IOException, InterruptedException;

  /// Words for the person who waits.
  @FunctionalInterface
  interface Say {
    void say(String words);
  }
}
