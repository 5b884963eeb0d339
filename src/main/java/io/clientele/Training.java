package io.clientele;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// A training run for the start cache: starts a server, asks it what servers are asked, and stops
/// it. The JVM that runs it is told to note which classes and methods that takes, and keeps them
/// ready for later starts (docs/decisions/0008-a-start-cache.md).
///
/// Every answer is checked: what does not work must not become a cache.
final class Training {

  /// Enough that the JVM knows which branches of the path of a token are taken.
  private static final int TOKENS = 500;

  private final InetSocketAddress server;

  private Training(URI server) {
    this.server = new InetSocketAddress(server.getHost(), server.getPort());
  }

  /// Runs.
  ///
  /// @param data directory for the server; a first run makes its database, a second one finds it,
  ///   as nearly all starts do
  /// @throws StartException if the server does not start or does not answer as it should
  static void run(Path data) throws StartException {
    try {
      Settings settings =
          Settings.parse(List.of("--port", "0", "--data", data.toString(), "--demo"), Map.of());
      try (Server server = Server.start(settings, InstantSource.system())) {
        JsonNode demo =
            Json.parseOurs(Files.readAllBytes(data.resolve("demo.json")))
                .path("customers")
                .path("ABC");
        new Training(server.uri())
            .exercise(demo.path("clientId").textValue(), demo.path("clientSecret").textValue());
      }
    } catch (IOException | SettingsException e) {
      throw new StartException("The training run failed: " + e.getMessage(), e);
    }
  }

  private void exercise(String clientId, String secret) throws IOException, StartException {
    String basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString((clientId + ":" + secret).getBytes(StandardCharsets.UTF_8));
    String grant = "grant_type=client_credentials";
    String token = post("/oauth/token", basic, grant).path("access_token").textValue();
    for (int i = 1; i < TOKENS; i++) {
      post("/oauth/token", basic, grant);
    }
    if (!post("/oauth/introspect", basic, "token=" + token).path("active").booleanValue()) {
      throw new StartException("The training run failed: its token does not live.");
    }
    get("/oauth/jwks", "");
    get("/oauth/customers/ABC/clients", "Bearer " + token);
    get("/health/ready", "");
  }

  private JsonNode post(String path, String authorization, String form)
      throws IOException, StartException {
    return ask(
        "POST "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: "
            + authorization
            + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
            + form.length()
            + "\r\n\r\n"
            + form);
  }

  private void get(String path, String authorization) throws IOException, StartException {
    ask(
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + (authorization.isEmpty() ? "" : "Authorization: " + authorization + "\r\n")
            + "\r\n");
  }

  /// One exchange over a connection of its own. Not with the JDK's client for HTTP, whose classes
  /// would stand in the cache and be loaded at every start.
  private JsonNode ask(String request) throws IOException, StartException {
    try (Socket socket = new Socket()) {
      socket.connect(server);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(answer);
      String text = answer.toString(StandardCharsets.UTF_8);
      if (!text.startsWith("HTTP/1.1 200 ")) {
        throw new StartException(
            "The training run failed: "
                + request.substring(0, request.indexOf(" HTTP/"))
                + " is answered with "
                + text.lines().findFirst().orElse("nothing"));
      }
      return Json.parseOurs(
          text.substring(text.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.UTF_8));
    }
  }
}
