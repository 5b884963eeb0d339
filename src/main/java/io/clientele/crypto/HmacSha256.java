package io.clientele.crypto;

import java.security.GeneralSecurityException;
import java.security.Provider;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// HMAC-SHA-256 under one key (RFC 2104); safe for many threads.
public final class HmacSha256 {

  private final Idle<Mac> macs;

  HmacSha256(Provider provider, byte[] key) {
    SecretKeySpec own = new SecretKeySpec(key, "HmacSHA256");
    this.macs =
        new Idle<>(
            () -> {
              Mac mac = Mac.getInstance("HmacSHA256", provider);
              mac.init(own);
              return mac;
            });
  }

  /// The HMAC of a message.
  ///
  /// @return 32 bytes
  public byte[] of(byte[] message) {
    try {
      Mac mac = macs.take();
      byte[] made = mac.doFinal(message);
      macs.putBack(mac);
      return made;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HMAC-SHA-256 fails", e);
    }
  }
}
