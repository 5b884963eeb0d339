package io.clientele.key;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.http.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.ECPublicKey;
import java.util.Base64;
import java.util.OptionalLong;

/// A signing key without its private half. Times are epoch milliseconds.
///
/// @param kid its RFC 7638 thumbprint
/// @param signsFrom from when on it signs; it is published before
/// @param retiredAt since when another signs in its place
/// @param removedAt when the last token it signed is dead, and it goes out of the JWKS
public record SigningKey(
    String kid,
    ECPublicKey publicKey,
    long createdAt,
    long signsFrom,
    OptionalLong retiredAt,
    OptionalLong removedAt) {

  /// The only algorithm: ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
  public static final String ALGORITHM = "ES256";

  private static final int COORDINATE_BYTES = 32;

  /// Where a key stands in its life.
  public enum State {
    PENDING("pending"),
    SIGNING("signing"),
    RETIRED("retired");

    private final String wireName;

    State(String wireName) {
      this.wireName = wireName;
    }

    public String wireName() {
      return wireName;
    }
  }

  State state(long now) {
    if (retiredAt.isPresent() && retiredAt.getAsLong() <= now) {
      return State.RETIRED;
    }
    return signsFrom > now ? State.PENDING : State.SIGNING;
  }

  boolean isRemoved(long now) {
    return removedAt.isPresent() && removedAt.getAsLong() <= now;
  }

  /// The public half as a JWK (RFC 7517 §4, RFC 7518 §6.2).
  ObjectNode toJwk() {
    return Json.object()
        .put("kty", "EC")
        .put("crv", "P-256")
        .put("x", coordinate(publicKey.getW().getAffineX()))
        .put("y", coordinate(publicKey.getW().getAffineY()))
        .put("kid", kid)
        .put("use", "sig")
        .put("alg", ALGORITHM);
  }

  /// The thumbprint of a public key: SHA-256 of its required members in byte order (RFC 7638 §3).
  static String thumbprint(ECPublicKey key) {
    ObjectNode required =
        Json.object()
            .put("crv", "P-256")
            .put("kty", "EC")
            .put("x", coordinate(key.getW().getAffineX()))
            .put("y", coordinate(key.getW().getAffineY()));
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(Json.text(required).getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("a JDK without SHA-256", e);
    }
  }

  private static String coordinate(BigInteger value) {
    byte[] bytes = value.toByteArray();
    byte[] fixed = new byte[COORDINATE_BYTES];
    int length = Math.min(bytes.length, COORDINATE_BYTES);
    System.arraycopy(bytes, bytes.length - length, fixed, COORDINATE_BYTES - length, length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(fixed);
  }
}
