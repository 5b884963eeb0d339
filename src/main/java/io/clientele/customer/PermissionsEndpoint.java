package io.clientele.customer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Callers;
import io.clientele.access.CustomRole;
import io.clientele.access.Gate;
import io.clientele.access.GrantStore;
import io.clientele.access.Privilege;
import io.clientele.access.Role;
import io.clientele.access.RoleStore;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Faults;
import io.clientele.http.Fields;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/// `/oauth/customers/{customerId}/roles/permissions`: what roles carry.
public final class PermissionsEndpoint {

  private static final int MOST_DOCUMENTS = 1000;
  private static final int MOST_ITEMS = 100;

  /// What all roles of a customer may carry, in characters: it is in memory with the customer.
  private static final int MOST_CHARACTERS = 256 * 1024;

  private static final Set<String> OUR_ACTIONS =
      Set.of(Privilege.CREATE, Privilege.READ, Privilege.UPDATE, Privilege.DELETE);

  private final Database database;
  private final CustomerStore customers;
  private final RoleStore roles;
  private final GrantStore grants;
  private final AuditStore audit;
  private final Callers callers;

  public PermissionsEndpoint(
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

  /// What a request wants a role to carry.
  ///
  /// @param name empty if the document does not say
  private record Draft(Optional<RoleName> name, JsonNode servicePermissions, String pointer) {}

  /// `GET …/roles/permissions`: the documents of all roles that carry something.
  public Response list(Call call) {
    Customer customer = find(call);
    ArrayNode array = Json.array();
    for (RoleName name : customer.roles().names()) {
      ObjectNode document = document(customer, name);
      if (!document.get("servicePermissions").isEmpty()) {
        array.add(document);
      }
    }
    return Response.json(200, array);
  }

  /// `GET …/roles/permissions/{role}`
  public Response get(Call call) {
    Customer customer = find(call);
    return Response.json(200, document(customer, known(customer, call)));
  }

  private Customer find(Call call) {
    return database
        .read(tx -> customers.find(tx, call.customer()))
        .orElseThrow(() -> CustomersEndpoint.unknown(call.customer().text()));
  }

  private static RoleName known(Customer customer, Call call) {
    String text = call.request().variable("role");
    return RoleName.parse(text)
        .filter(name -> customer.roles().has(name))
        .orElseThrow(() -> RolesEndpoint.unknown(text));
  }

  private static ObjectNode document(Customer customer, RoleName name) {
    ObjectNode document = Json.object().put("roleName", name.text());
    JsonNode carried =
        customer.customRoles().stream()
            .filter(role -> role.name().equals(name))
            .findFirst()
            .map(CustomRole::servicePermissions)
            .orElseGet(() -> systemPermissions(name));
    document.set("servicePermissions", carried);
    return document;
  }

  /// The privileges of a role of the system, in the form of a document.
  private static ArrayNode systemPermissions(RoleName name) {
    TreeMap<String, Set<String>> byResource = new TreeMap<>();
    Set<Privilege> privileges = Role.of(name).map(Role::privileges).orElse(Set.of());
    for (String resource :
        List.of(
            Privilege.CUSTOMER,
            Privilege.CLIENTS,
            Privilege.ROLES,
            Privilege.AUDIT,
            Privilege.TOKENS)) {
      for (Privilege privilege : privileges) {
        if (privilege.equals(new Privilege(resource, privilege.action()))) {
          byResource
              .computeIfAbsent(
                  resource.substring(resource.indexOf('.') + 1), key -> new TreeSet<>())
              .add(privilege.action());
        }
      }
    }
    ArrayNode services = Json.array();
    if (!byResource.isEmpty()) {
      ArrayNode resources = services.addObject().put("id", "Auth").putArray("resourcePermissions");
      byResource.forEach(
          (resource, actions) ->
              resources
                  .addObject()
                  .put("id", resource)
                  .set("allowedPrivileges", Json.strings(actions)));
    }
    return services;
  }

  /// `POST …/roles/permissions`: one document, or an array; all or nothing.
  public Response set(Call call) {
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new Faults(document.faults());
    List<Draft> drafts = new ArrayList<>();
    boolean isArray = document.root().isArray();
    if (isArray && (document.root().isEmpty() || document.root().size() > MOST_DOCUMENTS)) {
      faults.add(new Fault("", "must hold 1 to " + MOST_DOCUMENTS + " documents"));
    } else if (isArray) {
      for (int i = 0; i < document.root().size(); i++) {
        drafts.add(read(document.root().get(i), "/" + i, true, faults));
      }
    } else {
      drafts.add(read(document.root(), "", true, faults));
    }
    Set<RoleName> seen = new HashSet<>();
    for (Draft draft : drafts) {
      if (draft.name.isPresent() && !seen.add(draft.name.get())) {
        faults.add(new Fault(Fault.below(draft.pointer, "roleName"), "the role is repeated"));
      }
    }
    List<ObjectNode> answers = write(call, faults, customer -> drafts);
    if (!isArray) {
      return Response.json(201, answers.getFirst());
    }
    ArrayNode array = Json.array();
    answers.forEach(array::add);
    return Response.json(201, array);
  }

  /// `PUT …/roles/permissions/{role}`
  public Response replace(Call call) {
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new Faults(document.faults());
    Draft draft = read(document.root(), "", false, faults);
    return Response.json(
        200,
        write(
                call,
                faults,
                customer -> {
                  RoleName name = known(customer, call);
                  if (draft.name.isPresent() && !draft.name.get().equals(name)) {
                    faults.add(new Fault("/roleName", "must be the one in the path"));
                  }
                  return List.of(
                      new Draft(Optional.of(name), draft.servicePermissions, draft.pointer));
                })
            .getFirst());
  }

  /// `DELETE …/roles/permissions/{role}`: the role carries nothing any more.
  public Response clear(Call call) {
    write(
        call,
        new ArrayList<>(),
        customer -> List.of(new Draft(Optional.of(known(customer, call)), Json.array(), "")));
    return Response.success();
  }

  /// @param faults what is wrong so far
  /// @param drafts finds what to write; may note more faults
  private List<ObjectNode> write(
      Call call, List<Fault> faults, Function<Customer, List<Draft>> drafts) {
    CustomerId id = call.customer();
    return database.write(
        tx -> {
          Caller caller = callers.asOf(tx, call);
          Customer customer =
              customers.lock(tx, id).orElseThrow(() -> CustomersEndpoint.unknown(id.text()));
          List<Draft> wanted = drafts.apply(customer);
          wanted.forEach(draft -> refuseSystem(customer, draft, faults));
          if (!faults.isEmpty()) {
            throw Problem.faults(faults);
          }
          List<Fault> denied = new ArrayList<>();
          wanted.forEach(draft -> denied.addAll(denied(tx, customer, caller, draft)));
          if (!denied.isEmpty()) {
            throw Problem.accessDenied(denied);
          }
          wanted.forEach(draft -> set(tx, customer, caller, draft));
          Customer now = customers.find(tx, id).orElseThrow();
          refuseTooMuch(now);
          return wanted.stream().map(draft -> document(now, draft.name.orElseThrow())).toList();
        });
  }

  private static void refuseSystem(Customer customer, Draft draft, List<Fault> faults) {
    if (draft.name.isEmpty()) {
      return;
    }
    RoleName name = draft.name.get();
    String pointer = Fault.below(draft.pointer, "roleName");
    if (Role.of(name).isPresent()) {
      faults.add(new Fault(pointer, "a role of the system cannot be changed"));
    } else if (!customer.roles().has(name)) {
      faults.add(new Fault(pointer, "the customer has no such role"));
    }
  }

  private static void refuseTooMuch(Customer customer) {
    long characters =
        customer.customRoles().stream()
            .mapToLong(role -> Json.text(role.servicePermissions()).length())
            .sum();
    if (characters > MOST_CHARACTERS) {
      throw Problem.faults(
          List.of(
              new Fault(
                  "",
                  "the customer's roles would carry more than "
                      + MOST_CHARACTERS
                      + " characters of permissions in all")));
    }
  }

  /// Our own privileges only if the caller holds them, others if it has rank or holds them; and the
  /// caller must be able to give the role, with what it carries now, to each present holder.
  private List<Fault> denied(Transaction tx, Customer customer, Caller caller, Draft draft) {
    RoleName name = draft.name.orElseThrow();
    List<Fault> denied = new ArrayList<>();
    boolean rank = Gate.outranks(caller, customer.id(), name);
    for (Privilege privilege : new CustomRole(name, draft.servicePermissions).privileges()) {
      if (!caller.holds(privilege) && (privilege.isOurs() || !rank)) {
        denied.add(
            new Fault(
                Fault.below(draft.pointer, "servicePermissions"), "you do not hold " + privilege));
      }
    }
    if (!rank && !customer.roles().privileges(name).stream().allMatch(caller::holds)) {
      denied.add(
          new Fault(draft.pointer, "'" + name + "' carries privileges that you do not hold"));
    }
    if (rank) {
      // Who outranks the role may give it to anybody, and they may be many.
      return denied;
    }
    grants
        .holders(tx, customer.id(), name)
        .forEach(
            (client, tenants) -> {
              if (!Gate.mayGive(caller, customer.id(), name, tenants, customer.roles())) {
                denied.add(
                    new Fault(
                        draft.pointer,
                        "client '" + client + "' holds '" + name + "', which you cannot give it"));
              }
            });
    return denied;
  }

  private void set(Transaction tx, Customer customer, Caller caller, Draft draft) {
    RoleName name = draft.name.orElseThrow();
    roles.setPermissions(tx, customer.id(), name, draft.servicePermissions);
    customers.changed(tx, customer.id());
    List<String> carried =
        new CustomRole(name, draft.servicePermissions)
            .privileges().stream().map(Privilege::toString).sorted().collect(Collectors.toList());
    audit.write(
        tx, customer.id(), caller.client().text(), new AuditEvent.RolePermissions(name, carried));
  }

  private static Draft read(
      JsonNode node, String pointer, boolean nameRequired, List<Fault> faults) {
    Fields fields = new Fields(node, pointer, faults);
    Optional<String> text =
        nameRequired ? fields.requiredText("roleName", 1000) : fields.text("roleName", 1000);
    Optional<RoleName> name =
        text.flatMap(
            each -> {
              Optional<RoleName> parsed = RoleName.parse(each);
              if (parsed.isEmpty()) {
                fields.fault("roleName", "must have the form " + RoleName.FORM);
              }
              return parsed;
            });
    JsonNode services =
        fields
            .required("servicePermissions")
            .map(value -> readServices(value, fields.pointer("servicePermissions"), faults))
            .orElseGet(Json::array);
    fields.refuseUnknown();
    return new Draft(name, services, pointer);
  }

  private static JsonNode readServices(JsonNode node, String pointer, List<Fault> faults) {
    ArrayNode services = Json.array();
    Set<String> seen = new HashSet<>();
    for (Item item : items(node, pointer, faults)) {
      Fields fields = new Fields(item.node, item.pointer, faults);
      Optional<String> id = fields.requiredText("id", 64);
      id.filter(text -> !text.matches("[A-Za-z0-9_-]+"))
          .ifPresent(text -> fields.fault("id", "must have the form [A-Za-z0-9_-]{1,64}"));
      id.filter(text -> !seen.add(text.toLowerCase(Locale.ROOT)))
          .ifPresent(text -> fields.fault("id", "the service is repeated"));
      JsonNode resources =
          fields
              .required("resourcePermissions")
              .map(
                  value ->
                      readResources(
                          value, id.orElse(""), fields.pointer("resourcePermissions"), faults))
              .orElseGet(Json::array);
      fields.refuseUnknown();
      ObjectNode service = services.addObject().put("id", id.orElse(""));
      service.set("resourcePermissions", resources);
    }
    return services;
  }

  private static JsonNode readResources(
      JsonNode node, String service, String pointer, List<Fault> faults) {
    ArrayNode resources = Json.array();
    Set<String> seen = new HashSet<>();
    for (Item item : items(node, pointer, faults)) {
      Fields fields = new Fields(item.node, item.pointer, faults);
      Optional<String> id = fields.requiredText("id", 200);
      id.filter(text -> !text.matches("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*"))
          .ifPresent(text -> fields.fault("id", "must be names with dots between them"));
      id.filter(text -> !seen.add(text.toLowerCase(Locale.ROOT)))
          .ifPresent(text -> fields.fault("id", "the resource is repeated"));
      boolean ours = service.equalsIgnoreCase("Auth");
      if (ours
          && id.isPresent()
          && !new Privilege(service + "." + id.get(), Privilege.READ).isForCustomRoles()) {
        fields.fault("id", "a custom role carries Auth privileges at or below Customer only");
      }
      List<String> actions =
          fields
              .required("allowedPrivileges")
              .flatMap(
                  value ->
                      fields.asStrings(value, fields.pointer("allowedPrivileges"), MOST_ITEMS, 64))
              .orElse(List.of());
      Set<String> seenActions = new HashSet<>();
      for (int i = 0; i < actions.size(); i++) {
        String action = actions.get(i).toUpperCase(Locale.ROOT);
        String where = fields.pointer("allowedPrivileges") + "/" + i;
        if (ours ? !OUR_ACTIONS.contains(action) : !action.matches("[A-Z_]{1,64}")) {
          faults.add(new Fault(where, "must be CREATE, READ, UPDATE or DELETE"));
        } else if (!seenActions.add(action)) {
          faults.add(new Fault(where, "the privilege is repeated"));
        }
      }
      fields.refuseUnknown();
      resources
          .addObject()
          .put("id", id.orElse(""))
          .set("allowedPrivileges", Json.strings(actions));
    }
    return resources;
  }

  private record Item(JsonNode node, String pointer) {}

  private static List<Item> items(JsonNode node, String pointer, List<Fault> faults) {
    if (!node.isArray()) {
      faults.add(new Fault(pointer, "must be an array"));
      return List.of();
    }
    if (node.size() > MOST_ITEMS) {
      faults.add(new Fault(pointer, "has more than " + MOST_ITEMS + " items"));
      return List.of();
    }
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      items.add(new Item(node.get(i), pointer + "/" + i));
    }
    return items;
  }
}
