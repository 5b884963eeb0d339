package io.clientele.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.clientele.http.Unavailable;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The database, whichever it is: `write` runs work in a transaction that may change rows and
/// follows the change log, `read` in one that sees a single moment. How that is done with SQLite
/// and with PostgreSQL stands in the two classes of these names, and nowhere else.
public final class Database implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Database.class);

  /// More than processors would take each other's pages out of the processors' caches.
  private static final int READERS = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 4);

  /// For all that no token waits for.
  private static final int LOOKERS = 2;

  private static final int ATTEMPTS = 4;

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

  private final Place place;
  private final boolean shared;
  private final ChangeLog changeLog;

  private Database(Place place, boolean shared, InstantSource clock) {
    this.place = place;
    this.shared = shared;
    this.changeLog = new ChangeLog(this, clock);
  }

  /// Opens (and makes, if need be) an SQLite file, and brings its schema up to date.
  public static Database sqlite(Path file, InstantSource clock) throws CannotOpen {
    List<SqliteConnection> opened = new ArrayList<>();
    try {
      SqliteConnection writer = SqliteConnection.writer(file);
      opened.add(writer);
      for (int i = 0; i < READERS + LOOKERS; i++) {
        opened.add(SqliteConnection.reader(file));
      }
      List<SqliteConnection> readers = opened.subList(1, opened.size());
      return new Database(
          new Sqlite(writer, readers.subList(0, READERS), readers.subList(READERS, readers.size())),
          false,
          clock);
    } catch (SQLException | RuntimeException e) {
      opened.forEach(SqliteConnection::close);
      throw new CannotOpen("The database " + file + " cannot be opened: " + oneLine(e), e);
    }
  }

  /// Opens an SQLite file that is there, beside a server that may be writing it, to look only: one
  /// thread at a time, and `write` is refused. What changed is not followed.
  public static Database sqliteBeside(Path file, InstantSource clock) throws CannotOpen {
    try {
      return new Database(new SqliteBeside(SqliteConnection.beside(file)), false, clock);
    } catch (SQLException | RuntimeException e) {
      throw new CannotOpen("The database " + file + " cannot be opened: " + oneLine(e), e);
    }
  }

  /// Writes a copy of an SQLite file as of one moment, beside a server that may be writing it.
  ///
  /// @param copy an empty file, or one that is not there
  /// @return the version of its schema
  /// @throws CannotOpen if it cannot be read or written, or its pages are not what they should be
  public static int copySqlite(Path file, Path copy) throws CannotOpen {
    try {
      return SqliteConnection.copy(file, copy);
    } catch (SQLException e) {
      throw new CannotOpen("The database " + file + " cannot be copied: " + oneLine(e), e);
    }
  }

  /// Opens a pool on a PostgreSQL database and brings its schema up to date.
  ///
  /// @param url `jdbc:postgresql://…`
  /// @param user empty for what the URL says
  /// @param password empty for what the URL says
  public static Database postgresql(String url, String user, String password, InstantSource clock)
      throws CannotOpen {
    return postgresql(url, user, password, false, clock);
  }

  /// The same to look only: nothing is written, the schema is not brought up to date.
  public static Database postgresqlToLook(
      String url, String user, String password, InstantSource clock) throws CannotOpen {
    return postgresql(url, user, password, true, clock);
  }

  private static Database postgresql(
      String url, String user, String password, boolean isToLook, InstantSource clock)
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
    config.setReadOnly(isToLook);
    config.setConnectionTimeout(2_000);
    config.setInitializationFailTimeout(5_000);
    config.addDataSourceProperty("targetServerType", "primary");
    config.addDataSourceProperty("connectTimeout", "2");
    config.addDataSourceProperty("socketTimeout", "10");
    config.addDataSourceProperty("tcpKeepAlive", "true");
    // A batch of one-row inserts becomes inserts of many rows.
    config.addDataSourceProperty("reWriteBatchedInserts", "true");
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
        if (isToLook) {
          Migrations.requireNewest(connection);
        } else {
          Migrations.bringUpToDate(
              pool, connection, Map.of("bytewise", "COLLATE \"C\"", "inKey", ""));
        }
      }
      return new Database(new Postgresql(pool, pool::close), true, clock);
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
    return oneLine(root);
  }

  /// A message may quote a whole statement.
  private static String oneLine(Throwable failure) {
    return String.valueOf(failure.getMessage()).replaceAll("\\s+", " ");
  }

  /// Whether other nodes may write here too.
  public boolean isShared() {
    return shared;
  }

  /// Prepares for transactions of many thousand rows, as an import has and a server has not.
  public void expectLargeTransactions() {
    place.expectLargeTransactions();
  }

  /// Has its own threads, if there are any, give way to those that serve many connections: for a
  /// server that has started.
  public void giveWay() {
    place.giveWay();
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
    Place.Done<T> done = guarded(() -> place.write(work, changeLog));
    changeLog.tell(done.changes());
    return done.value();
  }

  /// Runs work that only looks.
  ///
  /// @throws Unavailable if the database is not there or corrupt, or has more work than can wait
  public <T> T read(Function<Transaction, T> work) {
    return guarded(() -> place.read(work));
  }

  /// Runs one query, without the work that JDBI and a transaction are around it: for what the first
  /// token of a client waits for.
  ///
  /// @param parameter of the query, its only one
  /// @param reader called again, with another result, if the database gives up the first
  /// @throws Unavailable if the database is not there, or has more work than can wait
  public <T> T query(String sql, String parameter, RowsReader<T> reader) {
    return guarded(() -> place.query(sql, parameter, reader));
  }

  /// Runs work where `read` and `query` cost no change of threads, if there is such a place. The
  /// work must not throw, must not `write`, and waits for nothing but rows.
  public Optional<Executor> readers() {
    return place.readers();
  }

  private static <T> T guarded(Supplier<T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return work.get();
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
          throw new Unavailable("database: " + oneLine(cause), cause);
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
        // BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB
        case 5, 6, 8, 10, 11, 13, 14, 26 -> true;
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
    place.close();
  }
}
