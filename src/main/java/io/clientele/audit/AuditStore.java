package io.clientele.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.db.Transaction;
import io.clientele.http.Json;
import io.clientele.http.Page;
import io.clientele.id.CustomerId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Query;

/// The audit trail: a chain of rows per customer, numbered without a gap, each with the hash of the
/// one before, written in the transaction of the deed itself.
public final class AuditStore {

  /// The hash before the first event.
  static final String BEGINNING = "0".repeat(64);

  private static final String NO_TEXT = "(no text)";

  /// An event as it was written.
  ///
  /// @param seq its number in the customer's chain, from 1
  /// @param at epoch milliseconds
  public record Entry(
      long seq, long at, String actor, String action, String object, JsonNode detail) {}

  /// What to list.
  ///
  /// @param before only events with a smaller number
  /// @param from epoch milliseconds, inclusive
  /// @param to epoch milliseconds, exclusive
  public record Filter(
      OptionalLong before,
      Optional<String> action,
      Optional<String> actor,
      Optional<String> object,
      OptionalLong from,
      OptionalLong to,
      int limit) {

    boolean letsAllThrough() {
      return action.isEmpty()
          && actor.isEmpty()
          && object.isEmpty()
          && from.isEmpty()
          && to.isEmpty();
    }
  }

  /// A part of a list.
  ///
  /// @param next the part behind it is before this number; empty if this is the last
  public record Listed(List<Entry> items, OptionalLong next) {}

  private static final int ROWS_AT_ONCE = 100;

  /// How many events are looked at for one page of those that a filter lets through.
  private static final int MOST_LOOKED_AT = 10_000;

  private record Head(long seq, String hash) {}

  private final InstantSource clock;

  public AuditStore(InstantSource clock) {
    this.clock = clock;
  }

  /// Adds an event to the customer's chain.
  ///
  /// @param actor who did it, as a client id; `system` for the server itself
  public void write(Transaction tx, CustomerId customer, String actor, AuditEvent event) {
    write(tx, customer, actor, List.of(event));
  }

  /// Adds events to the customer's chain, in this order.
  public void write(
      Transaction tx, CustomerId customer, String actor, List<? extends AuditEvent> events) {
    if (events.isEmpty()) {
      return;
    }
    Head head = lockHead(tx, customer);
    long at = clock.millis();
    PreparedBatch batch =
        tx.handle()
            .prepareBatch(
                """
                INSERT INTO audit_event (customer_id, seq, at, actor, action, object, hashed, hash)
                VALUES (:customer, :seq, :at, :actor, :action, :object, :hashed, :hash)
                """);
    for (AuditEvent event : events) {
      long seq = head.seq + 1;
      String hashed = hashed(customer, seq, at, actor, event, head.hash);
      String hash = sha256(hashed);
      batch
          .bind("customer", customer.text())
          .bind("seq", seq)
          .bind("at", at)
          .bind("actor", actor)
          .bind("action", event.action())
          .bind("object", event.object())
          .bind("hashed", hashed)
          .bind("hash", hash)
          .add();
      head = new Head(seq, hash);
    }
    batch.execute();
    tx.handle()
        .createUpdate(
            "UPDATE audit_head SET seq = :seq, hash = :hash WHERE customer_id = :customer")
        .bind("seq", head.seq)
        .bind("hash", head.hash)
        .bind("customer", customer.text())
        .execute();
  }

  /// The end of the chain; nobody else adds to it before this transaction ends.
  private static Head lockHead(Transaction tx, CustomerId customer) {
    return findAndLockHead(tx, customer)
        .orElseGet(
            () -> {
              tx.handle()
                  .createUpdate(
                      """
                      INSERT INTO audit_head (customer_id, seq, hash)
                      VALUES (:customer, 0, :beginning) ON CONFLICT (customer_id) DO NOTHING
                      """)
                  .bind("customer", customer.text())
                  .bind("beginning", BEGINNING)
                  .execute();
              // Somebody else may have begun it at the same moment, and gone on.
              return findAndLockHead(tx, customer).orElseThrow();
            });
  }

  private static Optional<Head> findAndLockHead(Transaction tx, CustomerId customer) {
    return tx.handle()
        .createQuery(
            "SELECT seq, hash FROM audit_head WHERE customer_id = :customer" + tx.forUpdate())
        .bind("customer", customer.text())
        .map((row, context) -> new Head(row.getLong("seq"), row.getString("hash")))
        .findOne();
  }

  private static String hashed(
      CustomerId customer, long seq, long at, String actor, AuditEvent event, String before) {
    ObjectNode text =
        Json.object()
            .put("customer", customer.text())
            .put("seq", seq)
            .put("at", Instant.ofEpochMilli(at).toString())
            .put("actor", actor)
            .put("action", event.action())
            .put("object", event.object());
    text.set("detail", event.detail());
    text.put("before", before);
    return Json.text(text);
  }

