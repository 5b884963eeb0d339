package io.clientele.fuzz;

import io.clientele.http.Request;
import java.util.List;

/// Requests without a server.
public final class Requests {

  private record Sent(String method, String path, String query, List<String> authorization)
      implements Request.Source {
    @Override
    public List<String> headers(String name) {
      return name.equals("Authorization") ? authorization : List.of();
    }

    @Override
    public String address() {
      return "192.0.2.1";
    }

    @Override
    public long declaredLength() {
      return -1;
    }
  }

  private Requests() {}

  static Request get(String path, String query) {
    return new Request(new Sent("GET", path, query, List.of()), "id", 0);
  }

  /// A request for a token with this header.
  public static Request token(String authorization) {
    return new Request(new Sent("POST", "/oauth/token", "", List.of(authorization)), "id", 0);
  }
}
