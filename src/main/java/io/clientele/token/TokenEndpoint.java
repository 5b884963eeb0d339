package io.clientele.token;

import io.clientele.client.AuthenticatedClient;
import io.clientele.client.ClientAuthenticator;
import io.clientele.http.AsciiBuffer;
import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.token.TokenIssuer.IssuedToken;

/// `POST /oauth/token` (RFC 6749 §3.2).
public final class TokenEndpoint {

  /// Bytes around the JWT and the scope where the lifetime has four digits, as it has by default;
  /// an answer of just that size is not copied.
  private static final int AROUND =
      "{\"access_token\":\"\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"\"}"
          .length();

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
    AsciiBuffer json =
        new AsciiBuffer(token.jwt().length + token.scope().length + AROUND)
            .append("{\"access_token\":\"")
            .append(token.jwt())
            .append("\",\"token_type\":\"Bearer\",\"expires_in\":")
            .append(token.lifetime());
    if (token.scope().length > 0) {
      json.append(",\"scope\":\"").append(token.scope()).append('"');
    }
    return Response.of(200, Response.JSON, json.append('}').toByteArray()).uncached();
  }
}
