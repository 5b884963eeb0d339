package io.clientele.bench.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Two things measured in turn, A B B A, so that a machine that grows slower or faster meanwhile
/// favours neither.
///
/// @param a two trials a round
/// @param b two trials a round
public record Comparison(List<Trial> a, List<Trial> b) {

  /// One measurement.
  @FunctionalInterface
  public interface Measurement {
    Trial measure() throws IOException, InterruptedException;
  }

  /// Measures in turn.
  public static Comparison of(Measurement a, Measurement b, int rounds)
      throws IOException, InterruptedException {
    List<Trial> ofA = new ArrayList<>();
    List<Trial> ofB = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      ofA.add(a.measure());
      ofB.add(b.measure());
      ofB.add(b.measure());
      ofA.add(a.measure());
    }
    return new Comparison(ofA, ofB);
  }

  /// CPU of a request to A over that to B; each round gives one ratio.
  public Spread cpuRatio() {
    return ratio(Trial::cpuMicros);
  }

  /// Requests a second of A over those of B.
  public Spread rateRatio() {
    return ratio(Trial::perSecond);
  }

  private Spread ratio(ToDoubleFunction<Trial> figure) {
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < a.size() / 2; round++) {
      ratios.add(sum(a, round, figure) / sum(b, round, figure));
    }
    return Spread.of(ratios);
  }

  private static double sum(List<Trial> trials, int round, ToDoubleFunction<Trial> figure) {
    return figure.applyAsDouble(trials.get(2 * round))
        + figure.applyAsDouble(trials.get(2 * round + 1));
  }

  /// CPU of a request, microseconds.
  public static Spread cpu(List<Trial> trials) {
    return Spread.of(trials.stream().map(Trial::cpuMicros).toList());
  }

  /// Requests a second.
  public static Spread rate(List<Trial> trials) {
    return Spread.of(trials.stream().map(Trial::perSecond).toList());
  }
}
