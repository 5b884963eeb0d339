package io.clientele.oauth;

import java.io.Serial;
import java.time.Duration;
import java.util.Optional;

/// A refusal in the protocol's own form: `{"error","error_description"}`. Thrown without a stack
/// trace, because it is an answer, not a bug.
public final class OAuthException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  /// The protocol's error codes, with the status each is answered with.
  public enum Code {
    /// A parameter is missing, repeated or malformed (RFC 6749 §5.2).
    INVALID_REQUEST("invalid_request", 400),
    /// Client authentication failed (RFC 6749 §5.2).
    INVALID_CLIENT("invalid_client", 401),
    /// The client may not use this grant (RFC 6749 §5.2).
    UNAUTHORIZED_CLIENT("unauthorized_client", 400),
    /// The server knows no such grant (RFC 6749 §5.2).
    UNSUPPORTED_GRANT_TYPE("unsupported_grant_type", 400),
    /// The scope is unknown, or more than the client holds (RFC 6749 §5.2).
    INVALID_SCOPE("invalid_scope", 400),
    /// The `tenant` is none that the client holds anything on (the code is RFC 8707's §2).
    INVALID_TARGET("invalid_target", 400),
    /// The access token is missing its life: expired, revoked, malformed (RFC 6750 §3.1).
    INVALID_TOKEN("invalid_token", 401),
    /// The token is dead or invisible to who asks at `/oauth/checkToken`; the source answers 400.
    INVALID_CHECKED_TOKEN("invalid_token", 400),
    /// No such path.
    NOT_FOUND("invalid_request", 404),
    /// The path knows not this method.
    METHOD_NOT_ALLOWED("invalid_request", 405),
    /// The request did not come whole in time (RFC 9110 §15.5.9).
    TOO_SLOW("invalid_request", 408),
    /// The body is larger than this path reads.
    TOO_LARGE("invalid_request", 413),
    /// Too many failures (RFC 6585 §4); `Retry-After` says when to come back.
    TOO_MANY_REQUESTS("too_many_requests", 429),
    /// A bug; the log tells more.
    SERVER_ERROR("server_error", 500),
    /// Not able now; `Retry-After` says when to come back (the name is RFC 6749's §4.1.2.1).
    TEMPORARILY_UNAVAILABLE("temporarily_unavailable", 503);

    private final String wireName;
    private final int status;

    Code(String wireName, int status) {
      this.wireName = wireName;
      this.status = status;
    }

    /// The value of `error`.
    public String wireName() {
      return wireName;
    }

    /// The HTTP status.
    public int status() {
      return status;
    }

    /// Whether an attacker would learn something of a client from why it is so.
    public boolean hidesItsReason() {
      return this == INVALID_CLIENT || this == TOO_MANY_REQUESTS;
    }
  }

  private final Code code;
  private final String reason;
  private final long retryAfterSeconds;

  /// @param description for the caller, printable ASCII; becomes `error_description`
  public OAuthException(Code code, String description) {
    this(code, description, description, Duration.ZERO);
  }

  /// @param description for the caller
  /// @param reason for the log, never for the caller
  public OAuthException(Code code, String description, String reason) {
    this(code, description, reason, Duration.ZERO);
  }

  /// @param retryAfter zero for none, else what `Retry-After` says, rounded up to seconds
  public OAuthException(Code code, String description, String reason, Duration retryAfter) {
    super(description, null, false, false);
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds =
        retryAfter.isZero() ? 0 : Math.max(1, retryAfter.plusMillis(999).toSeconds());
  }

  public Code code() {
    return code;
  }

  /// The text for the caller.
  public String description() {
    return String.valueOf(getMessage());
  }

  /// The text for the log: which of the causes that share one description it was.
  public String reason() {
    return reason;
  }

  /// Seconds for `Retry-After`, if there is to be one.
  public Optional<Long> retryAfterSeconds() {
    return retryAfterSeconds == 0 ? Optional.empty() : Optional.of(retryAfterSeconds);
  }
}
