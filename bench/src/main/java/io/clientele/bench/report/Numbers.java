package io.clientele.bench.report;

import java.util.Locale;

/// Numbers for people: three digits that count.
final class Numbers {

  private Numbers() {}

  /// @param unit empty for a ratio, which is shown as `1.23×`
  static String inWords(double value, String unit) {
    String number = number(value);
    if (unit.isEmpty()) {
      return number + "×";
    }
    return unit.startsWith("/") ? number + unit : number + " " + unit;
  }

  private static String number(double value) {
    double size = Math.abs(value);
    if (size >= 100 || value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%,d", Math.round(value));
    }
    return String.format(Locale.ROOT, size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.3f", value);
  }
}
