package io.clientele.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.audit.AuditChains.Chain;
import io.clientele.audit.AuditEvent.EventsExpired;
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

  private static final int REMOVED_AT_ONCE = 250;

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

  /// An event as it stands in the database, with what is said of its chain.
  ///
  /// @param at epoch milliseconds
  /// @param hashed the text that was hashed
  /// @param hash of that text, SHA-256, hexadecimal
  record Link(
      String customer,
      long seq,
      long at,
      String actor,
      String action,
      String object,
      String hashed,
      String hash,
      Chain chain) {}

  /// Gives every event of every customer, in order of customers and numbers, as of one moment.
  void forEachLink(Transaction tx, Consumer<Link> taker) {
    links(tx, "", "").map((row, context) -> link(row)).useStream(links -> links.forEach(taker));
  }

  /// Gives every event of a customer, in order of numbers, as of one moment.
  void forEachLinkOf(Transaction tx, CustomerId customer, Consumer<Link> taker) {
    links(tx, "WHERE e.customer_id = :customer", "")
        .bind("customer", customer.text())
        .map((row, context) -> link(row))
        .useStream(links -> links.forEach(taker));
  }

  private static Query links(Transaction tx, String conditions, String most) {
    return tx.handle()
        .createQuery(
            """
            SELECT e.customer_id, e.seq, e.at, e.actor, e.action, e.object, e.hashed, e.hash,
              h.removed_seq, h.removed_hash, h.seq AS end_seq, h.hash AS end_hash
            FROM audit_event e LEFT JOIN audit_head h ON h.customer_id = e.customer_id
            <conditions> ORDER BY e.customer_id, e.seq <most>
            """)
        .define("conditions", conditions)
        .define("most", most)
        .setFetchSize(ROWS_AT_ONCE);
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
        chain(row, customer));
  }

  private static Chain chain(ResultSet row, String customer) throws SQLException {
    if (row.getObject("end_hash") == null) {
      // It has no row.
      return new Chain(
          AuditChains.Head.beginning(customer), new AuditChains.Head(customer, 0, NO_TEXT));
    }
    return new Chain(
        new AuditChains.Head(customer, number(row, "removed_seq"), text(row, "removed_hash")),
        new AuditChains.Head(customer, number(row, "end_seq"), text(row, "end_hash")));
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

  /// Whether a customer has a chain, or should have one.
  public boolean hasChain(Transaction tx, CustomerId customer) {
    return tx.handle()
        .createQuery(
            """
            SELECT EXISTS (SELECT 1 FROM customer WHERE customer_id = :customer)
              OR EXISTS (SELECT 1 FROM audit_event WHERE customer_id = :customer)
            """)
        .bind("customer", customer.text())
        .mapTo(Boolean.class)
        .one();
  }

  /// Chains without an event. Each customer was made with one, and its row stays.
  List<Chain> chainsWithoutEvents(Transaction tx) {
    return tx.handle()
        .createQuery(
            """
            SELECT w.customer_id, h.removed_seq, h.removed_hash,
              h.seq AS end_seq, h.hash AS end_hash
            FROM (SELECT customer_id FROM customer UNION SELECT customer_id FROM audit_head) w
            LEFT JOIN audit_head h ON h.customer_id = w.customer_id
            WHERE NOT EXISTS (SELECT 1 FROM audit_event e WHERE e.customer_id = w.customer_id)
            ORDER BY w.customer_id
            """)
        .map((row, context) -> chain(row, text(row, "customer_id")))
        .list();
  }

  /// What retention did to a chain.
  ///
  /// @param removed how many events it removed
  /// @param more whether there may be more to remove
  /// @param fault why it removed none, though it was to
  public record Expiry(long removed, boolean more, Optional<AuditChains.Fault> fault) {
    static final Expiry NOTHING = new Expiry(0, false, Optional.empty());
  }

  /// Customers with events that retention may have to remove, in order.
  ///
  /// @param before epoch milliseconds; older events are to be removed
  /// @param after only customers behind this id; empty for the first
  public List<CustomerId> withOlder(Transaction tx, long before, String after, int most) {
    return tx
        .handle()
        .createQuery(
            """
            SELECT h.customer_id FROM audit_head h
            JOIN audit_event e ON e.customer_id = h.customer_id AND e.seq = h.removed_seq + 1
            WHERE h.customer_id > :after AND h.seq > h.removed_seq + 1 AND e.at < :before
            ORDER BY h.customer_id LIMIT :most
            """)
        .bind("after", after)
        .bind("before", before)
        .bind("most", most)
        .map((row, context) -> text(row, "customer_id"))
        .list()
        .stream()
        .flatMap(id -> CustomerId.parse(id).stream())
        .toList();
  }

  /// Removes the oldest events of a chain, some at a time, and adds one that tells of it. The last
  /// event stays. Where the chain is broken nothing is removed: it would take away what shows it.
  ///
  /// @param before epoch milliseconds; events are removed up to the first that is not older
  public Expiry expire(Transaction tx, CustomerId customer, long before) {
    if (findAndLockHead(tx, customer).isEmpty()) {
      return Expiry.NOTHING;
    }
    List<Link> old =
        links(
                tx,
                "WHERE e.customer_id = :customer AND e.seq > h.removed_seq AND e.seq < h.seq",
                "LIMIT " + REMOVED_AT_ONCE)
            .bind("customer", customer.text())
            .map((row, context) -> link(row))
            .list();
    int count = 0;
    boolean worthIt = false;
    while (count < old.size() && old.get(count).at() < before) {
      // An event that tells of a removal, and nothing else: another would take its place.
      worthIt |= !old.get(count).action().equals(EventsExpired.ACTION);
      count++;
    }
    if (!worthIt) {
      return Expiry.NOTHING;
    }
    List<AuditChains.Fault> faults = new ArrayList<>();
    AuditChains.Head begins = old.getFirst().chain().removed();
    if (begins.seq() != 0 && !begins.isAt(lastRemovalTold(tx, customer))) {
      faults.add(
          new AuditChains.Fault(
              customer.text(), begins.seq() + 1, "the chain does not tell why it begins here"));
    }
    AuditChains chains = new AuditChains(List.of(), faults::add, remark -> {}, head -> {});
    chains.begin(old.getFirst().chain());
    old.subList(0, count).forEach(chains::add);
    if (!faults.isEmpty()) {
      return new Expiry(0, false, Optional.of(faults.getFirst()));
    }
    remove(tx, customer, begins, old.get(count - 1), before);
    return new Expiry(count, count == REMOVED_AT_ONCE, Optional.empty());
  }

  private void remove(
      Transaction tx, CustomerId customer, AuditChains.Head begins, Link last, long before) {
    long count = last.seq() - begins.seq();
    int removed =
        tx.handle()
            .createUpdate(
                """
                DELETE FROM audit_event
                WHERE customer_id = :customer AND seq > :begins AND seq <= :last
                """)
            .bind("customer", customer.text())
            .bind("begins", begins.seq())
            .bind("last", last.seq())
            .execute();
    if (removed != count) {
      throw new IllegalStateException(removed + " events removed instead of " + count);
    }
    write(
        tx,
        customer,
        "system",
        new EventsExpired(
            customer, count, last.seq(), last.hash(), Instant.ofEpochMilli(before).toString()));
    tx.handle()
        .createUpdate(
            """
            UPDATE audit_head SET removed_seq = :seq, removed_hash = :hash
            WHERE customer_id = :customer
            """)
        .bind("seq", last.seq())
        .bind("hash", last.hash())
        .bind("customer", customer.text())
        .execute();
  }

  private static AuditChains.Head lastRemovalTold(Transaction tx, CustomerId customer) {
    return tx.handle()
        .createQuery(
            """
            SELECT hashed FROM audit_event WHERE customer_id = :customer AND action = :action
            ORDER BY seq DESC LIMIT 1
            """)
        .bind("customer", customer.text())
        .bind("action", EventsExpired.ACTION)
        .mapTo(String.class)
        .findOne()
        .map(text -> AuditChains.removalIn(Json.parseOurs(text).path("detail"), customer.text()))
        .orElse(AuditChains.Head.beginning(customer.text()));
  }

  /// Up to when retention has done all, epoch milliseconds.
  public long retention(Transaction tx) {
    return tx.handle()
        .createQuery("SELECT value FROM counter WHERE name = 'audit.retention'")
        .mapTo(Long.class)
        .one();
  }

  /// Makes sure that nobody else removes events before this transaction ends.
  public void lockRetention(Transaction tx) {
    tx.handle()
        .createQuery("SELECT value FROM counter WHERE name = 'audit.retention'" + tx.forUpdate())
        .mapTo(Long.class)
        .one();
  }

  /// Notes that retention has done all up to a time.
  ///
  /// @param before epoch milliseconds
  public void noteRetention(Transaction tx, long before) {
    tx.handle()
        .createUpdate(
            """
            UPDATE counter SET value = :before WHERE name = 'audit.retention' AND value < :before
            """)
        .bind("before", before)
        .execute();
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
    long[] ends =
        tx.handle()
            .createQuery("SELECT seq, removed_seq FROM audit_head WHERE customer_id = :customer")
            .bind("customer", customer.text())
            .map((row, context) -> new long[] {row.getLong("seq"), row.getLong("removed_seq")})
            .findOne()
            .orElse(new long[] {0, 0});
    // There is no gap from behind what was removed to the end.
    long end = before.orElse(ends[0] + 1) - MOST_LOOKED_AT;
    return end > ends[1] + 1 ? OptionalLong.of(end) : OptionalLong.empty();
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
