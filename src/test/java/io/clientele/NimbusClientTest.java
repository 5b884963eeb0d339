package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.ErrorObject;
import com.nimbusds.oauth2.sdk.GeneralException;
import com.nimbusds.oauth2.sdk.GrantType;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenIntrospectionRequest;
import com.nimbusds.oauth2.sdk.TokenIntrospectionResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.TokenRevocationRequest;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.Audience;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The OAuth 2.0 SDK of Nimbus, which knows nothing of the server but its issuer.
@WithServer
class NimbusClientTest {
  private static final String OF_THE_PAGE = "YZze8&7EU%xqH3%8";

  private static AuthorizationServerMetadata metadata(TestServer server)
      throws GeneralException, IOException {
    return AuthorizationServerMetadata.resolve(new Issuer(server.uri()));
  }

  private static List<ClientAuthentication> ways(Client client) {
    ClientID id = new ClientID(client.id());
    Secret secret = new Secret(client.secret());
    return List.of(new ClientSecretBasic(id, secret), new ClientSecretPost(id, secret));
  }

  private static TokenResponse ask(
      AuthorizationServerMetadata metadata, ClientAuthentication way, Scope scope)
      throws IOException, ParseException {
    TokenRequest request =
        new TokenRequest.Builder(metadata.getTokenEndpointURI(), way, new ClientCredentialsGrant())
            .scope(scope)
            .build();
    return TokenResponse.parse(request.toHTTPRequest().send());
  }

  private static AccessToken token(
      AuthorizationServerMetadata metadata, ClientAuthentication way, Scope scope)
      throws IOException, ParseException {
    TokenResponse response = ask(metadata, way, scope);
    assertThat(response.indicatesSuccess()).isTrue();
    return response.toSuccessResponse().getTokens().getAccessToken();
  }

  private static TokenIntrospectionResponse introspect(
      AuthorizationServerMetadata metadata, ClientAuthentication way, AccessToken token)
      throws IOException, ParseException {
    return TokenIntrospectionResponse.parse(
        new TokenIntrospectionRequest(metadata.getIntrospectionEndpointURI(), way, token)
            .toHTTPRequest()
            .send());
  }

  private static Client difficult(Customer abc) {
    return abc.create(
        Customer.client(Names.unique("test_client~a@b.c"), Map.of("ROLE_API", abc.tenants()))
            .put("clientSecret", OF_THE_PAGE));
  }

  @Nested
  class AsAClient {
    @Test
    void discoversTheServer(TestServer server) throws GeneralException, IOException {
      AuthorizationServerMetadata metadata = metadata(server);

      assertThat(metadata.getIssuer()).isEqualTo(new Issuer(server.uri()));
      assertThat(metadata.getGrantTypes()).containsExactly(GrantType.CLIENT_CREDENTIALS);
      assertThat(metadata.getResponseTypes()).isEmpty();
      assertThat(metadata.getTokenEndpointAuthMethods())
          .containsExactly(
              ClientAuthenticationMethod.CLIENT_SECRET_BASIC,
              ClientAuthenticationMethod.CLIENT_SECRET_POST);
    }

    @Test
    void getsATokenByBasicAndByPost(TestServer server, Customer abc)
        throws GeneralException, IOException {
      AuthorizationServerMetadata metadata = metadata(server);

      for (Client client :
          List.of(difficult(abc), abc.newClient(Map.of("ROLE_API", abc.tenants())))) {
        for (ClientAuthentication way : ways(client)) {
          AccessToken token = token(metadata, way, new Scope());

          assertThat(token.getType().getValue()).isEqualToIgnoringCase("Bearer");
          assertThat(token.getLifetime()).isEqualTo(3600);
          assertThat(token.getScope()).isEqualTo(new Scope("ROLE_API"));
          assertThat(server.isActive(token.getValue())).isTrue();
        }
      }
    }

    @Test
    void asksForAScope(TestServer server, Customer abc) throws GeneralException, IOException {
      Client client = abc.newClient(Map.of("ROLE_API", abc.tenants(), "ROLE_USER", abc.tenants()));
      ClientAuthentication way = ways(client).getFirst();

      assertThat(token(metadata(server), way, new Scope("ROLE_USER")).getScope())
          .isEqualTo(new Scope("ROLE_USER"));
    }

