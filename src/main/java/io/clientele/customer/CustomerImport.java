package io.clientele.customer;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.access.RoleStore;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Fields;
import io.clientele.http.Problem;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Customers that come from a file, with their tenants and the names of their roles. What holds for
/// a request to make one holds here.
public final class CustomerImport {

  /// A customer that is to be there.
  ///
  /// @param fields name, status and tenants
  /// @param roles names of its own roles, which carry nothing yet
  public record Draft(CustomerId id, CustomersEndpoint.Draft fields, Set<RoleName> roles) {}

  private final CustomerStore customers;
  private final CustomersEndpoint endpoint;
  private final RoleStore roles;
  private final AuditStore audit;

  public CustomerImport(
      CustomerStore customers, CustomersEndpoint endpoint, RoleStore roles, AuditStore audit) {
    this.customers = customers;
    this.endpoint = endpoint;
    this.roles = roles;
    this.audit = audit;
  }

  /// Reads `{"id","name","status","tenants","roles"}`: what `POST /oauth/customers` takes, and
  /// `roles`, what `POST …/roles` takes.
  ///
  /// @param pointer where the object stands in the document
  /// @param faults where faults are noted
  /// @return empty if there is a fault
  public static Optional<Draft> read(JsonNode node, String pointer, List<Fault> faults) {
    int before = faults.size();
    Fields fields = new Fields(node, pointer, faults);
    Optional<CustomerId> id = CustomersEndpoint.readId(fields);
    CustomersEndpoint.Draft draft =
        CustomersEndpoint.read(fields, id.map(CustomerId::text).orElse(""), faults);
    Optional<JsonNode> names = fields.member("roles");
    Set<RoleName> roles =
        names.isPresent() && id.isPresent()
            ? RolesEndpoint.readNames(names.get(), fields.pointer("roles"), id.get(), faults)
            : Set.of();
    fields.refuseUnknown();
    return id.isPresent() && faults.size() == before
        ? Optional.of(new Draft(id.get(), draft, roles))
        : Optional.empty();
  }

  /// Makes the customer, or finds it as the draft says: of this name and status, with these tenants
  /// and roles among its own.
  ///
  /// @param actor who does it, for the audit trail
  /// @return whether it was made now
  /// @throws Problem 409 if the customer is or was there and is another, or a tenant's id is taken
  public boolean write(Transaction tx, Draft draft, String actor) {
    Optional<Customer> present = customers.lock(tx, draft.id);
    if (present.isPresent()) {
      refuseOther(present.get(), draft);
      return false;
    }
    endpoint.insert(tx, draft.id, draft.fields, actor);
    draft.roles.forEach(role -> roles.add(tx, draft.id, role));
    audit.write(
        tx, draft.id, actor, draft.roles.stream().map(AuditEvent.RoleCreated::new).toList());
    return true;
  }

  private static void refuseOther(Customer present, Draft draft) {
    Map<TenantId, String> names = new HashMap<>();
    present.tenants().forEach(tenant -> names.put(tenant.id(), tenant.name()));
    boolean hasTenants =
        draft.fields.tenants().stream()
            .map(CustomersEndpoint.TenantDraft::named)
            .allMatch(tenant -> tenant.name().equals(names.get(tenant.id())));
    if (!present.name().equals(draft.fields.name())
        || present.status() != draft.fields.status()
        || !hasTenants
        || !draft.roles.stream().allMatch(present.roles()::has)) {
      throw Problem.of(
          409,
          "Customer '"
              + draft.id
              + "' is there already, with another name, status, tenants or roles");
    }
  }
}
