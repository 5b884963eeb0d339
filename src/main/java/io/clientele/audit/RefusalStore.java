package io.clientele.audit;

import io.clientele.db.Transaction;
import io.clientele.http.Page;
import io.clientele.id.CustomerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jdbi.v3.core.statement.Query;

/// How often management requests were refused, a row for each caller, route, outcome and hour.
public final class RefusalStore {

  /// What was counted.
  record Row(RefusalCounts.Key key, long count) {}

  /// A row as a customer sees it.
  ///
  /// @param hour epoch hours
  public record Refused(long hour, String caller, String route, String outcome, long count) {

    /// The place behind which a list goes on.
    public String cursor() {
      return hour + "|" + caller + "|" + route + "|" + outcome;
    }
  }

  /// What to list.
  ///
  /// @param behind a cursor
  /// @param from epoch hours, inclusive
  /// @param to epoch hours, exclusive
  public record Filter(Optional<String> behind, OptionalLong from, OptionalLong to, int limit) {}

  private static final Pattern CURSOR =
      Pattern.compile("[0-9]{1,9}\\|[^|]{1,200}\\|[^|]{1,200}\\|[^|]{1,200}");

  /// Whether a text can be a cursor.
  public static boolean isCursor(String text) {
    return CURSOR.matcher(text).matches();
  }

  /// Adds to what was counted. Customers that are not there are told nothing.
  ///
  /// @param rows in order
  void add(Transaction tx, List<Row> rows) {
    tx.batch(
        """
        INSERT INTO refusal_count (customer_id, hour, caller, route, outcome, refusals)
        SELECT customer_id, ?, ?, ?, ?, ? FROM customer WHERE customer_id = ?
        ON CONFLICT (customer_id, hour, caller, route, outcome)
        DO UPDATE SET refusals = refusal_count.refusals + excluded.refusals
        """,
        rows,
        (statement, row) -> {
          statement.setLong(1, row.key().hour());
          statement.setString(2, row.key().caller());
          statement.setString(3, row.key().route());
          statement.setString(4, row.key().outcome());
          statement.setLong(5, row.count());
          statement.setString(6, row.key().told().text());
        });
  }

  /// A page of what one customer is told, newest first.
  public Page.Part<Refused> list(Transaction tx, CustomerId customer, Filter filter) {
    List<String> conditions = new ArrayList<>(List.of("customer_id = :customer"));
    filter.from.ifPresent(v -> conditions.add("hour >= :from"));
    filter.to.ifPresent(v -> conditions.add("hour < :to"));
    filter.behind.ifPresent(
        v -> conditions.add("(hour, caller, route, outcome) < (:hour, :caller, :route, :outcome)"));
    Query query =
        tx.handle()
            .createQuery(
                """
                SELECT hour, caller, route, outcome, refusals FROM refusal_count
                WHERE <conditions>
                ORDER BY customer_id DESC, hour DESC, caller DESC, route DESC, outcome DESC
                LIMIT :limit
                """)
            .define("conditions", String.join(" AND ", conditions))
            .bind("customer", customer.text())
            .bind("limit", filter.limit + 1);
    filter.from.ifPresent(value -> query.bind("from", value));
    filter.to.ifPresent(value -> query.bind("to", value));
    filter.behind.ifPresent(
        cursor -> {
          String[] parts = cursor.split("\\|", 4);
          query
              .bind("hour", Long.parseLong(parts[0]))
              .bind("caller", parts[1])
              .bind("route", parts[2])
              .bind("outcome", parts[3]);
        });
    return query
        .map(
            (row, context) ->
                new Page.Item<>(
                    new Refused(
                        row.getLong("hour"),
                        row.getString("caller"),
                        row.getString("route"),
                        row.getString("outcome"),
                        row.getLong("refusals")),
                    100))
        .withStream(rows -> Page.take(rows.iterator(), filter.limit));
  }

  /// Deletes the oldest hour, if it is before this one: a part at a time.
  ///
  /// @return how many rows
  int deleteOldestHour(Transaction tx, long before) {
    return tx.handle()
        .createUpdate(
            """
            DELETE FROM refusal_count
            WHERE hour = (SELECT MIN(hour) FROM refusal_count) AND hour < :before
            """)
        .bind("before", before)
        .execute();
  }
}
