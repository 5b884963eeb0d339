package io.clientele.client;

import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Gate;
import io.clientele.access.Role;
import io.clientele.client.ClientReader.Draft;
import io.clientele.customer.Customer;
import io.clientele.customer.CustomerStore;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Problem;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What must hold before a client is created, changed or deleted; shared by the endpoints that do
/// it.
final class ClientRules {

  private final CustomerStore customers;
  private final ClientStore clients;

  ClientRules(CustomerStore customers, ClientStore clients) {
    this.customers = customers;
    this.clients = clients;
  }

  /// 404 with the source's words.
  static Problem unknown(String client) {
    return Problem.of(404, "Client with id:'" + client + "' isn't registered");
  }

  /// The id in the path.
  static ClientId pathId(Call call) {
    String text = call.request().variable("clientId");
    return ClientId.parse(text).orElseThrow(() -> unknown(text));
  }

  /// The client in the path.
  Client findInPath(Transaction tx, Call call) {
    ClientId id = pathId(call);
    return clients.find(tx, call.customer(), id).orElseThrow(() -> unknown(id.text()));
  }

  /// The customer as of a transaction.
  Customer find(Transaction tx, CustomerId id) {
    return customers.find(tx, id).orElseThrow(() -> CustomersEndpoint.unknown(id.text()));
  }

  /// The same; nobody else changes it or its clients before the commit.
  Customer lock(Transaction tx, CustomerId id) {
    return customers.lock(tx, id).orElseThrow(() -> CustomersEndpoint.unknown(id.text()));
  }

  /// The client in the path, locked with its customer, if the caller may take it over.
  Client takeOver(Transaction tx, Call call, Caller caller) {
    Customer customer = lock(tx, call.customer());
    Client client = findInPath(tx, call);
    List<Fault> denied =
        Gate.notTakable(caller, customer.id(), client.holdings(), customer.roles(), "");
    if (!denied.isEmpty()) {
      throw Problem.accessDenied(denied);
    }
    return client;
  }

  /// What of the roles in the draft the caller cannot give, each where the draft says it.
  static List<Fault> notGivable(Caller caller, Customer customer, Draft draft) {
    ClientFields fields = draft.fields();
    String at = draft.pointer();
    String roles = Fault.below(Fault.below(at, "clientPermissions"), "roles");
    List<Fault> denied =
        new ArrayList<>(
            Gate.notGivable(
                caller,
                customer.id(),
                fields.listed(),
                customer.roles(),
                role -> Fault.below(roles, role.text())));
    denied.addAll(
        Gate.notGivable(
            caller,
            customer.id(),
            fields.fromScope(),
            customer.roles(),
            role -> Fault.below(at, "scope") + "/" + fields.scope().indexOf(role.text())));
    denied.addAll(
        Gate.notGivable(
            caller,
            customer.id(),
            fields.byDefault(customer.id()),
            customer.roles(),
            role -> Fault.below(at, "defaultRolesAssignmentEnabled")));
    return denied;
  }

  /// 409 if the client is the last enabled holder of ROLE_OPERATOR.
  void refuseLastOperator(Transaction tx, Client client) {
    boolean isOne =
        client.customer().isOperator()
            && client.fields().enabled()
            && client.holdings().has(Role.OPERATOR);
    if (isOne && clients.enabledOperators(tx) <= 1) {
      throw Problem.of(
          409, "Client '" + client.id() + "' is the last enabled holder of ROLE_OPERATOR");
    }
  }

  /// 412 if `If-Match` names other versions only (RFC 9110 §13.1.1).
  static void refuseStale(Call call, Client client) {
    List<String> headers = call.request().headers("If-Match");
    if (headers.isEmpty()) {
      return;
    }
    boolean matches =
        headers.stream()
            .flatMap(value -> Arrays.stream(value.split(",", -1)))
            .map(String::strip)
            .anyMatch(tag -> tag.equals("*") || tag.equals(client.etag()));
    if (!matches) {
      throw Problem.of(412, "The client has changed; its version is now " + client.etag());
    }
  }
}
