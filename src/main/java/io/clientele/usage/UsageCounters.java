package io.clientele.usage;

import io.clientele.access.Generations;
import io.clientele.id.ClientId;
import java.util.HashMap;
import java.util.Map;

/// What happened since the last flush, in memory. Each thread counts in a stripe of its own, so
/// that no lock is waited for on the path of a token.
public final class UsageCounters {

  /// Tokens that live and die together.
  ///
  /// @param generations that they carry
  /// @param expiryMinute epoch minutes, rounded up, in which they expire
  record Bucket(ClientId client, Generations generations, long expiryMinute) {}

  /// A number that changes in place. A `Long` in its stead would be a new object at each token, to
  /// which an old one points: a garbage collector then looks at the old one again and again.
  static final class Tally {
    private long value;

    Tally(long value) {
      this.value = value;
    }

    long value() {
      return value;
    }
  }

  /// What was counted.
  ///
  /// @param tokens by bucket, may be negative where tokens were revoked
  /// @param secrets last use by id of the secret's row, epoch milliseconds
  record Counts(Map<Bucket, Tally> tokens, Map<String, Tally> secrets) {
    Counts() {
      this(new HashMap<>(), new HashMap<>());
    }

    boolean isEmpty() {
      return tokens.isEmpty() && secrets.isEmpty();
    }

    void addTokens(Bucket bucket, long count) {
      tokens.computeIfAbsent(bucket, b -> new Tally(0)).value += count;
    }

    void setLastUsed(String secretId, long at) {
      Tally last = secrets.computeIfAbsent(secretId, id -> new Tally(at));
      last.value = Math.max(last.value, at);
    }

    void add(Counts other) {
      other.tokens.forEach((bucket, count) -> addTokens(bucket, count.value));
      other.secrets.forEach((secret, at) -> setLastUsed(secret, at.value));
    }
  }

  private static final class Stripe {
    private Counts counts = new Counts();
  }

  private static final int STRIPES = 64;
  private final Stripe[] stripes = new Stripe[STRIPES];

  public UsageCounters() {
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
  }

  /// The minute in which what expires at this time is counted: rounded up.
  ///
  /// @param epochSeconds seconds since 1970
  public static long expiryMinute(long epochSeconds) {
    return Math.floorDiv(epochSeconds + 59, 60L);
  }

  /// A token was issued.
  ///
  /// @param expiresAt epoch seconds
  /// @param secretId the row of the secret that it was asked for with
  /// @param now epoch milliseconds
  public void issued(
      ClientId client, Generations generations, long expiresAt, String secretId, long now) {
    Stripe stripe = mine();
    synchronized (stripe) {
      stripe.counts.addTokens(new Bucket(client, generations, expiryMinute(expiresAt)), 1);
      stripe.counts.setLastUsed(secretId, now);
    }
  }

  /// A single token was revoked before its time.
  ///
  /// @param expiresAt epoch seconds
  public void revoked(ClientId client, Generations generations, long expiresAt) {
    Stripe stripe = mine();
    synchronized (stripe) {
      stripe.counts.addTokens(new Bucket(client, generations, expiryMinute(expiresAt)), -1);
    }
  }

  private Stripe mine() {
    return stripes[(int) Thread.currentThread().threadId() & (STRIPES - 1)];
  }

  /// Takes all that was counted; the counters begin anew.
  Counts drain() {
    Counts all = new Counts();
    for (Stripe stripe : stripes) {
      Counts taken;
      synchronized (stripe) {
        taken = stripe.counts;
        if (taken.isEmpty()) {
          continue;
        }
        stripe.counts = new Counts();
      }
      all.add(taken);
    }
    return all;
  }

  /// Puts back what could not be written.
  void putBack(Counts counts) {
    Stripe stripe = mine();
    synchronized (stripe) {
      stripe.counts.add(counts);
    }
  }

  /// Tokens of a client counted here that carry these generations and expire after a minute.
  long tokens(ClientId client, Generations generations, long afterMinute) {
    long sum = 0;
    for (Stripe stripe : stripes) {
      synchronized (stripe) {
        for (Map.Entry<Bucket, Tally> entry : stripe.counts.tokens.entrySet()) {
          Bucket bucket = entry.getKey();
          if (bucket.client.equals(client)
              && bucket.generations.equals(generations)
              && bucket.expiryMinute > afterMinute) {
            sum += entry.getValue().value;
          }
        }
      }
    }
    return sum;
  }
}
