package io.clientele.bench.load;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// Requests at a constant rate, whether or not earlier ones were answered. A latency counts from
/// the time at which its request was to be sent, so that a server that stalls is charged for every
/// request that it kept waiting (no "coordinated omission"). One thread, which spins: a sleep would
/// be longer than what is measured.
public final class OpenLoop {

  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  private OpenLoop() {}

  /// What was measured.
  ///
  /// @param latencies from the time a request was to be sent until its answer was whole,
  ///   nanoseconds
  /// @param lags from the time a request was to be sent until it was, nanoseconds: this generator's
  ///   own delay, which is in the latencies too
  public record Result(Histogram latencies, Histogram lags) {}

  /// Sends requests.
  ///
  /// @param connections when all wait for answers, the next request waits for one of them
  /// @throws IOException if any answer was no success
  public static Result run(
      int port, int connections, Requests requests, int perSecond, Duration duration)
      throws IOException {
    List<HttpConnection> all = new ArrayList<>();
    try (Selector selector = Selector.open()) {
      try {
        for (int i = 0; i < connections; i++) {
          all.add(new HttpConnection(port, selector));
        }
        return run(selector, all, requests, perSecond, duration.toSeconds() * perSecond);
      } finally {
        for (HttpConnection each : all) {
          each.close();
        }
      }
    }
  }

  private static Result run(
      Selector selector, List<HttpConnection> all, Requests requests, int perSecond, long count)
      throws IOException {
    Histogram latencies = new Histogram(3);
    Histogram lags = new Histogram(3);
    Deque<HttpConnection> idle = new ArrayDeque<>(all);
    long interval = TimeUnit.SECONDS.toNanos(1) / perSecond;
    long due = System.nanoTime();
    long lastAnswer = due;
    long sent = 0;
    long answered = 0;
    while (answered < count) {
      long now = System.nanoTime();
      while (sent < count && due <= now && !idle.isEmpty()) {
        HttpConnection connection = idle.pop();
        connection.since = due;
        connection.send(requests.next());
        lags.recordValue(now - due);
        due += interval;
        sent++;
      }
      if (selector.selectNow() == 0) {
        if (now - lastAnswer > PATIENCE) {
          throw new IOException("no answer within 30 s");
        }
        Thread.onSpinWait();
        continue;
      }
      for (SelectionKey key : selector.selectedKeys()) {
        HttpConnection connection = (HttpConnection) key.attachment();
        if (connection.proceed()) {
          lastAnswer = System.nanoTime();
          latencies.recordValue(lastAnswer - connection.since);
          if (connection.status() / 100 != 2) {
            throw new IOException(connection.failure());
          }
          answered++;
          idle.push(connection);
        }
      }
      selector.selectedKeys().clear();
    }
    return new Result(latencies, lags);
  }
}
