package io.clientele.client;

import io.clientele.crypto.SecretDigest;
import java.util.OptionalLong;

/// What is needed of a secret to check it.
///
/// @param id of the row
/// @param expiresAt epoch milliseconds; absent for never
record KnownSecret(String id, SecretDigest digest, OptionalLong expiresAt) {

  /// Whether it opens anything at this time.
  boolean isUsable(long nowMillis) {
    return expiresAt.isEmpty() || expiresAt.getAsLong() > nowMillis;
  }

  /// Bytes in memory, roughly.
  int weight() {
    return 160 + digest.encoded().length() / 2;
  }
}
