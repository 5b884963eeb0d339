package io.clientele.customer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.access.Call;
import io.clientele.access.Callers;
import io.clientele.access.GrantStore;
import io.clientele.access.RoleStore;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Faults;
import io.clientele.http.Fields;
import io.clientele.http.Json;
import io.clientele.http.Page;
import io.clientele.http.Percent;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/// `/oauth/customers` and `/oauth/customers/{customerId}`: the operator makes, changes, suspends
/// and deletes customers.
public final class CustomersEndpoint {

  /// What lies below a customer and is deleted with it.
  public interface Below {
    void deleteAll(Transaction tx, CustomerId customer);
  }

  private static final int MOST_TENANTS = 10_000;
  private static final int LONGEST_NAME = 200;

  private final Database database;
  private final CustomerStore customers;
  private final RoleStore roles;
  private final GrantStore grants;
  private final AuditStore audit;
  private final Callers callers;
  private final Below below;

  public CustomersEndpoint(
      Database database,
      CustomerStore customers,
      RoleStore roles,
      GrantStore grants,
      AuditStore audit,
      Callers callers,
      Below below) {
    this.database = database;
    this.customers = customers;
    this.roles = roles;
    this.grants = grants;
    this.audit = audit;
    this.callers = callers;
    this.below = below;
  }

  /// 404 with the source's words.
  public static Problem unknown(String customer) {
    return Problem.of(404, "Customer '" + customer + "' not found");
  }

  /// What a request says of a customer, but its id.
  record Draft(String name, Customer.Status status, List<TenantDraft> tenants) {}

  /// A tenant as named in a request; without a name it keeps the one it has.
  record TenantDraft(TenantId id, Optional<String> name, String pointer) {
    Tenant named() {
      return new Tenant(id, name.orElse(id.text()));
    }
  }

  /// `GET /oauth/customers`
  public Response list(Call call) {
    List<Fault> faults = new ArrayList<>();
    Page page =
        Page.read(
            call.request().queryParameters(), text -> CustomerId.parse(text).isPresent(), faults);
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    List<Customer> found =
        database.read(
            tx ->
                customers.page(tx, page.cursor().orElse(""), page.limit() + 1).stream()
                    .flatMap(id -> customers.find(tx, id).stream())
                    .toList());
    List<Customer> shown = found.subList(0, Math.min(found.size(), page.limit()));
    ArrayNode array = Json.array();
    shown.forEach(customer -> array.add(customer.toJson()));
    Response response = Response.json(200, array);
    return found.size() > page.limit()
        ? Page.withNext(response, call.request(), shown.getLast().id().text())
        : response;
  }

  /// `POST /oauth/customers`
  public Response create(Call call) {
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new Faults(document.faults());
    Fields fields = new Fields(document.root(), "", faults);
    Optional<CustomerId> id = readId(fields);
    Draft draft = read(fields, id.map(CustomerId::text).orElse(""), faults);
    fields.refuseUnknown();
    if (!faults.isEmpty() || id.isEmpty()) {
      throw Problem.faults(faults);
    }
    Customer made =
        database.write(
            tx -> {
              ClientId actor = callers.asOf(tx, call).client();
              return insert(tx, id.get(), draft, actor.text());
            });
    return Response.json(201, made.toJson())
        .with("Location", "/oauth/customers/" + Percent.encode(made.id().text()));
  }

  /// The id of a customer that is to be made.
  static Optional<CustomerId> readId(Fields fields) {
    return fields
        .requiredText("id", 1000)
        .flatMap(
            text -> {
              Optional<CustomerId> parsed = CustomerId.parse(text);
              if (parsed.isEmpty()) {
                fields.fault("id", "must have the form " + CustomerId.FORM);
              } else if (parsed.get().isOperator()) {
                fields.fault("id", "is reserved");
              }
              return parsed;
            });
  }

