package io.clientele.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.client.AuthenticatedClient;
import io.clientele.client.ClientAuthenticator;
import io.clientele.http.Json;
import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.token.TokenIssuer.IssuedToken;

/// `POST /oauth/token` (RFC 6749 §3.2).
public final class TokenEndpoint {

  private final ClientAuthenticator authenticator;
  private final TokenIssuer issuer;

  public TokenEndpoint(ClientAuthenticator authenticator, TokenIssuer issuer) {
    this.authenticator = authenticator;
    this.issuer = issuer;
  }

  /// Reads, authenticates, decides, signs, answers.
  public Response issue(Request request) {
    ProtocolForm form = ProtocolForm.read(request);
    AuthenticatedClient client = authenticator.authenticate(request, form.body());
    return switch (TokenRequest.read(form.all())) {
      case TokenRequest.ClientCredentials credentials -> answer(issuer.issue(client, credentials));
    };
  }

  /// RFC 6749 §5.1
  private static Response answer(IssuedToken token) {
    ObjectNode json =
        Json.object()
            .put("access_token", token.text())
            .put("token_type", "Bearer")
            .put("expires_in", token.lifetime());
    if (!token.scope().isEmpty()) {
      json.put("scope", token.scope());
    }
    return Response.json(200, json).with("Cache-Control", "no-store").with("Pragma", "no-cache");
  }
}
