package io.clientele.harness;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Waits for what the server does by itself, on threads of its own.
public final class Eventually {
  private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();

  private Eventually() {}

  /// Asks again and again until it is so; fails if it is not within 30 seconds.
  public static void is(String what, BooleanSupplier so) {
    within(Duration.ofSeconds(30), what, so);
  }

  /// Asks again and again until it is so; fails if it is not within this time.
  public static void within(Duration time, String what, BooleanSupplier so) {
    long end = System.nanoTime() + time.toNanos();
    while (!so.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + time + ": " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
