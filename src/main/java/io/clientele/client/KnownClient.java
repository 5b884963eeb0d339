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
    List<StoredSecret> secrets,
    Holdings holdings,
    Optional<String> email,
    List<String> resourceIds) {

  static final int DEFAULT_VALIDITY = 3600;

  public KnownClient {
    secrets = List.copyOf(secrets);
  }

  static KnownClient of(Client client, List<StoredSecret> secrets) {
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
        secrets,
        client.holdings(),
        fields.clientEmail(),
        fields.resourceIds());
  }

  /// Bytes in memory, roughly.
  int weight() {
    int tenants = holdings.byRole().values().stream().mapToInt(each -> each.written().size()).sum();
    int texts = resourceIds.stream().mapToInt(String::length).sum();
    return 500 + 250 * secrets.size() + 120 * holdings.byRole().size() + 80 * tenants + texts;
  }
}
