package io.clientele.audit;

import io.clientele.id.CustomerId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Refusals since the last flush, in memory. How many rows they become in an hour is bounded, or
/// refused requests would fill the disk: beyond the bound only their number is kept.
final class RefusalCounts {

  /// Rows an hour that callers of one customer make, or callers that nobody knows.
  static final int MOST_OF_ONE_ORIGIN = 500;

  /// Rows an hour of all.
  static final int MOST_OF_ALL = 5_000;

  /// Counts that wait for a database that is away.
  private static final int MOST_WAITING = 20_000;

  static final String OTHERS = "(others)";

  /// One row.
  ///
  /// @param told the customer that is told
  /// @param hour epoch hours
  record Key(CustomerId told, long hour, String caller, String route, String outcome)
      implements Comparable<Key> {

    /// One order for all nodes, so that two flushes never wait for each other in a circle.
    @Override
    public int compareTo(Key other) {
      return java.util.Comparator.comparing(Key::told)
          .thenComparingLong(Key::hour)
          .thenComparing(Key::caller)
          .thenComparing(Key::route)
          .thenComparing(Key::outcome)
          .compare(this, other);
    }

    private Key ofOthers(CustomerId all) {
      return new Key(all, hour, OTHERS, OTHERS, outcome);
    }
  }

  private final Set<Key> rows = new HashSet<>();
  private final Map<CustomerId, Integer> rowsOfOrigin = new HashMap<>();
  private long hour = Long.MIN_VALUE;
  private Map<Key, Long> counts = new HashMap<>();

  /// Counts a refusal.
  ///
  /// @param origin the customer of the caller; `operator` for callers that nobody knows
  synchronized void count(Key key, CustomerId origin) {
    if (key.hour > hour) {
      hour = key.hour;
      rows.clear();
      rowsOfOrigin.clear();
    }
    add(admitted(key, origin), 1);
  }

  private Key admitted(Key key, CustomerId origin) {
    if (rows.contains(key)) {
      return key;
    }
    int ofOrigin = rowsOfOrigin.getOrDefault(origin, 0);
    if (rows.size() >= MOST_OF_ALL) {
      return key.ofOthers(CustomerId.OPERATOR);
    }
    if (ofOrigin >= MOST_OF_ONE_ORIGIN) {
      return key.ofOthers(origin);
    }
    rows.add(key);
    rowsOfOrigin.put(origin, ofOrigin + 1);
    return key;
  }

  private void add(Key key, long count) {
    boolean fits = counts.size() < MOST_WAITING || counts.containsKey(key);
    counts.merge(fits ? key : key.ofOthers(CustomerId.OPERATOR), count, Long::sum);
  }

  /// Takes all that was counted.
  synchronized Map<Key, Long> drain() {
    Map<Key, Long> taken = counts;
    counts = new HashMap<>();
    return taken;
  }

  /// Puts back what could not be written.
  synchronized void putBack(Map<Key, Long> taken) {
    taken.forEach(this::add);
  }
}