  /// Makes a customer with its tenants.
  ///
  /// @param actor who does it, for the audit trail
  /// @throws Problem 409 if the id or a tenant's is or was in use
  Customer insert(Transaction tx, CustomerId id, Draft draft, String actor) {
    if (!customers.insert(tx, id, draft.name, draft.status)) {
      throw Problem.of(409, "Customer '" + id + "' already exists");
    }
    insertTenants(tx, id, draft.tenants);
    audit.write(
        tx,
        id,
        actor,
        new AuditEvent.CustomerCreated(
            id, draft.name, draft.tenants.stream().map(TenantDraft::id).toList()));
    return customers.find(tx, id).orElseThrow();
  }

  private void insertTenants(Transaction tx, CustomerId id, List<TenantDraft> tenants) {
    List<Fault> taken = new ArrayList<>();
    for (TenantDraft tenant : tenants) {
      if (!customers.insertTenant(tx, id, tenant.named())) {
        taken.add(new Fault(tenant.pointer, "tenant '" + tenant.id + "' already exists"));
      }
    }
    if (!taken.isEmpty()) {
      throw Problem.of(409, "A tenant already exists", taken);
    }
  }

  /// Makes a customer outside any request: the reserved one at first start, and those of the
  /// demonstration.
  public Customer make(Transaction tx, CustomerId id, List<TenantId> tenants, ClientId actor) {
    List<TenantDraft> drafts =
        tenants.stream().map(tenant -> new TenantDraft(tenant, Optional.empty(), "")).toList();
    return insert(tx, id, new Draft(id.text(), Customer.Status.ACTIVE, drafts), actor.text());
  }

  /// `GET /oauth/customers/{customerId}`
  public Response get(Call call) {
    return Response.json(
        200,
        database
            .read(tx -> customers.find(tx, call.customer()))
            .orElseThrow(() -> unknown(call.customer().text()))
            .toJson());
  }

  /// `PUT /oauth/customers/{customerId}`
  public Response replace(Call call) {
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new Faults(document.faults());
    Fields fields = new Fields(document.root(), "", faults);
    String path = call.customer().text();
    fields
        .text("id", 1000)
        .filter(text -> !text.equals(path))
        .ifPresent(text -> fields.fault("id", "must be the one in the path"));
    Draft draft = read(fields, path, faults);
    fields.refuseUnknown();
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    if (call.customer().isOperator() && draft.status == Customer.Status.SUSPENDED) {
      throw Problem.of(409, "Customer 'operator' has the last holder of ROLE_OPERATOR");
    }
    Customer now =
        database.write(
            tx -> {
              ClientId actor = callers.asOf(tx, call).client();
              return update(tx, call.customer(), draft, actor);
            });
    return Response.json(200, now.toJson());
  }

  private Customer update(Transaction tx, CustomerId id, Draft draft, ClientId actor) {
    Customer before = customers.lock(tx, id).orElseThrow(() -> unknown(id.text()));
    Set<TenantId> wanted = draft.tenants.stream().map(TenantDraft::id).collect(Collectors.toSet());
    List<TenantId> dropped =
        before.tenantIds().stream().filter(each -> !wanted.contains(each)).toList();
    refuseNamed(tx, id, dropped);
    dropped.forEach(each -> customers.deleteTenant(tx, id, each));
    Map<TenantId, Tenant> present =
        before.tenants().stream().collect(Collectors.toMap(Tenant::id, Function.identity()));
    insertTenants(
        tx, id, draft.tenants.stream().filter(each -> !present.containsKey(each.id)).toList());
    draft.tenants.stream()
        .filter(each -> present.containsKey(each.id) && each.name.isPresent())
        .forEach(each -> customers.renameTenant(tx, id, each.named()));
    customers.update(tx, id, draft.name, draft.status);
    boolean suspends = before.isActive() && draft.status == Customer.Status.SUSPENDED;
    if (suspends || !dropped.isEmpty()) {
      customers.raiseGeneration(tx, id);
    }
    audit.write(
        tx,
        id,
        actor.text(),
        new AuditEvent.CustomerUpdated(
            id,
            draft.name,
            draft.status.wireName(),
            draft.tenants.stream().map(TenantDraft::id).toList()));
    return customers.find(tx, id).orElseThrow();
  }

