package io.clientele.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clientele.access.Holdings;
import io.clientele.client.AuthenticatedClient;
import io.clientele.client.KnownClient;
import io.clientele.crypto.RandomBytes;
import io.clientele.http.AsciiBuffer;
import io.clientele.http.Json;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import io.clientele.key.KeyRing;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import io.clientele.usage.Usage;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Makes tokens: a JWT by RFC 9068, signed with ES256. Nothing is stored.
public final class TokenIssuer {

  /// The longest token that is made, in bytes; longer ones break in headers.
  static final int LONGEST_TOKEN = 8 * 1024;

  private static final int JTI_BYTES = 16;

  /// 64 bytes in base64url.
  private static final int SIGNATURE_CHARACTERS = 86;

  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  /// A token that was made.
  ///
  /// @param jwt its text (RFC 7515 §7.1), in ASCII
  /// @param lifetime seconds
  /// @param scope the roles in it, blanks between, in ASCII; empty if there are none
  public record IssuedToken(byte[] jwt, long lifetime, byte[] scope) {}

  /// What stays the same in every token that carries the same holdings.
  ///
  /// @param claims the members `roles`, `role_tenants` and `scope` as JSON, a comma behind each
  /// @param scope as in `IssuedToken`
  private record Prepared(byte[] claims, byte[] scope) {}

  private final KeyRing keys;
  private final RandomBytes random;
  private final Usage usage;
  private final byte[] beginning;
  private final int longestValidity;
  private final InstantSource clock;
  // Weak keys compare by identity: what a changed client holds is another object.
  private final Cache<Holdings, Prepared> prepared =
      Caffeine.newBuilder().executor(Runnable::run).weakKeys().build();

  /// @param audience the issuer, and what was added
  /// @param longestValidity seconds; no token lives longer, whatever a client's row says
  public TokenIssuer(
      KeyRing keys,
      RandomBytes random,
      Usage usage,
      URI issuer,
      List<String> audience,
      int longestValidity,
      InstantSource clock) {
    this.keys = keys;
    this.random = random;
    this.usage = usage;
    ObjectNode same = Json.object().put("iss", issuer.toString());
    same.set("aud", Json.strings(audience));
    this.beginning = members(same);
    this.longestValidity = longestValidity;
    this.clock = clock;
  }

  /// Makes a fresh token for a client that has authenticated.
  ///
  /// @throws OAuthException `invalid_target`, `invalid_scope`
  public IssuedToken issue(AuthenticatedClient asking, TokenRequest.ClientCredentials request) {
    boolean narrowed = request.scope().isPresent() || request.tenant().isPresent();
    Prepared claims =
        narrowed ? prepare(narrow(asking, request)) : prepared(asking.client().holdings());
    long nowMillis = clock.millis();
    long issuedAt = Math.floorDiv(nowMillis, 1000L);
    long lifetime = Math.min(asking.client().accessTokenValidity(), longestValidity);
    long expiresAt = issuedAt + lifetime;
    byte[] jwt = sign(payload(asking, request.tenant(), claims, issuedAt, expiresAt), nowMillis);
    if (jwt.length > LONGEST_TOKEN) {
      throw new OAuthException(
          Code.INVALID_SCOPE,
          "the token would be longer than "
              + LONGEST_TOKEN
              + " bytes; narrow it by tenant or scope");
    }
    usage
        .counters()
        .issued(
            asking.client().id(), asking.generations(), expiresAt, asking.secretId(), nowMillis);
    return new IssuedToken(jwt, lifetime, claims.scope);
  }

  private Prepared prepared(Holdings holdings) {
    Prepared known = prepared.getIfPresent(holdings);
    if (known != null) {
      return known;
    }
    Prepared made = prepare(holdings);
    prepared.put(holdings, made);
    return made;
  }

  private static Holdings narrow(
      AuthenticatedClient asking, TokenRequest.ClientCredentials request) {
    Holdings holdings = asking.client().holdings();
    if (request.tenant().isPresent()) {
      TenantId tenant = request.tenant().get();
      holdings = asking.customer().hasTenant(tenant) ? holdings.on(tenant) : Holdings.NONE;
      if (holdings.isEmpty()) {
        throw new OAuthException(Code.INVALID_TARGET, "the client has nothing on this tenant");
      }
    }
    if (request.scope().isPresent()) {
      List<RoleName> wanted = request.scope().get();
      if (!holdings.roles().containsAll(wanted)) {
        throw new OAuthException(
            Code.INVALID_SCOPE, "scope may name only roles that the client holds");
      }
      // A set: the request may name one role a thousand times.
      holdings = holdings.only(Set.copyOf(wanted));
    }
    return holdings;
  }

  private static Prepared prepare(Holdings holdings) {
    List<String> roles = holdings.roles().stream().map(RoleName::text).toList();
    String scope = String.join(" ", roles);
    ObjectNode claims = Json.object();
    claims.set("roles", Json.strings(roles));
    claims.set("role_tenants", holdings.toJson());
    if (!roles.isEmpty()) {
      claims.put("scope", scope);
    }
    byte[] braced = members(claims);
    return new Prepared(
        Arrays.copyOfRange(braced, 1, braced.length), scope.getBytes(StandardCharsets.US_ASCII));
  }

  /// The members of an object, the brace before them, and a comma in the place of the one behind.
  private static byte[] members(ObjectNode object) {
    byte[] json = Json.bytes(object);
    json[json.length - 1] = ',';
    return json;
  }

  /// The claims as JSON. What is not known before every token (ids, numbers, base64url) needs no
  /// escape in it.
  private AsciiBuffer payload(
      AuthenticatedClient asking,
      Optional<TenantId> tenant,
      Prepared claims,
      long issuedAt,
      long expiresAt) {
    KnownClient client = asking.client();
    AsciiBuffer json =
        new AsciiBuffer(512)
            .append(beginning)
            .append("\"sub\":\"")
            .append(client.id().text())
            .append("\",\"client_id\":\"")
            .append(client.id().text())
            .append("\",\"customer\":\"")
            .append(client.customer().text())
            .append("\",")
            .append(claims.claims)
            .append("\"gen\":[")
            .append(client.generation())
            .append(',')
            .append(asking.customer().generation())
            .append(']');
    if (tenant.isPresent()) {
      json.append(",\"tenant\":\"").append(tenant.get().text()).append('"');
    }
    return json.append(",\"iat\":")
        .append(issuedAt)
        .append(",\"exp\":")
        .append(expiresAt)
        .append(",\"jti\":\"")
        .append(BASE64.encode(random.next(JTI_BYTES)))
        .append("\"}");
  }

  /// The JWT with this payload (RFC 7515 §5.1).
  private byte[] sign(AsciiBuffer payload, long nowMillis) {
    KeyRing.Signer signer = keys.signer(nowMillis);
    byte[] claims = BASE64.encode(ByteBuffer.wrap(payload.array(), 0, payload.length())).array();
    AsciiBuffer jwt =
        new AsciiBuffer(signer.header().length + claims.length + SIGNATURE_CHARACTERS + 2)
            .append(signer.header())
            .append('.')
            .append(claims);
    byte[] signature = signer.key().sign(jwt.array(), 0, jwt.length());
    return jwt.append('.').append(BASE64.encode(signature)).toByteArray();
  }
}
