package io.clientele.token;

import io.clientele.client.AuthenticatedClient;
import io.clientele.client.ClientAuthenticator;
import io.clientele.http.Patience;
import io.clientele.http.Request;
import io.clientele.http.Response;

/// `POST /oauth/revoke` (RFC 7009): a client revokes a token of its own.
public final class RevocationEndpoint {

  private final ClientAuthenticator authenticator;
  private final Liveness liveness;
  private final Revocations revocations;

  public RevocationEndpoint(
      ClientAuthenticator authenticator, Liveness liveness, Revocations revocations) {
    this.authenticator = authenticator;
    this.liveness = liveness;
    this.revocations = revocations;
  }

  /// 200 whatever the token is: one that is unknown, dead or another's is not valid for this client
  /// anyway (RFC 7009 §2.2).
  public Response revoke(Request request) {
    // It ends in a write; nothing is gained by beginning before.
    request.patience().require(Patience.ANYTHING);
    ProtocolForm form = ProtocolForm.read(request);
    AuthenticatedClient client = authenticator.authenticate(request, form.body());
    String token = ProtocolForm.required(form.all(), "token");
    liveness
        .find(token, Patience.ANYTHING)
        .filter(living -> living.claims().client().equals(client.client().id()))
        .ifPresent(living -> revocations.revoke(living.claims()));
    return Response.success();
  }
}
