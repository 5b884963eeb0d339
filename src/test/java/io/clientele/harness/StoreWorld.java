package io.clientele.harness;

import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/// A database for the tests of stores, with the schema and whatever customers they put into it, by
/// plain SQL.
public final class StoreWorld implements AutoCloseable {
  /// Which database.
  public enum Kind {
    SQLITE,
    POSTGRESQL
  }

  /// A customer with one of everything, each with an id of its own; but the role has the same name
  /// in every customer.
  public record Owner(
      CustomerId customer,
      TenantId tenant,
      TenantId formerTenant,
      RoleName role,
      ClientId client,
      ClientId formerClient,
      String secret,
      String jti) {}

  private final Database database;
  private final String url;

  private StoreWorld(Database database, String url) {
    this.database = database;
    this.url = url;
  }

  /// An empty database of this kind.
  ///
  /// @param directory where a file may be made
  public static StoreWorld open(Kind kind, Path directory) {
    try {
      return switch (kind) {
        case SQLITE -> {
          Path file = directory.resolve(Names.unique("store") + ".db");
          yield new StoreWorld(
              Database.sqlite(file, InstantSource.system()), "jdbc:sqlite:" + file);
        }
        case POSTGRESQL -> {
          String url = PostgresServer.newDatabase();
          yield new StoreWorld(Database.postgresql(url, "", "", InstantSource.system()), url);
        }
      };
    } catch (Database.CannotOpen e) {
      throw new IllegalStateException(e);
    }
  }

  /// Asks a store.
  public <T> T read(Function<Transaction, T> work) {
    return database.read(tx -> work.apply(watched(tx)));
  }

  /// Lets a store write.
  public void write(Consumer<Transaction> work) {
    database.write(
        tx -> {
          work.accept(watched(tx));
          return true;
        });
  }

  /// Lets a store write, and tells what it answered.
  public <T> T writeAnd(Function<Transaction, T> work) {
    return database.write(tx -> work.apply(watched(tx)));
  }

  private static Transaction watched(Transaction tx) {
    DroppedCheck.in(tx.handle());
    return tx;
  }

  /// A new customer with one of everything.
  public Owner newOwner() {
    String id = Names.unique("owner");
    Owner owner =
        new Owner(
            new CustomerId(id),
            new TenantId(id + "-t"),
            new TenantId(id + "-ft"),
            new RoleName("ROLE_SAME"),
            new ClientId(id + "-c"),
            new ClientId(id + "-fc"),
            id + "-s",
            id + "-j");
    String client = owner.client.text();
    database.write(
        tx -> {
          run(tx, "INSERT INTO customer VALUES (?, 'name', 'active', 1, 1, NULL)", id);
          run(tx, "INSERT INTO tenant VALUES (?, ?, 'name', 1, NULL)", owner.tenant.text(), id);
          run(tx, "INSERT INTO tenant VALUES (?, ?, 'name', 1, 2)", owner.formerTenant.text(), id);
          run(tx, "INSERT INTO custom_role VALUES (?, 'ROLE_SAME', '[]', 1)", id);
          String into =
              """
              INSERT INTO client (client_id, customer_id, version, generation, enabled,
                default_roles, authentication_methods, client_permissions, created_at, updated_at,
                deleted_at, former_grants)
              """;
          run(
              tx,
              into
                  + "VALUES (?, ?, 1, 1, TRUE, FALSE, '[\"client_secret_basic\"]', ?, 1, 1, NULL,"
                  + " NULL)",
              client,
              id,
              "{\"roles\":{\"ROLE_SAME\":[\"" + owner.tenant + "\"]}}");
          run(
              tx,
              into + "VALUES (?, ?, 1, 1, TRUE, FALSE, '[]', NULL, 1, 1, 2, ?)",
              owner.formerClient.text(),
              id,
              "{\"ROLE_SAME\":[\"" + owner.tenant + "\"]}");
          run(
              tx,
              """
              INSERT INTO client_grant (client_id, role, tenant_id, customer_id, given_by, given_at)
              VALUES (?, 'ROLE_SAME', ?, ?, 'giver', 1)
              """,
              client,
              owner.tenant.text(),
              id);
          run(
              tx,
              """
              INSERT INTO client_secret (secret_id, client_id, customer_id, algorithm, digest, hint,
                created_at, created_by)
              VALUES (?, ?, ?, 'hmac-sha256', ?, 'hint', 1, 'giver')
              """,
              owner.secret,
              client,
              id,
              "00".repeat(32));
          run(
              tx,
              """
              INSERT INTO revoked_token (jti, client_id, customer_id, expires_at, revoked_at)
              VALUES (?, ?, ?, 9000000000, 1)
              """,
              owner.jti,
              client,
              id);
          run(
              tx,
              """
              INSERT INTO audit_event (customer_id, seq, at, actor, action, object, hashed, hash)
              VALUES (?, 1, 1, 'giver', 'client.create', ?, '{"detail":{}}', 'hash')
              """,
              id,
              client);
          run(tx, "INSERT INTO audit_head (customer_id, seq, hash) VALUES (?, 1, 'hash')", id);
          run(tx, "INSERT INTO refusal_count VALUES (?, 1, 'caller', 'route', 'outcome', 7)", id);
          return id;
        });
    return owner;
  }

  private static void run(Transaction tx, String sql, String... values) {
    tx.handle().execute(sql, (Object[]) values);
  }

  /// Every row of this customer, as it stands.
  public List<String> rowsOf(Owner owner) {
    String customer = owner.customer.text();
    try (Connection connection = DriverManager.getConnection(url)) {
      List<String> rows = new ArrayList<>(CustomerRows.of(connection, customer));
      rows.addAll(
          CustomerRows.rows(
              connection,
              "refusal_count",
              "SELECT * FROM refusal_count WHERE customer_id = ? ORDER BY 1, 2, 3, 4, 5",
              customer));
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
