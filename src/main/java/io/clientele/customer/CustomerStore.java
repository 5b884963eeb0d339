package io.clientele.customer;

import io.clientele.access.CustomRole;
import io.clientele.access.RoleCatalogue;
import io.clientele.access.RoleStore;
import io.clientele.db.Transaction;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// Customers and tenants. The row of a deleted one stays, so that its id never comes back to life.
public final class CustomerStore {

  /// The kind under which the change log tells of a customer, its tenants and its roles.
  public static final String CHANGE = "customer";

  private final InstantSource clock;
  private final RoleStore roles;

  public CustomerStore(InstantSource clock, RoleStore roles) {
    this.clock = clock;
    this.roles = roles;
  }

  private record Row(String name, Customer.Status status, long generation) {}

  /// The customer, if it is there and not deleted.
  public Optional<Customer> find(Transaction tx, CustomerId customer) {
    return find(tx, customer, "");
  }

  /// The same, and nobody else changes it or anything below it before this transaction ends.
  public Optional<Customer> lock(Transaction tx, CustomerId customer) {
    return tx.held(CHANGE, customer.text(), () -> find(tx, customer, tx.forUpdate()));
  }

  private Optional<Customer> find(Transaction tx, CustomerId customer, String lock) {
    return tx.handle()
        .createQuery(
            """
            SELECT name, status, generation FROM customer
            WHERE customer_id = :customer AND deleted_at IS NULL\
            """
                + lock)
        .bind("customer", customer.text())
        .map(
            (row, context) ->
                new Row(
                    row.getString("name"),
                    Customer.Status.parse(row.getString("status")).orElseThrow(),
                    row.getLong("generation")))
        .findOne()
        .map(row -> whole(tx, customer, row));
  }

  private Customer whole(Transaction tx, CustomerId customer, Row row) {
    List<CustomRole> custom = roles.list(tx, customer);
    return new Customer(
        customer,
        row.name,
        row.status,
        row.generation,
        tenants(tx, customer),
        custom,
        new RoleCatalogue(customer, custom));
  }

  /// The customer's tenants, in byte order.
  public List<Tenant> tenants(Transaction tx, CustomerId customer) {
    return tx.handle()
        .createQuery(
            """
            SELECT tenant_id, name FROM tenant
            WHERE customer_id = :customer AND deleted_at IS NULL ORDER BY tenant_id
            """)
        .bind("customer", customer.text())
        .map((row, context) -> new Tenant(new TenantId(row.getString(1)), row.getString(2)))
        .list();
  }

  /// Ids of customers behind `after`, in byte order.
  public List<CustomerId> page(Transaction tx, String after, int limit) {
    return tx.handle()
        .createQuery(
            """
            SELECT customer_id FROM customer
            WHERE customer_id > :after AND deleted_at IS NULL ORDER BY customer_id LIMIT :limit
            """)
        .bind("after", after)
        .bind("limit", limit)
        .map((row, context) -> new CustomerId(row.getString(1)))
        .list();
  }

  /// Makes a customer without tenants.
  ///
  /// @return false if the id is or was in use
  public boolean insert(Transaction tx, CustomerId customer, String name, Customer.Status status) {
    tx.changed(CHANGE, customer.text());
    return tx.handle()
            .createUpdate(
                """
                INSERT INTO customer (customer_id, name, status, generation, created_at)
                VALUES (:customer, :name, :status, 1, :now) ON CONFLICT (customer_id) DO NOTHING
                """)
            .bind("customer", customer.text())
            .bind("name", name)
            .bind("status", status.wireName())
            .bind("now", clock.millis())
            .execute()
        == 1;
  }

  /// Sets name and status.
  public void update(Transaction tx, CustomerId customer, String name, Customer.Status status) {
    tx.changed(CHANGE, customer.text());
    tx.handle()
        .createUpdate(
            "UPDATE customer SET name = :name, status = :status WHERE customer_id = :customer")
        .bind("name", name)
        .bind("status", status.wireName())
        .bind("customer", customer.text())
        .execute();
  }

  /// Says that something of the customer changed that other stores hold.
  public void changed(Transaction tx, CustomerId customer) {
    tx.changed(CHANGE, customer.text());
  }

  /// Kills every token of the customer's clients.
  public void raiseGeneration(Transaction tx, CustomerId customer) {
    tx.changed(CHANGE, customer.text());
    tx.handle()
        .createUpdate(
            "UPDATE customer SET generation = generation + 1 WHERE customer_id = :customer")
        .bind("customer", customer.text())
        .execute();
  }

  /// Deletes the customer and its tenants; the ids stay reserved.
  public void delete(Transaction tx, CustomerId customer) {
    raiseGeneration(tx, customer);
    long now = clock.millis();
    tx.handle()
        .createUpdate("UPDATE customer SET deleted_at = :now WHERE customer_id = :customer")
        .bind("now", now)
        .bind("customer", customer.text())
        .execute();
    tx.handle()
        .createUpdate(
            """
            UPDATE tenant SET deleted_at = :now
            WHERE customer_id = :customer AND deleted_at IS NULL
            """)
        .bind("now", now)
        .bind("customer", customer.text())
        .execute();
  }

  /// Makes a tenant, or brings back one that this customer had.
  ///
  /// @return false if the id is in use, or is or was another customer's
  public boolean insertTenant(Transaction tx, CustomerId customer, Tenant tenant) {
    tx.changed(CHANGE, customer.text());
    int inserted =
        tx.handle()
            .createUpdate(
                """
                INSERT INTO tenant (tenant_id, customer_id, name, created_at)
                VALUES (:tenant, :customer, :name, :now) ON CONFLICT (tenant_id) DO NOTHING
                """)
            .bind("tenant", tenant.id().text())
            .bind("customer", customer.text())
            .bind("name", tenant.name())
            .bind("now", clock.millis())
            .execute();
    return inserted == 1 || bringBack(tx, customer, tenant);
  }

  private boolean bringBack(Transaction tx, CustomerId customer, Tenant tenant) {
    return tx.handle()
            .createUpdate(
                """
                UPDATE tenant SET name = :name, created_at = :now, deleted_at = NULL
                WHERE tenant_id = :tenant AND customer_id = :customer AND deleted_at IS NOT NULL
                """)
            .bind("name", tenant.name())
            .bind("now", clock.millis())
            .bind("tenant", tenant.id().text())
            .bind("customer", customer.text())
            .execute()
        == 1;
  }

  /// Gives a tenant another name.
  public void renameTenant(Transaction tx, CustomerId customer, Tenant tenant) {
    tx.changed(CHANGE, customer.text());
    tx.handle()
        .createUpdate(
            """
            UPDATE tenant SET name = :name
            WHERE tenant_id = :tenant AND customer_id = :customer AND deleted_at IS NULL
            """)
        .bind("name", tenant.name())
        .bind("tenant", tenant.id().text())
        .bind("customer", customer.text())
        .execute();
  }

  /// Deletes a tenant that no grant names. Its id stays reserved for the customer.
  ///
  /// @return false if the customer has no such tenant
  public boolean deleteTenant(Transaction tx, CustomerId customer, TenantId tenant) {
    tx.changed(CHANGE, customer.text());
    return tx.handle()
            .createUpdate(
                """
                UPDATE tenant SET deleted_at = :now
                WHERE tenant_id = :tenant AND customer_id = :customer AND deleted_at IS NULL
                """)
            .bind("now", clock.millis())
            .bind("tenant", tenant.text())
            .bind("customer", customer.text())
            .execute()
        == 1;
  }
}