  static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("a JDK without SHA-256", e);
    }
  }

  /// An event as it stands in the database, with the end of its customer's chain.
  ///
  /// @param at epoch milliseconds
  /// @param hashed the text that was hashed
  /// @param hash of that text, SHA-256, hexadecimal
  /// @param head what the end of the chain is said to be; a number of 0 if nothing is said
  record Link(
      String customer,
      long seq,
      long at,
      String actor,
      String action,
      String object,
      String hashed,
      String hash,
      AuditChains.Head head) {}

  /// Gives every event of every customer, in order of customers and numbers, as of one moment.
  void forEachLink(Transaction tx, Consumer<Link> taker) {
    tx.handle()
        .createQuery(
            """
            SELECT e.customer_id, e.seq, e.at, e.actor, e.action, e.object, e.hashed, e.hash,
              h.seq AS end_seq, h.hash AS end_hash
            FROM audit_event e LEFT JOIN audit_head h ON h.customer_id = e.customer_id
            ORDER BY e.customer_id, e.seq
            """)
        .setFetchSize(ROWS_AT_ONCE)
        .map((row, context) -> link(row))
        .useStream(links -> links.forEach(taker));
  }

  private static Link link(ResultSet row) throws SQLException {
    String customer = text(row, "customer_id");
    return new Link(
        customer,
        number(row, "seq"),
        number(row, "at"),
        text(row, "actor"),
        text(row, "action"),
        text(row, "object"),
        text(row, "hashed"),
        text(row, "hash"),
        new AuditChains.Head(customer, row.getLong("end_seq"), text(row, "end_hash")));
  }

  /// SQLite keeps any kind of value in any column, and compares by kind: what is read as the same
  /// text may be found by nobody.
  private static String text(ResultSet row, String column) throws SQLException {
    return row.getObject(column) instanceof String text ? text : NO_TEXT;
  }

  private static long number(ResultSet row, String column) throws SQLException {
    return row.getObject(column) instanceof Number number && !(number instanceof Double)
        ? number.longValue()
        : Long.MIN_VALUE;
  }

  /// Customers of whom no event is there. Each was made with one, and its row stays.
  List<String> customersWithoutEvents(Transaction tx) {
    return tx.handle()
        .createQuery(
            """
            SELECT c.customer_id FROM customer c WHERE NOT EXISTS
              (SELECT 1 FROM audit_event e WHERE e.customer_id = c.customer_id)
            UNION SELECT h.customer_id FROM audit_head h WHERE NOT EXISTS
              (SELECT 1 FROM audit_event e WHERE e.customer_id = h.customer_id)
            """)
        .map((row, context) -> text(row, "customer_id"))
        .list();
  }

  /// A page of one customer's events, newest first. A filter that lets few of many through may
  /// leave few on a page, or none, with more behind it.
  public Listed list(Transaction tx, CustomerId customer, Filter filter) {
    OptionalLong end =
        filter.letsAllThrough() ? OptionalLong.empty() : lastToLookAt(tx, customer, filter.before);
    List<String> conditions = new ArrayList<>(List.of("customer_id = :customer"));
    end.ifPresent(v -> conditions.add("seq >= :end"));
    filter.before.ifPresent(v -> conditions.add("seq < :before"));
    filter.action.ifPresent(v -> conditions.add("action = :action"));
    filter.actor.ifPresent(v -> conditions.add("actor = :actor"));
    filter.object.ifPresent(v -> conditions.add("object = :object"));
    filter.from.ifPresent(v -> conditions.add("at >= :from"));
    filter.to.ifPresent(v -> conditions.add("at < :to"));
    Query query =
        tx.handle()
            .createQuery(
                """
                SELECT seq, at, actor, action, object, hashed FROM audit_event
                WHERE <conditions> ORDER BY seq DESC LIMIT :limit
                """)
            .define("conditions", String.join(" AND ", conditions))
            .bind("customer", customer.text())
            .bind("limit", filter.limit + 1)
            .setFetchSize(ROWS_AT_ONCE);
    end.ifPresent(value -> query.bind("end", value));
    filter.before.ifPresent(value -> query.bind("before", value));
    filter.action.ifPresent(value -> query.bind("action", value));
    filter.actor.ifPresent(value -> query.bind("actor", value));
    filter.object.ifPresent(value -> query.bind("object", value));
    filter.from.ifPresent(value -> query.bind("from", value));
    filter.to.ifPresent(value -> query.bind("to", value));
    Page.Part<Entry> part =
        query
            .map((row, context) -> read(row))
            .withStream(events -> Page.take(events.iterator(), filter.limit));
    return new Listed(
        part.items(), part.more() ? OptionalLong.of(part.items().getLast().seq()) : end);
  }

  /// The event after which so many were looked at; empty if there are not so many.
  private static OptionalLong lastToLookAt(
      Transaction tx, CustomerId customer, OptionalLong before) {
    long beginning =
        before.isPresent()
            ? before.getAsLong()
            : tx.handle()
                    .createQuery("SELECT seq FROM audit_head WHERE customer_id = :customer")
                    .bind("customer", customer.text())
                    .mapTo(Long.class)
                    .findOne()
                    .orElse(0L)
                + 1;
    // There is no gap.
    long end = beginning - MOST_LOOKED_AT;
    return end > 1 ? OptionalLong.of(end) : OptionalLong.empty();
  }

  private static Page.Item<Entry> read(ResultSet row) throws SQLException {
    String hashed = row.getString("hashed");
    return new Page.Item<>(
        new Entry(
            row.getLong("seq"),
            row.getLong("at"),
            row.getString("actor"),
            row.getString("action"),
            row.getString("object"),
            Json.parseOurs(hashed).path("detail")),
        hashed.length());
  }
}
