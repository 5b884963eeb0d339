package io.clientele.token;

import io.clientele.access.Generations;
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
        .findByItself(token, Patience.ANYTHING)
        .filter(claims -> isItsOwn(claims, client))
        .filter(claims -> !hasDied(claims.generations(), client.generations()))
        .ifPresent(revocations::revoke);
    return Response.success();
  }

  private static boolean isItsOwn(TokenClaims claims, AuthenticatedClient asking) {
    return claims.client().equals(asking.client().id())
        && claims.customer().equals(asking.client().customer());
  }

  /// Of a generation that is over. One that is yet to come here was issued by a node that knows
  /// more: its token will live here too in a moment, unless it is revoked.
  private static boolean hasDied(Generations token, Generations now) {
    return token.client() < now.client() || token.customer() < now.customer();
  }
}
