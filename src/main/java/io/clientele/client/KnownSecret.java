package io.clientele.client;

import io.clientele.crypto.SecretDigest;
import java.util.OptionalLong;

/// What is needed of a secret to check it.
///
/// @param id of the row
/// @param expiresAt epoch milliseconds; absent for never
record KnownSecret(String id, OptionalLong expiresAt, SecretDigest digest) {

  /// Whether it opens anything at this time.
  boolean isUsable(long nowMillis) {
    return expiresAt.isEmpty() || expiresAt.getAsLong() > nowMillis;
  }

  /// Bytes in memory, roughly.
  int weight() {
    return switch (digest) {
      case SecretDigest.Hmac hmac -> 190;
      case SecretDigest.Argon2id argon2id -> 250;
    };
  }
}
