package io.clientele.audit;

import io.clientele.db.Database;
import io.clientele.db.Ticker;
import io.clientele.http.Request;
import io.clientele.http.Unavailable;
import io.clientele.id.CustomerId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts refused management requests per caller, route and hour: in memory, flushed every 2
/// seconds. A crash loses what was not flushed.
///
/// The customer of the caller is told which client it was. The customer in the path, if it is
/// another, is told that somebody was refused there, and not who. Callers without a living token
/// are nobody; the customer in the path is told of them if this node has it in memory, and else the
/// operator.
public final class Refusals implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
  private static final Duration PERIOD = Duration.ofSeconds(2);
  private static final long HOUR = Duration.ofHours(1).toMillis();
  private static final long HOURS_KEPT = Duration.ofDays(90).toHours();
  private static final int ROWS_A_TRANSACTION = 500;

  private static final String NOBODY = "(nobody)";
  private static final String ANOTHER_CUSTOMER = "(another customer)";

  private static final Set<Integer> REFUSED = Set.of(401, 403, 404, 409);

  private final Database database;
  private final RefusalStore store;
  private final Predicate<CustomerId> remembered;
  private final InstantSource clock;
  private final RefusalCounts counts = new RefusalCounts();
  private final Ticker flusher = new Ticker("refusals", PERIOD, this::flushAndForget);
  private Set<String> routes = Set.of();
  private long deletedAtHour;

  /// @param remembered whether a customer is known to be there, without waiting
  public Refusals(
      Database database,
      RefusalStore store,
      Predicate<CustomerId> remembered,
      InstantSource clock) {
    this.database = database;
    this.store = store;
    this.remembered = remembered;
    this.clock = clock;
  }

  /// Begins to count and to flush.
  ///
  /// @param management the routes of which refusals are counted, as `METHOD template`
  public void start(Set<String> management) {
    routes = Set.copyOf(management);
    flusher.start();
  }

  /// Counts an answer, if it is a refusal.
  public void answered(Request request, int status) {
    if (!REFUSED.contains(status)) {
      return;
    }
    String method = request.method().equals("HEAD") ? "GET" : request.method();
    String route = method + " " + request.notes().route();
    if (!routes.contains(route)) {
      return;
    }
    long hour = Math.floorDiv(clock.millis(), HOUR);
    String outcome = request.notes().outcome();
    Optional<CustomerId> inPath =
        request.hasVariable("customerId")
            ? CustomerId.parse(request.variable("customerId"))
            : Optional.of(CustomerId.OPERATOR);
    Optional<CustomerId> origin = CustomerId.parse(request.notes().customer());
    if (origin.isEmpty()) {
      // Who is not there would be told by whoever invents a name.
      CustomerId told = inPath.filter(remembered).orElse(CustomerId.OPERATOR);
      counts.count(new RefusalCounts.Key(told, hour, NOBODY, route, outcome), CustomerId.OPERATOR);
      return;
    }
    CustomerId own = origin.get();
    counts.count(new RefusalCounts.Key(own, hour, request.notes().client(), route, outcome), own);
    CustomerId other = inPath.orElse(CustomerId.OPERATOR);
    if (!other.equals(own)) {
      counts.count(new RefusalCounts.Key(other, hour, ANOTHER_CUSTOMER, route, outcome), own);
    }
  }

  /// Writes what was counted; what cannot be written is kept for the next time.
  private synchronized void flush() {
    Map<RefusalCounts.Key, Long> counted = counts.drain();
    try {
      List<RefusalStore.Row> rows = new ArrayList<>();
      counted.forEach((key, count) -> rows.add(new RefusalStore.Row(key, count)));
      rows.sort(Comparator.comparing(RefusalStore.Row::key));
      for (int from = 0; from < rows.size(); from += ROWS_A_TRANSACTION) {
        List<RefusalStore.Row> part =
            rows.subList(from, Math.min(from + ROWS_A_TRANSACTION, rows.size()));
        database.write(
            tx -> {
              store.add(tx, part);
              return part.size();
            });
        part.forEach(row -> counted.remove(row.key()));
      }
    } finally {
      // What was written has been taken out.
      counts.putBack(counted);
    }
  }

  private void flushAndForget() {
    flush();
    long hour = Math.floorDiv(clock.millis(), HOUR);
    if (hour > deletedAtHour) {
      boolean more = true;
      while (more) {
        more = database.write(tx -> store.deleteOldestHour(tx, hour - HOURS_KEPT) > 0);
      }
      deletedAtHour = hour;
    }
  }

  /// Flushes a last time.
  @Override
  public void close() {
    flusher.close();
    try {
      flush();
    } catch (Unavailable e) {
      LOG.warn("the last refusals could not be written: {}", e.reason());
    }
  }
}
