package io.clientele.client;

import io.clientele.crypto.SecretDigest;
import java.util.OptionalLong;

/// A secret as its row stands: never the secret itself.
///
/// @param id of the row
/// @param hint the last four characters
/// @param createdAt epoch milliseconds
/// @param createdBy the client that made it
/// @param expiresAt epoch milliseconds; absent for never
/// @param lastUsedAt epoch milliseconds, as of the last flush of the counters
public record StoredSecret(
    String id,
    SecretDigest digest,
    String hint,
    long createdAt,
    String createdBy,
    OptionalLong expiresAt,
    OptionalLong lastUsedAt) {

  /// Whether it opens anything at this time.
  boolean isUsable(long nowMillis) {
    return expiresAt.isEmpty() || expiresAt.getAsLong() > nowMillis;
  }
}
