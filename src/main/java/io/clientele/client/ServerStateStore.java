package io.clientele.client;

import io.clientele.db.Transaction;

/// Facts about the installation that one row decides, for ever.
final class ServerStateStore {

  private ServerStateStore() {}

  /// Notes a fact.
  ///
  /// @return false if it was noted before
  static boolean setIfAbsent(Transaction tx, String name, String value) {
    return tx.handle()
            .createUpdate(
                """
                INSERT INTO server_state (name, value) VALUES (:name, :value)
                ON CONFLICT (name) DO NOTHING
                """)
            .bind("name", name)
            .bind("value", value)
            .execute()
        == 1;
  }

  /// Whether the fact was noted.
  static boolean has(Transaction tx, String name) {
    return tx.handle()
            .createQuery("SELECT COUNT(*) FROM server_state WHERE name = :name")
            .bind("name", name)
            .mapTo(Long.class)
            .one()
        > 0;
  }
}
