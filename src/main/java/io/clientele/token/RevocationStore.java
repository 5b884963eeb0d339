package io.clientele.token;

import io.clientele.db.Transaction;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.util.LinkedHashMap;
import java.util.Map;

/// Single tokens that were revoked before their time, until they would have expired.
final class RevocationStore {

  /// The kind under which the change log tells of them; the key is `expiry jti`.
  static final String CHANGE = "revoked_token";

  /// Notes a token as revoked.
  ///
  /// @param expiresAt epoch seconds
  /// @param now epoch milliseconds
  /// @return false if it was already
  boolean insert(
      Transaction tx, CustomerId customer, ClientId client, String jti, long expiresAt, long now) {
    tx.changed(CHANGE, expiresAt + " " + jti);
    return tx.handle()
            .createUpdate(
                """
                INSERT INTO revoked_token (jti, client_id, customer_id, expires_at, revoked_at)
                VALUES (:jti, :client, :customer, :expires, :now) ON CONFLICT (jti) DO NOTHING
                """)
            .bind("jti", jti)
            .bind("client", client.text())
            .bind("customer", customer.text())
            .bind("expires", expiresAt)
            .bind("now", now)
            .execute()
        == 1;
  }

  /// How many of a client's are not expired.
  ///
  /// @param now epoch seconds
  long living(Transaction tx, CustomerId customer, ClientId client, long now) {
    return tx.handle()
        .createQuery(
            """
            SELECT COUNT(*) FROM revoked_token
            WHERE client_id = :client AND customer_id = :customer AND expires_at > :now
            """)
        .bind("client", client.text())
        .bind("customer", customer.text())
        .bind("now", now)
        .mapTo(Long.class)
        .one();
  }

  /// All that are not expired: jti to expiry, epoch seconds. Of all customers, for this node's
  /// memory.
  Map<String, Long> all(Transaction tx, long now) {
    Map<String, Long> all = new LinkedHashMap<>();
    tx.handle()
        .createQuery("SELECT jti, expires_at FROM revoked_token WHERE expires_at > :now")
        .bind("now", now)
        .map((row, context) -> Map.entry(row.getString(1), row.getLong(2)))
        .forEach(entry -> all.put(entry.getKey(), entry.getValue()));
    return all;
  }

  /// Forgets what has expired, of all customers.
  void deleteExpired(Transaction tx, long now) {
    tx.handle()
        .createUpdate("DELETE FROM revoked_token WHERE expires_at <= :now")
        .bind("now", now)
        .execute();
  }
}
