package io.clientele.db;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clientele.http.MustWait;
import io.clientele.http.Patience;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// What this node remembers of rows, in memory bounded by weight, filled on demand. It is dropped
/// when the change log says so, before the deed that changed it is answered; a fill that began
/// before a change of its key is thrown away. Keys that are not there are remembered for a short
/// while in a small space of their own, so that random ids push nothing out.
///
/// @param <K> the key
/// @param <V> an immutable value
public final class Remembered<K, V> {

  private static final int ABSENT = 10_000;
  private static final Duration ABSENT_FOR = Duration.ofSeconds(10);
  private static final int STRIPES = 1024;

  private final Cache<K, V> present;
  private final Cache<K, Boolean> absent;
  private final AtomicLongArray changes = new AtomicLongArray(STRIPES);
  private final Function<K, Optional<V>> load;

  /// @param kind of change that drops a key
  /// @param parse reads a change's key; empty for one that cannot be here
  /// @param load reads the value; may wait
  /// @param weigher bytes that a value takes, roughly
  /// @param bytes how much may be remembered, by the weigher's measure
  public Remembered(
      ChangeLog changeLog,
      String kind,
      Function<String, Optional<K>> parse,
      Function<K, Optional<V>> load,
      ToIntFunction<V> weigher,
      long bytes) {
    this.load = load;
    this.present =
        Caffeine.newBuilder()
            // The little work after some reads is done by who reads: to wake another thread for it
            // costs more than the work.
            .executor(Runnable::run)
            .maximumWeight(bytes)
            .weigher((K key, V value) -> weigher.applyAsInt(value))
            .build();
    this.absent =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .maximumSize(ABSENT)
            .expireAfterWrite(ABSENT_FOR)
            .build();
    changeLog.subscribe(kind, key -> parse.apply(key).ifPresent(this::drop), this::dropAll);
  }

  /// The value, from memory or from the database.
  ///
  /// @throws MustWait if the database must be asked and this thread may not wait for it
  public Optional<V> get(K key, Patience patience) {
    V value = present.getIfPresent(key);
    if (value != null) {
      return Optional.of(value);
    }
    if (absent.getIfPresent(key) != null) {
      return Optional.empty();
    }
    patience.require(Patience.ROWS);
    return fill(key);
  }

  private Optional<V> fill(K key) {
    int stripe = stripe(key);
    long before = changes.get(stripe);
    Optional<V> loaded = load.apply(key);
    if (loaded.isPresent()) {
      V value = loaded.get();
      present.asMap().compute(key, (same, old) -> changes.get(stripe) == before ? value : old);
    } else {
      absent
          .asMap()
          .compute(key, (same, old) -> changes.get(stripe) == before ? Boolean.TRUE : old);
    }
    return loaded;
  }

  private int stripe(K key) {
    int hash = key.hashCode();
    return (hash ^ hash >>> 16) & (STRIPES - 1);
  }

  private void drop(K key) {
    changes.incrementAndGet(stripe(key));
    present.invalidate(key);
    absent.invalidate(key);
  }

  private void dropAll() {
    for (int i = 0; i < STRIPES; i++) {
      changes.incrementAndGet(i);
    }
    present.invalidateAll();
    absent.invalidateAll();
  }

  /// How many values are remembered now, roughly.
  public long size() {
    return present.estimatedSize();
  }
}
