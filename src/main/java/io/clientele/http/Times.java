package io.clientele.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/// Times on the wire: RFC 3339 in UTC with milliseconds, `2026-11-23T13:22:39.123Z`.
public final class Times {

  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final Pattern RFC3339 =
      Pattern.compile(
          "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)");

  private Times() {}

  /// Writes a time.
  ///
  /// @param epochMillis milliseconds since 1970
  public static String text(long epochMillis) {
    return FORM.format(Instant.ofEpochMilli(epochMillis));
  }

  /// Reads RFC 3339 with any offset, into epoch milliseconds; empty if it is none.
  public static OptionalLong parse(String text) {
    if (!RFC3339.matcher(text).matches()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(OffsetDateTime.parse(text).toInstant().toEpochMilli());
    } catch (DateTimeException | ArithmeticException e) {
      return OptionalLong.empty();
    }
  }
}
