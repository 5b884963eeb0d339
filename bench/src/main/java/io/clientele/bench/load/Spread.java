package io.clientele.bench.load;

import java.util.Arrays;
import java.util.Collection;

/// A figure that was measured several times.
///
/// @param median what counts
/// @param least of them
/// @param most of them
public record Spread(double median, double least, double most) {

  public static Spread of(Collection<Double> values) {
    return of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /// One over it, e.g. seconds where a rate was measured.
  public Spread inverse() {
    return new Spread(1 / median, 1 / most, 1 / least);
  }

  /// @throws IllegalArgumentException if there are none
  public static Spread of(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("nothing was measured");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }
}
