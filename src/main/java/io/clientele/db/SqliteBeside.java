package io.clientele.db;

import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// An SQLite file beside a server that may be writing it: to look only, on the thread that asks,
/// one at a time.
final class SqliteBeside implements Place {

  private final SqliteConnection connection;

  SqliteBeside(SqliteConnection connection) {
    this.connection = connection;
  }

  @Override
  public <T> Done<T> write(Function<Transaction, T> work, ChangeLog log) {
    throw new UnsupportedOperationException("this database is looked at only");
  }

  @Override
  public <T> T read(Function<Transaction, T> work) {
    return Sqlite.look(connection, work);
  }

  @Override
  public <T> T query(String sql, String parameter, RowsReader<T> reader) {
    return connection.query(sql, parameter, reader);
  }

  @Override
  public Optional<Executor> readers() {
    return Optional.empty();
  }

  @Override
  public void expectLargeTransactions() {
    // There are none.
  }

  @Override
  public void giveWay() {
    // It has no threads of its own.
  }

  @Override
  public void close() {
    connection.close();
  }
}
