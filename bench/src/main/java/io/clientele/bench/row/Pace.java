package io.clientele.bench.row;

import java.time.Duration;

/// How long things are measured.
///
/// @param isFull whether every size is measured, or only those that take little time
/// @param warmUp at the longest, for each server
/// @param trial one of A B B A
/// @param rounds of A B B A
/// @param repeats of what is measured by itself, e.g. starts
public record Pace(boolean isFull, Duration warmUp, Duration trial, int rounds, int repeats) {

  public static Pace full() {
    return new Pace(true, Duration.ofSeconds(24), Duration.ofSeconds(8), 3, 11);
  }

  public static Pace quick() {
    return new Pace(false, Duration.ofSeconds(3), Duration.ofSeconds(2), 1, 2);
  }

  /// The same with another time to warm up.
  Pace withWarmUp(Duration longest) {
    return new Pace(isFull, longest, trial, rounds, repeats);
  }

  /// How long one comparison takes at the longest, with the start of two servers.
  Duration ofComparison() {
    return warmUp.multipliedBy(2).plus(trial.multipliedBy(4L * rounds)).plusSeconds(3);
  }
}
