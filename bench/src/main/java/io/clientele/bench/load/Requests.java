package io.clientele.bench.load;

import java.util.List;

/// Requests as bytes, made before the clock runs; taken in their order by one thread.
public final class Requests {

  private final byte[][] all;
  private final boolean repeated;
  private int next;

  private Requests(byte[][] all, boolean repeated) {
    this.all = all;
    this.repeated = repeated;
  }

  /// The same requests again and again.
  public static Requests repeated(List<byte[]> all) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no requests");
    }
    return new Requests(all.toArray(byte[][]::new), true);
  }

  /// One request again and again.
  public static Requests repeated(Call call) {
    return repeated(List.of(call.bytes()));
  }

  /// Each request once.
  public static Requests once(List<byte[]> all) {
    return new Requests(all.toArray(byte[][]::new), false);
  }

  boolean hasNext() {
    return repeated || next < all.length;
  }

  byte[] next() {
    byte[] request = all[next++];
    if (repeated && next == all.length) {
      next = 0;
    }
    return request;
  }
}
