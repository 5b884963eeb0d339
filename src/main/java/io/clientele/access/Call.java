package io.clientele.access;

import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.id.CustomerId;

/// A management request that has passed its wall.
///
/// @param caller who asks
/// @param right what the route demanded of it
/// @param customer the one in the path, which exists; `operator` on paths without one
/// @param request what was sent
public record Call(Caller caller, Right right, CustomerId customer, Request request) {

  /// Answers a call; refuses by throwing.
  public interface Handler {
    Response handle(Call call);
  }
}
