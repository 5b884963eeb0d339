package io.clientele.bench.participant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.JWKSet;
import io.clientele.bench.load.Call;
import io.clientele.bench.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;

/// A Clientele that is ready.
///
/// @param data its data directory
public record ClienteleServer(ServerProcess process, int port, Path data) implements AutoCloseable {

  /// The request that fetches a token for a client.
  public Call token(ClientSecret client) {
    return Call.token(port, "/oauth/token", client.client(), client.secret());
  }

  /// The request that asks whether a token lives.
  public Call introspection(ClientSecret caller, String token) {
    return Call.form(port, "/oauth/introspect", caller.client(), caller.secret(), "token=" + token);
  }

  /// The operator's own client, of the file that the first start wrote.
  public ClientSecret operator() throws IOException {
    JsonNode file = new ObjectMapper().readTree(data.resolve("operator.json").toFile());
    return new ClientSecret(file.path("clientId").asText(), file.path("clientSecret").asText());
  }

  public JWKSet keys() throws IOException, InterruptedException {
    try (Http http = new Http()) {
      return http.keys(port, "/oauth/jwks");
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
