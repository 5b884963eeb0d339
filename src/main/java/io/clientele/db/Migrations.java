package io.clientele.db;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/// Brings a schema up to date with Flyway. The version is asked first, because Flyway takes most of
/// half a second even when there is nothing to do.
final class Migrations {

  /// The newest file in `db/migration`.
  static final int NEWEST = 2;

  private Migrations() {}

  /// @param words in which the two databases differ: `bytewise`, what makes a text sort by its
  ///   bytes; `inKey`, what makes the rows of a table stand in the index of its key
  static void bringUpToDate(String url, Connection connection, Map<String, String> words)
      throws Database.CannotOpen {
    bringUpToDate(Flyway.configure().dataSource(url, null, null), connection, words);
  }

  static void bringUpToDate(DataSource source, Connection connection, Map<String, String> words)
      throws Database.CannotOpen {
    bringUpToDate(Flyway.configure().dataSource(source), connection, words);
  }

  private static void bringUpToDate(
      FluentConfiguration configuration, Connection connection, Map<String, String> words)
      throws Database.CannotOpen {
    int version = versionAtMostNewest(connection);
    if (version == NEWEST) {
      return;
    }
    configuration.locations("classpath:db/migration").placeholders(words).load().migrate();
  }

  /// For who only looks, and so brings nothing up to date.
  static void requireNewest(Connection connection) throws Database.CannotOpen {
    int version = versionAtMostNewest(connection);
    if (version < NEWEST) {
      throw new Database.CannotOpen(
          "The database has schema version "
              + version
              + ", this program knows "
              + NEWEST
              + ": start the server once, which brings it up to date.");
    }
  }

  private static int versionAtMostNewest(Connection connection) throws Database.CannotOpen {
    int version = version(connection);
    if (version > NEWEST) {
      throw new Database.CannotOpen(
          "The database has schema version "
              + version
              + ", this program knows "
              + NEWEST
              + ": it was written by a newer Clientele. Start that one, or restore a backup.");
    }
    return version;
  }

  /// Refuses an SQLite file with tables that are not ours.
  static void requireOurs(Path file, Connection connection)
      throws SQLException, Database.CannotOpen {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT COUNT(*), COALESCE(SUM(name = 'flyway_schema_history'), 0)
                FROM sqlite_schema WHERE type = 'table'
                """)) {
      if (row.next() && row.getLong(1) > 0 && row.getLong(2) == 0) {
        throw new Database.CannotOpen(
            "The database " + file + " is another program's: give another --data.");
      }
    }
  }

  /// 0 if there is no schema yet.
  static int version(Connection connection) throws Database.CannotOpen {
    try (ResultSet tables =
        connection.getMetaData().getTables(null, null, "flyway_schema_history", null)) {
      if (!tables.next()) {
        return 0;
      }
    } catch (SQLException e) {
      throw new Database.CannotOpen("The schema version cannot be read: " + e.getMessage(), e);
    }
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT MAX(CAST(version AS INTEGER)) FROM flyway_schema_history WHERE success")) {
      return row.next() ? row.getInt(1) : 0;
    } catch (SQLException e) {
      throw new Database.CannotOpen("The schema version cannot be read: " + e.getMessage(), e);
    }
  }
}
