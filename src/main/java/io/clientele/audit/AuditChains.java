package io.clientele.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.db.Transaction;
import io.clientele.http.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Checks the chains of audit events: that none is missing or was changed, and that each follows
/// the one before.
///
/// Who can write the database can also write a chain anew from where it was changed. So the heads
/// of all chains are told, for who keeps them elsewhere, and a later check takes them: what was
/// known then must still be there.
public final class AuditChains {

  /// The last event of a chain.
  ///
  /// @param seq its number
  /// @param hash SHA-256 of its text, hexadecimal
  public record Head(String customer, long seq, String hash) {}

  /// What is wrong.
  ///
  /// @param seq of the event at which it is
  public record Fault(String customer, long seq, String what) {
    @Override
    public String toString() {
      return "customer " + customer + ", event " + seq + ": " + what;
    }
  }

  private final Map<String, Head> known = new HashMap<>();
  private final Consumer<Fault> faults;
  private final Consumer<Head> heads;

  private long events;
  private long customers;
  private long faultsFound;

  private String customer = "";
  private long lastSeq;
  private String lastHash = AuditStore.BEGINNING;
  private Head saidHead = new Head("", 0, "");

  /// @param known heads that were told earlier and kept elsewhere
  /// @param faults told of all that is wrong
  /// @param heads told of the last event of each chain
  public AuditChains(Iterable<Head> known, Consumer<Fault> faults, Consumer<Head> heads) {
    known.forEach(head -> this.known.put(head.customer, head));
    this.faults = faults;
    this.heads = heads;
  }

  /// Checks all chains as of one moment.
  public void check(AuditStore store, Transaction tx) {
    store.forEachLink(tx, this::check);
    endChain();
    for (String without : store.customersWithoutEvents(tx)) {
      customers++;
      fault(without, 1, "no event is there");
      known.remove(without);
    }
    if (customers == 0) {
      fault("operator", 1, "no customer is there, nor any event");
    }
    known.values().forEach(head -> fault(head.customer, head.seq, "it was known, and is missing"));
  }

  /// How many events there are.
  public long events() {
    return events;
  }

  /// How many chains there are.
  public long customers() {
    return customers;
  }

  /// How many faults were told.
  public long faults() {
    return faultsFound;
  }

  private void fault(String of, long seq, String what) {
    faultsFound++;
    faults.accept(new Fault(of, seq, what));
  }

  private void check(AuditStore.Link link) {
    if (!link.customer().equals(customer)) {
      endChain();
      customers++;
      customer = link.customer();
      lastSeq = 0;
      lastHash = AuditStore.BEGINNING;
      saidHead = link.head();
    }
    events++;
    boolean followsTheLast = link.seq() == lastSeq + 1;
    if (!followsTheLast) {
      fault(
          customer,
          lastSeq + 1,
          link.seq() == lastSeq + 2
              ? "it is missing"
              : "this and all before " + link.seq() + " are missing");
    }
    checkText(link, followsTheLast);
    Head mine = known.get(customer);
    if (mine != null && mine.seq == link.seq()) {
      known.remove(customer);
      if (!mine.hash.equals(link.hash())) {
        fault(customer, link.seq(), "it is not the event that was known: the chain was rewritten");
      }
    }
    lastSeq = link.seq();
    lastHash = link.hash();
  }

  private void checkText(AuditStore.Link link, boolean followsTheLast) {
    if (!AuditStore.sha256(link.hashed()).equals(link.hash())) {
      fault(customer, link.seq(), "its hash is not the one of its text");
    }
    JsonNode text;
    try {
      text = Json.parseOurs(link.hashed());
    } catch (RuntimeException e) {
      fault(customer, link.seq(), "its text is no JSON");
      return;
    }
    if (followsTheLast && !lastHash.equals(text.path("before").textValue())) {
      fault(customer, link.seq(), "it does not follow the event before it");
    }
    compare(link, "customer_id", link.customer(), text.path("customer").textValue());
    compare(link, "seq", Long.toString(link.seq()), text.path("seq").asText());
    compare(link, "at", instant(link.at()), text.path("at").textValue());
    compare(link, "actor", link.actor(), text.path("actor").textValue());
    compare(link, "action", link.action(), text.path("action").textValue());
    compare(link, "object", link.object(), text.path("object").textValue());
  }

  private static String instant(long millis) {
    try {
      return Instant.ofEpochMilli(millis).toString();
    } catch (DateTimeException e) {
      return Long.toString(millis);
    }
  }

  private void compare(AuditStore.Link link, String column, String value, @Nullable String hashed) {
    if (!value.equals(hashed)) {
      fault(customer, link.seq(), "its column " + column + " does not say what its text does");
    }
  }

  private void endChain() {
    if (customer.isEmpty()) {
      return;
    }
    if (saidHead.seq != lastSeq) {
      fault(
          customer,
          lastSeq,
          "it is the last, but the end of the chain is said to be event " + saidHead.seq);
    } else if (!saidHead.hash.equals(lastHash)) {
      fault(customer, lastSeq, "it is not the event that the end of the chain is said to be");
    }
    Optional.ofNullable(known.remove(customer))
        .ifPresent(head -> fault(customer, head.seq, "it was known, and is missing"));
    heads.accept(new Head(customer, lastSeq, lastHash));
  }
}
