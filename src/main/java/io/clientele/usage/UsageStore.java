package io.clientele.usage;

import io.clientele.access.Generations;
import io.clientele.db.Transaction;
import io.clientele.id.ClientId;
import io.clientele.usage.UsageCounters.Bucket;
import io.clientele.usage.UsageCounters.Tally;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// The counters' rows. They hold no customer's data but numbers, and are written for all at once.
final class UsageStore {

  /// One order for all nodes, so that two flushes never wait for each other in a circle.
  static final Comparator<Bucket> ORDER =
      Comparator.comparing(Bucket::client)
          .thenComparingLong(bucket -> bucket.generations().client())
          .thenComparingLong(bucket -> bucket.generations().customer())
          .thenComparingLong(Bucket::expiryMinute);

  /// @param tokens in order
  void addTokens(Transaction tx, List<Map.Entry<Bucket, Tally>> tokens) {
    tx.batch(
        """
        INSERT INTO token_count
          (client_id, client_generation, customer_generation, expiry_minute, tokens)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (client_id, client_generation, customer_generation, expiry_minute)
        DO UPDATE SET tokens = token_count.tokens + excluded.tokens
        """,
        tokens,
        (row, each) -> {
          Bucket bucket = each.getKey();
          row.setString(1, bucket.client().text());
          row.setLong(2, bucket.generations().client());
          row.setLong(3, bucket.generations().customer());
          row.setLong(4, bucket.expiryMinute());
          row.setLong(5, each.getValue().value());
        });
  }

  /// @param secrets in order
  void setLastUsed(Transaction tx, List<Map.Entry<String, Tally>> secrets) {
    tx.batch(
        """
        INSERT INTO secret_use (secret_id, last_used_at) VALUES (?, ?)
        ON CONFLICT (secret_id) DO UPDATE SET last_used_at = excluded.last_used_at
        WHERE secret_use.last_used_at < excluded.last_used_at
        """,
        secrets,
        (row, each) -> {
          row.setString(1, each.getKey());
          row.setLong(2, each.getValue().value());
        });
  }

  long tokens(Transaction tx, ClientId client, Generations generations, long afterMinute) {
    return tx.handle()
        .createQuery(
            """
            SELECT COALESCE(SUM(tokens), 0) FROM token_count
            WHERE client_id = :client AND client_generation = :clientGeneration
            AND customer_generation = :customerGeneration AND expiry_minute > :minute
            """)
        .bind("client", client.text())
        .bind("clientGeneration", generations.client())
        .bind("customerGeneration", generations.customer())
        .bind("minute", afterMinute)
        .mapTo(Long.class)
        .one();
  }

  void deleteExpired(Transaction tx, long minute) {
    tx.handle()
        .createUpdate("DELETE FROM token_count WHERE expiry_minute <= :minute")
        .bind("minute", minute)
        .execute();
  }
}
