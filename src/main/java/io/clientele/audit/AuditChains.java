package io.clientele.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.audit.AuditEvent.EventsExpired;
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
/// the one before. What retention removed is no fault if the chain itself tells of it.
///
/// Who can write the database can also write a chain anew from where it was changed. So the heads
/// of all chains are told, for who keeps them elsewhere, and a later check takes them: what was
/// known then must still be there.
public final class AuditChains {

  /// An event of a chain, as a place to begin or to end.
  ///
  /// @param seq its number
  /// @param hash SHA-256 of its text, hexadecimal
  public record Head(String customer, long seq, String hash) {

    /// Before the first event.
    static Head beginning(String customer) {
      return new Head(customer, 0, AuditStore.BEGINNING);
    }

    boolean isAt(Head other) {
      return seq == other.seq && hash.equals(other.hash);
    }
  }

  /// What is said of a chain beside its events.
  ///
  /// @param removed the last event that retention removed; the beginning if there is none
  /// @param end the last event; a number of 0 if nothing is said
  record Chain(Head removed, Head end) {
    String customer() {
      return removed.customer;
    }
  }

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
  private final Consumer<Fault> remarks;
  private final Consumer<Head> heads;

  private long events;
  private long customers;
  private long faultsFound;
  private long removed;

  private Optional<Chain> chain = Optional.empty();
  private Head last = Head.beginning("");
  private Head toldRemoved = last;
  private boolean isEmpty = true;

  /// @param known heads that were told earlier and kept elsewhere
  /// @param faults told of all that is wrong
  /// @param remarks told of what is not wrong but could not be checked
  /// @param heads told of the last event of each chain
  public AuditChains(
      Iterable<Head> known, Consumer<Fault> faults, Consumer<Fault> remarks, Consumer<Head> heads) {
    known.forEach(head -> this.known.put(head.customer, head));
    this.faults = faults;
    this.remarks = remarks;
    this.heads = heads;
  }

  /// Checks all chains of a database as of one moment.
  public void check(AuditStore store, Transaction tx) {
    store.forEachLink(tx, link -> addTo(link.chain(), link));
    store.chainsWithoutEvents(tx).forEach(this::begin);
    finish(Optional.empty());
  }

  private void addTo(Chain its, AuditStore.Link link) {
    if (chain.isEmpty() || !chain.get().customer().equals(its.customer())) {
      begin(its);
    }
    add(link);
  }

  /// How many events there are.
  public long events() {
    return events;
  }

  /// How many chains there are.
  public long customers() {
    return customers;
  }

  /// How many events retention removed, as the chains tell.
  public long removed() {
    return removed;
  }

  /// How many faults were told.
  public long faults() {
    return faultsFound;
  }

  void fault(String of, long seq, String what) {
    faultsFound++;
    faults.accept(new Fault(of, seq, what));
  }

  /// The next chain begins; its events follow.
  void begin(Chain next) {
    endChain();
    customers++;
    chain = Optional.of(next);
    last = next.removed;
    toldRemoved = Head.beginning(next.customer());
    isEmpty = true;
    Head mine = known.get(next.customer());
    if (mine == null || mine.seq > last.seq) {
      return;
    }
    known.remove(mine.customer);
    if (mine.seq < last.seq) {
      remarks.accept(
          new Fault(
              mine.customer,
              mine.seq,
              "it was known, and was removed by retention with all up to "
                  + last.seq
                  + ": what was known cannot be checked any more"));
    } else {
      compareToKnown(mine, last);
    }
  }

  private void compareToKnown(Head mine, Head found) {
    if (!mine.hash.equals(found.hash)) {
      fault(mine.customer, mine.seq, "it is not the event that was known: the chain was rewritten");
    }
  }

  /// The next event of the chain that was begun.
  void add(AuditStore.Link link) {
    String customer = last.customer;
    events++;
    isEmpty = false;
    boolean followsTheLast = link.seq() == last.seq + 1;
    if (!followsTheLast) {
      fault(
          customer,
          last.seq + 1,
          link.seq() == last.seq + 2
              ? "it is missing"
              : "this and all before " + link.seq() + " are missing");
    }
    checkText(customer, link, followsTheLast);
    Head found = new Head(customer, link.seq(), link.hash());
    Head mine = known.get(customer);
    if (mine != null && mine.seq == found.seq) {
      known.remove(customer);
      compareToKnown(mine, found);
    }
    last = found;
  }

  private void checkText(String customer, AuditStore.Link link, boolean followsTheLast) {
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
    if (followsTheLast && !last.hash.equals(text.path("before").textValue())) {
      fault(customer, link.seq(), "it does not follow the event before it");
    }
    compare(link, "customer_id", link.customer(), text.path("customer").textValue());
    compare(link, "seq", Long.toString(link.seq()), text.path("seq").asText());
    compare(link, "at", instant(link.at()), text.path("at").textValue());
    compare(link, "actor", link.actor(), text.path("actor").textValue());
    compare(link, "action", link.action(), text.path("action").textValue());
    compare(link, "object", link.object(), text.path("object").textValue());
    if (EventsExpired.ACTION.equals(text.path("action").textValue())) {
      noteRemoval(removalIn(text.path("detail"), customer), link.seq());
    }
  }

  /// The last event that an `audit.expire` tells to be removed.
  static Head removalIn(JsonNode detail, String customer) {
    return new Head(
        customer,
        detail.path(EventsExpired.LAST_SEQ).asLong(0),
        detail.path(EventsExpired.LAST_HASH).asText(""));
  }

  private void noteRemoval(Head told, long seq) {
    if (told.seq <= toldRemoved.seq || told.seq >= seq) {
      fault(told.customer, seq, "it tells of a removal that cannot have been");
    }
    toldRemoved = told;
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
      fault(
          link.customer(), link.seq(), "its column " + column + " does not say what its text does");
    }
  }

  private void endChain() {
    if (chain.isEmpty()) {
      return;
    }
    String customer = chain.get().customer();
    Head begins = chain.get().removed;
    Head said = chain.get().end;
    chain = Optional.empty();
    if (isEmpty) {
      fault(customer, begins.seq + 1, "no event is there");
      known.remove(customer);
      return;
    }
    if (!begins.isAt(toldRemoved)) {
      fault(
          customer,
          begins.seq + 1,
          "the chain is said to begin with it, but "
              + (toldRemoved.seq == 0
                  ? "no event tells that those before were removed"
                  : "its events tell that the last one removed was event " + toldRemoved.seq));
    }
    removed += begins.seq;
    if (said.seq != last.seq) {
      fault(
          customer,
          last.seq,
          "it is the last, but the end of the chain is said to be event " + said.seq);
    } else if (!said.hash.equals(last.hash)) {
      fault(customer, last.seq, "it is not the event that the end of the chain is said to be");
    }
    Optional.ofNullable(known.remove(customer))
        .ifPresent(head -> fault(customer, head.seq, "it was known, and is missing"));
    heads.accept(last);
  }

  /// All chains were given.
  ///
  /// @param only the customer whose chain alone was to be given; empty for all
  void finish(Optional<String> only) {
    endChain();
    if (customers == 0) {
      fault(only.orElse("operator"), 1, "no customer is there, nor any event");
    }
    known
        .values()
        .forEach(
            head -> {
              if (only.isEmpty() || only.get().equals(head.customer)) {
                fault(head.customer, head.seq, "it was known, and is missing");
              } else {
                remarks.accept(
                    new Fault(
                        head.customer,
                        head.seq,
                        "it was known; the chain of " + only.get() + " alone was looked at"));
              }
            });
  }
}
