package io.clientele.db;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Makes something of the row on which a result stands.
@FunctionalInterface
public interface RowReader<T> {
  T read(ResultSet row) throws SQLException;

  /// Makes a list of all rows.
  static <T> List<T> all(ResultSet rows, RowReader<T> reader) throws SQLException {
    List<T> all = new ArrayList<>(1);
    while (rows.next()) {
      all.add(reader.read(rows));
    }
    return all;
  }
}
