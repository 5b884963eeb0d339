package io.clientele.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An answer: status, headers, bytes. Immutable; `with` gives another.
public final class Response {

  /// `application/json`
  public static final String JSON = "application/json";

  /// One header line.
  public record Header(String name, String value) {}

  /// No cache may keep it (RFC 9111 §5.2.2.5).
  static final Header NO_STORE = new Header("Cache-Control", "no-store");

  /// The same in the words of HTTP/1.0.
  static final Header NO_CACHE = new Header("Pragma", "no-cache");

  private static final List<Header> UNCACHED = List.of(NO_STORE, NO_CACHE);

  private final int status;
  private final String contentType;
  private final byte[] body;
  private final List<Header> headers;

  private Response(int status, String contentType, byte[] body, List<Header> headers) {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
    this.headers = headers;
  }

  /// A JSON document.
  public static Response json(int status, JsonNode document) {
    return new Response(status, JSON, Json.bytes(document), List.of());
  }

  /// Bytes of any media type.
  public static Response of(int status, String contentType, byte[] body) {
    return new Response(status, contentType, body, List.of());
  }

  /// Text of any media type, as UTF-8.
  public static Response of(int status, String contentType, String body) {
    return of(status, contentType, body.getBytes(StandardCharsets.UTF_8));
  }

  /// 200 `{"status":"success"}`
  public static Response success() {
    return of(200, JSON, "{\"status\":\"success\"}");
  }

  /// The same with one header more.
  public Response with(String name, String value) {
    return with(List.of(new Header(name, value)));
  }

  /// The same, kept by no cache of whatever age (RFC 6749 §5.1).
  public Response uncached() {
    return with(UNCACHED);
  }

  private Response with(List<Header> more) {
    if (headers.isEmpty()) {
      return new Response(status, contentType, body, more);
    }
    List<Header> all = new ArrayList<>(headers);
    all.addAll(more);
    return new Response(status, contentType, body, List.copyOf(all));
  }

  public int status() {
    return status;
  }

  public String contentType() {
    return contentType;
  }

  public byte[] body() {
    return body;
  }

  public List<Header> headers() {
    return headers;
  }

  /// The value of a header, name compared without case.
  public Optional<String> header(String name) {
    return headers.stream()
        .filter(each -> each.name.equalsIgnoreCase(name))
        .map(Header::value)
        .findFirst();
  }
}
