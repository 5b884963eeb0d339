package io.clientele.db;

import io.clientele.db.Transaction.Change;
import io.clientele.http.Unavailable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// SQLite: one writer connection, a few readers for what tokens wait for, and a few for all else.
/// In a server all give way when processors are short, so that lists, deeds and strangers take
/// little from the tokens of clients in memory.
///
/// A commit waits for the disk, and many can wait for one commit. So the deeds that came while the
/// last commit was under way are done one after the other in one transaction, each in a savepoint
/// of its own: one that fails takes back what it did, and nothing else. All are answered after the
/// common commit, those that failed too, since what made one fail may be a deed beside it.
///
/// When the disk has failed to keep what was written (`fsync`), nothing is written until a restart:
/// the system may take pages that it lost for written, and says so to nobody who asks again. A new
/// process reads the write-ahead log anew and writes all of it once more. Readers go on.
final class Sqlite implements Place {

  private static final Logger LOG = LoggerFactory.getLogger(Sqlite.class);
  private static final int QUEUE = 1_000;

  /// Keeps short what each waits for the others.
  private static final int MOST_TOGETHER = 100;

  private final OwnThreads writer;
  private final OwnThreads readers;
  private final OwnThreads lookers;
  private final ArrayBlockingQueue<Deed<?>> waiting = new ArrayBlockingQueue<>(QUEUE);

  /// Whether the writer's thread was asked for a turn that has not begun: one for each deed would
  /// fill its queue with turns that find nothing.
  private final AtomicBoolean turnIsComing = new AtomicBoolean();

  private volatile boolean hasDiskFailed;
  private boolean isCheckpointLate;

  /// @param reading for rows that a token waits for
  /// @param looking for all else
  Sqlite(SqliteConnection writing, List<SqliteConnection> reading, List<SqliteConnection> looking) {
    writer = new OwnThreads("sqlite-writer", List.of(writing), QUEUE);
    readers = new OwnThreads("sqlite-reader", reading, QUEUE);
    lookers = new OwnThreads("sqlite-looker", looking, QUEUE);
  }

  /// How a deed ended; nobody is told before the commit.
  private sealed interface Outcome<T> {
    record Succeeded<T>(Done<T> done) implements Outcome<T> {}

    record Failed<T>(Throwable failure) implements Outcome<T> {}
  }

  /// Work that changes rows, and who waits for it.
  private static final class Deed<T> {
    private final Function<Transaction, T> work;
    private final CompletableFuture<Done<T>> answer = new CompletableFuture<>();
    private Outcome<T> outcome = new Outcome.Failed<>(new IllegalStateException("not done"));

    Deed(Function<Transaction, T> work) {
      this.work = work;
    }

    /// @return the changes that it made; empty as well if it failed
    List<Change> run(Transaction tx) {
      try {
        Done<T> done = new Done<>(work.apply(tx), tx.changes());
        outcome = new Outcome.Succeeded<>(done);
        return done.changes();
      } catch (RuntimeException | Error e) {
        outcome = new Outcome.Failed<>(e);
        return List.of();
      }
    }

    Optional<Throwable> failure() {
      return outcome instanceof Outcome.Failed<T>(Throwable failure)
          ? Optional.of(failure)
          : Optional.empty();
    }

    /// Tells how it ended.
    void answer() {
      switch (outcome) {
        case Outcome.Succeeded<T>(Done<T> done) -> answer.complete(done);
        case Outcome.Failed<T>(Throwable failure) -> answer.completeExceptionally(failure);
      }
    }

    /// Tells that nothing was done.
    void refuse(Throwable failure) {
      answer.completeExceptionally(failure);
    }
  }

  @Override
  public <T> Done<T> write(Function<Transaction, T> work, ChangeLog log) {
    if (hasDiskFailed) {
      throw diskHasFailed();
    }
    Deed<T> deed = new Deed<>(work);
    if (!waiting.offer(deed)) {
      throw new Unavailable("more work for the database than can wait");
    }
    if (turnIsComing.compareAndSet(false, true)) {
      try {
        writer.execute(connection -> doAllWaiting(connection, log));
      } catch (Unavailable e) {
        turnIsComing.set(false);
        // With those who relied on this turn.
        refuseAllWaiting(e);
      }
    }
    return await(deed.answer);
  }

  private void refuseAllWaiting(Throwable reason) {
    List<Deed<?>> refused = new ArrayList<>();
    waiting.drainTo(refused);
    refused.forEach(deed -> deed.refuse(reason));
  }

  private void doAllWaiting(SqliteConnection connection, ChangeLog log) {
    // Who comes from now on asks for a turn, which may find that this one took its deed along.
    turnIsComing.set(false);
    while (!waiting.isEmpty()) {
      doWaiting(connection, log);
      checkpoint(connection);
    }
  }

  private static Unavailable diskHasFailed() {
    return new Unavailable("the disk failed: nothing is written until a restart");
  }

  /// Looks whether a failure is one after which nothing may be written.
  private void note(Throwable failure) {
    if (!hasDiskFailed && SqliteConnection.isLossOnDisk(failure)) {
      hasDiskFailed = true;
      LOG.error(
          "the disk failed to keep what was written to the database ({}): nothing is written until"
              + " a restart. Look after the disk, then start again.",
          failure.getMessage());
    }
  }

