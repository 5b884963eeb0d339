package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.security.oauth2.client.endpoint.OAuth2ClientCredentialsGrantRequest;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.core.OAuth2AuthorizationException;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.introspection.BadOpaqueTokenException;
import org.springframework.security.oauth2.server.resource.introspection.RestClientOpaqueTokenIntrospector;
import org.springframework.web.client.HttpClientErrorException;

/// Spring Security as client and as resource server. Its client form-encodes both parts of Basic,
/// and offers an upgrade to HTTP/2 with its first request.
@WithServer
class SpringSecurityTest {
  private static final String OF_THE_PAGE = "YZze8&7EU%xqH3%8";

  private static ClientRegistration registration(
      Client client, ClientAuthenticationMethod method, String... scope) {
    return ClientRegistrations.fromIssuerLocation(client.server().uri().toString())
        .registrationId("clientele")
        .clientId(client.id())
        .clientSecret(client.secret())
        .clientAuthenticationMethod(method)
        .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
        .scope(scope)
        .build();
  }

  private static OAuth2AccessToken token(
      Client client, ClientAuthenticationMethod method, String... scope) {
    return new RestClientClientCredentialsTokenResponseClient()
        .getTokenResponse(
            new OAuth2ClientCredentialsGrantRequest(registration(client, method, scope)))
        .getAccessToken();
  }

  private static Client difficult(Customer abc) {
    return abc.create(
        Customer.client(Names.unique("test_client~a@b.c"), Map.of("ROLE_API", abc.tenants()))
            .put("clientSecret", OF_THE_PAGE));
  }

  @Nested
  class AsAClient {
    @Test
    void getsATokenByBasicAndByPost(TestServer server, Customer abc) {
      for (Client client :
          List.of(difficult(abc), abc.newClient(Map.of("ROLE_API", abc.tenants())))) {
        for (ClientAuthenticationMethod method :
            List.of(
                ClientAuthenticationMethod.CLIENT_SECRET_BASIC,
                ClientAuthenticationMethod.CLIENT_SECRET_POST)) {
          OAuth2AccessToken token = token(client, method);

          assertThat(token.getTokenType()).isEqualTo(OAuth2AccessToken.TokenType.BEARER);
          assertThat(token.getScopes()).isEqualTo(Set.of("ROLE_API"));
          assertThat(server.isActive(token.getTokenValue())).isTrue();
        }
      }
    }

    @Test
    void asksForAScope(Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_API", abc.tenants(), "ROLE_USER", abc.tenants()));

      OAuth2AccessToken token =
          token(client, ClientAuthenticationMethod.CLIENT_SECRET_BASIC, "ROLE_USER");

      assertThat(token.getScopes()).isEqualTo(Set.of("ROLE_USER"));
    }

    @Test
    void understandsARefusal(TestServer server, Customer abc) {
      Client client = abc.newClient();
      Client wrong = new Client(server, abc, client.id(), "wrong wrong wrong");

      // Spring reads the error's code in a 400 only.
      assertThatThrownBy(() -> token(wrong, ClientAuthenticationMethod.CLIENT_SECRET_BASIC))
          .isInstanceOf(OAuth2AuthorizationException.class)
          .hasRootCauseInstanceOf(HttpClientErrorException.Unauthorized.class)
          .rootCause()
          .hasMessageContaining("invalid_client");
      assertThatThrownBy(
              () -> token(client, ClientAuthenticationMethod.CLIENT_SECRET_POST, "ROLE_USER"))
          .isInstanceOfSatisfying(
              OAuth2AuthorizationException.class,
              refusal -> assertThat(refusal.getError().getErrorCode()).isEqualTo("invalid_scope"));
    }
  }

  @Nested
  class AsAResourceServer {
    private static NimbusJwtDecoder decoder(TestServer server) {
      String issuer = server.uri().toString();
      NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(issuer).build();
      decoder.setJwtValidator(
          JwtValidators.createAtJwtValidator().audience(issuer).issuer(issuer).build());
      return decoder;
    }

    @Test
    void validatesATokenFromTheIssuerAlone(TestServer server, Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_API", abc.tenants()));

      Jwt jwt = decoder(server).decode(client.token());

      assertThat(jwt.getSubject()).isEqualTo(client.id());
      assertThat(jwt.getClaimAsStringList("roles")).containsExactly("ROLE_API");
      assertThat(jwt.getAudience()).containsExactly(server.uri().toString());
    }

    @Test
    void refusesATouchedToken(TestServer server, Customer abc) {
      String token = abc.newClient().token();
      String touched = token.substring(0, token.length() - 20) + "A".repeat(20);

      assertThatThrownBy(() -> decoder(server).decode(touched)).isInstanceOf(BadJwtException.class);
    }

    @Test
    void introspectsAToken(TestServer server, Customer abc) {
      Client asking = difficult(abc);
      Client client = abc.newClient(Map.of("ROLE_API", abc.tenants()));
      RestClientOpaqueTokenIntrospector introspector =
          RestClientOpaqueTokenIntrospector.withIntrospectionUri(server.uri() + "/oauth/introspect")
              .clientId(asking.id())
              .clientSecret(asking.secret())
              .build();
      String token = client.token();

      OAuth2AuthenticatedPrincipal principal = introspector.introspect(token);

      assertThat(principal.<String>getAttribute("client_id")).isEqualTo(client.id());
      server.http().put(client.path() + "/revoketokens", abc.adminToken()).expect(200);
      assertThatThrownBy(() -> introspector.introspect(token))
          .isInstanceOf(BadOpaqueTokenException.class);
    }
  }
}
