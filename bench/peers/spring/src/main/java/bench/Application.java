package bench;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.time.Duration;
import java.util.Optional;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.NoOpPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.client.InMemoryRegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;

/**
 * Spring Authorization Server with one client, for measurement.
 *
 * <p>As delivered it keeps secrets as bcrypt hashes and computes one for every request; with
 * {@code --bench.without-hashing=true} it compares them in the clear, so that the servers are
 * compared and not the hashes.
 */
@SpringBootApplication
public class Application {

  private static final String SECRET = "bench-secret-0123456789abcdef0123456789";

  public static void main(String[] arguments) {
    SpringApplication.run(Application.class, arguments);
  }

  @Bean
  @ConditionalOnProperty("bench.without-hashing")
  @SuppressWarnings("deprecation")
  PasswordEncoder withoutHashing() {
    return NoOpPasswordEncoder.getInstance();
  }

  @Bean
  RegisteredClientRepository clients(Optional<PasswordEncoder> encoder) {
    PasswordEncoder stored =
        encoder.orElseGet(PasswordEncoderFactories::createDelegatingPasswordEncoder);
    return new InMemoryRegisteredClientRepository(
        RegisteredClient.withId("1")
            .clientId("bench")
            .clientSecret(stored.encode(SECRET))
            .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
            .authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
            .scope("read")
            .tokenSettings(
                TokenSettings.builder().accessTokenTimeToLive(Duration.ofMinutes(5)).build())
            .build());
  }

  @Bean
  JWKSource<SecurityContext> keys() throws JOSEException {
    return new ImmutableJWKSet<>(
        new JWKSet(
            new ECKeyGenerator(Curve.P_256)
                .keyID("k1")
                .keyUse(KeyUse.SIGNATURE)
                .algorithm(JWSAlgorithm.ES256)
                .generate()));
  }

  @Bean
  OAuth2TokenCustomizer<JwtEncodingContext> es256() {
    return context -> context.getJwsHeader().algorithm(SignatureAlgorithm.ES256);
  }
}
