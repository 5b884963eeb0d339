package io.clientele.key;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.http.Json;
import io.clientele.http.Request;
import io.clientele.http.Response;
import java.net.URI;
import java.util.List;

/// `/.well-known/oauth-authorization-server`, and the same as `/.well-known/openid-configuration`,
/// which many libraries ask for (RFC 8414 §3 and §5).
public final class MetadataEndpoint {

  private static final List<String> METHODS = List.of("client_secret_basic", "client_secret_post");

  private final Response response;

  /// @param issuer as configured, never taken from a request
  public MetadataEndpoint(URI issuer) {
    String base = issuer.toString();
    String prefix = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    ObjectNode metadata =
        Json.object()
            .put("issuer", base)
            .put("token_endpoint", prefix + "/oauth/token")
            .put("jwks_uri", prefix + "/oauth/jwks")
            .put("introspection_endpoint", prefix + "/oauth/introspect")
            .put("revocation_endpoint", prefix + "/oauth/revoke");
    metadata.set("grant_types_supported", Json.strings(List.of("client_credentials")));
    metadata.set("response_types_supported", Json.array());
    // OpenID libraries (Spring Security's issuer-uri) refuse a document without it; `sub` is the
    // same text to every audience.
    metadata.set("subject_types_supported", Json.strings(List.of("public")));
    metadata.set("token_endpoint_auth_methods_supported", Json.strings(METHODS));
    metadata.set("introspection_endpoint_auth_methods_supported", Json.strings(METHODS));
    metadata.set("revocation_endpoint_auth_methods_supported", Json.strings(METHODS));
    metadata.put("service_documentation", prefix + "/openapi.yaml");
    this.response = Response.json(200, metadata).with("Cache-Control", "public, max-age=300");
  }

  /// The document (RFC 8414 §2).
  public Response get(Request request) {
    return response;
  }
}
