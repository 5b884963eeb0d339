package io.clientele.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// What the server answered, with the request that it answered for the message of a failure.
public final class Answer {

  /// Reads strictly: a repeated key or text after the document is a failure.
  public static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Pattern TOKEN = Pattern.compile("(eyJ[A-Za-z0-9_-]{6})[A-Za-z0-9_.-]{20,}");

  private final String request;
  private final int status;
  private final Map<String, List<String>> headers;
  private final byte[] body;

  Answer(String request, int status, Map<String, List<String>> headers, byte[] body) {
    this.request = request;
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  public int status() {
    return status;
  }

  public Map<String, List<String>> headers() {
    return headers;
  }

  /// The body as it came.
  public byte[] body() {
    return body.clone();
  }

  /// The body as text.
  public String text() {
    return new String(body, UTF_8);
  }

  /// The body as JSON.
  public JsonNode json() {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new AssertionError("the answer is not JSON\n" + this, e);
    }
  }

  /// A member of the JSON object; missing nodes are a failure.
  public JsonNode json(String member) {
    JsonNode value = json().path(member);
    if (value.isMissingNode()) {
      throw new AssertionError("the answer has no member " + member + "\n" + this);
    }
    return value;
  }

  /// The first value of a header, whatever the case of its name.
  public Optional<String> header(String name) {
    return headers(name).stream().findFirst();
  }

  /// All values of a header.
  public List<String> headers(String name) {
    List<String> values = new ArrayList<>();
    headers.forEach(
        (key, some) -> {
          if (key.equalsIgnoreCase(name)) {
            values.addAll(some);
          }
        });
    return values;
  }

  /// Fails unless this is the status.
  public Answer expect(int expected) {
    if (status != expected) {
      throw new AssertionError("expected " + expected + ", got " + status + "\n" + this);
    }
    return this;
  }

  /// Fails unless the answer is a problem document with this status and `errorMessage`.
  public Answer expectProblem(int expected, String errorMessage) {
    expect(expected);
    String type = header("Content-Type").orElse("");
    if (!type.startsWith("application/problem+json")) {
      throw new AssertionError("not a problem document but " + type + "\n" + this);
    }
    same("errorMessage", errorMessage, json("errorMessage").asText());
    same("status", expected, json("status").asInt());
    same("errorCode", expected, json("errorCode").asInt());
    return this;
  }

  /// Fails unless the answer is 400 with faults at exactly these JSON pointers, in any order.
  public Answer expectFaults(String... pointers) {
    expect(400);
    List<String> wanted = List.of(pointers).stream().sorted().toList();
    same("pointers of the faults", wanted, pointers());
    expectProblem(400, "The request has " + pointers.length + " faults");
    return this;
  }

  /// Fails unless the answer is the protocol's own error with this code.
  public Answer expectOAuthError(int expected, String error) {
    expect(expected);
    same("error", error, json("error").asText());
    return this;
  }

  /// The JSON pointers of `errors`, sorted.
  public List<String> pointers() {
    List<String> found = new ArrayList<>();
    json().path("errors").forEach(fault -> found.add(fault.path("pointer").asText()));
    found.sort(null);
    return found;
  }

  private void same(String what, Object expected, Object got) {
    if (!expected.equals(got)) {
      throw new AssertionError(what + ": expected " + expected + ", got " + got + "\n" + this);
    }
  }

  /// Request and answer, with tokens shortened.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(request).append("\n→ ").append(status).append('\n');
    headers.forEach((name, values) -> text.append(name).append(": ").append(values).append('\n'));
    return text.append('\n').append(shortened(text())).toString();
  }

  public static String shortened(String text) {
    String hidden = TOKEN.matcher(text).replaceAll("$1…");
    return hidden.length() <= 3_000 ? hidden : hidden.substring(0, 3_000) + "… (cut)";
  }

  static byte[] bytes(Object body) {
    if (body instanceof byte[] bytes) {
      return bytes;
    }
    if (body instanceof String text) {
      return text.getBytes(UTF_8);
    }
    try {
      return JSON.writeValueAsBytes(body);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
