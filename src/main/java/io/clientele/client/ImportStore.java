package io.clientele.client;

import io.clientele.access.GrantStore;
import io.clientele.crypto.SecretDigest;
import io.clientele.db.Transaction;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Many new clients at once, with their grants and secrets: the rows that `ClientStore`,
/// `GrantStore` and `SecretStore` write one by one, in batches of plain JDBC.
final class ImportStore {

  private final InstantSource clock;
  private final SecretStore secrets;

  ImportStore(InstantSource clock, SecretStore secrets) {
    this.clock = clock;
    this.secrets = secrets;
  }

  /// A client to be made.
  ///
  /// @param hint the last four characters of its secret
  record Row(
      ClientId id, CustomerId customer, ClientFields fields, String hint, SecretDigest digest) {}

  private record Given(Row to, GrantStore.Grant grant) {}

  /// Makes clients whose ids were never in use.
  ///
  /// @param rows in the byte order of their ids, so that the rows of an index are written side by
  ///   side
  /// @param by who gives the grants and made the secrets
  void insert(Transaction tx, List<Row> rows, String by) {
    long now = clock.millis();
    insertClients(tx, rows, now);
    insertGrants(tx, rows, by, now);
    insertSecrets(tx, rows, by, now);
  }

  private static void insertClients(Transaction tx, List<Row> rows, long now) {
    tx.batch(
        """
        INSERT INTO client (client_id, customer_id, version, generation, enabled, default_roles,
          authentication_methods, client_permissions, scope, authorities, resource_ids,
          redirect_uri, client_name, client_description, client_email, access_token_validity,
          refresh_token_validity, created_at, updated_at)
        VALUES (?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        rows,
        (insert, row) -> {
          ClientFields fields = row.fields;
          insert.setString(1, row.id.text());
          insert.setString(2, row.customer.text());
          insert.setBoolean(3, fields.enabled());
          insert.setBoolean(4, fields.defaultRolesAssignmentEnabled());
          insert.setString(5, ClientStore.methods(fields));
          setText(insert, 6, ClientStore.permissions(fields));
          setText(insert, 7, ClientStore.list(fields.scope()));
          setText(insert, 8, ClientStore.list(fields.authorities()));
          setText(insert, 9, ClientStore.list(fields.resourceIds()));
          setText(insert, 10, ClientStore.list(fields.redirectUri()));
          setText(insert, 11, fields.clientName());
          setText(insert, 12, fields.clientDescription());
          setText(insert, 13, fields.clientEmail());
          setNumber(insert, 14, fields.accessTokenValidity());
          setNumber(insert, 15, fields.refreshTokenValidity());
          insert.setLong(16, now);
          insert.setLong(17, now);
        });
  }

  private static void insertGrants(Transaction tx, List<Row> rows, String by, long now) {
    tx.batch(
        """
        INSERT INTO client_grant (client_id, role, tenant_id, customer_id, given_by, given_at)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        rows.stream()
            .flatMap(
                row ->
                    GrantStore.rows(row.fields.holdings(row.customer)).stream()
                        .map(grant -> new Given(row, grant)))
            .toList(),
        (insert, given) -> {
          insert.setString(1, given.to.id.text());
          insert.setString(2, given.grant.role());
          insert.setString(3, given.grant.tenant());
          insert.setString(4, given.to.customer.text());
          insert.setString(5, by);
          insert.setLong(6, now);
        });
  }

  private void insertSecrets(Transaction tx, List<Row> rows, String by, long now) {
    Iterator<String> ids = secrets.newIds(rows.size()).iterator();
    tx.batch(
        """
        INSERT INTO client_secret (secret_id, client_id, customer_id, algorithm, digest, hint,
          created_at, created_by)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        rows,
        (insert, row) -> {
          insert.setString(1, ids.next());
          insert.setString(2, row.id.text());
          insert.setString(3, row.customer.text());
          insert.setString(4, row.digest.algorithm());
          insert.setString(5, row.digest.encoded());
          insert.setString(6, row.hint);
          insert.setLong(7, now);
          insert.setString(8, by);
        });
  }

  private static void setText(PreparedStatement statement, int place, Optional<String> text)
      throws SQLException {
    if (text.isPresent()) {
      statement.setString(place, text.get());
    } else {
      statement.setNull(place, Types.VARCHAR);
    }
  }

  private static void setNumber(PreparedStatement statement, int place, OptionalInt number)
      throws SQLException {
    if (number.isPresent()) {
      statement.setLong(place, number.getAsInt());
    } else {
      statement.setNull(place, Types.BIGINT);
    }
  }
}
