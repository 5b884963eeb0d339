package io.clientele.customer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.access.Call;
import io.clientele.audit.RefusalStore;
import io.clientele.audit.RefusalStore.Refused;
import io.clientele.db.Database;
import io.clientele.http.Fault;
import io.clientele.http.Json;
import io.clientele.http.Page;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.http.Times;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// `GET /oauth/customers/{customerId}/audit/refusals`: how often requests were refused, newest hour
/// first.
public final class RefusalsEndpoint {

  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final Database database;
  private final RefusalStore refusals;

  public RefusalsEndpoint(Database database, RefusalStore refusals) {
    this.database = database;
    this.refusals = refusals;
  }

  /// As a JSON array.
  public Response list(Call call) {
    Map<String, String> parameters = call.request().queryParameters();
    List<Fault> faults = new ArrayList<>();
    Page page = Page.read(parameters, RefusalStore::isCursor, faults);
    OptionalLong from = hour(parameters, "from", faults);
    OptionalLong to = hour(parameters, "to", faults);
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    RefusalStore.Filter filter = new RefusalStore.Filter(page.cursor(), from, to, page.limit());
    Page.Part<Refused> found = database.read(tx -> refusals.list(tx, call.customer(), filter));
    ArrayNode array = Json.array();
    for (Refused each : found.items()) {
      array
          .addObject()
          .put("hour", Times.text(each.hour() * HOUR))
          .put("caller", each.caller())
          .put("route", each.route())
          .put("outcome", each.outcome())
          .put("count", each.count());
    }
    Response response = Response.json(200, array);
    return found.more()
        ? Page.withNext(response, call.request(), found.items().getLast().cursor())
        : response;
  }

  /// The first hour that begins at this time or later.
  private static OptionalLong hour(
      Map<String, String> parameters, String name, List<Fault> faults) {
    String text = parameters.get(name);
    if (text == null) {
      return OptionalLong.empty();
    }
    OptionalLong time = Times.parse(text);
    if (time.isEmpty()) {
      faults.add(new Fault("?" + name, "must be a time like 2026-11-23T00:00:00Z"));
      return time;
    }
    return OptionalLong.of(Math.ceilDiv(time.getAsLong(), HOUR));
  }
}
