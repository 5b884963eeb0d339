package io.clientele.http;

import java.io.Serial;

/// Thrown on a thread that must not wait (one that serves many connections) by whatever would have
/// to: nothing has been done yet, and the router runs the request again on a thread that may wait.
public final class MustWait extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  public MustWait() {
    super("must wait", null, false, false);
  }
}
