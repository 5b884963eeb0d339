package io.clientele.trust;

import java.util.Locale;

/// How much of each case is done.
public enum Scale {
  /// A short form, among all tests.
  BRIEF,
  /// The counts of docs/trust.md.
  FULL,
  /// Hours.
  SOAK;

  /// What the system property `clientele.trust` says; BRIEF if it says nothing.
  public static Scale current() {
    String name = System.getProperty("clientele.trust", "brief");
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /// As the property says it.
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  long required(TrustCase it) {
    return switch (this) {
      case BRIEF -> it.brief();
      case FULL -> it.required();
      case SOAK -> it.soak();
    };
  }
}
