package io.clientele.id;

import java.util.Optional;

/// Names a client: `[A-Za-z0-9][A-Za-z0-9._~@-]{0,127}`, unique over the server, all customers
/// together, compared byte by byte.
///
/// @param text the identifier as it stands on the wire
public record ClientId(String text) implements Comparable<ClientId> {

  /// What the identifier may look like, for messages.
  public static final String FORM = "[A-Za-z0-9][A-Za-z0-9._~@-]{0,127}";

  public ClientId {
    Characters.require(isValid(text), "clientId", FORM);
  }

  /// Reads a stranger's text; empty if it has not the form.
  public static Optional<ClientId> parse(String text) {
    return isValid(text) ? Optional.of(new ClientId(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return Characters.identifier(text, 128, "._~@-");
  }

  @Override
  public int compareTo(ClientId other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
