package io.clientele.token;

import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Gate;
import io.clientele.access.Right;
import io.clientele.client.ClientDirectory;
import io.clientele.client.ClientsEndpoint;
import io.clientele.client.CurrentCallers;
import io.clientele.customer.CustomerDirectory;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.http.Patience;
import io.clientele.http.Problem;
import io.clientele.http.Request;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import io.clientele.token.Liveness.LivingToken;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/// What stands before every management route, and before its body is read: a living token (RFC
/// 6750), the right that the route demands on the customer in its path, then the customer, then the
/// client in its path. Whoever may not pass learns nothing of what is behind.
public final class Walls {

  private static final String BEARER = "bearer ";

  private final Liveness liveness;
  private final CustomerDirectory customers;
  private final ClientDirectory clients;
  private final String issuer;

  public Walls(
      Liveness liveness, CustomerDirectory customers, ClientDirectory clients, URI issuer) {
    this.liveness = liveness;
    this.customers = customers;
    this.clients = clients;
    this.issuer = issuer.toString();
  }

  /// Lets a request pass, or refuses it.
  ///
  /// @throws OAuthException `invalid_token`
  /// @throws Problem 401 without a token, 403, 404
  public Call pass(Request request, Right right) {
    Caller caller = authenticate(request);
    Optional<CustomerId> inPath =
        request.hasVariable("customerId")
            ? CustomerId.parse(request.variable("customerId"))
            : Optional.of(CustomerId.OPERATOR);
    if (inPath.isEmpty()) {
      // No customer has such an id; only the operator learns that.
      throw caller.isOperator()
          ? CustomersEndpoint.unknown(request.variable("customerId"))
          : Problem.accessDenied();
    }
    CustomerId customer = inPath.get();
    if (!Gate.passes(caller, right, customer)) {
      throw Problem.accessDenied();
    }
    if (customers.find(customer, Patience.ANYTHING).isEmpty()) {
      throw CustomersEndpoint.unknown(customer.text());
    }
    if (request.hasVariable("clientId")) {
      requireClient(request.variable("clientId"), customer);
    }
    return new Call(caller, right, customer, request);
  }

  private void requireClient(String text, CustomerId customer) {
    boolean there =
        ClientId.parse(text)
            .flatMap(id -> clients.find(id, Patience.ANYTHING))
            .filter(client -> client.customer().equals(customer))
            .isPresent();
    if (!there) {
      throw ClientsEndpoint.unknown(text);
    }
  }

  private Caller authenticate(Request request) {
    List<String> headers = request.headers("Authorization");
    if (headers.isEmpty() || !isBearer(headers.getFirst())) {
      throw Problem.of(401, "An access token is required");
    }
    String token = headers.getFirst().substring(BEARER.length()).strip();
    LivingToken living =
        liveness
            .find(token, Patience.ANYTHING)
            .filter(found -> headers.size() == 1)
            .filter(found -> found.claims().audience().contains(issuer))
            .orElseThrow(
                () -> new OAuthException(Code.INVALID_TOKEN, "the access token is not valid"));
    request.notes().customer(living.client().customer().text());
    request.notes().client(living.client().id().text());
    return CurrentCallers.of(
        living.client(),
        living.customer(),
        living.claims().generations(),
        living.claims().holdings(),
        living.claims().tenant().isPresent());
  }

  private static boolean isBearer(String header) {
    return header.regionMatches(true, 0, BEARER, 0, BEARER.length());
  }
}
