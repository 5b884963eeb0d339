package io.clientele.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.clientele.http.Unavailable;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/// The database, and the only file that knows SQLite from PostgreSQL. Work runs in transactions:
/// `write` in one that may change rows and follows the change log, `read` in one that sees a single
/// moment.
///
/// SQLite: one writer connection on one platform thread and a few readers on theirs, because native
/// calls hold the thread they run on. PostgreSQL: a pool; the caller's (virtual) thread does the
/// work.
public final class Database implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Database.class);
  private static final int READERS = 4;
  private static final int QUEUE = 1_000;
  private static final int ATTEMPTS = 4;

  /// The check of all pages takes a second a gigabyte, and a start must not become slow as clients
  /// become many.
  private static final long LARGEST_CHECKED = 256L * 1024 * 1024;

  /// What may go wrong when the database is opened; the message is for the operator.
  public static final class CannotOpen extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1L;

    public CannotOpen(String message) {
      super(message);
    }

    public CannotOpen(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /// Where the work of a transaction runs.
  private interface Place {
    <T> T run(Function<Handle, T> work);

    void close();
  }

  private final Place writer;
  private final Place reader;
  private final boolean shared;
  private final Runnable closing;
  private final ChangeLog changeLog;

  private Database(
      Place writer, Place reader, boolean shared, Runnable closing, InstantSource clock) {
    this.writer = writer;
    this.reader = reader;
    this.shared = shared;
    this.closing = closing;
    this.changeLog = new ChangeLog(this, clock);
  }

  /// Opens (and makes, if need be) an SQLite file, and brings its schema up to date.
  public static Database sqlite(Path file, InstantSource clock) throws CannotOpen {
    String url = "jdbc:sqlite:" + file;
    List<Connection> opened = new ArrayList<>();
    try {
      Connection writing = sqliteConfig().createConnection(url);
      opened.add(writing);
      requireSound(file, writing);
      Migrations.bringUpToDate(url, writing, "");
      List<Connection> reading = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        SQLiteConfig config = sqliteConfig();
        config.setReadOnly(true);
        config.setTransactionMode(SQLiteConfig.TransactionMode.DEFERRED);
        Connection connection = config.createConnection(url);
        opened.add(connection);
        reading.add(connection);
      }
      Place writer = new OwnThreads("sqlite-writer", List.of(writing));
      Place readers = new OwnThreads("sqlite-reader", reading);
      return new Database(writer, readers, false, () -> {}, clock);
    } catch (SQLException | RuntimeException e) {
      opened.forEach(Database::closeQuietly);
      throw new CannotOpen("The database " + file + " cannot be opened: " + e.getMessage(), e);
    } catch (CannotOpen e) {
      opened.forEach(Database::closeQuietly);
      throw e;
    }
  }

  /// Refuses a database of which pages are not what they should be: what stands in others may be
  /// wrong too.
  private static void requireSound(Path file, Connection connection)
      throws SQLException, CannotOpen {
    if (file.toFile().length() > LARGEST_CHECKED) {
      return;
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
      if (!row.next() || !"ok".equals(row.getString(1))) {
        throw new CannotOpen(
            "The database " + file + " is corrupt: restore a backup, or repair it.");
      }
    }
  }

  private static SQLiteConfig sqliteConfig() {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.enforceForeignKeys(true);
    config.setBusyTimeout(5_000);
    config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
    return config;
  }

  /// Opens a pool on a PostgreSQL database and brings its schema up to date.
  ///
  /// @param url `jdbc:postgresql://…`
  /// @param user empty for what the URL says
  /// @param password empty for what the URL says
  public static Database postgresql(String url, String user, String password, InstantSource clock)
      throws CannotOpen {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    if (!user.isEmpty()) {
      config.setUsername(user);
    }
    if (!password.isEmpty()) {
      config.setPassword(password);
    }
    config.setPoolName("postgresql");
    config.setMaximumPoolSize(10);
    // Jdbi takes a connection without it for one that is in a transaction already, and never
    // commits.
    config.setAutoCommit(true);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.setConnectionTimeout(2_000);
    config.setInitializationFailTimeout(5_000);
    config.addDataSourceProperty("targetServerType", "primary");
    config.addDataSourceProperty("connectTimeout", "2");
    config.addDataSourceProperty("socketTimeout", "10");
    config.addDataSourceProperty("tcpKeepAlive", "true");
    HikariDataSource pool;
    try {
      pool = new HikariDataSource(config);
    } catch (RuntimeException e) {
      throw new CannotOpen(
          "The database " + withoutParameters(url) + " cannot be reached: " + rootMessage(e) + ".",
          e);
    }
    try {
      try (Connection connection = pool.getConnection()) {
        connection.setAutoCommit(true);
        Migrations.bringUpToDate(pool, connection, "COLLATE \"C\"");
      }
      Place place = new CallersThread(Jdbi.create(pool));
      return new Database(place, place, true, pool::close, clock);
    } catch (SQLException | RuntimeException e) {
      pool.close();
      throw new CannotOpen(
          "The database "
              + withoutParameters(url)
              + " cannot be opened: "
              + rootMessage(e)
              + ". Its user must be able to make tables there.",
          e);
    } catch (CannotOpen e) {
      pool.close();
      throw e;
    }
  }

  /// Parameters of a URL may hold a password.
  private static String withoutParameters(String url) {
    return url.replaceFirst("\\?.*", "");
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage()).replaceAll("\\s+", " ");
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.warn("a connection could not be closed", e);
    }
  }

  /// Whether other nodes may write here too.
  public boolean isShared() {
    return shared;
  }

  /// The log of what changed.
  public ChangeLog changeLog() {
    return changeLog;
  }

  /// Runs work that may change rows. When this returns, what was done is on disk and every
  /// subscriber of the change log on this node has been told; when it throws, nothing was done.
  ///
  /// @throws Unavailable if the database is not there, full, or has more work than can wait
  public <T> T write(Function<Transaction, T> work) {
    List<Transaction.Change> committed = new ArrayList<>();
    T result =
        guarded(
            writer,
            handle ->
                handle.inTransaction(
                    same -> {
                      committed.clear();
                      Transaction tx = new Transaction(same, shared);
                      T done = work.apply(tx);
                      if (!tx.changes().isEmpty()) {
                        changeLog.write(same, tx.changes());
                        committed.addAll(tx.changes());
                      }
                      return done;
                    }));
    changeLog.tell(committed);
    return result;
  }

  /// Runs work that only looks.
  ///
  /// @throws Unavailable if the database is not there, or has more work than can wait
  public <T> T read(Function<Transaction, T> work) {
    return guarded(
        reader, handle -> handle.inTransaction(same -> work.apply(new Transaction(same, false))));
  }

  private static <T> T guarded(Place place, Function<Handle, T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return place.run(work);
      } catch (JdbiException e) {
        SQLException cause = sqlCause(e);
        if (cause == null) {
          throw e;
        }
        if (isWorthAnotherTry(cause) && attempt < ATTEMPTS) {
          continue;
        }
        if (isUnavailability(cause)) {
          LOG.warn("the database refuses: {}", cause.getMessage());
          throw new Unavailable("database: " + cause.getMessage(), cause);
        }
        throw e;
      }
    }
  }

  private static @org.jspecify.annotations.Nullable SQLException sqlCause(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof SQLException sql) {
        return sql;
      }
    }
    return null;
  }

  /// Serialization failure or deadlock: PostgreSQL chose this one to give way.
  private static boolean isWorthAnotherTry(SQLException e) {
    return "40001".equals(e.getSQLState()) || "40P01".equals(e.getSQLState());
  }

  private static boolean isUnavailability(SQLException e) {
    if (e instanceof org.sqlite.SQLiteException sqlite) {
      return switch (sqlite.getResultCode().code & 0xff) {
        // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN
        case 5, 6, 8, 10, 13, 14 -> true;
        default -> false;
      };
    }
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    // Connection failures, read-only server, resources, operator's intervention, deadlock after all
    // tries.
    return state.startsWith("08")
        || state.startsWith("25006")
        || state.startsWith("53")
        || state.startsWith("57")
        || state.startsWith("40")
        || e instanceof java.sql.SQLTransientException;
  }

  @Override
  public void close() {
    changeLog.close();
    reader.close();
    writer.close();
    closing.run();
  }

  /// SQLite: connections that each live on a platform thread of their own.
  private static final class OwnThreads implements Place {
    private final ThreadPoolExecutor threads;
    private final List<Connection> connections;
    private final ArrayBlockingQueue<Handle> handles;

    OwnThreads(String name, List<Connection> connections) throws SQLException {
      this.connections = List.copyOf(connections);
      handles = new ArrayBlockingQueue<>(connections.size());
      for (Connection connection : connections) {
        connection.setAutoCommit(true);
        handles.add(Jdbi.create(connection).open());
      }
      threads =
          new ThreadPoolExecutor(
              connections.size(),
              connections.size(),
              0,
              TimeUnit.SECONDS,
              new ArrayBlockingQueue<>(QUEUE),
              Thread.ofPlatform().name(name + "-", 0).daemon().factory());
    }

    @Override
    public <T> T run(Function<Handle, T> work) {
      CompletableFuture<T> result = new CompletableFuture<>();
      try {
        threads.execute(
            () -> {
              Handle handle = handles.remove();
              try {
                result.complete(work.apply(handle));
              } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
              } finally {
                handles.add(handle);
              }
            });
      } catch (RejectedExecutionException e) {
        throw new Unavailable("more work for the database than can wait", e);
      }
      try {
        return result.get();
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
      threads.shutdown();
      try {
        if (!threads.awaitTermination(Duration.ofSeconds(10).toSeconds(), TimeUnit.SECONDS)) {
          LOG.warn("work on the database did not end in time");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      handles.forEach(Handle::close);
      // A handle leaves open what it was not asked to open. The last to close empties the WAL into
      // the database.
      connections.forEach(Database::closeQuietly);
    }
  }

  /// PostgreSQL: the thread that asks does the work.
  private static final class CallersThread implements Place {
    private final Jdbi jdbi;

    CallersThread(Jdbi jdbi) {
      this.jdbi = jdbi;
    }

    @Override
    public <T> T run(Function<Handle, T> work) {
      return jdbi.withHandle(work::apply);
    }

    @Override
    public void close() {}
  }
}
