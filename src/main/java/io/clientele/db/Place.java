package io.clientele.db;

import io.clientele.db.Transaction.Change;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// How transactions are run; each kind of database has its own way.
interface Place {

  /// What a transaction that was committed gave.
  ///
  /// @param changes those that subscribers of the change log must be told of
  record Done<T>(T value, List<Change> changes) {}

  /// Runs work that may change rows, writes its changes into the log, and commits.
  <T> Done<T> write(Function<Transaction, T> work, ChangeLog log);

  /// Runs work that only looks.
  <T> T read(Function<Transaction, T> work);

  /// Runs one query, which is a transaction by itself.
  ///
  /// @param parameter of the query, its only one
  <T> T query(String sql, String parameter, RowsReader<T> reader);

  /// Runs work on the threads that read, on which `read` and `query` cost no change of threads;
  /// empty if any thread is as good. The work must not throw, must not `write`, and waits for
  /// nothing else.
  Optional<Executor> readers();

  /// Prepares for transactions of many thousand rows.
  void expectLargeTransactions();

  /// Has its own threads, if there are any, give way to those that serve many connections.
  void giveWay();

  void close();
}
