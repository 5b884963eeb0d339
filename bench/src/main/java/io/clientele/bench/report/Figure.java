package io.clientele.bench.report;

import io.clientele.bench.load.Spread;
import java.util.List;

/// One measured figure.
///
/// @param id what it is, e.g. `token.cpu-ratio`; `Goals` knows some of them
/// @param value the median where it was measured several times
/// @param least of what was measured
/// @param most of what was measured
/// @param unit for people, e.g. `µs`; empty for a ratio
/// @param samples each that was measured
public record Figure(
    String id, double value, double least, double most, String unit, List<Double> samples) {

  public Figure {
    samples = List.copyOf(samples);
  }

  public static Figure of(String id, double value, String unit) {
    return of(id, Spread.of(List.of(value)), unit);
  }

  public static Figure of(String id, Spread spread, String unit) {
    return new Figure(id, spread.median(), spread.least(), spread.most(), unit, spread.samples());
  }

  public static Figure ratio(String id, Spread spread) {
    return of(id, spread, "");
  }
}
