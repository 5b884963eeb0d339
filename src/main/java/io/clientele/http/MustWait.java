package io.clientele.http;

import java.io.Serial;

/// Thrown by whatever would have to wait on a thread that must not: nothing has been done yet, and
/// the router runs the request again on a thread that may.
public final class MustWait extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final Patience needed;

  MustWait(Patience needed) {
    super("must wait", null, false, false);
    this.needed = needed;
  }

  Patience needed() {
    return needed;
  }
}
