package io.clientele.bench.report;

import io.clientele.bench.load.Spread;

/// One measured figure.
///
/// @param id what it is, e.g. `token.cpu-ratio`; `Goals` knows some of them
/// @param value the median where it was measured several times
/// @param least of what was measured
/// @param most of what was measured
/// @param unit for people, e.g. `µs`; empty for a ratio
public record Figure(String id, double value, double least, double most, String unit) {

  public static Figure of(String id, double value, String unit) {
    return new Figure(id, value, value, value, unit);
  }

  public static Figure of(String id, Spread spread, String unit) {
    return new Figure(id, spread.median(), spread.least(), spread.most(), unit);
  }

  public static Figure ratio(String id, Spread spread) {
    return of(id, spread, "");
  }
}
