package io.clientele.token;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Holdings;
import io.clientele.access.TenantSet;
import io.clientele.client.AuthenticatedClient;
import io.clientele.client.ClientAuthenticator;
import io.clientele.http.Json;
import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.id.TenantId;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import io.clientele.token.Liveness.LivingToken;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;

/// `POST /oauth/checkToken`: the source's own form of introspection.
public final class CheckTokenEndpoint {

  private final ClientAuthenticator authenticator;
  private final IntrospectionEndpoint introspection;

  public CheckTokenEndpoint(
      ClientAuthenticator authenticator, IntrospectionEndpoint introspection) {
    this.authenticator = authenticator;
    this.introspection = introspection;
  }

  /// The token as the source describes it; 400 `invalid_token` if it is dead or not to be seen.
  public Response check(Request request) {
    ProtocolForm form = ProtocolForm.read(request);
    AuthenticatedClient client = authenticator.authenticate(request, form.body());
    String token = ProtocolForm.required(form.all(), "token");
    LivingToken living =
        introspection
            .find(client, token, request.patience())
            .orElseThrow(
                () -> new OAuthException(Code.INVALID_CHECKED_TOKEN, "the token is not valid"));
    return Response.json(200, describe(living));
  }

  private static ObjectNode describe(LivingToken living) {
    TokenClaims claims = living.claims();
    Holdings holdings = claims.holdings();
    ObjectNode json =
        Json.object()
            .put("clientId", claims.client().text())
            .put("expiration", claims.expiresAt() * 1000);
    json.set("resourceIds", Json.strings(living.client().resourceIds()));
    json.set("roles", Json.strings(holdings.roles()));
    json.set("scopes", Json.strings(holdings.roles()));
    json.putNull("errorCode");
    json.putNull("errorMessage");
    json.set("user", user(living, holdings));
    return json;
  }

  private static ObjectNode user(LivingToken living, Holdings holdings) {
    TokenClaims claims = living.claims();
    SortedSet<TenantId> tenants = new TreeSet<>();
    ObjectNode roles = Json.object();
    holdings
        .byRole()
        .forEach(
            (role, held) -> {
              Collection<TenantId> spelled = spelledOut(held, living);
              tenants.addAll(spelled);
              roles.set(role.text(), Json.strings(spelled));
            });
    ObjectNode user =
        Json.object()
            .put("customer", claims.customer().text())
            .put("username", claims.client().text())
            .put("email", living.client().email().orElse(null))
            .putNull("entity");
    user.set("externalTokens", Json.array());
    user.set("tenants", Json.strings(tenants));
    user.set("roles", Json.strings(holdings.roles()));
    ObjectNode permissions = user.putObject("userPermissions");
    permissions.set("roles", roles);
    permissions.putObject("permissions");
    permissions.putObject("permissionsByService");
    ArrayNode groups = Json.array();
    user.set("groups", groups);
    return user.put("enabled", true)
        .put("accountNonExpired", true)
        .put("accountNonLocked", true)
        .put("credentialsNonExpired", true)
        .put("externalUser", false)
        .putNull("locale")
        .putNull("timezone")
        .put("encrypted", true);
  }

  private static Collection<TenantId> spelledOut(TenantSet tenants, LivingToken living) {
    return switch (tenants) {
      case TenantSet.All all -> living.customer().tenantIds();
      case TenantSet.Some(var some) -> some;
    };
  }
}
