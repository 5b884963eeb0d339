package io.clientele.bench;

import java.io.PrintStream;
import java.time.Duration;

/// Tells on standard error how far a run is, and how long it may still take.
final class Progress {

  private final PrintStream err;
  private final long begin = System.nanoTime();
  private Duration left;

  /// @param estimate of the whole run
  Progress(PrintStream err, Duration estimate) {
    this.err = err;
    this.left = estimate;
    err.printf("About %s in all.%n", inWords(estimate));
  }

  /// A row begins.
  void begin(String row) {
    err.printf("%s, about %s left: %s%n", clock(), inWords(left), row);
  }

  /// A word within a row.
  void say(String words) {
    err.printf("%s  %s%n", clock(), words);
  }

  /// A row has ended.
  ///
  /// @param estimate what it was thought to take
  void end(Duration estimate) {
    left = left.minus(estimate);
  }

  private String clock() {
    Duration gone = Duration.ofNanos(System.nanoTime() - begin);
    return "%d:%02d".formatted(gone.toMinutes(), gone.toSecondsPart());
  }

  private static String inWords(Duration duration) {
    return duration.toSeconds() < 90
        ? duration.toSeconds() + " s"
        : Math.round(duration.toSeconds() / 60.0) + " min";
  }
}
