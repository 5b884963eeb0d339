package io.clientele.db;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clientele.http.MustWait;
import io.clientele.http.Patience;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// What this node remembers of rows, in memory bounded by weight, filled on demand. It is dropped
/// when the change log says so, before the deed that changed it is answered; a fill that began
/// before a change of its key is thrown away. Keys that are not there are remembered for a short
/// while in a small space of their own, so that random ids push nothing out. Behind it there may be
/// more of the same rows in less memory.
///
/// @param <K> the key
/// @param <V> an immutable value
public final class Remembered<K, V> {

  private static final int ABSENT = 10_000;
  private static final Duration ABSENT_FOR = Duration.ofSeconds(10);
  private static final int STRIPES = 1024;

  /// Of so many that come from behind, one is kept: who is asked for often is kept soon, and who is
  /// not pushes nobody out.
  private static final int KEPT_ONE_IN = 8;

  private final Cache<K, V> present;
  private final Cache<K, Boolean> absent;
  private final AtomicLongArray changes = new AtomicLongArray(STRIPES);
  private final Behind<K, V> behind;
  private final Function<K, Optional<V>> load;

  /// More of the rows, still in memory: asked before the database is.
  public interface Behind<K, V> {

    /// The value, if it is here; waits for nothing.
    Optional<V> find(K key);

    /// Forgets what is out of date now.
    void drop(K key);

    /// Forgets all.
    void dropAll();

    /// Nothing.
    static <K, V> Behind<K, V> nothing() {
      return new Behind<>() {
        @Override
        public Optional<V> find(K key) {
          return Optional.empty();
        }

        @Override
        public void drop(K key) {}

        @Override
        public void dropAll() {}
      };
    }
  }

  /// @param kind of change that drops a key
  /// @param parse reads a change's key; empty for one that cannot be here
  /// @param load reads the value; may wait
  /// @param weigher bytes that a value takes, roughly
  /// @param bytes how much may be remembered here, by the weigher's measure
  /// @param behind told of what changed by this; `load` may add to it
  public Remembered(
      ChangeLog changeLog,
      String kind,
      Function<String, Optional<K>> parse,
      Function<K, Optional<V>> load,
      ToIntFunction<V> weigher,
      long bytes,
      Behind<K, V> behind) {
    this.load = load;
    this.behind = behind;
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
    int stripe = stripe(key);
    long before = changes.get(stripe);
    Optional<V> near = behind.find(key);
    if (near.isPresent()) {
      if (ThreadLocalRandom.current().nextInt(KEPT_ONE_IN) == 0) {
        putUnlessChanged(present, key, near.get(), stripe, before);
      }
      return near;
    }
    patience.require(Patience.ROWS);
    return fill(key, stripe, before);
  }

  private Optional<V> fill(K key, int stripe, long before) {
    Optional<V> loaded = load.apply(key);
    if (loaded.isPresent()) {
      putUnlessChanged(present, key, loaded.get(), stripe, before);
    } else {
      putUnlessChanged(absent, key, true, stripe, before);
    }
    return loaded;
  }

  /// Who drops this key comes before this, and is seen, or after it, and drops this. Who drops all
  /// may pass by a key that is just being put: so the changes are looked at once more.
  private <T> void putUnlessChanged(Cache<K, T> cache, K key, T value, int stripe, long before) {
    cache.asMap().compute(key, (same, old) -> changes.get(stripe) == before ? value : old);
    if (changes.get(stripe) != before) {
      cache.asMap().remove(key, value);
    }
  }

  private int stripe(K key) {
    int hash = key.hashCode();
    return (hash ^ hash >>> 16) & (STRIPES - 1);
  }

  private void drop(K key) {
    // First: who finds it there after this has not seen the change counted, and is not kept.
    behind.drop(key);
    changes.incrementAndGet(stripe(key));
    present.invalidate(key);
    absent.invalidate(key);
  }

  private void dropAll() {
    behind.dropAll();
    for (int i = 0; i < STRIPES; i++) {
      changes.incrementAndGet(i);
    }
    present.invalidateAll();
    absent.invalidateAll();
  }
}
