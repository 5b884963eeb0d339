package io.clientele.usage;

import io.clientele.access.Generations;
import io.clientele.db.Transaction;
import io.clientele.id.ClientId;
import io.clientele.usage.UsageCounters.Bucket;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.statement.PreparedBatch;

/// The counters' rows. They hold no customer's data but numbers, and are written for all at once.
final class UsageStore {

  /// One order for all nodes, so that two flushes never wait for each other in a circle.
  private static final Comparator<Bucket> ORDER =
      Comparator.comparing(Bucket::client)
          .thenComparingLong(bucket -> bucket.generations().client())
          .thenComparingLong(bucket -> bucket.generations().customer())
          .thenComparingLong(Bucket::expiryMinute);

  void addTokens(Transaction tx, Map<Bucket, Long> tokens) {
    PreparedBatch batch =
        tx.handle()
            .prepareBatch(
                """
                INSERT INTO token_count
                  (client_id, client_generation, customer_generation, expiry_minute, tokens)
                VALUES (:client, :clientGeneration, :customerGeneration, :minute, :tokens)
                ON CONFLICT (client_id, client_generation, customer_generation, expiry_minute)
                DO UPDATE SET tokens = token_count.tokens + excluded.tokens
                """);
    SortedMap<Bucket, Long> inOrder = new TreeMap<>(ORDER);
    inOrder.putAll(tokens);
    inOrder.forEach(
        (bucket, count) ->
            batch
                .bind("client", bucket.client().text())
                .bind("clientGeneration", bucket.generations().client())
                .bind("customerGeneration", bucket.generations().customer())
                .bind("minute", bucket.expiryMinute())
                .bind("tokens", count)
                .add());
    if (batch.size() > 0) {
      batch.execute();
    }
  }

  void setLastUsed(Transaction tx, Map<String, Long> secrets) {
    PreparedBatch batch =
        tx.handle()
            .prepareBatch(
                """
                INSERT INTO secret_use (secret_id, last_used_at) VALUES (:id, :at)
                ON CONFLICT (secret_id) DO UPDATE SET last_used_at = excluded.last_used_at
                WHERE secret_use.last_used_at < excluded.last_used_at
                """);
    new TreeMap<>(secrets).forEach((id, at) -> batch.bind("id", id).bind("at", at).add());
    if (batch.size() > 0) {
      batch.execute();
    }
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
