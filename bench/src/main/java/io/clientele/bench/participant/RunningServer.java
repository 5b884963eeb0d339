package io.clientele.bench.participant;

import com.nimbusds.jose.jwk.JWKSet;
import io.clientele.bench.load.Call;
import io.clientele.bench.process.ServerProcess;

/// A server that answers token requests.
///
/// @param token fetches a token
/// @param keys that its tokens are verified with
public record RunningServer(String name, ServerProcess process, Call token, JWKSet keys)
    implements AutoCloseable {

  @Override
  public void close() {
    process.close();
  }
}
