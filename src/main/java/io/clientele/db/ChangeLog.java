package io.clientele.db;

import io.clientele.db.Transaction.Change;
import io.clientele.http.Unavailable;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What changed, in order of commit. Each node follows it (every 250 ms, and at once after its own
/// commit) to drop what it remembers.
public final class ChangeLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ChangeLog.class);
  private static final Duration PERIOD = Duration.ofMillis(250);
  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final Duration KEPT = Duration.ofHours(1);
  private static final int PAGE = 10_000;

  private final Database database;
  private final InstantSource clock;
  private final Map<String, List<Consumer<String>>> subscribers = new ConcurrentHashMap<>();
  private final List<Runnable> forgetters = new CopyOnWriteArrayList<>();
  private final Ticker follower = new Ticker("change-log", PERIOD, this::readOnAlone);
  private final ReentrantLock reading = new ReentrantLock();
  private volatile long lastReadNanos = System.nanoTime();
  private long lastSeq;
  private long roundsToPrune;

  ChangeLog(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /// Calls back with the key of each change of a kind, on the thread that committed it before its
  /// commit is acknowledged, or on the follower's. Subscribe before `follow`.
  ///
  /// @param forget called instead when changes may have been missed: drop everything
  public void subscribe(String kind, Consumer<String> changed, Runnable forget) {
    subscribers.computeIfAbsent(kind, k -> new CopyOnWriteArrayList<>()).add(changed);
    forgetters.add(forget);
  }

  /// Begins to follow.
  public void follow() {
    lastSeq = database.read(tx -> newest(tx.handle()));
    lastReadNanos = System.nanoTime();
    follower.start();
  }

  /// Whether this node knows what the others did until a second ago. A node alone on its database
  /// always does.
  public boolean isFresh() {
    return !database.isShared() || ageOfKnowledge().compareTo(FRESH) <= 0;
  }

  /// Reads on at once if this node does not know what the others did until a second ago: its
  /// follower may have been kept from running, by a busy machine for one.
  ///
  /// @throws Unavailable if the database does not answer, or somebody else has waited for it for
  ///   long
  public void refresh() {
    if (isFresh()) {
      return;
    }
    try {
      if (!reading.tryLock(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new Unavailable("the change log was not read for a second");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("stopping", e);
    }
    try {
      if (!isFresh()) {
        readOn();
      }
    } finally {
      reading.unlock();
    }
    if (!isFresh()) {
      throw new Unavailable("the change log is longer than what is read in a second");
    }
  }

  /// How long ago the log was last read.
  public Duration ageOfKnowledge() {
    return database.isShared()
        ? Duration.ofNanos(System.nanoTime() - lastReadNanos)
        : Duration.ZERO;
  }

  private static long newest(Handle handle) {
    return handle
        .createQuery("SELECT value FROM counter WHERE name = 'change'")
        .mapTo(Long.class)
        .one();
  }

  /// Writes the changes of a transaction that is about to commit; the counter row stays locked
  /// until then.
  void write(Handle handle, List<Change> changes) {
    long last =
        handle
            .createQuery(
                """
                UPDATE counter SET value = value + :count WHERE name = 'change' RETURNING value
                """)
            .bind("count", (long) changes.size())
            .mapTo(Long.class)
            .one();
    PreparedBatch batch =
        handle.prepareBatch(
            "INSERT INTO change_log (seq, kind, key, at) VALUES (:seq, :kind, :key, :at)");
    long seq = last - changes.size();
    for (Change change : changes) {
      batch
          .bind("seq", ++seq)
          .bind("kind", change.kind())
          .bind("key", change.key())
          .bind("at", clock.millis())
          .add();
    }
    batch.execute();
  }

  /// Tells the subscribers of what was committed.
  void tell(List<Change> changes) {
    for (Change change : changes) {
      for (Consumer<String> subscriber : subscribers.getOrDefault(change.kind(), List.of())) {
        subscriber.accept(change.key());
      }
    }
  }

  private record Row(long seq, Change change) {}

  /// @param newest the last change before the rows were read
  private record Part(long newest, List<Row> rows) {}

  private void readOnAlone() {
    reading.lock();
    try {
      readOn();
    } finally {
      reading.unlock();
    }
  }

  private void readOn() {
    long readAt = System.nanoTime();
    Part part = database.read(tx -> new Part(newest(tx.handle()), rowsAfter(tx.handle(), lastSeq)));
    List<Row> rows = part.rows;
    long next = rows.isEmpty() ? part.newest + 1 : rows.getFirst().seq;
    if (next != lastSeq + 1) {
      // They were deleted before this node read them, or the database was put back.
      LOG.warn("changes from {} on were missed; forgetting everything", lastSeq + 1);
      forgetters.forEach(Runnable::run);
      lastSeq = next - 1;
    }
    tell(rows.stream().map(Row::change).toList());
    if (!rows.isEmpty()) {
      lastSeq = rows.getLast().seq;
    }
    if (rows.size() < PAGE) {
      lastReadNanos = readAt;
    }
    if (--roundsToPrune < 0) {
      roundsToPrune = Duration.ofMinutes(5).dividedBy(PERIOD);
      prune();
    }
  }

  private static List<Row> rowsAfter(Handle handle, long seq) {
    return handle
        .createQuery(
            "SELECT seq, kind, key FROM change_log WHERE seq > :seq ORDER BY seq LIMIT :page")
        .bind("seq", seq)
        .bind("page", PAGE)
        .map(
            (row, context) ->
                new Row(
                    row.getLong("seq"), new Change(row.getString("kind"), row.getString("key"))))
        .list();
  }

  private void prune() {
    long before = clock.millis() - KEPT.toMillis();
    int deleted = PAGE;
    // From the oldest on and in parts: an import makes many, and nobody is to wait for this.
    while (deleted == PAGE) {
      deleted =
          database.write(
              tx ->
                  tx.handle()
                      .createUpdate(
                          """
                          DELETE FROM change_log WHERE at < :before
                          AND seq IN (SELECT seq FROM change_log ORDER BY seq LIMIT :page)
                          """)
                      .bind("before", before)
                      .bind("page", PAGE)
                      .execute());
    }
  }

  @Override
  public void close() {
    follower.close();
  }
}
