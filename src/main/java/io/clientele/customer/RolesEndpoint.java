package io.clientele.customer;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Callers;
import io.clientele.access.CustomRole;
import io.clientele.access.Gate;
import io.clientele.access.GrantStore;
import io.clientele.access.Role;
import io.clientele.access.RoleStore;
import io.clientele.access.TenantSet;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Faults;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// `/oauth/customers/{customerId}/roles`: the names of a customer's roles.
public final class RolesEndpoint {

  private static final int MOST_ROLES = 1000;

  private final Database database;
  private final CustomerStore customers;
  private final RoleStore roles;
  private final GrantStore grants;
  private final AuditStore audit;
  private final Callers callers;

  public RolesEndpoint(
      Database database,
      CustomerStore customers,
      RoleStore roles,
      GrantStore grants,
      AuditStore audit,
      Callers callers) {
    this.database = database;
    this.customers = customers;
    this.roles = roles;
    this.grants = grants;
    this.audit = audit;
    this.callers = callers;
  }

  /// `GET …/roles`: the names that this caller may give, on some tenant at least.
  public Response list(Call call) {
    CustomerId id = call.customer();
    Customer customer =
        database
            .read(tx -> customers.find(tx, id))
            .orElseThrow(() -> CustomersEndpoint.unknown(id.text()));
    Caller caller = call.caller();
    return Response.json(
        200,
        Json.strings(
            customer.roles().names().stream()
                .filter(
                    role ->
                        Gate.mayGive(
                            caller,
                            id,
                            role,
                            caller.holdings().byRole().getOrDefault(role, TenantSet.none()),
                            customer.roles()))
                .toList()));
  }

  /// `POST …/roles`: adds custom names.
  public Response add(Call call) {
    Set<RoleName> names = readNames(call);
    return Response.json(
        201, write(call, (tx, customer, caller) -> addMissing(tx, customer, caller, names)));
  }

  /// `PUT …/roles`: makes these the custom names.
  public Response replace(Call call) {
    Set<RoleName> names = readNames(call);
    return Response.json(
        200,
        write(
            call,
            (tx, customer, caller) -> {
              List<RoleName> dropped =
                  customer.customRoles().stream()
                      .map(CustomRole::name)
                      .filter(name -> !names.contains(name))
                      .toList();
              drop(tx, customer, caller, dropped);
              addMissing(tx, customer, caller, names);
            }));
  }

  /// `DELETE …/roles/{role}`
  public Response delete(Call call) {
    String text = call.request().variable("role");
    write(
        call,
        (tx, customer, caller) -> {
          RoleName name = RoleName.parse(text).orElseThrow(() -> unknown(text));
          if (!customer.roles().has(name)) {
            throw unknown(text);
          }
          if (Role.of(name).isPresent()) {
            throw Problem.faults(List.of(new Fault("", "'" + name + "' is a role of the system")));
          }
          drop(tx, customer, caller, List.of(name));
        });
    return Response.success();
  }

  static Problem unknown(String role) {
    return Problem.of(404, "Role '" + role + "' not found");
  }

  private interface Deed {
    void run(Transaction tx, Customer customer, Caller caller);
  }

  /// Does it and gives the custom names as they are then.
  private JsonNode write(Call call, Deed deed) {
    CustomerId id = call.customer();
    return database.write(
        tx -> {
          Caller caller = callers.asOf(tx, call);
          Customer customer =
              customers.lock(tx, id).orElseThrow(() -> CustomersEndpoint.unknown(id.text()));
          deed.run(tx, customer, caller);
          return Json.strings(roles.list(tx, id).stream().map(CustomRole::name).toList());
        });
  }

  private void addMissing(Transaction tx, Customer customer, Caller caller, Set<RoleName> names) {
    Set<RoleName> present = new HashSet<>();
    customer.customRoles().forEach(role -> present.add(role.name()));
    List<AuditEvent> events = new ArrayList<>();
    for (RoleName name : names) {
      if (!present.contains(name) && roles.add(tx, customer.id(), name)) {
        events.add(new AuditEvent.RoleCreated(name));
      }
    }
    if (present.size() + events.size() > MOST_ROLES) {
      throw Problem.faults(
          List.of(new Fault("", "a customer has at most " + MOST_ROLES + " custom roles")));
    }
    customers.changed(tx, customer.id());
    audit.write(tx, customer.id(), caller.client().text(), events);
  }

  /// A role that is held is not dropped: 409 that says by whom.
  private void drop(Transaction tx, Customer customer, Caller caller, List<RoleName> names) {
    List<Fault> held = new ArrayList<>();
    for (RoleName name : names) {
      List<ClientId> holders = grants.heldBy(tx, customer.id(), name, 10);
      if (!holders.isEmpty()) {
        String clients =
            holders.stream().map(client -> "'" + client + "'").collect(Collectors.joining(", "));
        held.add(new Fault("", "'" + name + "' is held by clients " + clients));
      }
    }
    if (!held.isEmpty()) {
      throw Problem.of(409, "A role is held", held);
    }
    refuseForeignPrivileges(customer, caller, names);
    names.forEach(name -> roles.delete(tx, customer.id(), name));
    customers.changed(tx, customer.id());
    audit.write(
        tx,
        customer.id(),
        caller.client().text(),
        names.stream().map(AuditEvent.RoleDeleted::new).toList());
  }

  /// Who deletes a role takes away what it carries, and so must hold that.
  private static void refuseForeignPrivileges(
      Customer customer, Caller caller, List<RoleName> names) {
    List<Fault> faults = new ArrayList<>();
    for (RoleName name : names) {
      if (!Gate.outranks(caller, customer.id(), name)
          && !customer.roles().privileges(name).stream().allMatch(caller::holds)) {
        faults.add(new Fault("", "'" + name + "' carries privileges that you do not hold"));
      }
    }
    if (!faults.isEmpty()) {
      throw Problem.accessDenied(faults);
    }
  }

  private static Set<RoleName> readNames(Call call) {
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new Faults(document.faults());
    Set<RoleName> names = readNames(document.root(), "", call.customer(), faults);
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    return names;
  }

  /// Names of custom roles in an array, without repetition.
  static Set<RoleName> readNames(
      JsonNode node, String pointer, CustomerId customer, List<Fault> faults) {
    Set<RoleName> names = new LinkedHashSet<>();
    if (!node.isArray()) {
      faults.add(new Fault(pointer, "must be an array of role names"));
    } else if (node.size() > MOST_ROLES) {
      faults.add(new Fault(pointer, "has more than " + MOST_ROLES + " items"));
    } else {
      for (int i = 0; i < node.size(); i++) {
        readName(node.get(i), pointer + "/" + i, customer, names, faults);
      }
    }
    return names;
  }

  private static void readName(
      JsonNode node, String pointer, CustomerId customer, Set<RoleName> names, List<Fault> faults) {
    Optional<RoleName> name =
        node.isTextual() ? RoleName.parse(node.textValue()) : Optional.empty();
    if (name.isEmpty()) {
      faults.add(new Fault(pointer, "must be a role name of the form " + RoleName.FORM));
    } else if (!Role.mayBeCustom(name.get())) {
      faults.add(new Fault(pointer, "is a name that the system keeps for itself"));
    } else if (customer.isOperator()) {
      faults.add(new Fault(pointer, "customer 'operator' has no custom roles"));
    } else if (!names.add(name.get())) {
      faults.add(new Fault(pointer, "the role is repeated"));
    }
  }
}
