package io.clientele.db;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.statement.DefaultStatementBuilder;
import org.jdbi.v3.core.statement.StatementContext;

/// The prepared statements of one connection, kept for the next time: SQLite takes longer to
/// prepare a statement than to run it. Belongs to one thread at a time, as its connection does.
final class KeptStatements extends DefaultStatementBuilder {

  /// More than the texts that the stores have; lists make texts out of their filters.
  private static final int MOST = 200;

  private final Map<String, PreparedStatement> idle = new LinkedHashMap<>(MOST, 0.75f, true);
  private final IdentityHashMap<Statement, String> inUse = new IdentityHashMap<>();

  @Override
  public PreparedStatement create(Connection connection, String sql, StatementContext context)
      throws SQLException {
    return create(connection, sql);
  }

  /// A statement of this text that nobody else uses until it is closed.
  PreparedStatement create(Connection connection, String sql) throws SQLException {
    PreparedStatement kept = idle.remove(sql);
    PreparedStatement statement =
        kept == null || kept.isClosed() ? connection.prepareStatement(sql) : kept;
    inUse.put(statement, sql);
    return statement;
  }

  @Override
  public void close(Connection connection, String sql, Statement statement) throws SQLException {
    // The text that JDBI gives is the one before it put in the parameters.
    String text = inUse.remove(statement);
    if (text == null
        || statement.isClosed()
        || !(statement instanceof PreparedStatement prepared)) {
      statement.close();
      return;
    }
    try {
      prepared.clearBatch();
      prepared.clearParameters();
    } catch (SQLException e) {
      // The driver gives up a statement that failed. What made it fail is being told; to throw here
      // would hide it.
      statement.close();
      return;
    }
    PreparedStatement other = idle.put(text, prepared);
    if (other != null) {
      // The same text was in use twice at once.
      other.close();
    }
    if (idle.size() > MOST) {
      Iterator<PreparedStatement> eldest = idle.values().iterator();
      eldest.next().close();
      eldest.remove();
    }
  }
}
