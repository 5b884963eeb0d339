package io.clientele.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.HmacSha256;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretDigest;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.Customer;
import io.clientele.customer.CustomerDirectory;
import io.clientele.db.ChangeLog;
import io.clientele.http.Form;
import io.clientele.http.MustWait;
import io.clientele.http.Patience;
import io.clientele.http.Request;
import io.clientele.http.SourceAddress;
import io.clientele.http.Unavailable;
import io.clientele.id.ClientId;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Authenticates clients by their secret (RFC 6749 §2.3). The presented secret chooses the work:
/// one of the generated form costs an HMAC, anything else an Argon2id, whether the client exists or
/// not; whether it is enabled, may use the method, and its customer is active, is judged after. All
/// failures are one answer.
public final class ClientAuthenticator {

  private static final Duration REMEMBERED = Duration.ofMinutes(10);
  private static final int MOST_REMEMBERED = 100_000;

  /// Who asks once a day keeps its places.
  private static final Duration SEEN = Duration.ofHours(25);

  /// A chosen secret that was right, under the version of the client that it was right for.
  private record Remembered(ClientId client, long version, String secretId) {}

  /// A client that had the right chosen secret, and from where.
  private record Seen(ClientId client, String source) {}

  private final ClientDirectory clients;
  private final CustomerDirectory customers;
  private final SecretHasher hasher;
  private final FailureLimits limits;
  private final ChangeLog changeLog;
  private final Duration stalenessLimit;
  private final InstantSource clock;
  private final HmacSha256 processKey;
  private final Cache<Remembered, byte[]> remembered =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .maximumSize(MOST_REMEMBERED)
          .expireAfterWrite(REMEMBERED)
          .build();

  /// Only who had the right secret gets in here, so that attackers cannot make themselves known.
  private final Cache<Seen, Boolean> seen =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .maximumSize(MOST_REMEMBERED)
          .expireAfterAccess(SEEN)
          .build();

  /// @param stalenessLimit how long known clients get tokens while the change log cannot be read
  public ClientAuthenticator(
      ClientDirectory clients,
      CustomerDirectory customers,
      SecretHasher hasher,
      CryptoProvider provider,
      FailureLimits limits,
      ChangeLog changeLog,
      Duration stalenessLimit,
      InstantSource clock) {
    this.clients = clients;
    this.customers = customers;
    this.hasher = hasher;
    this.limits = limits;
    this.changeLog = changeLog;
    this.stalenessLimit = stalenessLimit;
    this.clock = clock;
    byte[] key = new byte[32];
    provider.random().nextBytes(key);
    this.processKey = provider.hmac(key);
  }

  /// One and the same refusal for every failure.
  ///
  /// @param reason for the log
  static OAuthException failed(String reason) {
    return new OAuthException(Code.INVALID_CLIENT, "client authentication failed", reason);
  }

  /// Authenticates the client of a request.
  ///
  /// @param body the parameters in its body
  /// @throws OAuthException `invalid_client`; `invalid_request` for two ways at once; 429 beyond
  ///   the limit of failures; 503 if the slow hashes are taken
  /// @throws MustWait if this thread may not wait and would have to
  public AuthenticatedClient authenticate(Request request, Form body) {
    if (changeLog.ageOfKnowledge().compareTo(stalenessLimit) > 0) {
      throw new Unavailable("the change log was not read for too long");
    }
    PresentedCredentials presented = PresentedCredentials.read(request, body);
    Optional<ClientId> id = ClientId.parse(presented.id());
    Optional<KnownClient> client = id.flatMap(each -> clients.find(each, request.patience()));
    Optional<Customer> customer =
        client.flatMap(each -> customers.find(each.customer(), request.patience()));
    FailureLimits.Allowance allowance =
        limits.of(id.map(ClientId::text).orElse(""), request.address());

    Optional<String> obstacle = obstacle(client, customer, presented.method());
    Optional<KnownSecret> right = checkFast(client, presented, obstacle.isEmpty());
    List<Secret> slow =
        right.isPresent()
            ? List.of()
            : presented.secrets().stream().filter(each -> !each.hasGeneratedForm()).toList();
    if (!slow.isEmpty()) {
      right = checkSlow(client, slow, allowance, request);
    }
    if (obstacle.isEmpty() && right.isPresent()) {
      KnownClient known = client.orElseThrow();
      if (right.get().digest() instanceof SecretDigest.Argon2id) {
        var _ = seen.get(seen(known, request), same -> true);
      }
      request.notes().customer(known.customer().text());
      request.notes().client(known.id().text());
      request.notes().secretId(right.get().id());
      return new AuthenticatedClient(known, customer.orElseThrow(), right.get().id());
    }
    // What was hashed slowly in vain has taken its failure before.
    if (slow.isEmpty() || right.isPresent()) {
      takeOrRefuse(allowance);
    }
    throw failed(
        client.isPresent() && right.isEmpty()
            ? "wrong secret of " + client.get().id()
            : obstacle.orElse("unknown client"));
  }

