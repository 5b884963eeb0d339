package io.clientele.crypto;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;

/// Verifies ES256 signatures of one public key (RFC 7518 §3.4); safe for many threads.
public final class Es256Verifier {

  private final Idle<Signature> signatures;

  /// @throws GeneralSecurityException if the key is none of P-256
  Es256Verifier(Provider provider, PublicKey key) throws GeneralSecurityException {
    PublicKey own = (PublicKey) KeyFactory.getInstance("EC", provider).translateKey(key);
    this.signatures =
        new Idle<>(
            () -> {
              Signature signature = Signature.getInstance(CryptoProvider.ES256, provider);
              signature.initVerify(own);
              return signature;
            });
    signatures.putBack(signatures.take());
  }

  /// Whether a signature is this key's of this message. Whatever is wrong with it (length, zero,
  /// out of range, of another message) is `false`.
  public boolean verify(byte[] message, byte[] signature) {
    if (!EcdsaRange.holds(signature)) {
      return false;
    }
    try {
      Signature verification = signatures.take();
      verification.update(message);
      try {
        boolean right = verification.verify(signature);
        signatures.putBack(verification);
        return right;
      } catch (SignatureException e) {
        // Bytes that no signer made; both providers throw for some of them and say false for
        // others.
        return false;
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("ES256 cannot be verified", e);
    }
  }
}
