package io.clientele.bench.load;

import io.clientele.bench.process.ServerProcess;
import java.io.IOException;
import java.time.Duration;

/// What one stretch of load cost a server.
///
/// @param cpuMicros of the server, a request
/// @param perSecond requests
/// @param requests that were answered, all of them with success
public record Trial(double cpuMicros, double perSecond, long requests) {

  /// Puts load on a server for a while.
  public static Trial of(ServerProcess server, Load load, Duration duration)
      throws IOException, InterruptedException {
    long before = server.cpuMicros();
    Load.Answered answered = load.run(duration);
    return of(answered, server.cpuMicros() - before);
  }

  /// @param cpuMicros of the server, in all
  public static Trial of(Load.Answered answered, long cpuMicros) {
    return new Trial(
        (double) cpuMicros / answered.count(),
        answered.count() / answered.seconds(),
        answered.count());
  }

  /// Puts load on a server until a request costs what it did in the two stretches before, within 3
  /// %, or the time is over.
  ///
  /// @param longest time that this takes
  public static void warmUp(ServerProcess server, Load load, Duration longest)
      throws IOException, InterruptedException {
    Duration stretch = Duration.ofSeconds(Math.max(1, longest.toSeconds() / 8));
    long stretches = longest.dividedBy(stretch);
    double last = 0;
    double beforeLast = 0;
    for (int i = 0; i < stretches; i++) {
      double now = of(server, load, stretch).cpuMicros();
      if (isNear(now, last) && isNear(last, beforeLast)) {
        return;
      }
      beforeLast = last;
      last = now;
    }
  }

  private static boolean isNear(double a, double b) {
    return Math.abs(a - b) <= 0.03 * a;
  }
}
