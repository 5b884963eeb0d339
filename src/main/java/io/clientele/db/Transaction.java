package io.clientele.db;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

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
  private final Map<Change, Object> held;

  /// @param rowLocks whether others may write at the same time
  /// @param held what `held` has read and nobody changed since; deeds of one common commit share it
  Transaction(Handle handle, boolean rowLocks, Map<Change, Object> held) {
    this.handle = handle;
    this.rowLocks = rowLocks;
    this.held = held;
  }

  /// JDBI's handle, for stores.
  public Handle handle() {
    return handle;
  }

  /// Fills in the parameters of a statement for one row.
  @FunctionalInterface
  public interface RowWriter<T> {
    void write(PreparedStatement statement, T row) throws SQLException;
  }

  /// Runs a statement once for each row, without JDBI's work for each: for thousands of rows.
  ///
  /// @throws JdbiException if it cannot
  public <T> void batch(String sql, List<T> rows, RowWriter<T> writer) {
    if (rows.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = handle.getConnection().prepareStatement(sql)) {
      for (T row : rows) {
        writer.write(statement, row);
        statement.addBatch();
      }
      statement.executeBatch();
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException(e, null);
    }
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

  /// Reads once what several steps of a transaction ask for: it is read again only after `changed`.
  /// It must be such that nobody else changes it before the commit.
  ///
  /// @param kind as `changed` names it; all values of a kind are of one type
  @SuppressWarnings("unchecked")
  public <T> T held(String kind, String key, Supplier<T> read) {
    return (T) held.computeIfAbsent(new Change(kind, key), same -> read.get());
  }

  /// Notes a change; it is written and told when the transaction commits.
  public void changed(String kind, String key) {
    Change change = new Change(kind, key);
    held.remove(change);
    if (!changes.contains(change) || changes.size() > 64) {
      changes.add(change);
    }
  }

  List<Change> changes() {
    return changes;
  }
}
