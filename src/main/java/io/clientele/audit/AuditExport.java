package io.clientele.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.audit.AuditChains.Chain;
import io.clientele.audit.AuditChains.Head;
import io.clientele.audit.AuditStore.Link;
import io.clientele.db.Transaction;
import io.clientele.http.Csv;
import io.clientele.http.Json;
import io.clientele.http.Times;
import io.clientele.id.CustomerId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongConsumer;

/// Chains of audit events outside of a database.
///
/// As NDJSON an export holds all that a check needs: for each customer a line
/// `{"customerId","removed":{"seq","hash"},"end":{"seq","hash"}}` with what is said of its chain,
/// one `{"customerId","seq","at","actor","action","object","detail","hashed","hash"}` for each
/// event, where `hashed` is the exact text that was hashed; and a last line
/// `{"customers","events"}` with their numbers, and `"customerId"` if it is the chain of one
/// customer, without which it is not whole. As CSV it is for people to read.
public final class AuditExport {

  /// How it is written.
  public enum Format {
    NDJSON,
    CSV
  }

  private static final int LONGEST_LINE = 32 * 1024 * 1024;

  private final OutputStream out;
  private final Format format;
  private final LongConsumer reached;
  private String customer = "";
  private long customers;
  private long events;

  /// @param out buffered
  /// @param reached told how many events are written so far
  public AuditExport(OutputStream out, Format format, LongConsumer reached) {
    this.out = out;
    this.format = format;
    this.reached = reached;
  }

  /// Writes all chains as of one moment.
  ///
  /// @throws UncheckedIOException if it cannot be written
  public void write(AuditStore store, Transaction tx) {
    begin();
    store.forEachLink(tx, this::write);
    store.chainsWithoutEvents(tx).forEach(this::write);
    end(Json.object());
  }

  /// Writes the chain of one customer as of one moment.
  ///
  /// @throws UncheckedIOException if it cannot be written
  public void write(AuditStore store, Transaction tx, CustomerId only) {
    begin();
    store.forEachLinkOf(tx, only, this::write);
    if (events == 0) {
      store.chainsWithoutEvents(tx).stream()
          .filter(chain -> chain.customer().equals(only.text()))
          .forEach(this::write);
    }
    end(Json.object().put("customerId", only.text()));
  }

  /// How many events were written.
  public long events() {
    return events;
  }

  /// How many chains were written.
  public long customers() {
    return customers;
  }

  private void begin() {
    if (format == Format.CSV) {
      put(
          Csv.line(
              List.of("customerId", "seq", "at", "actor", "action", "object", "detail", "hash")));
    }
  }

  private void write(Chain chain) {
    customers++;
    customer = chain.customer();
    if (format == Format.NDJSON) {
      ObjectNode line = Json.object().put("customerId", customer);
      line.set("removed", head(chain.removed()));
      line.set("end", head(chain.end()));
      put(Json.text(line) + "\n");
    }
  }

  private static ObjectNode head(Head head) {
    return Json.object().put("seq", head.seq()).put("hash", head.hash());
  }

  private void write(Link link) {
    if (customers == 0 || !link.customer().equals(customer)) {
      write(link.chain());
    }
    put(
        switch (format) {
          case NDJSON -> Json.text(json(link)) + "\n";
          case CSV ->
              Csv.line(
                  List.of(
                      link.customer(),
                      Long.toString(link.seq()),
                      time(link.at()),
                      link.actor(),
                      link.action(),
                      link.object(),
                      Csv.json(detail(link)),
                      link.hash()));
        });
    reached.accept(++events);
  }

  private static ObjectNode json(Link link) {
    ObjectNode json =
        Json.object()
            .put("customerId", link.customer())
            .put("seq", link.seq())
            .put("at", time(link.at()))
            .put("actor", link.actor())
            .put("action", link.action())
            .put("object", link.object());
    json.set("detail", detail(link));
    return json.put("hashed", link.hashed()).put("hash", link.hash());
  }

  /// As the text says, or nothing if somebody made it say nothing: an export hides no fault.
  private static JsonNode detail(Link link) {
    try {
      JsonNode detail = Json.parseOurs(link.hashed()).path("detail");
      return detail.isMissingNode() ? Json.object() : detail;
    } catch (RuntimeException e) {
      return Json.object();
    }
  }

