package io.clientele.bench.load;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// A closed loop on one thread, for requests that differ from each other (where they do not, `Wrk`
/// is another hand's work, and cheaper).
public final class ClosedLoop implements Load {

  private static final long NEVER = Long.MAX_VALUE;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final int port;
  private final int connections;
  private final Requests requests;
  private final byte[] beginning;
  private final @Nullable Consumer<String> bodies;
  private final Histogram latencies = new Histogram(3);

  private ClosedLoop(
      int port,
      int connections,
      Requests requests,
      String beginning,
      @Nullable Consumer<String> bodies) {
    this.port = port;
    this.connections = connections;
    this.requests = requests;
    this.beginning = beginning.getBytes(StandardCharsets.UTF_8);
    this.bodies = bodies;
  }

  /// @param beginning of every answer; another one is a failure
  public static ClosedLoop of(int port, Requests requests, String beginning) {
    return of(port, CONNECTIONS, requests, beginning);
  }

  /// @param beginning of every answer; another one is a failure
  public static ClosedLoop of(int port, int connections, Requests requests, String beginning) {
    return new ClosedLoop(port, connections, requests, beginning, null);
  }

  /// Also hands on the body of every answer.
  public static ClosedLoop reading(int port, Requests requests, Consumer<String> bodies) {
    return new ClosedLoop(port, CONNECTIONS, requests, "", bodies);
  }

  @Override
  public Answered run(Duration duration) throws IOException {
    return run(NEVER, duration);
  }

  /// Sends requests until as many were answered, or there are no more.
  public Answered run(long count) throws IOException {
    return run(count, Duration.ofHours(3));
  }

  /// From sending to the whole answer, in nanoseconds, of all runs since `forgetLatencies`.
  public Histogram latencies() {
    return latencies;
  }

  public void forgetLatencies() {
    latencies.reset();
  }

  private Answered run(long count, Duration duration) throws IOException {
    List<HttpConnection> all = new ArrayList<>();
    try (Selector selector = Selector.open()) {
      try {
        for (int i = 0; i < connections; i++) {
          all.add(new HttpConnection(port, selector));
        }
        return run(selector, all, count, duration);
      } finally {
        for (HttpConnection each : all) {
          each.close();
        }
      }
    }
  }

  private Answered run(Selector selector, List<HttpConnection> all, long count, Duration duration)
      throws IOException {
    long begin = System.nanoTime();
    long end = begin + duration.toNanos();
    long answered = 0;
    long sent = 0;
    for (HttpConnection each : all) {
      if (sent < count && requests.hasNext()) {
        each.since = System.nanoTime();
        each.send(requests.next());
        sent++;
      }
    }
    while (answered < sent) {
      if (selector.select(PATIENCE.toMillis()) == 0) {
        throw new IOException("no answer within " + PATIENCE.toSeconds() + " s");
      }
      for (SelectionKey key : selector.selectedKeys()) {
        HttpConnection connection = (HttpConnection) key.attachment();
        if (!connection.proceed()) {
          continue;
        }
        long now = System.nanoTime();
        answered++;
        note(connection, now);
        if (now < end && sent < count && requests.hasNext()) {
          connection.since = now;
          connection.send(requests.next());
          sent++;
        }
      }
      selector.selectedKeys().clear();
    }
    double nanos = System.nanoTime() - begin;
    return new Answered(answered, nanos / TimeUnit.SECONDS.toNanos(1));
  }

  private void note(HttpConnection connection, long now) throws IOException {
    if (connection.status() / 100 != 2 || !connection.bodyBegins(beginning)) {
      throw new IOException(connection.failure());
    }
    latencies.recordValue(now - connection.since);
    if (bodies != null) {
      bodies.accept(connection.body());
    }
  }
}
