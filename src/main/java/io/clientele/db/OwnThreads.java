package io.clientele.db;

import io.clientele.crypto.Niceness;
import io.clientele.http.Unavailable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// SQLite connections that each live on a platform thread of their own, because native calls hold
/// the thread they run on.
final class OwnThreads implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OwnThreads.class);
  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  private final ThreadPoolExecutor threads;
  private final List<SqliteConnection> connections;
  private final ArrayBlockingQueue<SqliteConnection> idle;
  private final Map<Thread, SqliteConnection> inUse = new ConcurrentHashMap<>();
  private final Set<Thread> givingWay = ConcurrentHashMap.newKeySet();
  private volatile boolean givesWay;

  /// Makes its threads give way to those that serve many connections.
  void giveWay() {
    givesWay = true;
  }

  /// @param name of the threads
  /// @param queue how much work may wait
  OwnThreads(String name, List<SqliteConnection> connections, int queue) {
    this.connections = List.copyOf(connections);
    idle = new ArrayBlockingQueue<>(connections.size(), false, connections);
    threads =
        new ThreadPoolExecutor(
            connections.size(),
            connections.size(),
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queue),
            Thread.ofPlatform().name(name + "-", 0).daemon().factory());
  }

  /// Runs work on one of the connections, soon. It must not throw.
  ///
  /// @throws Unavailable if more work waits than can
  void execute(Consumer<SqliteConnection> work) {
    try {
      threads.execute(
          () -> {
            SqliteConnection connection = idle.remove();
            Thread thread = Thread.currentThread();
            inUse.put(thread, connection);
            if (givesWay && givingWay.add(thread)) {
              Niceness.lower(Niceness.BESIDE);
            }
            try {
              work.accept(connection);
            } finally {
              inUse.remove(thread);
              idle.add(connection);
            }
          });
    } catch (RejectedExecutionException e) {
      throw new Unavailable("more work for the database than can wait", e);
    }
  }

  /// The connection of the thread that runs this, if it is one of these.
  Optional<SqliteConnection> own() {
    return Optional.ofNullable(inUse.get(Thread.currentThread()));
  }

  /// Lets what waits be done, and closes the connections.
  @Override
  public void close() {
    end();
    connections.forEach(SqliteConnection::close);
  }

  /// Lets what waits be done, and leaves the connections open.
  void end() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(LONGEST_END.toSeconds(), TimeUnit.SECONDS)) {
        LOG.warn("work on the database did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