  private static String time(long millis) {
    try {
      return Times.text(millis);
    } catch (DateTimeException e) {
      return Long.toString(millis);
    }
  }

  private void end(ObjectNode about) {
    if (format == Format.NDJSON) {
      put(Json.text(about.put("customers", customers).put("events", events)) + "\n");
    }
  }

  private void put(String text) {
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Checks an export in NDJSON, without a database. It is read from its beginning to its end, a
  /// line at a time.
  ///
  /// @param in buffered
  /// @throws IOException if it cannot be read, is not whole, or is no export, which its message
  ///   says
  public static void check(InputStream in, AuditChains chains) throws IOException {
    new Check(in, chains).run();
  }

  private static final class Check {
    private final InputStream in;
    private final AuditChains chains;
    private final Set<String> seen = new HashSet<>();
    private Optional<Chain> chain = Optional.empty();
    private long number;

    Check(InputStream in, AuditChains chains) {
      this.in = in;
      this.chains = chains;
    }

    void run() throws IOException {
      for (Optional<String> line = next(); line.isPresent(); line = next()) {
        JsonNode json = json(line.get());
        if (json.has("customers")) {
          end(json);
          return;
        }
        if (json.has("end")) {
          begin(json);
        } else {
          add(json);
        }
      }
      throw new IOException("it is not whole: its last line must count the others");
    }

    private void begin(JsonNode json) throws IOException {
      String customer = text(json, "customerId");
      if (!seen.add(customer)) {
        throw notThis("says the chain of customer " + customer + " again");
      }
      Chain begun =
          new Chain(head(json.path("removed"), customer), head(json.path("end"), customer));
      chain = Optional.of(begun);
      chains.begin(begun);
    }

    private void add(JsonNode json) throws IOException {
      Chain its = chain.orElseThrow(() -> notThis("is an event before any chain"));
      Link link =
          new Link(
              text(json, "customerId"),
              number(json, "seq"),
              time(text(json, "at")),
              text(json, "actor"),
              text(json, "action"),
              text(json, "object"),
              text(json, "hashed"),
              text(json, "hash"),
              its);
      if (!link.customer().equals(its.customer())) {
        throw notThis("is an event of another customer than the chain's");
      }
      chains.add(link);
      if (!json.path("detail").equals(detail(link))) {
        chains.fault(link.customer(), link.seq(), "its detail does not say what its text does");
      }
    }

    private void end(JsonNode json) throws IOException {
      if (json.path("customers").asLong(-1) != chains.customers()
          || json.path("events").asLong(-1) != chains.events()
          || next().isPresent()) {
        throw new IOException("it is not whole: its last line must count the others");
      }
      chains.finish(Optional.ofNullable(json.path("customerId").textValue()));
    }

    private static long time(String text) {
      OptionalLong time = Times.parse(text);
      return time.isPresent() ? time.getAsLong() : Long.MIN_VALUE;
    }

    private Head head(JsonNode json, String customer) throws IOException {
      return new Head(customer, number(json, "seq"), text(json, "hash"));
    }

    private String text(JsonNode json, String member) throws IOException {
      String text = json.path(member).textValue();
      if (text == null) {
        throw notThis("says no " + member);
      }
      return text;
    }

    private long number(JsonNode json, String member) throws IOException {
      if (!json.path(member).canConvertToLong()) {
        throw notThis("says no " + member);
      }
      return json.path(member).asLong();
    }

    private JsonNode json(String line) throws IOException {
      JsonNode json;
      try {
        json = Json.parseOurs(line);
      } catch (UncheckedIOException e) {
        json = MissingNode.getInstance();
      }
      if (!json.isObject()) {
        throw notThis("is no JSON object");
      }
      return json;
    }

    private IOException notThis(String what) {
      return new IOException("line " + number + " " + what);
    }

    private Optional<String> next() throws IOException {
      number++;
      ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
      int next = in.read();
      if (next < 0) {
        return Optional.empty();
      }
      while (next >= 0 && next != '\n') {
        if (line.size() == LONGEST_LINE) {
          throw notThis("is longer than " + LONGEST_LINE + " bytes");
        }
        line.write(next);
        next = in.read();
      }
      try {
        return Optional.of(
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(line.toByteArray()))
                .toString());
      } catch (CharacterCodingException e) {
        throw new IOException("line " + number + " is not UTF-8", e);
      }
    }
  }
}
