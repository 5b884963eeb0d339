package io.clientele.http;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Which part of a list is asked for: `limit` (1 to 1000, default 1000) and `cursor` (the last id
/// of the page before, and nothing else).
///
/// @param limit how many items at most
/// @param cursor items behind this one; empty for the first page
public record Page(int limit, Optional<String> cursor) {

  /// The most items a page has.
  public static final int MOST = 1000;

  /// A page also ends where its items have more characters than this: few have many, but who wants
  /// to fill the memory of the server makes them so.
  private static final int MOST_CHARACTERS = 8 * 1024 * 1024;

  /// An item of a list.
  ///
  /// @param characters of text in it, roughly
  public record Item<T>(T item, int characters) {}

  /// What one page shows.
  ///
  /// @param more whether there are items behind it
  public record Part<T>(List<T> items, boolean more) {}

  /// Takes what belongs on one page, at least one item if there is one.
  public static <T> Part<T> take(Iterator<Item<T>> all, int limit) {
    List<T> taken = new ArrayList<>();
    long characters = 0;
    while (all.hasNext()) {
      if (taken.size() == limit || characters > MOST_CHARACTERS) {
        return new Part<>(taken, true);
      }
      Item<T> next = all.next();
      taken.add(next.item);
      characters += next.characters;
    }
    return new Part<>(taken, false);
  }

  /// Reads the two parameters.
  ///
  /// @param isCursor whether a text can be a cursor here
  /// @param faults where what is wrong is noted
  public static Page read(
      Map<String, String> parameters, Predicate<String> isCursor, List<Fault> faults) {
    int limit = MOST;
    String text = parameters.get("limit");
    if (text != null) {
      if (text.matches("[0-9]{1,4}") && between(Integer.parseInt(text))) {
        limit = Integer.parseInt(text);
      } else {
        faults.add(new Fault("?limit", "must be a whole number from 1 to " + MOST));
      }
    }
    Optional<String> cursor = Optional.ofNullable(parameters.get("cursor"));
    if (cursor.isPresent() && !isCursor.test(cursor.get())) {
      faults.add(new Fault("?cursor", "is not a cursor that this list gave"));
      cursor = Optional.empty();
    }
    return new Page(limit, cursor);
  }

  private static boolean between(int limit) {
    return limit >= 1 && limit <= MOST;
  }

  /// `Link: <…>; rel="next"`: the same request with another cursor (RFC 8288).
  public static Response withNext(Response response, Request request, String cursor) {
    List<String> parts = new ArrayList<>();
    for (String pair : request.query().split("&", -1)) {
      // By its decoded name: it may be written as %63ursor.
      String name = pair.split("=", 2)[0];
      if (!pair.isEmpty() && !Percent.decodeForm(name).equals(Optional.of("cursor"))) {
        parts.add(pair);
      }
    }
    parts.add("cursor=" + Percent.encode(cursor));
    return response.with(
        "Link", "<" + request.path() + "?" + String.join("&", parts) + ">; rel=\"next\"");
  }
}
