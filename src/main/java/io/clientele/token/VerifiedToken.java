package io.clientele.token;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A token that this server made; whether it still lives is another question.
public final class VerifiedToken {

  private final TokenClaims claims;
  private final int length;
  private volatile byte @Nullable [] introspection;

  /// @param length of the token's text
  VerifiedToken(TokenClaims claims, int length) {
    this.claims = claims;
    this.length = length;
  }

  /// What it says.
  public TokenClaims claims() {
    return claims;
  }

  /// Bytes in memory, roughly, with the answer of introspection.
  int weight() {
    return 900 + 5 * length / 2;
  }

  /// What introspection answers while it lives, which is always the same; made once.
  byte[] introspection(Function<TokenClaims, byte[]> make) {
    byte[] known = introspection;
    if (known == null) {
      known = make.apply(claims);
      introspection = known;
    }
    return known;
  }
}
