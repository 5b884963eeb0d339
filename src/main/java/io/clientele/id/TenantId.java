package io.clientele.id;

import java.util.Optional;

/// Names a tenant: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`, unique over the server, compared byte by
/// byte.
///
/// @param text the identifier as it stands on the wire
public record TenantId(String text) implements Comparable<TenantId> {

  /// What the identifier may look like, for messages.
  public static final String FORM = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  public TenantId {
    Characters.require(isValid(text), "tenantId", FORM);
  }

  /// Reads a stranger's text; empty if it has not the form.
  public static Optional<TenantId> parse(String text) {
    return isValid(text) ? Optional.of(new TenantId(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    return Characters.identifier(text, 64, "._-");
  }

  @Override
  public int compareTo(TenantId other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
