package io.clientele.bench.bare;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// The least that a token costs, plainly written: look for the grant type, split the credentials,
/// compare an HMAC of the secret, sign with ES256, answer. One client, no limits, no log.
final class BareIssuer {

  static final String CLIENT = "test_client";
  static final String SECRET = "s3cr3t";

  private static final Provider PROVIDER = AmazonCorrettoCryptoProvider.INSTANCE;
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
  private static final String HEADER =
      BASE64.encodeToString(
          "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}".getBytes(StandardCharsets.UTF_8));
  private static final byte[] MAC_KEY = new byte[32];

  private final KeyPair keys;
  private final SecureRandom random;
  private final Map<String, byte[]> clients = new ConcurrentHashMap<>();

  BareIssuer() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", PROVIDER);
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    keys = generator.generateKeyPair();
    random = SecureRandom.getInstance("LibCryptoRng", PROVIDER);
    clients.put(CLIENT, mac(SECRET));
  }

  KeyPair keys() {
    return keys;
  }

  String handle(@Nullable String authorization, String body) {
    if (authorization == null || !body.contains("grant_type=client_credentials")) {
      return "{\"error\":\"invalid_request\"}";
    }
    String credentials =
        new String(Base64.getDecoder().decode(authorization.substring(6)), StandardCharsets.UTF_8);
    int colon = credentials.indexOf(':');
    byte[] stored = clients.get(credentials.substring(0, colon));
    try {
      if (stored == null || !MessageDigest.isEqual(stored, mac(credentials.substring(colon + 1)))) {
        return "{\"error\":\"invalid_client\"}";
      }
      byte[] jti = new byte[16];
      random.nextBytes(jti);
      long now = System.currentTimeMillis() / 1000;
      String payload =
          "{\"iss\":\"https://auth.example.com\",\"sub\":\"test_client\",\"aud\":\"api\","
              + "\"client_id\":\"test_client\",\"jti\":\""
              + BASE64.encodeToString(jti)
              + "\",\"iat\":"
              + now
              + ",\"exp\":"
              + (now + 3600)
              + ",\"roles\":{\"ROLE_ADMIN_TENANT\":[\"tenant1\"],\"ROLE_API\":[\"tenant1\"]},"
              + "\"customer\":\"ABC\"}";
      String input = HEADER + "." + BASE64.encodeToString(payload.getBytes(StandardCharsets.UTF_8));
      Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format", PROVIDER);
      signature.initSign(keys.getPrivate());
      signature.update(input.getBytes(StandardCharsets.ISO_8859_1));
      return "{\"access_token\":\""
          + input
          + "."
          + BASE64.encodeToString(signature.sign())
          + "\",\"token_type\":\"Bearer\",\"expires_in\":3600}";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] mac(String secret) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256", PROVIDER);
    mac.init(new SecretKeySpec(MAC_KEY, "HmacSHA256"));
    return mac.doFinal(secret.getBytes(StandardCharsets.UTF_8));
  }
}
