package io.clientele.crypto;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Signature;

/// Signs with ES256 under one private key (RFC 7518 §3.4); safe for many threads.
public final class Es256Signer {

  private final Idle<Signature> signatures;

  /// @throws GeneralSecurityException if the key is none of P-256
  Es256Signer(Provider provider, PrivateKey key) throws GeneralSecurityException {
    // The provider's own kind of key: any other would be translated again for each signature, which
    // costs more than half of what the signature itself does.
    PrivateKey own = (PrivateKey) KeyFactory.getInstance("EC", provider).translateKey(key);
    this.signatures =
        new Idle<>(
            () -> {
              Signature signature = Signature.getInstance(CryptoProvider.ES256, provider);
              signature.initSign(own);
              return signature;
            });
    signatures.putBack(signatures.take());
  }

  /// Signs some bytes of a buffer.
  ///
  /// @return R‖S, 64 bytes
  public byte[] sign(byte[] buffer, int offset, int length) {
    try {
      Signature signature = signatures.take();
      signature.update(buffer, offset, length);
      byte[] signed = signature.sign();
      signatures.putBack(signature);
      return signed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the signing key does not sign", e);
    }
  }
}
