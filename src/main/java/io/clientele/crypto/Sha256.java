package io.clientele.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;

/// SHA-256 (FIPS 180-4); safe for many threads.
public final class Sha256 {

  /// The digest of a text, which stands for the text where the text itself must not be kept.
  public record Digest(long first, long second, long third, long fourth) {}

  private final Idle<MessageDigest> digests =
      new Idle<>(() -> MessageDigest.getInstance("SHA-256"));

  /// The digest of these bytes.
  public Digest of(byte[] message) {
    try {
      MessageDigest digest = digests.take();
      ByteBuffer made = ByteBuffer.wrap(digest.digest(message));
      digests.putBack(digest);
      return new Digest(made.getLong(), made.getLong(), made.getLong(), made.getLong());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a JDK without SHA-256", e);
    }
  }
}
