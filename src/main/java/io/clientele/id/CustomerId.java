package io.clientele.id;

import java.util.Optional;

/// Names a customer: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`, unique over the server, compared byte by
/// byte.
///
/// @param text the identifier as it stands on the wire
public record CustomerId(String text) implements Comparable<CustomerId> {

  /// What the identifier may look like, for messages.
  public static final String FORM = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  /// The reserved customer that owns the operator's own clients.
  public static final CustomerId OPERATOR = new CustomerId("operator");

  public CustomerId {
    Characters.require(isValid(text), "customerId", FORM);
  }

  /// Reads a stranger's text; empty if it has not the form.
  public static Optional<CustomerId> parse(String text) {
    return isValid(text) ? Optional.of(new CustomerId(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return Characters.identifier(text, 64, "._-");
  }

  /// Whether this is the reserved customer `operator`.
  public boolean isOperator() {
    return equals(OPERATOR);
  }

  @Override
  public int compareTo(CustomerId other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
