package io.clientele.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.OpenApiDocument;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// HTTP to one server. Every exchange is held against the API document, unless [#unchecked] says
/// not to.
public final class Http {
  private static final HttpClient CLIENT = client().build();

  private static final Pattern NEXT = Pattern.compile("<([^>]*)>\\s*;\\s*rel=\"?next\"?");

  private static final class Document {
    static final OpenApiDocument LOADED = OpenApiDocument.load();
  }

  private final URI base;
  private final HttpClient client;
  private final boolean checked;

  private Http(URI base, HttpClient client, boolean checked) {
    this.base = base;
    this.client = client;
    this.checked = checked;
  }

  private static HttpClient.Builder client() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(10));
  }

  /// For a server that runs at this address.
  public static Http to(URI base) {
    return new Http(base, CLIENT, true);
  }

  /// The same server, without holding the exchange against the API document.
  public Http unchecked() {
    return new Http(base, client, false);
  }

  /// The same server, asked from this address of the machine, as in `127.0.7.1`: a source of its
  /// own.
  public Http from(String address) {
    return new Http(base, client().localAddress(InetAddress.ofLiteral(address)).build(), checked);
  }

  /// Basic credentials as most programs send them: raw.
  public static String basic(String id, String secret) {
    return "Basic " + Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(UTF_8));
  }

  public Answer get(String path, String token) {
    return send("GET", path, bearer(token), new byte[0]);
  }

  public Answer post(String path, String token, Object json) {
    return send("POST", path, bearer(token), json);
  }

  public Answer put(String path, String token, Object json) {
    return send("PUT", path, bearer(token), json);
  }

  /// A PUT without a body.
  public Answer put(String path, String token) {
    return send("PUT", path, bearer(token), new byte[0]);
  }

  public Answer delete(String path, String token) {
    return send("DELETE", path, bearer(token), new byte[0]);
  }

  /// All items of a list, page after page, as the `Link` headers lead.
  public List<JsonNode> all(String path, String token) {
    List<JsonNode> items = new ArrayList<>();
    Optional<String> next = Optional.of(path);
    while (next.isPresent()) {
      Answer page = get(next.get(), token).expect(200);
      page.json().forEach(items::add);
      next = next(page);
    }
    return items;
  }

  /// Path and query of the next page, if there is one.
  public Optional<String> next(Answer page) {
    for (String link : page.headers("Link")) {
      Matcher matcher = NEXT.matcher(link);
      if (matcher.find()) {
        URI target = base.resolve(matcher.group(1));
        return Optional.of(target.getRawPath() + "?" + target.getRawQuery());
      }
    }
    return Optional.empty();
  }

  /// A form, with or without (empty) an `Authorization` header; parameters are name, value, name,
  /// value.
  public Answer form(String path, String authorization, String... parameters) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < parameters.length; i += 2) {
      body.append(body.isEmpty() ? "" : "&")
          .append(URLEncoder.encode(parameters[i], UTF_8))
          .append('=')
          .append(URLEncoder.encode(parameters[i + 1], UTF_8));
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/x-www-form-urlencoded");
    if (!authorization.isEmpty()) {
      headers.put("Authorization", authorization);
    }
    return send("POST", path, headers, body.toString());
  }

  /// Headers that carry a token; none for the empty token.
  public static Map<String, String> bearer(String token) {
    return token.isEmpty() ? Map.of() : Map.of("Authorization", "Bearer " + token);
  }

  /// Sends one request. The body is bytes, text as it is, or anything that Jackson can write; what
  /// is not empty is `application/json` unless the headers say otherwise.
  public Answer send(String method, String path, Map<String, String> headers, Object body) {
    byte[] bytes = Answer.bytes(body);
    Map<String, List<String>> sent = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach((name, value) -> sent.put(name, List.of(value)));
    if (bytes.length > 0) {
      sent.putIfAbsent("Content-Type", List.of("application/json"));
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(Duration.ofSeconds(60))
            .method(
                method,
                bytes.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(bytes));
    sent.forEach((name, values) -> values.forEach(value -> request.header(name, value)));
    String shown = method + " " + path + "\n" + sent + "\n" + new String(bytes, UTF_8);
    HttpResponse<byte[]> response;
    try {
      response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(Answer.shortened("no answer to " + shown), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    Answer answer =
        new Answer(
            Answer.shortened(shown),
            response.statusCode(),
            response.headers().map(),
            response.body());
    if (checked) {
      check(method, path, sent, bytes, answer);
    }
    return answer;
  }

  private static void check(
      String method, String path, Map<String, List<String>> sent, byte[] bytes, Answer answer) {
    int query = path.indexOf('?');
    try {
      Document.LOADED.check(
          method,
          query < 0 ? path : path.substring(0, query),
          sent,
          bytes,
          answer.status(),
          answer.headers(),
          answer.body());
    } catch (AssertionError e) {
      throw new AssertionError(
          "not what the API document says: " + e.getMessage() + "\n" + answer, e);
    }
  }
}
