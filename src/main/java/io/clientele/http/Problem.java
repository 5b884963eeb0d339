package io.clientele.http;

import java.io.Serial;
import java.util.List;
import java.util.OptionalLong;

/// A refusal of the management API: RFC 9457, with the source's own `errorCode` and `errorMessage`.
/// Thrown without a stack trace, because it is an answer, not a bug.
public final class Problem extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final int status;
  private final transient List<Fault> faults;
  private final long retryAfterSeconds;

  private Problem(int status, String errorMessage, List<Fault> faults, long retryAfterSeconds) {
    super(errorMessage, null, false, false);
    this.status = status;
    this.faults = faults;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /// A refusal in one sentence.
  ///
  /// @param errorMessage for the caller
  public static Problem of(int status, String errorMessage) {
    return new Problem(status, errorMessage, List.of(), 0);
  }

  /// A refusal that says what is wrong where.
  ///
  /// @param faults what is wrong, each with its place
  public static Problem of(int status, String errorMessage, List<Fault> faults) {
    return new Problem(status, errorMessage, List.copyOf(faults), 0);
  }

  /// 400: the request has these faults, all of them at once.
  public static Problem faults(List<Fault> faults) {
    return of(400, "The request has " + faults.size() + " faults", faults);
  }

  /// 403, the same words whatever the reason.
  public static Problem accessDenied() {
    return of(403, "Access is denied");
  }

  /// 403 for what the caller cannot give or take over, saying which.
  public static Problem accessDenied(List<Fault> faults) {
    return of(403, "Access is denied", faults);
  }

  /// 503, with `Retry-After`.
  public static Problem notNow(String errorMessage, long retryAfterSeconds) {
    return new Problem(503, errorMessage, List.of(), retryAfterSeconds);
  }

  public int status() {
    return status;
  }

  /// The text for the caller.
  public String errorMessage() {
    return String.valueOf(getMessage());
  }

  public List<Fault> faults() {
    return faults;
  }

  /// Seconds for `Retry-After`, if there is to be one.
  public OptionalLong retryAfterSeconds() {
    return retryAfterSeconds == 0 ? OptionalLong.empty() : OptionalLong.of(retryAfterSeconds);
  }
}
