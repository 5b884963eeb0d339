package io.clientele.bench.report;

import java.util.OptionalDouble;

/// What a figure is to reach.
///
/// @param figure its id
/// @param what it is, for people
/// @param unit of the figure; empty for a ratio
/// @param isAtMost whether less is better
/// @param goal what is aimed at
/// @param floor what must hold; empty if only the goal is given
record Goal(
    String figure, String what, String unit, boolean isAtMost, double goal, OptionalDouble floor) {

  /// How a figure stands to its goal.
  enum Outcome {
    MET("met"),
    FLOOR_HELD("floor held"),
    MISSED("**missed**");

    private final String words;

    Outcome(String words) {
      this.words = words;
    }

    /// For people.
    String words() {
      return words;
    }
  }

  static Goal atMost(String figure, String what, String unit, double goal, double floor) {
    return new Goal(figure, what, unit, true, goal, OptionalDouble.of(floor));
  }

  static Goal atMost(String figure, String what, String unit, double goal) {
    return new Goal(figure, what, unit, true, goal, OptionalDouble.empty());
  }

  static Goal atLeast(String figure, String what, String unit, double goal, double floor) {
    return new Goal(figure, what, unit, false, goal, OptionalDouble.of(floor));
  }

  Outcome outcome(double value) {
    if (reaches(value, goal)) {
      return Outcome.MET;
    }
    return floor.isPresent() && reaches(value, floor.getAsDouble())
        ? Outcome.FLOOR_HELD
        : Outcome.MISSED;
  }

  private boolean reaches(double value, double bound) {
    return isAtMost ? value <= bound : value >= bound;
  }

  /// `≤ 1.2 ms`
  String inWords(double bound) {
    return (isAtMost ? "≤ " : "≥ ") + Numbers.inWords(bound, unit);
  }
}
