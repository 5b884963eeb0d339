package io.clientele.bench.participant;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Before a server is measured: does it do the work? Each request must be answered by a fresh token
/// that is signed with ES256 and verifies with the server's published key.
final class TokenCheck {

  private static final int REQUESTS = 3;

  private TokenCheck() {}

  /// @throws IOException if it does not; the server has been ended then
  static RunningServer checked(RunningServer server) throws IOException, InterruptedException {
    try (Http http = new Http()) {
      List<String> tokens = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        tokens.add(http.json(server.token()).path("access_token").asText());
      }
      JWKSet keys = server.keys().fetch();
      Set<String> unique = new HashSet<>();
      for (String token : tokens) {
        unique.add(uniquePart(token, keys));
      }
      if (unique.size() < REQUESTS) {
        throw new IOException("the same token is answered again");
      }
      return server;
    } catch (IOException | ParseException | JOSEException e) {
      server.close();
      throw new IOException(server.name() + ": " + e.getMessage(), e);
    }
  }

  /// Its `jti`; the token itself if it has none.
  private static String uniquePart(String token, JWKSet keys)
      throws IOException, ParseException, JOSEException {
    SignedJWT jwt = SignedJWT.parse(token);
    if (!jwt.getHeader().getAlgorithm().equals(JWSAlgorithm.ES256)) {
      throw new IOException("signed with " + jwt.getHeader().getAlgorithm());
    }
    String kid = jwt.getHeader().getKeyID();
    JWK key = kid == null ? null : keys.getKeyByKeyId(kid);
    if (key == null || !jwt.verify(new ECDSAVerifier(key.toECKey()))) {
      throw new IOException("no published key verifies a token");
    }
    String jti = jwt.getJWTClaimsSet().getJWTID();
    return jti == null ? token : jti;
  }
}
