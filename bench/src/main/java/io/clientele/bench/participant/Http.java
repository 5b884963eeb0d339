package io.clientele.bench.participant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.JWKSet;
import io.clientele.bench.load.Call;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.text.ParseException;
import java.time.Duration;

/// Requests that are made to prepare and to check, never to measure.
public final class Http implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  /// Sends a request and reads the JSON that answers it.
  ///
  /// @throws IOException if the answer is no success
  public JsonNode json(Call call) throws IOException, InterruptedException {
    return JSON.readTree(text(call));
  }

  /// Sends a request and reads the text that answers it.
  ///
  /// @throws IOException if the answer is no success
  public String text(Call call) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(call.port(), call.path()))
            .timeout(Duration.ofSeconds(60))
            .method(
                call.method(),
                call.body().isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(call.body()));
    call.headers().forEach(request::setHeader);
    HttpResponse<String> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(
          "%s %s: HTTP %d: %s"
              .formatted(call.method(), call.path(), answer.statusCode(), answer.body()));
    }
    return answer.body();
  }

  /// A server's published keys.
  public JWKSet keys(int port, String path) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(uri(port, path)).build(), HttpResponse.BodyHandlers.ofString());
    try {
      return JWKSet.parse(answer.body());
    } catch (ParseException e) {
      throw new IOException("no keys at " + path + ": " + answer.body(), e);
    }
  }

  private static URI uri(int port, String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  @Override
  public void close() {
    client.close();
  }
}
