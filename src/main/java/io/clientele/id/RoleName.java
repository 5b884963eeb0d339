package io.clientele.id;

import java.util.Locale;
import java.util.Optional;

/// Names a role: `ROLE_` and `[A-Za-z0-9_$&@]{1,123}`, unique over its customer, compared byte by
/// byte.
///
/// @param text the name as it stands on the wire
public record RoleName(String text) implements Comparable<RoleName> {

  /// What the name may look like, for messages.
  public static final String FORM = "ROLE_[A-Za-z0-9_$&@]{1,123}";

  private static final String PREFIX = "ROLE_";

  public RoleName {
    Characters.require(isValid(text), "role", FORM);
  }

  /// Reads a stranger's text; empty if it has not the form.
  public static Optional<RoleName> parse(String text) {
    return isValid(text) ? Optional.of(new RoleName(text)) : Optional.empty();
  }

  private static boolean isValid(String text) {
    if (!text.startsWith(PREFIX)
        || text.length() == PREFIX.length()
        || text.length() > PREFIX.length() + 123) {
      return false;
    }
    for (int i = PREFIX.length(); i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Characters.letterOrDigit(c) && "_$&@".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  /// The name with case folded: custom roles must differ from the system's ignoring case.
  public String folded() {
    return text.toUpperCase(Locale.ROOT);
  }

  @Override
  public int compareTo(RoleName other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
