package io.clientele.client;

import java.util.Optional;

/// How a client may present its secret (RFC 6749 §2.3.1, names of RFC 8414's registry).
public enum AuthenticationMethod {
  BASIC("client_secret_basic"),
  POST("client_secret_post");

  private final String wireName;

  AuthenticationMethod(String wireName) {
    this.wireName = wireName;
  }

  public String wireName() {
    return wireName;
  }

  /// Reads the wire name.
  public static Optional<AuthenticationMethod> parse(String text) {
    for (AuthenticationMethod method : values()) {
      if (method.wireName.equals(text)) {
        return Optional.of(method);
      }
    }
    return Optional.empty();
  }
}
