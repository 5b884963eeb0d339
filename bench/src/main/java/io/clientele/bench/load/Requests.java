package io.clientele.bench.load;

import java.util.List;
import java.util.function.Supplier;

/// The requests of a load, in their order; for one thread.
public interface Requests {

  boolean hasNext();

  byte[] next();

  /// The same requests again and again.
  static Requests repeated(List<byte[]> all) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no requests");
    }
    return new Listed(all.toArray(byte[][]::new), true);
  }

  /// One request again and again.
  static Requests repeated(Call call) {
    return repeated(List.of(call.bytes()));
  }

  /// Each request once.
  static Requests once(List<byte[]> all) {
    return new Listed(all.toArray(byte[][]::new), false);
  }

  /// Requests without an end, each made when it is needed.
  static Requests drawn(Supplier<byte[]> supplier) {
    return new Requests() {
      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public byte[] next() {
        return supplier.get();
      }
    };
  }

  /// Made before the clock runs.
  final class Listed implements Requests {
    private final byte[][] all;
    private final boolean repeated;
    private int next;

    private Listed(byte[][] all, boolean repeated) {
      this.all = all;
      this.repeated = repeated;
    }

    @Override
    public boolean hasNext() {
      return next < all.length;
    }

    @Override
    public byte[] next() {
      byte[] request = all[next++];
      if (repeated && next == all.length) {
        next = 0;
      }
      return request;
    }
  }
}
