package io.clientele.token;

import io.clientele.client.ClientDirectory;
import io.clientele.client.KnownClient;
import io.clientele.customer.Customer;
import io.clientele.customer.CustomerDirectory;
import io.clientele.db.ChangeLog;
import io.clientele.http.MustWait;
import io.clientele.http.Patience;
import java.time.InstantSource;
import java.util.Optional;

/// Says whether a token that was made here still lives: not expired, not revoked, its client and
/// customer there, able to get tokens, and of the generations that it carries. No clock but its
/// expiry is compared.
public final class Liveness {

  /// A living token, with whose it is.
  public record LivingToken(TokenClaims claims, KnownClient client, Customer customer) {}

  private final TokenVerifier verifier;
  private final ClientDirectory clients;
  private final CustomerDirectory customers;
  private final Revocations revocations;
  private final ChangeLog changeLog;
  private final InstantSource clock;

  public Liveness(
      TokenVerifier verifier,
      ClientDirectory clients,
      CustomerDirectory customers,
      Revocations revocations,
      ChangeLog changeLog,
      InstantSource clock) {
    this.verifier = verifier;
    this.clients = clients;
    this.customers = customers;
    this.revocations = revocations;
    this.changeLog = changeLog;
    this.clock = clock;
  }

  /// The token, if it lives.
  ///
  /// @throws io.clientele.http.Unavailable if this node does not know what the others did
  /// @throws MustWait if the database must be asked and this thread may not wait
  public Optional<LivingToken> find(String token, Patience patience) {
    Optional<TokenClaims> itself = findByItself(token, patience);
    if (itself.isEmpty()) {
      return Optional.empty();
    }
    TokenClaims claims = itself.get();
    Optional<KnownClient> client =
        clients
            .find(claims.client(), patience)
            .filter(KnownClient::enabled)
            .filter(found -> found.customer().equals(claims.customer()))
            .filter(found -> found.generation() == claims.generations().client());
    Optional<Customer> customer =
        customers
            .find(claims.customer(), patience)
            .filter(Customer::isActive)
            .filter(found -> found.generation() == claims.generations().customer());
    return client.isEmpty() || customer.isEmpty()
        ? Optional.empty()
        : Optional.of(new LivingToken(claims, client.get(), customer.get()));
  }

  /// The token, if it is one of ours that has neither expired nor been revoked alone; its client
  /// and customer are not looked at.
  ///
  /// @throws io.clientele.http.Unavailable if this node does not know what the others did
  /// @throws MustWait if the database must be asked and this thread may not wait
  Optional<TokenClaims> findByItself(String token, Patience patience) {
    if (!changeLog.isFresh()) {
      patience.require(Patience.ANYTHING);
      changeLog.refresh();
    }
    return verifier
        .verify(token)
        .filter(claims -> claims.expiresAt() * 1000 > clock.millis())
        .filter(claims -> !revocations.isRevoked(claims.jti()));
  }
}
