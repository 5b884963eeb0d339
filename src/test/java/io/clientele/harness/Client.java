package io.clientele.harness;

/// A client of some customer, with the secret that it was given.
public record Client(TestServer server, Customer customer, String id, String secret) {

  /// A fresh token with all that the client holds.
  public String token() {
    return server.token(id, secret);
  }

  /// Its path on the management API.
  public String path() {
    return customer.clients() + "/" + id;
  }

  /// Its Basic header, raw.
  public String basic() {
    return Http.basic(id, secret);
  }
}