  /// 409 that says where, if a grant names one of these tenants.
  void refuseNamed(Transaction tx, CustomerId id, List<TenantId> tenants) {
    List<Fault> faults = new ArrayList<>();
    for (TenantId tenant : tenants) {
      List<ClientId> named = grants.namedOn(tx, id, tenant, 10);
      if (!named.isEmpty()) {
        String clients =
            named.stream().map(each -> "'" + each + "'").collect(Collectors.joining(", "));
        faults.add(
            new Fault("", "tenant '" + tenant + "' is named in the grants of clients " + clients));
      }
    }
    if (!faults.isEmpty()) {
      throw Problem.of(409, "A tenant is named in grants", faults);
    }
  }

  /// `DELETE /oauth/customers/{customerId}`
  public Response delete(Call call) {
    CustomerId id = call.customer();
    if (id.isOperator()) {
      throw Problem.of(409, "Customer 'operator' has the last holder of ROLE_OPERATOR");
    }
    database.write(
        tx -> {
          ClientId actor = callers.asOf(tx, call).client();
          var _ = customers.lock(tx, id).orElseThrow(() -> unknown(id.text()));
          below.deleteAll(tx, id);
          roles.deleteAll(tx, id);
          customers.delete(tx, id);
          audit.write(tx, id, actor.text(), new AuditEvent.CustomerDeleted(id));
          return id;
        });
    return Response.success();
  }

  /// What there is beside the id.
  static Draft read(Fields fields, String defaultName, List<Fault> faults) {
    String name = fields.text("name", LONGEST_NAME).orElse(defaultName);
    Customer.Status status =
        fields
            .text("status", 20)
            .flatMap(
                text -> {
                  Optional<Customer.Status> parsed = Customer.Status.parse(text);
                  if (parsed.isEmpty()) {
                    fields.fault("status", "must be \"active\" or \"suspended\"");
                  }
                  return parsed;
                })
            .orElse(Customer.Status.ACTIVE);
    List<TenantDraft> tenants =
        fields
            .member("tenants")
            .map(node -> readTenants(node, fields.pointer("tenants"), faults))
            .orElse(List.of());
    return new Draft(name, status, tenants);
  }

  /// Tenants as strings or as `{"id","name"}`.
  static List<TenantDraft> readTenants(JsonNode node, String pointer, List<Fault> faults) {
    if (!node.isArray()) {
      faults.add(new Fault(pointer, "must be an array of tenants"));
      return List.of();
    }
    if (node.size() > MOST_TENANTS) {
      faults.add(new Fault(pointer, "has more than " + MOST_TENANTS + " items"));
      return List.of();
    }
    List<TenantDraft> tenants = new ArrayList<>();
    Set<TenantId> seen = new HashSet<>();
    for (int i = 0; i < node.size(); i++) {
      readTenant(node.get(i), pointer + "/" + i, faults)
          .ifPresent(
              tenant -> {
                if (!seen.add(tenant.id)) {
                  faults.add(new Fault(tenant.pointer, "the tenant is repeated"));
                }
                tenants.add(tenant);
              });
    }
    return tenants;
  }

  static Optional<TenantDraft> readTenant(JsonNode node, String pointer, List<Fault> faults) {
    if (node.isTextual()) {
      return tenantId(node.textValue(), pointer, faults)
          .map(id -> new TenantDraft(id, Optional.empty(), pointer));
    }
    Fields fields = new Fields(node, pointer, faults);
    Optional<TenantId> id =
        fields
            .requiredText("id", 1000)
            .flatMap(text -> tenantId(text, fields.pointer("id"), faults));
    Optional<String> name = fields.text("name", LONGEST_NAME);
    fields.refuseUnknown();
    return id.map(each -> new TenantDraft(each, name, pointer));
  }

  private static Optional<TenantId> tenantId(String text, String pointer, List<Fault> faults) {
    Optional<TenantId> id = TenantId.parse(text);
    if (id.isEmpty()) {
      faults.add(new Fault(pointer, "must have the form " + TenantId.FORM));
    }
    return id;
  }
}
