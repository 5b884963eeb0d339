package io.clientele.access;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.db.Transaction;
import io.clientele.http.Json;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import java.time.InstantSource;
import java.util.List;

/// The roles that customers added, with what they carry.
public final class RoleStore {

  private final InstantSource clock;

  public RoleStore(InstantSource clock) {
    this.clock = clock;
  }

  /// The customer's own roles, in byte order.
  public List<CustomRole> list(Transaction tx, CustomerId customer) {
    return tx.handle()
        .createQuery(
            """
            SELECT role, service_permissions FROM custom_role
            WHERE customer_id = :customer ORDER BY role
            """)
        .bind("customer", customer.text())
        .map(
            (row, context) ->
                new CustomRole(
                    new RoleName(row.getString("role")),
                    Json.parseOurs(row.getString("service_permissions"))))
        .list();
  }

  /// Adds a role that carries nothing; one that is there already stays as it is.
  ///
  /// @return whether it was added
  public boolean add(Transaction tx, CustomerId customer, RoleName role) {
    return tx.handle()
            .createUpdate(
                """
                INSERT INTO custom_role (customer_id, role, service_permissions, created_at)
                VALUES (:customer, :role, '[]', :now) ON CONFLICT (customer_id, role) DO NOTHING
                """)
            .bind("customer", customer.text())
            .bind("role", role.text())
            .bind("now", clock.millis())
            .execute()
        == 1;
  }

  /// Replaces what the role carries.
  public void setPermissions(
      Transaction tx, CustomerId customer, RoleName role, JsonNode servicePermissions) {
    tx.handle()
        .createUpdate(
            """
            UPDATE custom_role SET service_permissions = :permissions
            WHERE customer_id = :customer AND role = :role
            """)
        .bind("permissions", Json.text(servicePermissions))
        .bind("customer", customer.text())
        .bind("role", role.text())
        .execute();
  }

  /// Deletes a role. Who calls has made sure that nobody holds it.
  public void delete(Transaction tx, CustomerId customer, RoleName role) {
    tx.handle()
        .createUpdate("DELETE FROM custom_role WHERE customer_id = :customer AND role = :role")
        .bind("customer", customer.text())
        .bind("role", role.text())
        .execute();
  }

  /// Deletes all roles of a customer that is being deleted.
  public void deleteAll(Transaction tx, CustomerId customer) {
    tx.handle()
        .createUpdate("DELETE FROM custom_role WHERE customer_id = :customer")
        .bind("customer", customer.text())
        .execute();
  }
}
