package io.clientele.usage;

import io.clientele.access.Generations;
import io.clientele.db.Database;
import io.clientele.db.Ticker;
import io.clientele.db.Transaction;
import io.clientele.http.Unavailable;
import io.clientele.id.ClientId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts tokens and uses of secrets: in memory, flushed every 10 seconds. A crash loses what was
/// not flushed.
public final class Usage implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Usage.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final int ROWS_A_TRANSACTION = 2_000;

  private final Database database;
  private final InstantSource clock;
  private final UsageCounters counters = new UsageCounters();
  private final UsageStore store = new UsageStore();
  private final Ticker flusher = new Ticker("usage", PERIOD, this::flush);

  public Usage(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /// Begins to flush.
  public void start() {
    flusher.start();
  }

  public UsageCounters counters() {
    return counters;
  }

  /// Tokens of a client that carry these generations and are not expired, to the minute.
  public synchronized long tokensAlive(ClientId client, Generations generations) {
    long minute = Math.floorDiv(clock.millis(), 60_000L);
    long written = database.read(tx -> store.tokens(tx, client, generations, minute));
    return Math.max(0, written + counters.tokens(client, generations, minute));
  }

  /// Writes what was counted; what cannot be written is kept for the next time.
  public synchronized void flush() {
    UsageCounters.Counts counts = counters.drain();
    try {
      writeTokens(counts);
      writeSecrets(counts);
      long minute = Math.floorDiv(clock.millis(), 60_000L);
      if (minute % 5 == 0) {
        database.write(
            tx -> {
              store.deleteExpired(tx, minute);
              return minute;
            });
      }
    } finally {
      // What was written has been taken out.
      if (!counts.isEmpty()) {
        counters.putBack(counts);
      }
    }
  }

  private void writeTokens(UsageCounters.Counts counts) {
    writeInOrder(counts.tokens(), UsageStore.ORDER, store::addTokens);
  }

  private void writeSecrets(UsageCounters.Counts counts) {
    writeInOrder(counts.secrets(), Comparator.naturalOrder(), store::setLastUsed);
  }

  /// Writes in parts, and takes out what was written. All in the order of the rows' keys, so that a
  /// part touches few pages: in any other order, each part of many would touch most.
  private <K> void writeInOrder(
      Map<K, UsageCounters.Tally> counted,
      Comparator<K> order,
      BiConsumer<Transaction, List<Map.Entry<K, UsageCounters.Tally>>> write) {
    List<Map.Entry<K, UsageCounters.Tally>> all = new ArrayList<>();
    counted.forEach((key, count) -> all.add(Map.entry(key, count)));
    all.sort(Map.Entry.comparingByKey(order));
    for (int from = 0; from < all.size(); from += ROWS_A_TRANSACTION) {
      List<Map.Entry<K, UsageCounters.Tally>> part =
          all.subList(from, Math.min(from + ROWS_A_TRANSACTION, all.size()));
      database.write(
          tx -> {
            write.accept(tx, part);
            return part.size();
          });
      part.forEach(written -> counted.remove(written.getKey()));
    }
  }

  /// Flushes a last time.
  @Override
  public void close() {
    flusher.close();
    try {
      flush();
    } catch (Unavailable e) {
      LOG.warn("the last counts could not be written: {}", e.reason());
    }
  }
}
