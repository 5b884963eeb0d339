package io.clientele.http;

import java.util.Optional;
import java.util.function.Supplier;

/// `/health/live` and `/health/ready`, for who starts, stops and balances servers.
public final class HealthEndpoint {

  private final Supplier<Optional<String>> obstacle;

  /// @param obstacle what keeps the server from answering, in one word
  public HealthEndpoint(Supplier<Optional<String>> obstacle) {
    this.obstacle = obstacle;
  }

  /// `GET /health/live`: the process runs.
  public Response live(Request request) {
    return up();
  }

  /// `GET /health/ready`: it can answer.
  public Response ready(Request request) {
    Optional<String> reason = obstacle.get();
    reason.ifPresent(request.notes()::outcome);
    return reason.map(HealthEndpoint::down).orElseGet(HealthEndpoint::up);
  }

  private static Response up() {
    return Response.json(200, Json.object().put("status", "up"));
  }

  private static Response down(String reason) {
    return Response.json(503, Json.object().put("status", "down").put("reason", reason))
        .with("Retry-After", "1");
  }
}
