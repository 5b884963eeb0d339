package io.clientele.cli;

import io.clientele.client.ClientImport.Done;
import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// Tells how far an import is: by a bar that moves at a terminal, by a line every ten seconds
/// elsewhere.
public final class Progress implements AutoCloseable {

  private static final long LINE_EVERY = Duration.ofSeconds(10).toNanos();

  private final PrintStream err;
  private final OptionalLong end;
  private final Optional<ProgressBar> bar;
  private final long began = System.nanoTime();
  private long lastLine = began;

  private Progress(PrintStream err, OptionalLong end, Optional<ProgressBar> bar) {
    this.err = err;
    this.end = end;
    this.bar = bar;
  }

  /// @param err where it is told
  /// @param unit what positions count, as the bar names it; its size in positions is `unitSize`
  /// @param end the last position, if it is known
  public static Progress on(PrintStream err, String unit, long unitSize, OptionalLong end) {
    if (!Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false)) {
      return new Progress(err, end, Optional.empty());
    }
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("Import")
            .setStyle(ProgressBarStyle.ASCII)
            .setInitialMax(end.orElse(-1))
            .setUnit(unit, unitSize)
            .setUpdateIntervalMillis(250)
            .build();
    return new Progress(err, end, Optional.of(bar));
  }

  /// Tells that all before this position is imported.
  void reached(long position, Done done) {
    if (bar.isPresent()) {
      bar.get().stepTo(position);
      bar.get().setExtraMessage(" " + rate(done.clients()));
      return;
    }
    long now = System.nanoTime();
    if (now - lastLine >= LINE_EVERY) {
      lastLine = now;
      err.println(
          "Imported so far: "
              + count(done.clients(), "client")
              + (end.isPresent() ? ", " + 100 * position / Math.max(1, end.getAsLong()) + " %" : "")
              + ", "
              + rate(done.clients()));
    }
  }

  /// So many a second since the beginning.
  String rate(long clients) {
    double seconds = Math.max(0.001, (System.nanoTime() - began) / 1e9);
    return String.format(Locale.ROOT, "%,d clients/s", Math.round(clients / seconds));
  }

  /// Seconds since the beginning, and the rate.
  String time(long clients) {
    return String.format(
        Locale.ROOT, "%.1f s, %s.", (System.nanoTime() - began) / 1e9, rate(clients));
  }

  static String count(long number, String what) {
    return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }
}
