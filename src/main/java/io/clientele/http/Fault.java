package io.clientele.http;

/// One thing that is wrong with a request.
///
/// @param pointer where: a JSON pointer into the body (RFC 6901), or `?name` for a query parameter
/// @param message what, in words for the caller
public record Fault(String pointer, String message) {

  /// A pointer one step further down; `~` and `/` in the step are escaped (RFC 6901 §3).
  public static String below(String pointer, String step) {
    return pointer + "/" + step.replace("~", "~0").replace("/", "~1");
  }
}
