package io.clientele.token;

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
            .map(living -> living.claims().introspection())
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
}
