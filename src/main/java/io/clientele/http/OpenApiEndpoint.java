package io.clientele.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/// `GET /openapi.yaml`: the API document, written by hand, as it stands in the program.
public final class OpenApiEndpoint {

  private final Response response;

  public OpenApiEndpoint() {
    try (InputStream in =
        Objects.requireNonNull(OpenApiEndpoint.class.getResourceAsStream("/openapi.yaml"))) {
      response =
          Response.of(200, "application/yaml", in.readAllBytes())
              .with("Cache-Control", "public, max-age=300");
    } catch (IOException e) {
      throw new UncheckedIOException("the program has no openapi.yaml", e);
    }
  }

  public Response get(Request request) {
    return response;
  }
}
