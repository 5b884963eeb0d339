package io.clientele.db;

import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/// One transaction, as stores see it. Every store method takes it first and the customer second.
public final class Transaction {

  /// What changed, so that every node drops what it remembers of it.
  ///
  /// @param kind of thing, as the subscriber names it
  /// @param key its id
  public record Change(String kind, String key) {}

  private final Handle handle;
  private final boolean rowLocks;
  private final List<Change> changes = new ArrayList<>();

  Transaction(Handle handle, boolean rowLocks) {
    this.handle = handle;
    this.rowLocks = rowLocks;
  }

  /// JDBI's handle, for stores.
  public Handle handle() {
    return handle;
  }

  /// Ends a SELECT whose rows must not change before the commit. SQLite has one writer and needs no
  /// more.
  public String forUpdate() {
    return rowLocks ? " FOR UPDATE" : "";
  }

  /// The same where others may also depend on these rows not changing.
  public String forShare() {
    return rowLocks ? " FOR SHARE" : "";
  }

  /// Notes a change; it is written and told when the transaction commits.
  public void changed(String kind, String key) {
    Change change = new Change(kind, key);
    if (!changes.contains(change) || changes.size() > 64) {
      changes.add(change);
    }
  }

  List<Change> changes() {
    return changes;
  }
}
