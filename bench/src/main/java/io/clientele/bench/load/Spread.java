package io.clientele.bench.load;

import java.util.List;

/// A figure that was measured several times.
///
/// @param samples in the order in which they were measured, at least one
public record Spread(List<Double> samples) {

  /// @throws IllegalArgumentException if there are none
  public Spread {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("nothing was measured");
    }
    samples = List.copyOf(samples);
  }

  public static Spread of(List<Double> samples) {
    return new Spread(samples);
  }

  /// What counts.
  public double median() {
    List<Double> sorted = samples.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  public double least() {
    return samples.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  public double most() {
    return samples.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  /// One over it, e.g. seconds where a rate was measured.
  public Spread inverse() {
    return new Spread(samples.stream().map(each -> 1 / each).toList());
  }
}
