package io.clientele.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clientele.access.Holdings;
import io.clientele.client.AuthenticatedClient;
import io.clientele.client.KnownClient;
import io.clientele.crypto.CryptoProvider;
import io.clientele.http.Json;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import io.clientele.key.KeyRing;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import io.clientele.usage.Usage;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// Makes tokens: a JWT by RFC 9068, signed with ES256. Nothing is stored.
public final class TokenIssuer {

  /// The longest token that is made, in bytes; longer ones break in headers.
  static final int LONGEST_TOKEN = 8 * 1024;

  private static final int JTI_BYTES = 16;
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  /// A token that was made.
  ///
  /// @param lifetime seconds
  /// @param scope the roles in it, blanks between; empty if there are none
  public record IssuedToken(String text, long lifetime, String scope) {}

  /// What stays the same in every token of a client that narrows nothing: the claims as text, but
  /// for the times and the jti.
  private record Prepared(long customerGeneration, String beginning, String scope) {}

  private final KeyRing keys;
  private final CryptoProvider provider;
  private final Usage usage;
  private final String issuer;
  private final List<String> audience;
  private final int longestValidity;
  private final InstantSource clock;
  // Weak keys compare by identity: a client that changed is another object.
  private final Cache<KnownClient, Prepared> prepared = Caffeine.newBuilder().weakKeys().build();

  /// @param audience the issuer, and what was added
  /// @param longestValidity seconds; no token lives longer, whatever a client's row says
  public TokenIssuer(
      KeyRing keys,
      CryptoProvider provider,
      Usage usage,
      URI issuer,
      List<String> audience,
      int longestValidity,
      InstantSource clock) {
    this.keys = keys;
    this.provider = provider;
    this.usage = usage;
    this.issuer = issuer.toString();
    this.audience = List.copyOf(audience);
    this.longestValidity = longestValidity;
    this.clock = clock;
  }

  /// Makes a fresh token for a client that has authenticated.
  ///
  /// @throws OAuthException `invalid_target`, `invalid_scope`
  public IssuedToken issue(AuthenticatedClient asking, TokenRequest.ClientCredentials request) {
    Prepared claims =
        request.scope().isEmpty() && request.tenant().isEmpty()
            ? prepared(asking)
            : prepare(asking, narrow(asking, request), request.tenant());
    long nowMillis = clock.millis();
    long issuedAt = Math.floorDiv(nowMillis, 1000L);
    long lifetime = Math.min(asking.client().accessTokenValidity(), longestValidity);
    long expiresAt = issuedAt + lifetime;
    byte[] jti = new byte[JTI_BYTES];
    provider.random().nextBytes(jti);
    String payload =
        claims.beginning
            + ",\"iat\":"
            + issuedAt
            + ",\"exp\":"
            + expiresAt
            + ",\"jti\":\""
            + BASE64.encodeToString(jti)
            + "\"}";
    String token = sign(payload);
    if (token.length() > LONGEST_TOKEN) {
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
    return new IssuedToken(token, lifetime, claims.scope);
  }

  private Prepared prepared(AuthenticatedClient asking) {
    Prepared known = prepared.getIfPresent(asking.client());
    if (known != null && known.customerGeneration == asking.customer().generation()) {
      return known;
    }
    Prepared made = prepare(asking, asking.client().holdings(), Optional.empty());
    prepared.put(asking.client(), made);
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
      holdings = holdings.only(wanted);
    }
    return holdings;
  }

  private Prepared prepare(
      AuthenticatedClient asking, Holdings holdings, Optional<TenantId> tenant) {
    KnownClient client = asking.client();
    List<String> roles = new ArrayList<>();
    holdings.roles().forEach(role -> roles.add(role.text()));
    String scope = String.join(" ", roles);
    ObjectNode claims =
        Json.object()
            .put("iss", issuer)
            .put("sub", client.id().text())
            .put("client_id", client.id().text());
    claims.set("aud", Json.strings(audience));
    claims.put("customer", client.customer().text());
    claims.set("roles", Json.strings(roles));
    claims.set("role_tenants", holdings.toJson());
    if (!roles.isEmpty()) {
      claims.put("scope", scope);
    }
    claims.putArray("gen").add(client.generation()).add(asking.customer().generation());
    tenant.ifPresent(each -> claims.put("tenant", each.text()));
    String text = Json.text(claims);
    return new Prepared(
        asking.customer().generation(), text.substring(0, text.length() - 1), scope);
  }

  private String sign(String payload) {
    KeyRing.Signer signer = keys.signer();
    String input =
        signer.header() + "." + BASE64.encodeToString(payload.getBytes(StandardCharsets.UTF_8));
    try {
      byte[] signature =
          provider.sign(signer.privateKey(), input.getBytes(StandardCharsets.ISO_8859_1));
      return input + "." + BASE64.encodeToString(signature);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the signing key does not sign", e);
    }
  }
}
