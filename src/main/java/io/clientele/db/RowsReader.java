package io.clientele.db;

import java.sql.ResultSet;
import java.sql.SQLException;

/// Makes something of a result, which stands before its first row. It may be called again, with
/// another result, if the database gave up the first.
@FunctionalInterface
public interface RowsReader<T> {
  T read(ResultSet rows) throws SQLException;
}
