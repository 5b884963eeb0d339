package io.clientele.id;

/// The character classes that identifiers are made of. ASCII only, without regular expressions,
/// because `ClientId.parse` stands on the hot path.
final class Characters {

  private Characters() {}

  static boolean letterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /// One letter or digit, then letters, digits and the marks given, `longest` characters in all.
  static boolean identifier(String text, int longest, String marks) {
    if (text.isEmpty() || text.length() > longest || !letterOrDigit(text.charAt(0))) {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!letterOrDigit(c) && marks.indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  static void require(boolean valid, String what, String form) {
    if (!valid) {
      throw new IllegalArgumentException(what + " has not the form " + form);
    }
  }
}
