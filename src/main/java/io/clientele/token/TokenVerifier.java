package io.clientele.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clientele.crypto.Es256Verifier;
import io.clientele.crypto.Sha256;
import io.clientele.key.KeyRing;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/// Says whether a text is a token that this server made. It believes nothing that the text says of
/// itself: its header must be, byte for byte, the one of a key that is published, so that no other
/// algorithm, key address or extension is ever looked at (RFC 8725 §3.1).
///
/// What was verified once is remembered, by digest, so that a resource server may ask about the
/// same token as often as it likes; what was not is not.
public final class TokenVerifier {

  private static final int SIGNATURE_BYTES = 64;
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private final KeyRing keys;
  private final String issuer;
  private final Sha256 sha256 = new Sha256();
  private final Cache<Sha256.Digest, TokenClaims> verified;

  /// @param bytes how much memory it may take to remember what was verified, roughly
  public TokenVerifier(KeyRing keys, URI issuer, long bytes) {
    this.keys = keys;
    this.verified =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .maximumWeight(bytes)
            .weigher((Sha256.Digest key, TokenClaims token) -> token.weight())
            .build();
    this.issuer = issuer.toString();
  }

  /// The token, if the text is one of ours; whether it still lives is another question.
  public Optional<TokenClaims> verify(String text) {
    if (text.length() > TokenIssuer.LONGEST_TOKEN) {
      return Optional.empty();
    }
    int first = text.indexOf('.');
    int second = first < 0 ? -1 : text.indexOf('.', first + 1);
    if (second < 0 || text.indexOf('.', second + 1) >= 0) {
      return Optional.empty();
    }
    // Comes before what is remembered: a key may have been taken out of the ring meanwhile.
    Optional<Es256Verifier> key = keys.verifier(text.substring(0, first));
    if (key.isEmpty()) {
      return Optional.empty();
    }
    Sha256.Digest digest = sha256.of(text.getBytes(StandardCharsets.UTF_8));
    TokenClaims known = verified.getIfPresent(digest);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<TokenClaims> token = verify(key.get(), text, first, second);
    token.ifPresent(found -> verified.put(digest, found));
    return token;
  }

  /// @param first where the dot behind the header stands
  /// @param second where the dot behind the payload stands
  private Optional<TokenClaims> verify(Es256Verifier key, String text, int first, int second) {
    Optional<byte[]> signature = decode(text.substring(second + 1));
    byte[] signed = text.substring(0, second).getBytes(StandardCharsets.UTF_8);
    if (signature.isEmpty()
        || signature.get().length != SIGNATURE_BYTES
        || !key.verify(signed, signature.get())) {
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
