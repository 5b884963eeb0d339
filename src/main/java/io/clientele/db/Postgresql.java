package io.clientele.db;

import io.clientele.db.Transaction.Change;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionException;

/// PostgreSQL: the thread that asks does the work, on a connection of the pool.
final class Postgresql implements Place {

  private final Jdbi jdbi;
  private final Runnable closing;

  /// @param closing closes the pool
  Postgresql(DataSource pool, Runnable closing) {
    this.jdbi = Jdbi.create(pool);
    this.closing = closing;
  }

  @Override
  public <T> Done<T> write(Function<Transaction, T> work, ChangeLog log) {
    return jdbi.inTransaction(
        handle -> {
          Transaction tx = new Transaction(handle, true, new HashMap<>());
          T value = work.apply(tx);
          List<Change> changes = tx.changes();
          if (!changes.isEmpty()) {
            log.write(handle, changes);
          }
          return new Done<>(value, changes);
        });
  }

  @Override
  public <T> T read(Function<Transaction, T> work) {
    return jdbi.inTransaction(
        handle -> work.apply(new Transaction(handle, false, new HashMap<>())));
  }

  @Override
  public <T> T query(String sql, String parameter, RowsReader<T> reader) {
    return jdbi.withHandle(
        handle -> {
          try (PreparedStatement statement = handle.getConnection().prepareStatement(sql)) {
            statement.setString(1, parameter);
            try (ResultSet rows = statement.executeQuery()) {
              return reader.read(rows);
            }
          } catch (SQLException e) {
            throw new TransactionException(e);
          }
        });
  }

  @Override
  public Optional<Executor> readers() {
    return Optional.empty();
  }

  @Override
  public void expectLargeTransactions() {
    // The server has its own memory, and is told by who runs it.
  }

  @Override
  public void giveWay() {
    // It has no threads of its own.
  }

  @Override
  public void close() {
    closing.run();
  }
}