  /// Why not even with the right secret, for the log; empty if nothing stands in the way.
  private static Optional<String> obstacle(
      Optional<KnownClient> client, Optional<Customer> customer, AuthenticationMethod method) {
    if (client.isEmpty()) {
      return Optional.of("unknown client");
    }
    boolean mayUse =
        switch (method) {
          case BASIC -> client.get().mayUseBasic();
          case POST -> client.get().mayUsePost();
        };
    if (!mayUse) {
      return Optional.of("method not allowed to " + client.get().id());
    }
    if (!client.get().enabled()) {
      return Optional.of("disabled client " + client.get().id());
    }
    if (customer.isEmpty() || !customer.get().isActive()) {
      return Optional.of("suspended customer of " + client.get().id());
    }
    return Optional.empty();
  }

  /// What costs next to nothing: the generated form, and chosen secrets that were right before. It
  /// comes first for every reading of what was presented, and no limit stands before it.
  ///
  /// @param wouldSucceed what is remembered serves only requests that succeed, or an answer that
  ///   comes too early would tell that the secret is right
  private Optional<KnownSecret> checkFast(
      Optional<KnownClient> client, PresentedCredentials presented, boolean wouldSucceed) {
    Optional<KnownSecret> right = Optional.empty();
    for (Secret secret : presented.secrets()) {
      if (right.isPresent()) {
        return right;
      }
      if (secret.hasGeneratedForm()) {
        right = checkGenerated(client, secret);
      } else if (wouldSucceed) {
        right = remembered(client, keyed(secret));
      }
    }
    return right;
  }

  private Optional<KnownSecret> checkGenerated(Optional<KnownClient> client, Secret secret) {
    byte[] digest = hasher.fast(secret);
    Optional<KnownSecret> right = Optional.empty();
    long now = clock.millis();
    MessageDigest.isEqual(hasher.hmacDummy().bytes(), digest);
    if (client.isPresent()) {
      for (KnownSecret stored : client.get().secrets()) {
        if (stored.digest() instanceof SecretDigest.Hmac hmac
            && MessageDigest.isEqual(hmac.bytes(), digest)
            && stored.isUsable(now)) {
          right = Optional.of(stored);
        }
      }
    }
    return right;
  }

  private Optional<KnownSecret> checkSlow(
      Optional<KnownClient> client,
      List<Secret> readings,
      FailureLimits.Allowance allowance,
      Request request) {
    request.patience().require(Patience.ANYTHING);
    boolean known = client.isPresent() && seen.getIfPresent(seen(client.get(), request)) != null;
    FailureLimits.Allowance allIds = limits.ofSlowHashes(request.address());
    // Taken before the work, so that many at once cannot pass; given back for what succeeds.
    takeOrRefuse(allowance);
    if (!known && !allIds.take()) {
      allowance.giveBack();
      throw tooMany(allIds);
    }
    boolean failed = false;
    try {
      for (Secret secret : readings) {
        Optional<KnownSecret> right =
            hash(client, secret, known ? SecretHasher.Asker.KNOWN : SecretHasher.Asker.STRANGER);
        if (right.isPresent()) {
          KnownClient found = client.orElseThrow();
          remembered.put(
              new Remembered(found.id(), found.version(), right.get().id()), keyed(secret));
          return right;
        }
      }
      failed = true;
      return Optional.empty();
    } catch (SecretHasher.Busy e) {
      throw new OAuthException(
          Code.TEMPORARILY_UNAVAILABLE,
          "too many slow secrets at once",
          "slow hashes are taken",
          Duration.ofSeconds(1));
    } finally {
      if (!failed) {
        allowance.giveBack();
        if (!known) {
          allIds.giveBack();
        }
      }
    }
  }

  private Optional<KnownSecret> remembered(Optional<KnownClient> client, byte[] keyed) {
    if (client.isEmpty()) {
      return Optional.empty();
    }
    long now = clock.millis();
    for (KnownSecret stored : client.get().secrets()) {
      byte[] expected =
          remembered.getIfPresent(
              new Remembered(client.get().id(), client.get().version(), stored.id()));
      if (expected != null && MessageDigest.isEqual(expected, keyed) && stored.isUsable(now)) {
        return Optional.of(stored);
      }
    }
    return Optional.empty();
  }

  private Optional<KnownSecret> hash(
      Optional<KnownClient> client, Secret secret, SecretHasher.Asker asker)
      throws SecretHasher.Busy {
    long now = clock.millis();
    Map<SecretDigest.Argon2id, KnownSecret> usable = new LinkedHashMap<>();
    if (client.isPresent()) {
      for (KnownSecret stored : client.get().secrets()) {
        if (stored.digest() instanceof SecretDigest.Argon2id argon && stored.isUsable(now)) {
          usable.put(argon, stored);
        }
      }
    }
    return hasher
        .match(
            secret,
            usable.isEmpty() ? List.of(hasher.argonDummy()) : List.copyOf(usable.keySet()),
            asker)
        .map(usable::get);
  }

  private byte[] keyed(Secret secret) {
    return processKey.of(secret.reveal().getBytes(StandardCharsets.UTF_8));
  }

  private static Seen seen(KnownClient client, Request request) {
    return new Seen(client.id(), SourceAddress.network(request.address()));
  }

  private static void takeOrRefuse(FailureLimits.Allowance allowance) {
    if (!allowance.take()) {
      throw tooMany(allowance);
    }
  }

  private static OAuthException tooMany(FailureLimits.Allowance allowance) {
    return new OAuthException(
        Code.TOO_MANY_REQUESTS,
        "too many failed authentications",
        "too many failures",
        allowance.untilNext());
  }
}
