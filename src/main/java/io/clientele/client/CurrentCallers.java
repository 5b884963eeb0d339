package io.clientele.client;

import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Callers;
import io.clientele.access.Gate;
import io.clientele.access.Generations;
import io.clientele.access.Holdings;
import io.clientele.customer.Customer;
import io.clientele.customer.CustomerStore;
import io.clientele.db.Transaction;
import io.clientele.http.Problem;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import java.util.Optional;

/// What callers hold now: the roles in their token that they still hold, with what those carry now.
public final class CurrentCallers implements Callers {

  private final ClientDirectory directory;
  private final CustomerStore customers;

  public CurrentCallers(ClientDirectory directory, CustomerStore customers) {
    this.directory = directory;
    this.customers = customers;
  }

  /// The caller of a living token.
  ///
  /// @param inToken the roles in it
  /// @param narrowed whether it was narrowed to one tenant
  public static Caller of(
      KnownClient client,
      Customer customer,
      Generations generations,
      Holdings inToken,
      boolean narrowed) {
    Holdings held = inToken.intersection(client.holdings());
    return new Caller(
        client.id(),
        client.customer(),
        generations,
        inToken,
        narrowed,
        held,
        customer.roles().privileges(held.roles()));
  }

  @Override
  public Caller asOf(Transaction tx, Call call) {
    Caller before = call.caller();
    boolean deedLocksIt = before.customer().equals(call.customer());
    // The lock comes first: what is read before it may have changed when it is got.
    Optional<Customer> found =
        deedLocksIt ? customers.lock(tx, before.customer()) : customers.find(tx, before.customer());
    Optional<KnownClient> client =
        directory
            .loadAndHold(tx, before.client())
            .filter(KnownClient::enabled)
            .filter(each -> each.generation() == before.generations().client());
    Optional<Customer> customer =
        found
            .filter(Customer::isActive)
            .filter(each -> each.generation() == before.generations().customer());
    if (client.isEmpty() || customer.isEmpty()) {
      throw new OAuthException(
          Code.INVALID_TOKEN, "the access token is not valid", "died meanwhile");
    }
    Caller now =
        of(client.get(), customer.get(), before.generations(), before.inToken(), before.narrowed());
    if (!Gate.passes(now, call.right(), call.customer())) {
      throw Problem.accessDenied();
    }
    return now;
  }
}
