package io.clientele.harness;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the database holds of one customer, read by plain SQL and past all of our own code.
public final class CustomerRows {
  private static final List<String> TABLES =
      List.of(
          "customer",
          "tenant",
          "custom_role",
          "client",
          "client_grant",
          "client_secret",
          "revoked_token",
          "audit_event",
          "audit_head");

  private CustomerRows() {}

  /// Every row of this customer, as it stands; but for the counters of use and of refusals, which
  /// belong to no deed.
  ///
  /// @param url JDBC address of the database
  public static List<String> of(String url, String customer) {
    try (Connection connection = DriverManager.getConnection(url)) {
      return of(connection, customer);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The same by a connection that stays open, for who asks often.
  public static List<String> of(Connection connection, String customer) throws SQLException {
    List<String> rows = new ArrayList<>();
    for (String table : TABLES) {
      rows.addAll(
          rows(
              connection,
              table,
              "SELECT * FROM " + table + " WHERE customer_id = ? ORDER BY 1, 2, 3",
              customer));
    }
    return rows;
  }

  /// Every row of a query, as JSON behind a word of our own.
  public static List<String> rows(
      Connection connection, String word, String query, String... values) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(query)) {
      for (int i = 0; i < values.length; i++) {
        select.setString(i + 1, values[i]);
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          rows.add(word + " " + line(row));
        }
      }
    }
    return rows;
  }

  private static String line(ResultSet row) throws SQLException {
    ObjectNode line = Answer.JSON.createObjectNode();
    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
      @Nullable String value = row.getString(i);
      line.put(row.getMetaData().getColumnName(i), value);
    }
    return line.toString();
  }
}
