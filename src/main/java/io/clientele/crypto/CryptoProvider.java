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
import java.security.spec.ECGenParameterSpec;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/// Where signatures, HMACs and random bytes come from: Amazon Corretto Crypto Provider where it
/// runs (ten times the JDK's ES256), the JDK elsewhere. Which one serves is decided once, at start,
/// after a self test, and is announced; it never changes under load.
public final class CryptoProvider {

  /// ECDSA on P-256 with SHA-256, signature as R‖S of 64 bytes (RFC 7518 §3.4).
  static final String ES256 = "SHA256withECDSAinP1363Format";

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
      // By Class.cast, since the verifier takes that on trust: else the JVM would load Corretto's
      // signed jar when it links this class, before the first line of ours runs.
      Provider asProvider = Provider.class.cast(accp);
      CryptoProvider corretto =
          new CryptoProvider(
              "AmazonCorrettoCryptoProvider " + accp.getVersionStr(),
              asProvider,
              asProvider,
              SecureRandom.getInstance("LibCryptoRng", asProvider),
              "");
      if (!corretto.agreesWith(jdk) || !jdk.agreesWith(corretto)) {
        return jdk("Corretto and the JDK disagree about a signature");
      }
      return corretto;
    } catch (GeneralSecurityException | LinkageError e) {
      return jdk("Corretto does not work: " + e.getMessage());
    }
  }

  /// Begins to choose, beside what comes next at a start: it loads a native library and tests it,
  /// which takes as long as opening the database.
  public static Future<CryptoProvider> beginChoice() {
    FutureTask<CryptoProvider> choosing = new FutureTask<>(CryptoProvider::choose);
    Thread.ofPlatform().name("crypto-provider").daemon().start(choosing);
    return choosing;
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
    byte[] signature = signer(pair.getPrivate()).sign(probe, 0, probe.length);
    return other.verifier(pair.getPublic()).verify(probe, signature);
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

  /// Signs with a private key, which this provider makes its own.
  ///
  /// @throws GeneralSecurityException if the key is none of P-256
  public Es256Signer signer(PrivateKey key) throws GeneralSecurityException {
    return new Es256Signer(signatures, key);
  }

  /// Verifies with a public key, which this provider makes its own.
  ///
  /// @throws GeneralSecurityException if the key is none of P-256
  public Es256Verifier verifier(PublicKey key) throws GeneralSecurityException {
    return new Es256Verifier(signatures, key);
  }

  /// HMAC-SHA-256 under a key.
  ///
  /// @param key secret bytes
  public HmacSha256 hmac(byte[] key) {
    return new HmacSha256(macs, key);
  }

  /// Random bytes in small portions, for what is needed thousands of times a second.
  public RandomBytes randomBytes() {
    return new RandomBytes(random);
  }

  /// Cryptographically strong random bytes; safe for many threads.
  public SecureRandom random() {
    return random;
  }
}
