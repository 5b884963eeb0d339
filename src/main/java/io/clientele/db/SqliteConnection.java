package io.clientele.db;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteOpenMode;

/// A connection to an SQLite file. Transactions are begun and ended here, in words: the driver's
/// own way begins another transaction after each commit, and takes a connection whose `BEGIN`
/// failed for one that is in a transaction.
final class SqliteConnection implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SqliteConnection.class);

  private static final int LARGE_CACHE_KIB = 256 * 1024;

  /// 4 MiB, as SQLite has it.
  private static final int WAL_PAGES = 1_000;

  /// 64 MiB.
  private static final int LARGE_WAL_PAGES = 16 * 1024;

  private final Connection connection;
  private final String beginning;
  private final KeptStatements statements = new KeptStatements();
  private final Handle handle;
  private int walPages = WAL_PAGES;

  private SqliteConnection(SQLiteConnection connection, String beginning) {
    this.connection = connection;
    this.beginning = beginning;
    // Tells the driver to leave transactions alone.
    connection.getConnectionConfig().setAutoCommit(false);
    handle = Jdbi.create(connection).open();
    handle.setStatementBuilder(statements);
  }

  /// Opens the file, and makes it if need be.
  ///
  /// @throws Database.CannotOpen if its pages are not what they should be, or it is another
  ///   program's; then nothing was changed
  static SqliteConnection writer(Path file) throws SQLException, Database.CannotOpen {
    if (file.toFile().exists()) {
      requireSound(file);
    }
    SQLiteConfig config = config();
    // Stays with the file.
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    String url = url(file);
    SQLiteConnection connection = (SQLiteConnection) config.createConnection(url);
    try {
      Migrations.bringUpToDate(url, connection, Map.of("bytewise", "", "inKey", " WITHOUT ROWID"));
      SqliteConnection writer = new SqliteConnection(connection, "BEGIN IMMEDIATE");
      // See checkpointIfDue.
      writer.run("PRAGMA wal_autocheckpoint = 0");
      return writer;
    } catch (RuntimeException | Database.CannotOpen e) {
      connection.close();
      throw e;
    }
  }

  /// Opens the file, which is there, to look only.
  static SqliteConnection reader(Path file) throws SQLException {
    SQLiteConfig config = config();
    config.setReadOnly(true);
    SQLiteConnection connection = (SQLiteConnection) config.createConnection(url(file));
    try {
      return new SqliteConnection(connection, "BEGIN");
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /// Opens the file, which is there, beside a server that may be writing it. Nothing is written,
  /// but if no server holds the file, what a crash left of the WAL is put in its place.
  ///
  /// @throws Database.CannotOpen if its schema is not the one that this program knows
  static SqliteConnection beside(Path file) throws SQLException, Database.CannotOpen {
    SQLiteConfig config = config();
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    SQLiteConnection connection = (SQLiteConnection) config.createConnection(url(file));
    try {
      Migrations.requireNewest(connection);
      return new SqliteConnection(connection, "BEGIN");
    } catch (RuntimeException | Database.CannotOpen e) {
      connection.close();
      throw e;
    }
  }

  /// Writes a copy as of one moment, beside a server that may be writing the file.
  ///
  /// @param copy an empty file
  /// @return the version of its schema
  /// @throws Database.CannotOpen if the pages of the copy are not what they should be
  static int copy(Path file, Path copy) throws SQLException, Database.CannotOpen {
    SQLiteConfig config = config();
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    try (Connection connection = config.createConnection(url(file));
        PreparedStatement statement = connection.prepareStatement("VACUUM INTO ?")) {
      statement.setString(1, copy.toString());
      statement.execute();
    }
    try (Connection connection = new SQLiteConfig().createConnection(url(copy))) {
      requireSoundPages(copy, connection, "quick_check");
      return Migrations.version(connection);
    }
  }

  private static String url(Path file) {
    return "jdbc:sqlite:" + file;
  }

  private static SQLiteConfig config() {
    SQLiteConfig config = new SQLiteConfig();
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.enforceForeignKeys(true);
    config.setBusyTimeout(5_000);
    return config;
  }

  /// The check of all pages takes a second a gigabyte, and a start must not become slow as clients
  /// become many.
  private static final long LARGEST_CHECKED = 256L * 1024 * 1024;

  /// Whether indexes say what their tables do takes several times as long.
  private static final long LARGEST_COMPARED = 32L * 1024 * 1024;

  /// Refuses a database of which pages are not what they should be: what stands in others may be
  /// wrong too. It is only looked at: who opens it to write already writes, and the last to close
  /// would take what is left of a write-ahead log for good.
  private static void requireSound(Path file) throws SQLException, Database.CannotOpen {
    SQLiteConfig looking = new SQLiteConfig();
    looking.setReadOnly(true);
    looking.setBusyTimeout(5_000);
    try (Connection connection = looking.createConnection(url(file))) {
      long length = file.toFile().length();
      if (length <= LARGEST_CHECKED) {
        requireSoundPages(
            file, connection, length <= LARGEST_COMPARED ? "integrity_check" : "quick_check");
      }
      Migrations.requireOurs(file, connection);
    } catch (SQLiteException e) {
      if (e.getResultCode() == SQLiteErrorCode.SQLITE_NOTADB
          || (e.getResultCode().code & 0xff) == SQLiteErrorCode.SQLITE_CORRUPT.code) {
        throw new Database.CannotOpen(corrupt(file), e);
      }
      throw e;
    }
  }

  private static void requireSoundPages(Path file, Connection connection, String check)
      throws SQLException, Database.CannotOpen {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA " + check + "(1)")) {
      if (!row.next() || !"ok".equals(row.getString(1))) {
        throw new Database.CannotOpen(corrupt(file));
      }
    }
  }

  private static String corrupt(Path file) {
    return "The database " + file + " is corrupt: restore a backup, or repair it.";
  }

  Handle handle() {
    return handle;
  }

  /// Keeps the pages that a large transaction touches in memory until it commits, instead of
  /// writing them to the WAL several times; and copies several commits from the WAL into the
  /// database at once. Not for a server, whose readers would wade through a long WAL.
  void expectLargeTransactions() {
    run("PRAGMA cache_size = -" + LARGE_CACHE_KIB);
    walPages = LARGE_WAL_PAGES;
  }

  /// Copies what was committed from the WAL into the database if there is much of it, as far as
  /// readers let it.
  ///
  /// @throws TransactionException if it cannot; what was committed stays in the WAL
  void checkpointIfDue() {
    if (checkpoint("PRAGMA wal_checkpoint(NOOP)") >= walPages) {
      checkpoint("PRAGMA wal_checkpoint(PASSIVE)");
    }
  }

  /// @return how many pages the WAL holds
  private int checkpoint(String sql) {
    try {
      PreparedStatement statement = statements.create(connection, sql);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getInt(2) : 0;
      } finally {
        statements.close(connection, sql, statement);
      }
    } catch (SQLException e) {
      throw new TransactionException(e);
    }
  }

  /// Whether the disk failed to keep what was written to it, by what SQLite says. The system tells
  /// that once; asked again it may take what is lost for written.
  static boolean isLossOnDisk(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof SQLiteException sqlite) {
        SQLiteErrorCode code = sqlite.getResultCode();
        return code == SQLiteErrorCode.SQLITE_IOERR_FSYNC
            || code == SQLiteErrorCode.SQLITE_IOERR_DIR_FSYNC;
      }
    }
    return false;
  }

  /// After a commit that was written to the WAL and failed on the disk: the next start would find
  /// it there, whole, and take it for committed, though it was refused. Another commit takes its
  /// place, on disk or at least in what the system holds for the file.
  void writeOverWhatFailed() {
    try {
      begin();
      handle.execute(
          """
          INSERT INTO counter (name, value) VALUES ('failed commits', 1)
          ON CONFLICT (name) DO UPDATE SET value = counter.value + 1
          """);
      commit();
    } catch (RuntimeException e) {
      LOG.debug("nor can it be written over", e);
      rollback();
    }
  }

  /// @throws TransactionException if it cannot; then there is no transaction
  void begin() {
    run(beginning);
  }

  /// Writes what was done to the disk.
  ///
  /// @throws TransactionException if it cannot; then the transaction may still be there
  void commit() {
    run("COMMIT");
  }

  /// Takes back what was done since `begin`, if SQLite has not done so by itself: it does when the
  /// disk is full or fails.
  void rollback() {
    try {
      run("ROLLBACK");
    } catch (TransactionException e) {
      LOG.debug("no transaction was there any more", e);
    }
  }

  /// Begins a part of a transaction that can be taken back alone.
  ///
  /// @throws TransactionException if it cannot; the same of the two below: then the whole
  ///   transaction cannot go on
  void savepoint() {
    run("SAVEPOINT deed");
  }

  /// Ends the part; what was done in it is done in the transaction.
  void release() {
    run("RELEASE deed");
  }

  /// Ends the part and takes back what was done in it.
  void takeBack() {
    run("ROLLBACK TO deed");
    run("RELEASE deed");
  }

  /// Runs one query, which is a transaction by itself.
  ///
  /// @throws TransactionException if it cannot
  <T> T query(String sql, String parameter, RowsReader<T> reader) {
    try {
      PreparedStatement statement = statements.create(connection, sql);
      try {
        statement.setString(1, parameter);
        try (ResultSet rows = statement.executeQuery()) {
          return reader.read(rows);
        }
      } finally {
        statements.close(connection, sql, statement);
      }
    } catch (SQLException e) {
      throw new TransactionException(e);
    }
  }

  private void run(String sql) {
    try {
      PreparedStatement statement = statements.create(connection, sql);
      try {
        statement.execute();
      } finally {
        statements.close(connection, sql, statement);
      }
    } catch (SQLException e) {
      throw new TransactionException(e);
    }
  }

  /// The last to close empties the WAL into the database.
  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.warn("a connection could not be closed", e);
    }
  }
}
