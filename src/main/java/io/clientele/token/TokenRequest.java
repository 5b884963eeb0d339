package io.clientele.token;

import io.clientele.http.Form;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A request for a token, one record a grant (RFC 6749 §4).
public sealed interface TokenRequest {

  /// The client credentials grant (RFC 6749 §4.4).
  ///
  /// @param scope roles that the token is narrowed to (RFC 6749 §3.3); all that are held if absent
  /// @param tenant the tenant that the token is narrowed to (ours); all that are held if absent
  record ClientCredentials(Optional<List<RoleName>> scope, Optional<TenantId> tenant)
      implements TokenRequest {}

  /// Reads the parameters.
  ///
  /// @throws OAuthException `invalid_request` without a grant type, `unsupported_grant_type`,
  ///   `invalid_scope`, `invalid_target`
  static TokenRequest read(Form parameters) {
    String grantType =
        parameters
            .get("grant_type")
            .orElseThrow(() -> new OAuthException(Code.INVALID_REQUEST, "grant_type is missing"));
    return switch (grantType) {
      case "client_credentials" -> new ClientCredentials(scope(parameters), tenant(parameters));
      default ->
          throw new OAuthException(
              Code.UNSUPPORTED_GRANT_TYPE, "the only grant_type is client_credentials");
    };
  }

  private static Optional<List<RoleName>> scope(Form parameters) {
    Optional<String> text = parameters.get("scope");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    List<RoleName> roles = new ArrayList<>();
    for (String name : text.get().split(" ", -1)) {
      if (name.isEmpty()) {
        continue;
      }
      roles.add(
          RoleName.parse(name)
              .orElseThrow(
                  () ->
                      new OAuthException(
                          Code.INVALID_SCOPE, "scope may name only roles that the client holds")));
    }
    // Blanks alone name none. What else looks like a blank does: it narrows to what nobody holds.
    return roles.isEmpty() ? Optional.empty() : Optional.of(roles);
  }

  private static Optional<TenantId> tenant(Form parameters) {
    return parameters
        .get("tenant")
        .map(
            text ->
                TenantId.parse(text)
                    .orElseThrow(
                        () ->
                            new OAuthException(
                                Code.INVALID_TARGET, "the client has nothing on this tenant")));
  }
}
