package io.clientele.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Privilege;
import io.clientele.client.AuthenticatedClient;
import io.clientele.client.ClientAuthenticator;
import io.clientele.client.CurrentCallers;
import io.clientele.http.Json;
import io.clientele.http.Patience;
import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.token.Liveness.LivingToken;
import java.util.Optional;

/// `POST /oauth/introspect` (RFC 7662): tells a client about tokens of its own customer, and who
/// may see all about all.
public final class IntrospectionEndpoint {

  private static final Privilege SEE_ALL = new Privilege(Privilege.TOKENS, Privilege.READ);

  private static final byte[] INACTIVE = Json.bytes(Json.object().put("active", false));

  private final ClientAuthenticator authenticator;
  private final Liveness liveness;

  public IntrospectionEndpoint(ClientAuthenticator authenticator, Liveness liveness) {
    this.authenticator = authenticator;
    this.liveness = liveness;
  }

  /// The token's claims if it lives and may be seen; else exactly `{"active":false}` (RFC 7662
  /// §2.2).
  public Response introspect(Request request) {
    ProtocolForm form = ProtocolForm.read(request);
    AuthenticatedClient client = authenticator.authenticate(request, form.body());
    String token = ProtocolForm.required(form.body(), "token");
    return Response.of(
        200,
        Response.JSON,
        find(client, token, request.patience())
            .map(living -> living.verified().introspection(IntrospectionEndpoint::active))
            .orElse(INACTIVE));
  }

  /// A living token that this client may see.
  Optional<LivingToken> find(AuthenticatedClient asking, String token, Patience patience) {
    return liveness.find(token, patience).filter(living -> maySee(asking, living));
  }

  private static boolean maySee(AuthenticatedClient asking, LivingToken living) {
    return living.claims().customer().equals(asking.client().customer())
        || CurrentCallers.of(
                asking.client(),
                asking.customer(),
                asking.generations(),
                asking.client().holdings(),
                false)
            .holds(SEE_ALL);
  }

  private static byte[] active(TokenClaims claims) {
    ObjectNode json =
        Json.object()
            .put("active", true)
            .put("client_id", claims.client().text())
            .put("sub", claims.client().text())
            .put("iss", claims.issuer());
    json.set("aud", Json.strings(claims.audience()));
    json.put("iat", claims.issuedAt())
        .put("exp", claims.expiresAt())
        .put("jti", claims.jti())
        .put("token_type", "Bearer");
    if (!claims.scope().isEmpty()) {
      json.put("scope", claims.scope());
    }
    json.put("customer", claims.customer().text());
    json.set("roles", Json.strings(claims.holdings().roles()));
    json.set("role_tenants", claims.holdings().toJson());
    claims.tenant().ifPresent(tenant -> json.put("tenant", tenant.text()));
    return Json.bytes(json);
  }
}
