package io.clientele.client;

import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretDigest;
import io.clientele.db.Transaction;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/// Secrets of clients, a row each: digests, never the secrets. A secret that was ended keeps its
/// row, for the record, without its digest.
public final class SecretStore {

  private final InstantSource clock;
  private final CryptoProvider provider;

  public SecretStore(InstantSource clock, CryptoProvider provider) {
    this.clock = clock;
    this.provider = provider;
  }

  /// The secrets that were not ended, oldest first; expired ones among them.
  public List<StoredSecret> list(Transaction tx, CustomerId customer, ClientId client) {
    return tx.handle()
        .createQuery(
            """
            SELECT s.secret_id, s.algorithm, s.digest, s.hint, s.created_at, s.created_by,
              s.expires_at, u.last_used_at
            FROM client_secret s LEFT JOIN secret_use u ON u.secret_id = s.secret_id
            WHERE s.client_id = :client AND s.customer_id = :customer AND s.revoked_at IS NULL
            ORDER BY s.created_at, s.secret_id
            """)
        .bind("client", client.text())
        .bind("customer", customer.text())
        .map((row, context) -> read(row))
        .list();
  }

  private static StoredSecret read(ResultSet row) throws SQLException {
    return new StoredSecret(
        row.getString("secret_id"),
        SecretDigest.decode(row.getString("algorithm"), row.getString("digest")),
        row.getString("hint"),
        row.getLong("created_at"),
        row.getString("created_by"),
        optionalLong(row, "expires_at"),
        optionalLong(row, "last_used_at"));
  }

  private static OptionalLong optionalLong(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /// Ids for new rows: the time with 12 hexadecimal digits and 12 more that begin at random and
  /// count on. So new rows stand side by side in the index, and do not each touch a page of their
  /// own.
  List<String> newIds(int count) {
    byte[] random = new byte[Long.BYTES];
    provider.random().nextBytes(random);
    long first = ByteBuffer.wrap(random).getLong();
    HexFormat hex = HexFormat.of();
    String time = hex.toHexDigits(clock.millis(), 12);
    return IntStream.range(0, count).mapToObj(i -> time + hex.toHexDigits(first + i, 12)).toList();
  }

  /// Adds one.
  ///
  /// @return the id of its row
  public String insert(
      Transaction tx,
      CustomerId customer,
      ClientId client,
      Secret secret,
      SecretDigest digest,
      ClientId createdBy,
      OptionalLong expiresAt) {
    String id = newIds(1).getFirst();
    var insert =
        tx.handle()
            .createUpdate(
                """
                INSERT INTO client_secret (secret_id, client_id, customer_id, algorithm, digest, hint,
                  created_at, created_by, expires_at)
                VALUES (:id, :client, :customer, :algorithm, :digest, :hint, :now, :by, :expires)
                """)
            .bind("id", id)
            .bind("client", client.text())
            .bind("customer", customer.text())
            .bind("algorithm", digest.algorithm())
            .bind("digest", digest.encoded())
            .bind("hint", secret.hint())
            .bind("now", clock.millis())
            .bind("by", createdBy.text());
    if (expiresAt.isPresent()) {
      insert.bind("expires", expiresAt.getAsLong());
    } else {
      insert.bindNull("expires", java.sql.Types.BIGINT);
    }
    insert.execute();
    return id;
  }

  /// Ends one.
  public void revoke(Transaction tx, CustomerId customer, ClientId client, String secretId) {
    tx.handle()
        .createUpdate(
            """
            UPDATE client_secret SET revoked_at = :now, digest = ''
            WHERE secret_id = :id AND client_id = :client AND customer_id = :customer
            AND revoked_at IS NULL
            """)
        .bind("now", clock.millis())
        .bind("id", secretId)
        .bind("client", client.text())
        .bind("customer", customer.text())
        .execute();
  }

  /// Ends all of a client.
  public void revokeAll(Transaction tx, CustomerId customer, ClientId client) {
    tx.handle()
        .createUpdate(
            """
            UPDATE client_secret SET revoked_at = :now, digest = ''
            WHERE client_id = :client AND customer_id = :customer AND revoked_at IS NULL
            """)
        .bind("now", clock.millis())
        .bind("client", client.text())
        .bind("customer", customer.text())
        .execute();
  }
}
