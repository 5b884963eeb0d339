package io.clientele.customer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Call;
import io.clientele.audit.AuditStore;
import io.clientele.audit.AuditStore.Entry;
import io.clientele.audit.AuditStore.Filter;
import io.clientele.db.Database;
import io.clientele.http.Csv;
import io.clientele.http.Fault;
import io.clientele.http.Json;
import io.clientele.http.Page;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.http.Times;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// `GET /oauth/customers/{customerId}/audit`: completed deeds, newest first.
public final class AuditEndpoint {

  private static final String NDJSON = "application/x-ndjson";
  private static final String CSV = "text/csv";

  private final Database database;
  private final AuditStore audit;

  public AuditEndpoint(Database database, AuditStore audit) {
    this.database = database;
    this.audit = audit;
  }

  /// As a JSON array; one object a line if `Accept` says `application/x-ndjson`, one record a line
  /// if it says `text/csv`.
  public Response list(Call call) {
    Map<String, String> parameters = call.request().queryParameters();
    List<Fault> faults = new ArrayList<>();
    Page page = Page.read(parameters, text -> text.matches("[0-9]{1,18}"), faults);
    OptionalLong from = time(parameters, "from", faults);
    OptionalLong to = time(parameters, "to", faults);
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    Filter filter =
        new Filter(
            page.cursor()
                .map(text -> OptionalLong.of(Long.parseLong(text)))
                .orElse(OptionalLong.empty()),
            Optional.ofNullable(parameters.get("action")),
            Optional.ofNullable(parameters.get("actor")),
            Optional.ofNullable(parameters.get("object")),
            from,
            to,
            page.limit());
    AuditStore.Listed found = database.read(tx -> audit.list(tx, call.customer(), filter));
    Response response =
        accepts(call, NDJSON)
            ? lines(found.items())
            : accepts(call, CSV) ? records(found.items()) : array(found.items());
    return found.next().isPresent()
        ? Page.withNext(response, call.request(), Long.toString(found.next().getAsLong()))
        : response;
  }

  private static boolean accepts(Call call, String mediaType) {
    return call.request().headers("Accept").stream().anyMatch(accept -> accept.contains(mediaType));
  }

  private static OptionalLong time(
      Map<String, String> parameters, String name, List<Fault> faults) {
    String text = parameters.get(name);
    if (text == null) {
      return OptionalLong.empty();
    }
    OptionalLong time = Times.parse(text);
    if (time.isEmpty()) {
      faults.add(new Fault("?" + name, "must be a time like 2026-11-23T00:00:00Z"));
    }
    return time;
  }

  private static Response array(List<Entry> entries) {
    ArrayNode array = Json.array();
    entries.forEach(entry -> array.add(toJson(entry)));
    return Response.json(200, array);
  }

  private static Response lines(List<Entry> entries) {
    StringBuilder lines = new StringBuilder();
    entries.forEach(entry -> lines.append(Json.text(toJson(entry))).append('\n'));
    return Response.of(200, NDJSON, lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static Response records(List<Entry> entries) {
    StringBuilder records =
        new StringBuilder(Csv.line(List.of("seq", "at", "actor", "action", "object", "detail")));
    for (Entry entry : entries) {
      records.append(
          Csv.line(
              List.of(
                  Long.toString(entry.seq()),
                  Times.text(entry.at()),
                  entry.actor(),
                  entry.action(),
                  entry.object(),
                  Csv.json(entry.detail()))));
    }
    return Response.of(200, Csv.MEDIA_TYPE, records.toString());
  }

  private static ObjectNode toJson(Entry entry) {
    ObjectNode json =
        Json.object()
            .put("seq", entry.seq())
            .put("at", Times.text(entry.at()))
            .put("actor", entry.actor())
            .put("action", entry.action())
            .put("object", entry.object());
    json.set("detail", entry.detail());
    return json;
  }
}
