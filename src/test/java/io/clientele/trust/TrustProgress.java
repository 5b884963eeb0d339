package io.clientele.trust;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// Tells how far a run is and how long it may still take: by a bar that moves at a terminal, by a
/// line a minute elsewhere.
final class TrustProgress implements AutoCloseable {

  private static final long LINE_EVERY = Duration.ofMinutes(1).toNanos();

  private final PrintStream err;
  private final Map<String, Double> estimates;
  private final double whole;
  private final Optional<ProgressBar> bar;
  private String current = "";
  private long began;
  private long lastLine = System.nanoTime();
  private double before;

  private TrustProgress(
      PrintStream err, Map<String, Double> estimates, double whole, Optional<ProgressBar> bar) {
    this.err = err;
    this.estimates = estimates;
    this.whole = whole;
    this.bar = bar;
  }

  /// @param estimates seconds of each that will be run, by name
  static TrustProgress on(PrintStream err, Map<String, Double> estimates) {
    double whole = estimates.values().stream().mapToDouble(Double::doubleValue).sum();
    if (!Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false)) {
      err.println("About " + time(whole) + ".");
      return new TrustProgress(err, estimates, whole, Optional.empty());
    }
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("Trust")
            .setStyle(ProgressBarStyle.ASCII)
            .setInitialMax((long) whole)
            .hideEta()
            .setUnit(" s", 1)
            .setUpdateIntervalMillis(500)
            .build();
    return new TrustProgress(err, estimates, whole, Optional.of(bar));
  }

  void begins(String name) {
    current = name;
    began = System.nanoTime();
    tick();
  }

  /// The current one goes on.
  void tick() {
    double estimate = estimates.getOrDefault(current, 0.0);
    double now = (System.nanoTime() - began) / 1e9;
    double reached = before + Math.min(now, estimate);
    String left = current + ", about " + time(whole - reached) + " left";
    if (bar.isPresent()) {
      bar.get().stepTo((long) reached);
      bar.get().setExtraMessage(" " + left);
    } else if (System.nanoTime() - lastLine >= LINE_EVERY) {
      lastLine = System.nanoTime();
      err.println(left);
    }
  }

  void ended() {
    before += estimates.getOrDefault(current, 0.0);
  }

  /// Says something that stays.
  void line(String text) {
    if (bar.isPresent()) {
      // Over the bar, which is drawn anew below.
      err.print("\r\u001b[K");
    }
    err.println(text);
  }

  private static String time(double seconds) {
    long whole = Math.max(0, Math.round(seconds));
    return whole < 60
        ? whole + " s"
        : String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }
}
