package io.clientele.http;

import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Parameters of `application/x-www-form-urlencoded` text, a body or a query string. A parameter
/// without a value counts as omitted (RFC 6749 §3.2).
public final class Form {

  /// No parameter at all.
  public static final Form EMPTY = new Form(List.of());

  private record Parameter(String name, String value) {}

  private final List<Parameter> parameters;

  private Form(List<Parameter> parameters) {
    this.parameters = parameters;
  }

  /// Reads a body.
  ///
  /// @throws OAuthException `invalid_request` if the text is not form-encoded UTF-8
  public static Form parse(byte[] body) {
    String text = new String(body, StandardCharsets.US_ASCII);
    // What bytes outside ASCII become.
    if (text.indexOf('\uFFFD') >= 0) {
      throw new OAuthException(Code.INVALID_REQUEST, "the form holds bytes outside ASCII");
    }
    return parse(text);
  }

  /// Reads a query string.
  ///
  /// @throws OAuthException `invalid_request` if the text is not form-encoded UTF-8
  public static Form parse(String text) {
    if (text.isEmpty()) {
      return EMPTY;
    }
    List<Parameter> parameters = new ArrayList<>(4);
    int start = 0;
    while (start <= text.length()) {
      int end = text.indexOf('&', start);
      end = end < 0 ? text.length() : end;
      // Not beyond the end, or a form without any would be looked through from each of its parts
      // on.
      int equals = text.indexOf('=', start, end);
      // Without a value, or with an empty one, it counts as omitted.
      if (equals > start && equals < end - 1) {
        parameters.add(
            new Parameter(
                decode(text.substring(start, equals)), decode(text.substring(equals + 1, end))));
      }
      start = end + 1;
    }
    return new Form(parameters);
  }

  private static String decode(String text) {
    return Percent.decodeForm(text)
        .orElseThrow(
            () ->
                new OAuthException(Code.INVALID_REQUEST, "a parameter is not form-encoded UTF-8"));
  }

  /// These parameters and those of another form.
  public Form and(Form other) {
    if (other.parameters.isEmpty()) {
      return this;
    }
    if (parameters.isEmpty()) {
      return other;
    }
    List<Parameter> all = new ArrayList<>(parameters);
    all.addAll(other.parameters);
    return new Form(all);
  }

  /// Refuses a parameter that is there twice (RFC 6749 §3.2).
  ///
  /// @throws OAuthException `invalid_request`
  public void refuseRepeated() {
    if (parameters.size() < 2) {
      return;
    }
    Set<String> names = HashSet.newHashSet(parameters.size());
    for (Parameter each : parameters) {
      if (!names.add(each.name)) {
        throw new OAuthException(Code.INVALID_REQUEST, "a parameter is repeated");
      }
    }
  }

  /// The value of a parameter; the first, where repetition was not refused.
  public Optional<String> get(String name) {
    for (Parameter each : parameters) {
      if (each.name.equals(name)) {
        return Optional.of(each.value);
      }
    }
    return Optional.empty();
  }

  /// Every value of a parameter.
  public List<String> all(String name) {
    return parameters.stream()
        .filter(each -> each.name.equals(name))
        .map(Parameter::value)
        .toList();
  }

  /// Whether the parameter is there with a value.
  public boolean has(String name) {
    return get(name).isPresent();
  }
}
