package io.clientele.client;

import io.clientele.access.Holdings;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.util.List;
import java.util.Optional;

/// What is needed of a client to authenticate it and to issue and judge its tokens; the directory
/// keeps it.
///
/// @param generation tokens carry it and die when it is raised
/// @param enabled `false`: gets no tokens, and those it has are dead
/// @param accessTokenValidity seconds
/// @param secrets those that were not ended; expired ones among them
/// @param holdings all that the client holds
/// @param email for `/oauth/checkToken`
/// @param resourceIds for `/oauth/checkToken`
public record KnownClient(
    ClientId id,
    CustomerId customer,
    long version,
    long generation,
    boolean enabled,
    boolean mayUseBasic,
    boolean mayUsePost,
    int accessTokenValidity,
    List<KnownSecret> secrets,
    Holdings holdings,
    Optional<String> email,
    List<String> resourceIds) {

  static final int DEFAULT_VALIDITY = 3600;

  private static final int SMALL_HOLDINGS = 1500;

  public KnownClient {
    secrets = List.copyOf(secrets);
  }

  /// A client as it stands, without its secrets.
  static KnownClient withoutSecrets(Client client) {
    ClientFields fields = client.fields();
    return new KnownClient(
        client.id(),
        client.customer(),
        client.version(),
        client.generation(),
        fields.enabled(),
        fields.clientAuthenticationMethods().contains(AuthenticationMethod.BASIC),
        fields.clientAuthenticationMethods().contains(AuthenticationMethod.POST),
        fields.accessTokenValidity().orElse(DEFAULT_VALIDITY),
        List.of(),
        client.holdings(),
        fields.clientEmail(),
        fields.resourceIds());
  }

  /// Bytes in memory, roughly. Small holdings are shared with others as a rule, and counted as if
  /// five did.
  int weight() {
    int grants = holdings.byRole().values().stream().mapToInt(each -> each.written().size()).sum();
    int held = 200 * holdings.byRole().size() + 100 * grants;
    int share = held > SMALL_HOLDINGS ? held : held / 5;
    int secretBytes = secrets.stream().mapToInt(KnownSecret::weight).sum();
    int texts =
        email.map(String::length).orElse(0)
            + resourceIds.stream().mapToInt(each -> 64 + each.length()).sum();
    return 250 + id.text().length() + secretBytes + texts + share;
  }
}
