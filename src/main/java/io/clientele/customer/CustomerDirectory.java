package io.clientele.customer;

import io.clientele.db.Database;
import io.clientele.db.Remembered;
import io.clientele.http.MustWait;
import io.clientele.http.Patience;
import io.clientele.id.CustomerId;
import java.util.Optional;

/// The customers that are asked for often, in memory.
public final class CustomerDirectory {

  private final Remembered<CustomerId, Customer> remembered;

  /// @param bytes how much memory it may take, roughly
  public CustomerDirectory(Database database, CustomerStore store, long bytes) {
    this.remembered =
        new Remembered<>(
            database.changeLog(),
            CustomerStore.CHANGE,
            CustomerId::parse,
            id -> database.read(tx -> store.find(tx, id)),
            CustomerDirectory::weight,
            bytes,
            Remembered.Behind.nothing());
  }

  private static int weight(Customer customer) {
    int privileges =
        customer.customRoles().stream()
            .mapToInt(role -> customer.roles().privileges(role.name()).size())
            .sum();
    return 400
        + 150 * customer.tenants().size()
        + 600 * customer.customRoles().size()
        + 300 * privileges;
  }

  /// Whether the customer is in memory.
  public boolean remembers(CustomerId customer) {
    try {
      return remembered.get(customer, Patience.NONE).isPresent();
    } catch (MustWait e) {
      return false;
    }
  }

  /// The customer, if it is there and not deleted.
  ///
  /// @throws io.clientele.http.MustWait if the database must be asked and this thread may not wait
  public Optional<Customer> find(CustomerId customer, Patience patience) {
    return remembered.get(customer, patience);
  }
}
