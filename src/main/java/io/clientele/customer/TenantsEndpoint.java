package io.clientele.customer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Call;
import io.clientele.access.Callers;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.customer.CustomersEndpoint.TenantDraft;
import io.clientele.db.Database;
import io.clientele.http.Fault;
import io.clientele.http.Faults;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import java.util.ArrayList;
import java.util.List;

/// `/oauth/customers/{customerId}/tenants`: the operator makes and deletes a customer's tenants.
public final class TenantsEndpoint {

  private final Database database;
  private final CustomerStore customers;
  private final CustomersEndpoint customersEndpoint;
  private final AuditStore audit;
  private final Callers callers;

  public TenantsEndpoint(
      Database database,
      CustomerStore customers,
      CustomersEndpoint customersEndpoint,
      AuditStore audit,
      Callers callers) {
    this.database = database;
    this.customers = customers;
    this.customersEndpoint = customersEndpoint;
    this.audit = audit;
    this.callers = callers;
  }

  /// `GET /oauth/customers/{customerId}/tenants`
  public Response list(Call call) {
    ArrayNode array = Json.array();
    database
        .read(tx -> customers.tenants(tx, call.customer()))
        .forEach(tenant -> array.add(toJson(tenant)));
    return Response.json(200, array);
  }

  private static ObjectNode toJson(Tenant tenant) {
    return Json.object().put("id", tenant.id().text()).put("name", tenant.name());
  }

  /// `POST /oauth/customers/{customerId}/tenants`: one, or an array; all or nothing.
  public Response create(Call call) {
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new Faults(document.faults());
    boolean isArray = document.root().isArray();
    if (isArray && document.root().isEmpty()) {
      faults.add(new Fault("", "must hold at least one tenant"));
    }
    List<TenantDraft> drafts =
        isArray
            ? CustomersEndpoint.readTenants(document.root(), "", faults)
            : CustomersEndpoint.readTenant(document.root(), "", faults).stream().toList();
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    CustomerId customer = call.customer();
    database.write(
        tx -> {
          ClientId actor = callers.asOf(tx, call).client();
          var _ =
              customers
                  .lock(tx, customer)
                  .orElseThrow(() -> CustomersEndpoint.unknown(customer.text()));
          List<Fault> taken = new ArrayList<>();
          List<AuditEvent> events = new ArrayList<>();
          for (TenantDraft draft : drafts) {
            if (!customers.insertTenant(tx, customer, draft.named())) {
              taken.add(new Fault(draft.pointer(), "tenant '" + draft.id() + "' already exists"));
            }
            events.add(new AuditEvent.TenantCreated(draft.id(), draft.named().name()));
          }
          if (!taken.isEmpty()) {
            throw Problem.of(409, "A tenant already exists", taken);
          }
          audit.write(tx, customer, actor.text(), events);
          return drafts;
        });
    if (!isArray) {
      return Response.json(201, toJson(drafts.getFirst().named()));
    }
    ArrayNode array = Json.array();
    drafts.forEach(draft -> array.add(toJson(draft.named())));
    return Response.json(201, array);
  }

  /// `DELETE /oauth/customers/{customerId}/tenants/{tenantId}`: every token of the customer dies.
  public Response delete(Call call) {
    CustomerId customer = call.customer();
    String text = call.request().variable("tenantId");
    TenantId tenant = TenantId.parse(text).orElseThrow(() -> unknown(text));
    database.write(
        tx -> {
          ClientId actor = callers.asOf(tx, call).client();
          var _ =
              customers
                  .lock(tx, customer)
                  .filter(found -> found.hasTenant(tenant))
                  .orElseThrow(() -> unknown(text));
          customersEndpoint.refuseNamed(tx, customer, List.of(tenant));
          customers.deleteTenant(tx, customer, tenant);
          customers.raiseGeneration(tx, customer);
          audit.write(tx, customer, actor.text(), new AuditEvent.TenantDeleted(tenant));
          return tenant;
        });
    return Response.success();
  }

  private static Problem unknown(String tenant) {
    return Problem.of(404, "Tenant '" + tenant + "' not found");
  }
}
