package io.clientele.trust;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import io.clientele.harness.Jwt;
import io.clientele.harness.RawHttp;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/// A resource server's check of tokens, by the library of Nimbus, with the JWKS kept for exactly so
/// long: a key that is not in it is no reason to ask again. For one thread.
final class CachingVerifier {

  private final URI server;
  private final Duration cache;
  private final Map<String, JWSVerifier> verifiers = new HashMap<>();
  private long until;

  CachingVerifier(URI server, Duration cache) {
    this.server = server;
    this.cache = cache;
    fetch();
    // Not all at once the next time, and after that exactly when the time is over.
    until = System.nanoTime() + ThreadLocalRandom.current().nextLong(cache.toNanos());
  }

  /// Why it is not verified; empty if it is.
  Optional<String> verify(String token) {
    if (System.nanoTime() - until >= 0) {
      fetch();
      until = System.nanoTime() + cache.toNanos();
    }
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      String kid = jwt.getHeader().getKeyID();
      JWSVerifier verifier = verifiers.get(kid);
      if (verifier == null) {
        return Optional.of("key " + kid + " is not in the JWKS");
      }
      if (!jwt.verify(verifier)) {
        return Optional.of("the signature is not that of key " + kid);
      }
      return jwt.getJWTClaimsSet().getExpirationTime().toInstant().isAfter(Instant.now())
          ? Optional.empty()
          : Optional.of("it is expired");
    } catch (ParseException | JOSEException e) {
      return Optional.of(e.toString());
    }
  }

  static String keyOf(String token) {
    return Jwt.header(token).get("kid").asText();
  }

  /// The keys that are published now.
  Iterable<String> keys() {
    return verifiers.keySet();
  }

  private void fetch() {
    String text =
        RawHttp.exchange(
                server, List.of("GET /oauth/jwks HTTP/1.1", "Host: localhost"), new byte[0])
            .expect(200)
            .text();
    verifiers.clear();
    try {
      for (JWK key : JWKSet.parse(text).getKeys()) {
        ECDSAVerifier verifier = new ECDSAVerifier(key.toECKey());
        // The JDK's own would be what limits the load.
        verifier.getJCAContext().setProvider(AmazonCorrettoCryptoProvider.INSTANCE);
        verifiers.put(key.getKeyID(), verifier);
      }
    } catch (ParseException | JOSEException e) {
      throw new AssertionError("not a JWKS: " + text, e);
    }
  }
}