    @Test
    void understandsRefusals(TestServer server, Customer abc) throws GeneralException, IOException {
      AuthorizationServerMetadata metadata = metadata(server);
      Client client = difficult(abc);
      ClientAuthentication wrong =
          new ClientSecretBasic(new ClientID(client.id()), new Secret("wrong wrong wrong"));

      ErrorObject refused = ask(metadata, wrong, new Scope()).toErrorResponse().getErrorObject();
      ErrorObject tooMuch =
          ask(metadata, ways(client).getFirst(), new Scope("ROLE_USER"))
              .toErrorResponse()
              .getErrorObject();

      assertThat(refused.getCode()).isEqualTo("invalid_client");
      assertThat(refused.getHTTPStatusCode()).isEqualTo(401);
      assertThat(tooMuch.getCode()).isEqualTo("invalid_scope");
      assertThat(tooMuch.getHTTPStatusCode()).isEqualTo(400);
    }

    @Test
    void introspectsAndRevokes(TestServer server, Customer abc)
        throws GeneralException, IOException {
      AuthorizationServerMetadata metadata = metadata(server);
      Client client = difficult(abc);

      for (ClientAuthentication way : ways(client)) {
        AccessToken token = token(metadata, way, new Scope());
        TokenIntrospectionResponse before = introspect(metadata, way, token);
        int status =
            new TokenRevocationRequest(metadata.getRevocationEndpointURI(), way, token)
                .toHTTPRequest()
                .send()
                .getStatusCode();
        TokenIntrospectionResponse after = introspect(metadata, way, token);

        assertThat(before.toSuccessResponse().isActive()).isTrue();
        assertThat(before.toSuccessResponse().getClientID()).isEqualTo(new ClientID(client.id()));
        assertThat(before.toSuccessResponse().getIssuer()).isEqualTo(new Issuer(server.uri()));
        assertThat(before.toSuccessResponse().getScope()).isEqualTo(new Scope("ROLE_API"));
        assertThat(before.toSuccessResponse().getAudience())
            .containsExactly(new Audience(server.uri()));
        assertThat(status).isEqualTo(200);
        assertThat(after.toSuccessResponse().isActive()).isFalse();
      }
    }
  }

  @Nested
  class AsAResourceServer {
    /// Metadata and JWKS are all that it is given.
    private static DefaultJWTProcessor<SecurityContext> processor(
        AuthorizationServerMetadata metadata) throws IOException {
      DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
      processor.setJWSTypeVerifier(
          new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")));
      processor.setJWSKeySelector(
          new JWSVerificationKeySelector<>(
              JWSAlgorithm.ES256,
              JWKSourceBuilder.create(metadata.getJWKSetURI().toURL()).build()));
      String issuer = metadata.getIssuer().getValue();
      processor.setJWTClaimsSetVerifier(
          new DefaultJWTClaimsVerifier<>(
              issuer,
              new JWTClaimsSet.Builder().issuer(issuer).build(),
              Set.of("sub", "client_id", "iat", "exp", "jti")));
      return processor;
    }

    @Test
    void validatesATokenFromMetadataAndJwksAlone(TestServer server, Customer abc)
        throws GeneralException,
            IOException,
            java.text.ParseException,
            BadJOSEException,
            JOSEException {
      Client client = abc.newClient(Map.of("ROLE_API", List.of(abc.tenant(0))));

      JWTClaimsSet claims = processor(metadata(server)).process(client.token(), null);

      assertThat(claims.getSubject()).isEqualTo(client.id());
      assertThat(claims.getStringClaim("client_id")).isEqualTo(client.id());
      assertThat(claims.getStringListClaim("roles")).containsExactly("ROLE_API");
      assertThat(claims.getJSONObjectClaim("role_tenants"))
          .isEqualTo(Map.of("ROLE_API", List.of(abc.tenant(0))));
    }

    @Test
    void refusesATouchedToken(TestServer server, Customer abc)
        throws GeneralException, IOException {
      DefaultJWTProcessor<SecurityContext> processor = processor(metadata(server));
      String token = abc.newClient().token();
      int at = token.indexOf('.') + 20;
      char other = token.charAt(at) == 'A' ? 'B' : 'A';
      String touched = token.substring(0, at) + other + token.substring(at + 1);

      assertThatThrownBy(() -> processor.process(touched, null))
          .isInstanceOfAny(BadJOSEException.class, java.text.ParseException.class);
    }
  }
}
