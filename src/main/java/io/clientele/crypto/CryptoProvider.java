package io.clientele.crypto;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import com.amazon.corretto.crypto.provider.SelfTestStatus;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Where signatures, HMACs and random bytes come from: Amazon Corretto Crypto Provider where it
/// runs (ten times the JDK's ES256), the JDK elsewhere. Which one serves is decided once, at start,
/// after a self test, and is announced; it never changes under load.
public final class CryptoProvider {

  /// ECDSA on P-256 with SHA-256, signature as R‖S of 64 bytes (RFC 7518 §3.4).
  private static final String ES256 = "SHA256withECDSAinP1363Format";

  private final String name;
  private final Provider signatures;
  private final Provider macs;
  private final SecureRandom random;
  private final String reason;

  private CryptoProvider(
      String name, Provider signatures, Provider macs, SecureRandom random, String reason) {
    this.name = name;
    this.signatures = signatures;
    this.macs = macs;
    this.random = random;
    this.reason = reason;
  }

  /// Chooses Corretto if it loads and passes its tests and ours, else the JDK.
  ///
  /// @throws IllegalStateException if not even the JDK can sign
  public static CryptoProvider choose() {
    CryptoProvider jdk = jdk("");
    try {
      AmazonCorrettoCryptoProvider accp = AmazonCorrettoCryptoProvider.INSTANCE;
      Throwable loading = accp.getLoadingError();
      if (loading != null) {
        return jdk("Corretto does not load: " + loading.getMessage());
      }
      if (accp.runSelfTests() == SelfTestStatus.FAILED) {
        return jdk("Corretto fails its self test");
      }
      CryptoProvider corretto =
          new CryptoProvider(
              "AmazonCorrettoCryptoProvider " + accp.getVersionStr(),
              accp,
              accp,
              SecureRandom.getInstance("LibCryptoRng", accp),
              "");
      if (!corretto.agreesWith(jdk) || !jdk.agreesWith(corretto)) {
        return jdk("Corretto and the JDK disagree about a signature");
      }
      return corretto;
    } catch (GeneralSecurityException | LinkageError e) {
      return jdk("Corretto does not work: " + e.getMessage());
    }
  }

  /// The JDK's own providers.
  ///
  /// @param reason why not Corretto; empty if nobody asked
  public static CryptoProvider jdk(String reason) {
    return new CryptoProvider(
        "JDK " + Runtime.version().feature(),
        Objects.requireNonNull(Security.getProvider("SunEC")),
        Objects.requireNonNull(Security.getProvider("SunJCE")),
        new SecureRandom(),
        reason);
  }

  private boolean agreesWith(CryptoProvider other) throws GeneralSecurityException {
    byte[] probe = "Clientele".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    KeyPair pair = newP256();
    return other.verify(pair.getPublic(), probe, sign(pair.getPrivate(), probe));
  }

  /// Which provider serves, with its version; for the log and the metrics.
  public String name() {
    return name;
  }

  /// Why it is not Corretto; empty if it is.
  public String reason() {
    return reason;
  }

  /// A fresh P-256 key pair.
  public KeyPair newP256() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", signatures);
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  /// Signs with ES256.
  ///
  /// @return R‖S, 64 bytes
  public byte[] sign(PrivateKey key, byte[] message) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(ES256, signatures);
    signature.initSign(key);
    signature.update(message);
    return signature.sign();
  }

  /// Verifies an ES256 signature. Whatever is wrong with it (length, zero, out of range, of another
  /// message) is `false`.
  public boolean verify(PublicKey key, byte[] message, byte[] signature)
      throws GeneralSecurityException {
    if (!EcdsaRange.holds(signature)) {
      return false;
    }
    Signature verification = Signature.getInstance(ES256, signatures);
    verification.initVerify(key);
    verification.update(message);
    try {
      return verification.verify(signature);
    } catch (java.security.SignatureException e) {
      // Bytes that no signer made; both providers throw for some of them and say false for others.
      return false;
    }
  }

  /// HMAC-SHA-256.
  ///
  /// @return 32 bytes
  public byte[] hmac(SecretKeySpec key, byte[] message) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256", macs);
    mac.init(key);
    return mac.doFinal(message);
  }

  /// Cryptographically strong random bytes; safe for many threads.
  public SecureRandom random() {
    return random;
  }
}
