package io.clientele.http;

import java.io.Serial;

/// Something the answer needs is not there now (a database, the change log's freshness).
public final class Unavailable extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;
  private final String reason;

  /// @param reason for the log
  public Unavailable(String reason, Throwable cause) {
    super(reason, cause, false, false);
    this.reason = reason;
  }

  /// @param reason for the log
  public Unavailable(String reason) {
    super(reason, null, false, false);
    this.reason = reason;
  }

  public String reason() {
    return reason;
  }
}
