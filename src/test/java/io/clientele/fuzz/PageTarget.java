package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import io.clientele.http.Fault;
import io.clientele.http.Page;
import io.clientele.http.Problem;
import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.id.ClientId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Queries of lists: who follows the link to the next page gets it.
final class PageTarget implements FuzzTarget {

  private static final Pattern LINK = Pattern.compile("</clients\\?([^>]*)>; rel=\"next\"");

  /// What the server underneath lets through of a query.
  private static final Pattern QUERY = Pattern.compile("[!-~&&[^\"#<>\\\\^`{|}]]*");

  @Override
  public void check(byte[] input) {
    String query = new String(input, StandardCharsets.ISO_8859_1);
    Optional<Page> page = read(query);
    if (page.isEmpty() || !QUERY.matcher(query).matches()) {
      return;
    }
    require(page.get().limit() >= 1 && page.get().limit() <= Page.MOST, "limit");

    Response next = Page.withNext(Response.success(), Requests.get("/clients", query), "~next@1");

    Matcher link = LINK.matcher(next.header("Link").orElse(""));
    require(link.matches(), "a link of another form");
    require(
        read(link.group(1))
            .equals(Optional.of(new Page(page.get().limit(), Optional.of("~next@1")))),
        "the link does not lead to the next page");
  }

  /// Empty if it was refused.
  private static Optional<Page> read(String query) {
    List<Fault> faults = new ArrayList<>();
    Map<String, String> parameters;
    try {
      Request request = Requests.get("/clients", query);
      parameters = request.queryParameters();
    } catch (Problem e) {
      require(e.status() == 400 && !e.faults().isEmpty(), "refused otherwise");
      return Optional.empty();
    }
    Page page =
        Page.read(parameters, text -> ClientId.parse(text.replace('~', 'x')).isPresent(), faults);
    require(parameters.containsKey("limit") || page.limit() == Page.MOST, "another limit");
    require(faults.size() <= 2, "more faults than parameters");
    return faults.isEmpty() ? Optional.of(page) : Optional.empty();
  }
}
