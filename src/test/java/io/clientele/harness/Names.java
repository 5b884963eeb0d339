package io.clientele.harness;

import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/// Names that no other test uses.
public final class Names {
  private Names() {}

  /// The stem, a hyphen and 12 random hexadecimal digits.
  public static String unique(String stem) {
    byte[] random = new byte[6];
    ThreadLocalRandom.current().nextBytes(random);
    return stem + "-" + HexFormat.of().formatHex(random);
  }

  /// A name for a custom role that no other test uses.
  public static String uniqueRole() {
    return "ROLE_" + unique("R").replace('-', '_').toUpperCase(Locale.ROOT);
  }
}
