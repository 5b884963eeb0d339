package io.clientele.bench.load;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/// One HTTP/1.1 request to a server on this machine.
///
/// @param path with its query, if there is one
/// @param headers without `Host` and `Content-Length`
/// @param body empty if there is none
public record Call(String method, int port, String path, Map<String, String> headers, String body) {

  private static final String FORM = "application/x-www-form-urlencoded";

  public Call {
    headers = Map.copyOf(headers);
  }

  /// A form, sent by a client that authenticates with `client_secret_basic`.
  public static Call form(int port, String path, String client, String secret, String body) {
    return new Call(
        "POST",
        port,
        path,
        Map.of("Authorization", basic(client, secret), "Content-Type", FORM),
        body);
  }

  /// The token request of RFC 6749 §4.4.2.
  public static Call token(int port, String path, String client, String secret) {
    return form(port, path, client, secret, "grant_type=client_credentials");
  }

  /// A request with a bearer token.
  ///
  /// @param json empty if there is no body
  public static Call bearer(String method, int port, String path, String token, String json) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Authorization", "Bearer " + token);
    if (!json.isEmpty()) {
      headers.put("Content-Type", "application/json");
    }
    return new Call(method, port, path, headers, json);
  }

  /// The same request to another port.
  public Call at(int otherPort) {
    return new Call(method, otherPort, path, headers, body);
  }

  private static String basic(String client, String secret) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((client + ":" + secret).getBytes(StandardCharsets.UTF_8));
  }

  /// How the answer to a token request begins.
  public static final String TOKEN_ANSWER = "{\"access_token\":\"";

  /// The request as it goes over the wire.
  public byte[] bytes() {
    StringBuilder text = new StringBuilder(256);
    text.append(method).append(' ').append(path).append(" HTTP/1.1\r\n");
    text.append("Host: 127.0.0.1:").append(port).append("\r\n");
    headers.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    byte[] content = body.getBytes(StandardCharsets.UTF_8);
    if (content.length > 0 || method.equals("POST")) {
      text.append("Content-Length: ").append(content.length).append("\r\n");
    }
    text.append("\r\n").append(body);
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
