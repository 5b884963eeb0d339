package io.clientele.bench.participant;

import com.nimbusds.jose.jwk.JWKSet;
import io.clientele.bench.load.Call;
import io.clientele.bench.process.ServerProcess;
import java.io.IOException;

/// A server that answers token requests.
///
/// @param token fetches a token
/// @param keys that its tokens are verified with
public record RunningServer(String name, ServerProcess process, Call token, Keys keys)
    implements AutoCloseable {

  /// Asks for a server's keys. Some make them when they first need them.
  @FunctionalInterface
  public interface Keys {
    JWKSet fetch() throws IOException, InterruptedException;
  }

  /// Published at a path.
  static Keys at(int port, String path) {
    return () -> {
      try (Http http = new Http()) {
        return http.keys(port, path);
      }
    };
  }

  @Override
  public void close() {
    process.close();
  }
}
