package io.clientele.client;

import io.clientele.access.Generations;
import io.clientele.customer.Customer;

/// A client that has proven who it is, and its customer, both able to get tokens.
///
/// @param secretId the row of the secret that was right
public record AuthenticatedClient(KnownClient client, Customer customer, String secretId) {

  /// What its tokens carry.
  public Generations generations() {
    return new Generations(client.generation(), customer.generation());
  }
}
