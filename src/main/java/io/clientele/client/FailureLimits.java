package io.clientele.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clientele.http.SourceAddress;
import io.github.bucket4j.Bucket;
import java.time.Duration;

/// Counts failed authentications by presented id (existing or not) and source address (of IPv6, by
/// network). Who succeeds is never counted. The counts stand in a bounded space, so that they
/// cannot be the attack themselves.
public final class FailureLimits {

  private static final int MOST_COUNTS = 200_000;
  private static final Duration PERIOD = Duration.ofMinutes(1);

  /// How many times as much all ids together may fail at slowly from one source.
  private static final int SLOWLY = 3;

  /// What is counted by itself.
  private sealed interface Key {

    /// @param source as `SourceAddress.network` says
    record OfId(String id, String source) implements Key {}

    /// @param source as `SourceAddress.network` says
    record OfSlowHashes(String source) implements Key {}
  }

  private final Cache<Key, Bucket> buckets;
  private final int failuresAMinute;

  /// @param failuresAMinute that one id and address may have
  public FailureLimits(int failuresAMinute) {
    this.failuresAMinute = failuresAMinute;
    this.buckets =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .maximumSize(MOST_COUNTS)
            .expireAfterAccess(PERIOD.multipliedBy(2))
            .build();
  }

  /// What one id, or what costs slow hashes, may still fail at from one address.
  final class Allowance {
    private final Key key;
    private final int most;

    private Allowance(Key key, int most) {
      this.key = key;
      this.most = most;
    }

    /// Takes one failure from it.
    ///
    /// @return false if there was none left
    boolean take() {
      return bucket().tryConsume(1);
    }

    /// Gives back one that was taken for what then succeeded.
    void giveBack() {
      bucket().addTokens(1);
    }

    /// When there is one again.
    Duration untilNext() {
      return Duration.ofNanos(bucket().estimateAbilityToConsume(1).getNanosToWaitForRefill());
    }

    private Bucket bucket() {
      return buckets.get(
          key,
          same ->
              Bucket.builder()
                  .addLimit(limit -> limit.capacity(most).refillGreedy(most, PERIOD))
                  .build());
    }
  }

  /// @param id as presented, if it has the form of one; else empty: all malformed ids count as one
  Allowance of(String id, String address) {
    return new Allowance(new Key.OfId(id, SourceAddress.network(address)), failuresAMinute);
  }

  /// What all ids together may still fail at that costs a slow hash: one source with ever other ids
  /// must not use up the slow hashes.
  Allowance ofSlowHashes(String address) {
    return new Allowance(
        new Key.OfSlowHashes(SourceAddress.network(address)), SLOWLY * failuresAMinute);
  }
}
