package io.clientele.token;

import io.clientele.crypto.Es256Verifier;
import io.clientele.key.KeyRing;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/// Says whether a text is a token that this server made. It believes nothing that the text says of
/// itself: its header must be, byte for byte, the one of a key that is published, so that no other
/// algorithm, key address or extension is ever looked at (RFC 8725 §3.1).
public final class TokenVerifier {

  private static final int SIGNATURE_BYTES = 64;
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private final KeyRing keys;
  private final String issuer;

  public TokenVerifier(KeyRing keys, URI issuer) {
    this.keys = keys;
    this.issuer = issuer.toString();
  }

  /// The claims, if the text is a token of ours; whether it still lives is another question.
  public Optional<TokenClaims> verify(String text) {
    if (text.length() > TokenIssuer.LONGEST_TOKEN) {
      return Optional.empty();
    }
    int first = text.indexOf('.');
    int second = first < 0 ? -1 : text.indexOf('.', first + 1);
    if (second < 0 || text.indexOf('.', second + 1) >= 0) {
      return Optional.empty();
    }
    Optional<Es256Verifier> key = keys.verifier(text.substring(0, first));
    Optional<byte[]> signature = decode(text.substring(second + 1));
    if (key.isEmpty() || signature.isEmpty() || signature.get().length != SIGNATURE_BYTES) {
      return Optional.empty();
    }
    byte[] signed = text.substring(0, second).getBytes(StandardCharsets.UTF_8);
    if (!key.get().verify(signed, signature.get())) {
      return Optional.empty();
    }
    // From here on it is our own text.
    return decode(text.substring(first + 1, second))
        .map(TokenClaims::read)
        .filter(claims -> claims.issuer().equals(issuer));
  }

  /// Base64url in its one canonical form (RFC 7515 §2, RFC 4648 §3.5).
  private static Optional<byte[]> decode(String text) {
    try {
      byte[] bytes = DECODER.decode(text);
      return ENCODER.encodeToString(bytes).equals(text) ? Optional.of(bytes) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