  /// By ourselves and not by SQLite within a commit, which would not tell that it failed.
  private void checkpoint(SqliteConnection connection) {
    if (hasDiskFailed) {
      return;
    }
    try {
      connection.checkpointIfDue();
      isCheckpointLate = false;
    } catch (RuntimeException e) {
      note(e);
      if (!isCheckpointLate) {
        LOG.warn("the write-ahead log cannot be put in its place now: {}", e.getMessage());
      }
      isCheckpointLate = true;
    }
  }

  private void doWaiting(SqliteConnection connection, ChangeLog log) {
    List<Deed<?>> deeds = new ArrayList<>();
    waiting.drainTo(deeds, MOST_TOGETHER);
    if (hasDiskFailed) {
      // They waited while it failed.
      deeds.forEach(deed -> deed.refuse(diskHasFailed()));
      return;
    }
    try {
      if (deeds.size() == 1 || !doTogether(connection, deeds, log)) {
        deeds.forEach(deed -> doAlone(connection, deed, log));
      }
    } catch (RuntimeException | Error e) {
      // A bug here; nobody may wait for ever.
      connection.rollback();
      deeds.forEach(deed -> deed.refuse(e));
      refuseAllWaiting(e);
      throw e;
    }
  }

  /// @return false if they cannot be done together; then nothing was done and nobody answered
  private boolean doTogether(SqliteConnection connection, List<Deed<?>> deeds, ChangeLog log) {
    try {
      connection.begin();
      List<Change> all = new ArrayList<>();
      Map<Change, Object> held = new HashMap<>();
      for (Deed<?> deed : deeds) {
        connection.savepoint();
        all.addAll(deed.run(new Transaction(connection.handle(), false, held)));
        if (deed.failure().isPresent()) {
          note(deed.failure().get());
          held.clear();
          connection.takeBack();
        } else {
          connection.release();
        }
      }
      if (!all.isEmpty()) {
        log.write(connection.handle(), all);
      }
    } catch (RuntimeException e) {
      LOG.debug("{} deeds cannot be done together", deeds.size(), e);
      note(e);
      connection.rollback();
      return false;
    }
    commit(connection, deeds);
    return true;
  }

  private void doAlone(SqliteConnection connection, Deed<?> deed, ChangeLog log) {
    if (hasDiskFailed) {
      deed.refuse(diskHasFailed());
      return;
    }
    try {
      connection.begin();
    } catch (RuntimeException e) {
      note(e);
      deed.refuse(e);
      return;
    }
    try {
      List<Change> made = deed.run(new Transaction(connection.handle(), false, new HashMap<>()));
      if (!made.isEmpty()) {
        log.write(connection.handle(), made);
      }
    } catch (RuntimeException e) {
      note(e);
      connection.rollback();
      deed.refuse(e);
      return;
    }
    if (deed.failure().isPresent()) {
      note(deed.failure().get());
      connection.rollback();
      deed.answer();
      return;
    }
    commit(connection, List.of(deed));
  }

  /// A commit that fails is not tried again: what was not written once may be taken for written the
  /// second time.
  private void commit(SqliteConnection connection, List<Deed<?>> deeds) {
    if (hasDiskFailed) {
      connection.rollback();
      deeds.forEach(deed -> deed.refuse(diskHasFailed()));
      return;
    }
    try {
      connection.commit();
    } catch (RuntimeException e) {
      note(e);
      connection.rollback();
      if (hasDiskFailed) {
        connection.writeOverWhatFailed();
      }
      deeds.forEach(deed -> deed.refuse(e));
      return;
    }
    deeds.forEach(Deed::answer);
  }

  @Override
  public <T> T read(Function<Transaction, T> work) {
    return on(lookers, connection -> look(connection, work));
  }

  @Override
  public <T> T query(String sql, String parameter, RowsReader<T> reader) {
    return on(readers, connection -> connection.query(sql, parameter, reader));
  }

  /// @param threads if this is not one of the readers' already
  private <T> T on(OwnThreads threads, Function<SqliteConnection, T> work) {
    Optional<SqliteConnection> own = readers.own();
    if (own.isPresent()) {
      return work.apply(own.get());
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    threads.execute(
        connection -> {
          try {
            answer.complete(work.apply(connection));
          } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
          }
        });
    return await(answer);
  }

  @Override
  public Optional<Executor> readers() {
    return Optional.of(work -> readers.execute(connection -> work.run()));
  }

  @Override
  public void giveWay() {
    readers.giveWay();
    lookers.giveWay();
    writer.giveWay();
  }

  static <T> T look(SqliteConnection connection, Function<Transaction, T> work) {
    connection.begin();
    try {
      return work.apply(new Transaction(connection.handle(), false, new HashMap<>()));
    } finally {
      connection.rollback();
    }
  }

  @Override
  public void expectLargeTransactions() {
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    writer.execute(
        connection -> {
          try {
            connection.expectLargeTransactions();
            answer.complete(true);
          } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
          }
        });
    await(answer);
  }

  private static <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("stopping", e);
    }
  }

  @Override
  public void close() {
    if (hasDiskFailed) {
      // The last connection to be closed would empty the write-ahead log into the database and
      // delete it: the one copy that is whole.
      readers.end();
      lookers.end();
      writer.end();
      return;
    }
    readers.close();
    lookers.close();
    writer.close();
  }
}
