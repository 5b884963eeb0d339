package io.clientele.http;

import java.util.HashMap;
import java.util.Map;

/// Divides what there is of something among those who want it, so that nobody has all. Who has as
/// much as is free gets no more: one alone has at most half, of two each a third, and whoever comes
/// new finds some (the dynamic thresholds of Choudhury and Hahne, 1998).
public final class Shares {

  private final long all;
  private final Map<String, Long> taken = new HashMap<>();
  private long free;
  private long refused;

  /// @param all how much there is
  public Shares(long all) {
    this.all = all;
    this.free = all;
  }

  /// Takes some.
  ///
  /// @param who asks; empty is one more who asks
  /// @return false if this one has its share; then nothing was taken
  public synchronized boolean take(String who, long amount) {
    long own = taken.getOrDefault(who, 0L) + amount;
    if (own > free) {
      refused++;
      return false;
    }
    free -= amount;
    taken.put(who, own);
    return true;
  }

  /// Gives back what was taken.
  public synchronized void giveBack(String who, long amount) {
    long left = taken.getOrDefault(who, 0L) - amount;
    if (left < 0) {
      throw new IllegalStateException("more is given back than was taken");
    }
    free += amount;
    if (left == 0) {
      taken.remove(who);
    } else {
      taken.put(who, left);
    }
  }

  /// How much is taken now.
  public synchronized long taken() {
    return all - free;
  }

  /// How often one was refused.
  public synchronized long refused() {
    return refused;
  }
}
