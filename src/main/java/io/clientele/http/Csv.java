package io.clientele.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/// Comma-separated values (RFC 4180), for people with spreadsheets. A spreadsheet takes a field
/// that begins in certain ways for a formula and runs it, so such a field gets an apostrophe in
/// front: whoever needs the exact text takes JSON.
public final class Csv {

  /// With a header line.
  public static final String MEDIA_TYPE = "text/csv; charset=utf-8; header=present";

  /// What a formula begins with.
  private static final String FORMULA = "=+-@\t\r\n";

  /// What a field without quotes may not hold: a semicolon separates fields in some countries.
  private static final String QUOTED = ",\"\r\n;\t'";

  private Csv() {}

  /// One record, with its CR LF.
  public static String line(List<String> fields) {
    StringBuilder line = new StringBuilder();
    for (String field : fields) {
      if (!line.isEmpty()) {
        line.append(',');
      }
      append(line, field);
    }
    return line.append("\r\n").toString();
  }

  private static void append(StringBuilder line, String field) {
    boolean isFormula = !field.isEmpty() && FORMULA.indexOf(field.charAt(0)) >= 0;
    if (!isFormula && field.chars().noneMatch(each -> QUOTED.indexOf(each) >= 0)) {
      line.append(field);
      return;
    }
    line.append('"').append(isFormula ? "'" : "").append(field.replace("\"", "\"\"")).append('"');
  }

  /// A document as one field. Where a semicolon separates fields, what follows one inside the
  /// document would be a field by itself, so it is written as an escape that means the same.
  public static String json(JsonNode document) {
    return Json.text(document).replace(";", "\\u003b");
  }
}
