package io.clientele.bench.participant;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.text.ParseException;
import java.util.HashSet;
import java.util.Set;

/// Before a server is measured: does it do the work? Each request must be answered by a fresh token
/// that is signed with ES256 and verifies with the server's published key.
final class TokenCheck {

  private static final int REQUESTS = 3;

  private TokenCheck() {}

  /// @throws IOException if it does not
  static RunningServer checked(RunningServer server) throws IOException, InterruptedException {
    Set<String> tokens = new HashSet<>();
    try (Http http = new Http()) {
      for (int i = 0; i < REQUESTS; i++) {
        tokens.add(uniquePart(server, http.json(server.token()).path("access_token").asText()));
      }
    } catch (IOException e) {
      server.close();
      throw e;
    }
    if (tokens.size() < REQUESTS) {
      server.close();
      throw new IOException(server.name() + " answers the same token again");
    }
    return server;
  }

  /// Its `jti`; the token itself if it has none.
  private static String uniquePart(RunningServer server, String token) throws IOException {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      if (!jwt.getHeader().getAlgorithm().equals(JWSAlgorithm.ES256)) {
        throw new IOException(server.name() + " signs with " + jwt.getHeader().getAlgorithm());
      }
      String kid = jwt.getHeader().getKeyID();
      JWK key = kid == null ? null : server.keys().getKeyByKeyId(kid);
      if (key == null || !jwt.verify(new ECDSAVerifier(key.toECKey()))) {
        throw new IOException(server.name() + ": no published key verifies " + token);
      }
      String jti = jwt.getJWTClaimsSet().getJWTID();
      return jti == null ? token : jti;
    } catch (ParseException | JOSEException e) {
      throw new IOException(server.name() + " answers no JWT that can be verified: " + token, e);
    }
  }
}
