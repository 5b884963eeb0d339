package io.clientele.crypto;

import java.security.GeneralSecurityException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Objects that are dear to make and serve one thread at a time, between two uses. Each thread
/// finds what it put back, without a lock and without a `ThreadLocal`, of which every virtual
/// thread would have its own; when two threads share a slot, one makes another object.
final class Idle<T> {

  /// Makes one more.
  interface Maker<T> {
    T make() throws GeneralSecurityException;
  }

  private static final int SLOTS = 64;

  /// References between two slots, so that two threads never write to the same cache line.
  private static final int APART = 16;

  private final AtomicReferenceArray<@Nullable T> slots = new AtomicReferenceArray<>(SLOTS * APART);
  private final Maker<T> maker;

  Idle(Maker<T> maker) {
    this.maker = maker;
  }

  /// One that nobody else has until it is put back. One that failed is not put back.
  T take() throws GeneralSecurityException {
    T idle = slots.getAndSet(slot(), null);
    return idle != null ? idle : maker.make();
  }

  void putBack(T used) {
    slots.setRelease(slot(), used);
  }

  private static int slot() {
    return ((int) Thread.currentThread().threadId() & (SLOTS - 1)) * APART;
  }
}
