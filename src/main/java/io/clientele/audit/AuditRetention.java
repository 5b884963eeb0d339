package io.clientele.audit;

import io.clientele.db.Database;
import io.clientele.db.Ticker;
import io.clientele.id.CustomerId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes audit events that are older than they are kept, once a day (UTC): few rows a
/// transaction, one node at a time. A crash between two of them leaves chains that hold.
public final class AuditRetention implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AuditRetention.class);
  private static final long DAY = Duration.ofDays(1).toMillis();

  /// How soon a new day is noticed.
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private static final int CUSTOMERS_AT_ONCE = 100;

  private final Database database;
  private final AuditStore store;
  private final Duration kept;
  private final InstantSource clock;
  private final Ticker ticker = new Ticker("audit-retention", PERIOD, this::removeOlder);
  private long done;
  private volatile boolean closed;

  /// @param kept whole days; zero for events that are kept for ever
  public AuditRetention(Database database, AuditStore store, Duration kept, InstantSource clock) {
    this.database = database;
    this.store = store;
    this.kept = kept;
    this.clock = clock;
  }

  /// Begins to remove, if events are not kept for ever.
  public void start() {
    if (kept.isPositive()) {
      ticker.start();
    }
  }

  private void removeOlder() {
    // From midnight to midnight, or each event would soon be followed by one that it was removed.
    long before = Math.floorDiv(clock.millis(), DAY) * DAY - kept.toMillis();
    if (before <= done) {
      return;
    }
    if (database.read(store::retention) < before) {
      removeAllOlder(before);
    }
    if (!closed) {
      done = before;
    }
  }

  private void removeAllOlder(long before) {
    long removed = 0;
    List<CustomerId> customers = List.of();
    do {
      String after = customers.isEmpty() ? "" : customers.getLast().text();
      customers = database.read(tx -> store.withOlder(tx, before, after, CUSTOMERS_AT_ONCE));
      for (CustomerId customer : customers) {
        removed += removeOlder(customer, before);
      }
    } while (customers.size() == CUSTOMERS_AT_ONCE && !closed);
    if (closed) {
      return;
    }
    database.write(
        tx -> {
          store.noteRetention(tx, before);
          return before;
        });
    LOG.info("audit events of {} days and more: {} removed", kept.toDays(), removed);
  }

  private long removeOlder(CustomerId customer, long before) {
    long removed = 0;
    boolean more = true;
    while (more && !closed) {
      AuditStore.Expiry expiry =
          database.write(
              tx -> {
                store.lockRetention(tx);
                return store.expire(tx, customer, before);
              });
      expiry
          .fault()
          .ifPresent(
              fault ->
                  LOG.error(
                      "the audit chain is broken, and nothing more of it is removed: {}", fault));
      removed += expiry.removed();
      more = expiry.more();
    }
    return removed;
  }

  /// Lets what is being removed be removed; no more.
  @Override
  public void close() {
    closed = true;
    ticker.close();
  }
}
