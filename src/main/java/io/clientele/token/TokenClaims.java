package io.clientele.token;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.clientele.access.Generations;
import io.clientele.access.Holdings;
import io.clientele.http.AsciiBuffer;
import io.clientele.http.Json;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The claims of a token that we signed (RFC 9068 §2.2). Times are epoch seconds.
///
/// @param jti unique to the token
/// @param tenant the one it is narrowed to
/// @param introspection what introspection answers while the token lives (RFC 7662 §2.2), as JSON:
///   the claims as they were signed, without the generations, which are nobody else's concern
public record TokenClaims(
    String issuer,
    List<String> audience,
    ClientId client,
    CustomerId customer,
    Generations generations,
    String jti,
    long expiresAt,
    Optional<TenantId> tenant,
    byte[] introspection) {

  private static final String ACTIVE = "{\"active\":true,\"token_type\":\"Bearer\",";

  /// Reads the payload of a token whose signature was verified: JSON that `TokenIssuer` wrote.
  static TokenClaims read(byte[] payload) {
    String issuer = "";
    List<String> audience = new ArrayList<>(2);
    String subject = "";
    String customer = "";
    List<Long> generations = new ArrayList<>(2);
    String jti = "";
    long expiresAt = 0;
    Optional<TenantId> tenant = Optional.empty();
    byte[] introspection = {};
    try (JsonParser json = Json.parserOfOurs(payload)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "iss" -> issuer = json.getText();
          case "aud" -> {
            while (json.nextToken() != JsonToken.END_ARRAY) {
              audience.add(json.getText());
            }
          }
          case "sub" -> subject = json.getText();
          case "customer" -> customer = json.getText();
          case "gen" -> {
            int begin = (int) json.currentTokenLocation().getByteOffset() - "\"gen\":".length();
            while (json.nextToken() != JsonToken.END_ARRAY) {
              generations.add(json.getLongValue());
            }
            int end = (int) json.currentLocation().getByteOffset() + ",".length();
            introspection = introspection(payload, begin, end);
          }
          case "jti" -> jti = json.getText();
          case "exp" -> expiresAt = json.getLongValue();
          case "tenant" -> tenant = Optional.of(new TenantId(json.getText()));
          default -> json.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a token of ours is no JSON", e);
    }
    return new TokenClaims(
        issuer,
        List.copyOf(audience),
        new ClientId(subject),
        new CustomerId(customer),
        new Generations(generations.getFirst(), generations.getLast()),
        jti,
        expiresAt,
        tenant,
        introspection);
  }

  /// @param begin where the member `gen` begins in the payload
  /// @param end behind it and the comma that follows: it is never the last
  private static byte[] introspection(byte[] payload, int begin, int end) {
    return new AsciiBuffer(ACTIVE.length() + payload.length - 1 - (end - begin))
        .append(ACTIVE)
        .append(payload, 1, begin - 1)
        .append(payload, end, payload.length - end)
        .toByteArray();
  }

  /// `role_tenants`; read anew each time.
  public Holdings holdings() {
    return Holdings.fromJson(Json.parseOurs(introspection).path("role_tenants"));
  }

  /// Bytes in memory, roughly.
  int weight() {
    return 600 + introspection.length;
  }
}
