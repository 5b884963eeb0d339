package io.clientele;

import io.clientele.http.Unavailable;
import java.io.Serial;
import java.io.UncheckedIOException;

/// The server cannot start; the message tells the operator why, and what to do.
public final class StartException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  /// Whether a bug kept the server from starting, so that its trace should be logged.
  boolean isUnexpected() {
    return getCause() instanceof RuntimeException cause
        && !(cause instanceof UncheckedIOException)
        && !(cause instanceof Unavailable);
  }

  StartException(String message) {
    super(message);
  }

  StartException(String message, Throwable cause) {
    super(message, cause);
  }
}
