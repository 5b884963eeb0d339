package io.clientele.db;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs a task again and again on a thread of its own, a period after it last ended. What a task
/// throws is logged, and the next run comes all the same.
public final class Ticker implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);
  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  private final Thread thread;
  private final Duration period;
  private final Runnable task;
  private final Object lock = new Object();
  private boolean closed;

  /// @param name of the thread
  /// @param period of real time between the runs
  public Ticker(String name, Duration period, Runnable task) {
    this.period = period;
    this.task = task;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::runOn);
  }

  public void start() {
    thread.start();
  }

  private void runOn() {
    while (waitForNext()) {
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        LOG.warn("{} failed and will be tried again: {}", thread.getName(), e.toString());
        LOG.debug("{}", thread.getName(), e);
      }
    }
  }

  private boolean waitForNext() {
    long until = System.nanoTime() + period.toNanos();
    synchronized (lock) {
      while (!closed) {
        long left = (until - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          return true;
        }
        try {
          lock.wait(left);
        } catch (InterruptedException e) {
          return false;
        }
      }
      return false;
    }
  }

  /// Lets a run under way end; none comes after.
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    try {
      if (thread.isAlive() && !thread.join(LONGEST_END)) {
        LOG.warn("{} did not end in time", thread.getName());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
