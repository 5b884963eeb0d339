package io.clientele.access;

import io.clientele.db.Transaction;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.statement.PreparedBatch;

/// Grants: which living client holds which role on which tenant, who gave it and when. Each is a
/// row.
public final class GrantStore {

  private static final String NO_TENANT = "";

  /// What one row says: a role on a tenant.
  ///
  /// @param tenant `*` for all of the customer, empty for a role without a list
  public record Grant(String role, String tenant) {}

  /// Makes the client hold exactly this. A grant that stays keeps who gave it and when.
  ///
  /// @param at epoch milliseconds
  public void replace(
      Transaction tx,
      CustomerId customer,
      ClientId client,
      Holdings holdings,
      ClientId givenBy,
      long at) {
    Set<Grant> present = new HashSet<>(grants(tx, customer, client));
    Set<Grant> wanted = new HashSet<>(rows(holdings));
    PreparedBatch removals =
        tx.handle()
            .prepareBatch(
                """
                DELETE FROM client_grant
                WHERE client_id = :client AND customer_id = :customer
                AND role = :role AND tenant_id = :tenant
                """);
    for (Grant grant : present) {
      if (!wanted.contains(grant)) {
        removals
            .bind("client", client.text())
            .bind("customer", customer.text())
            .bind("role", grant.role)
            .bind("tenant", grant.tenant)
            .add();
      }
    }
    if (removals.size() > 0) {
      removals.execute();
    }
    wanted.removeAll(present);
    insert(tx, customer, client, wanted, givenBy, at);
  }

  /// Gives a client that holds nothing yet all of this.
  ///
  /// @param at epoch milliseconds
  public void insert(
      Transaction tx,
      CustomerId customer,
      ClientId client,
      Holdings holdings,
      ClientId givenBy,
      long at) {
    insert(tx, customer, client, rows(holdings), givenBy, at);
  }

  private static void insert(
      Transaction tx,
      CustomerId customer,
      ClientId client,
      Iterable<Grant> grants,
      ClientId givenBy,
      long at) {
    PreparedBatch batch =
        tx.handle()
            .prepareBatch(
                """
                INSERT INTO client_grant (client_id, role, tenant_id, customer_id, given_by, given_at)
                VALUES (:client, :role, :tenant, :customer, :by, :at)
                """);
    for (Grant grant : grants) {
      batch
          .bind("client", client.text())
          .bind("role", grant.role)
          .bind("tenant", grant.tenant)
          .bind("customer", customer.text())
          .bind("by", givenBy.text())
          .bind("at", at)
          .add();
    }
    if (batch.size() > 0) {
      batch.execute();
    }
  }

  /// The rows of these holdings.
  public static List<Grant> rows(Holdings holdings) {
    List<Grant> rows = new ArrayList<>();
    holdings
        .byRole()
        .forEach(
            (role, tenants) -> {
              List<String> written = tenants.written();
              for (String tenant : written.isEmpty() ? List.of(NO_TENANT) : written) {
                rows.add(new Grant(role.text(), tenant));
              }
            });
    return rows;
  }

  private static List<Grant> grants(Transaction tx, CustomerId customer, ClientId client) {
    return tx.handle()
        .createQuery(
            """
            SELECT role, tenant_id FROM client_grant
            WHERE client_id = :client AND customer_id = :customer
            """)
        .bind("client", client.text())
        .bind("customer", customer.text())
        .map((row, context) -> new Grant(row.getString("role"), row.getString("tenant_id")))
        .list();
  }

  /// Takes all from a client that is being deleted.
  public void deleteAll(Transaction tx, CustomerId customer, ClientId client) {
    tx.handle()
        .createUpdate(
            "DELETE FROM client_grant WHERE client_id = :client AND customer_id = :customer")
        .bind("client", client.text())
        .bind("customer", customer.text())
        .execute();
  }

  /// A few of the clients that hold a role, in byte order.
  public List<ClientId> heldBy(Transaction tx, CustomerId customer, RoleName role, int limit) {
    return tx.handle()
        .createQuery(
            """
            SELECT DISTINCT client_id FROM client_grant
            WHERE customer_id = :customer AND role = :role
            ORDER BY client_id LIMIT :limit
            """)
        .bind("customer", customer.text())
        .bind("role", role.text())
        .bind("limit", limit)
        .map((row, context) -> new ClientId(row.getString("client_id")))
        .list();
  }

  /// Who holds a role, and where: all of them.
  public Map<ClientId, TenantSet> holders(Transaction tx, CustomerId customer, RoleName role) {
    Map<ClientId, List<String>> written = new LinkedHashMap<>();
    tx.handle()
        .createQuery(
            """
            SELECT client_id, tenant_id FROM client_grant
            WHERE customer_id = :customer AND role = :role ORDER BY client_id
            """)
        .bind("customer", customer.text())
        .bind("role", role.text())
        .map((row, context) -> Map.entry(row.getString("client_id"), row.getString("tenant_id")))
        .forEach(
            entry -> {
              List<String> tenants =
                  written.computeIfAbsent(new ClientId(entry.getKey()), id -> new ArrayList<>());
              if (!entry.getValue().equals(NO_TENANT)) {
                tenants.add(entry.getValue());
              }
            });
    Map<ClientId, TenantSet> holders = new LinkedHashMap<>();
    written.forEach(
        (client, tenants) -> {
          tenants.sort(null);
          holders.put(client, TenantSet.read(tenants));
        });
    return holders;
  }

  /// A few of the clients that a grant names the tenant for, in byte order.
  public List<ClientId> namedOn(Transaction tx, CustomerId customer, TenantId tenant, int limit) {
    return tx.handle()
        .createQuery(
            """
            SELECT DISTINCT client_id FROM client_grant
            WHERE customer_id = :customer AND tenant_id = :tenant
            ORDER BY client_id LIMIT :limit
            """)
        .bind("customer", customer.text())
        .bind("tenant", tenant.text())
        .bind("limit", limit)
        .map((row, context) -> new ClientId(row.getString("client_id")))
        .list();
  }
}
