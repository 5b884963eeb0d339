package io.clientele.token;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.access.Generations;
import io.clientele.access.Holdings;
import io.clientele.http.Json;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The claims of a token that we signed (RFC 9068 §2.2). Times are epoch seconds.
///
/// @param jti unique to the token
/// @param holdings `role_tenants`
/// @param tenant the one it is narrowed to
public record TokenClaims(
    String issuer,
    List<String> audience,
    ClientId client,
    CustomerId customer,
    Generations generations,
    String jti,
    long issuedAt,
    long expiresAt,
    Holdings holdings,
    Optional<TenantId> tenant) {

  public TokenClaims {
    audience = List.copyOf(audience);
  }

  /// Reads the payload of a token whose signature was verified.
  static TokenClaims read(byte[] payload) {
    JsonNode json = Json.parseOurs(payload);
    List<String> audience = new ArrayList<>();
    json.get("aud").forEach(each -> audience.add(each.textValue()));
    return new TokenClaims(
        json.get("iss").textValue(),
        audience,
        new ClientId(json.get("sub").textValue()),
        new CustomerId(json.get("customer").textValue()),
        new Generations(json.get("gen").get(0).longValue(), json.get("gen").get(1).longValue()),
        json.get("jti").textValue(),
        json.get("iat").longValue(),
        json.get("exp").longValue(),
        Holdings.fromJson(json.get("role_tenants")),
        Optional.ofNullable(json.get("tenant")).map(each -> new TenantId(each.textValue())));
  }

  /// The names of the roles with blanks between, as `scope` (RFC 6749 §3.3); empty if there are
  /// none.
  String scope() {
    return String.join(" ", holdings.roles().stream().map(role -> role.text()).toList());
  }
}
