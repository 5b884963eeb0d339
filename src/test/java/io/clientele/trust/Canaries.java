package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/// Confidential texts, and whether any of them stands in some bytes: as it is, in upper or lower
/// case, reversed, percent-encoded, in hexadecimal, in base64 at any alignment; whole or in part.
/// All are looked for in one pass, by a rolling hash of a window.
final class Canaries {
  private static final int WINDOW = 14;
  private static final long FACTOR = 1_099_511_628_211L;

  /// What falls out of the window.
  private static final long OUT = power(WINDOW);

  /// Hash of a window to the windows, each with what it is of.
  private final Map<Long, Map<String, String>> windows = new HashMap<>();

  private static long power(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= FACTOR;
    }
    return power;
  }

  /// @param text of at least 16 characters, all of them random but the first `common`
  /// @param name what it is called when it is found
  void add(String name, String text, int common) {
    String random = text.substring(common);
    parts(name, random, 3);
    parts(name + " reversed", new StringBuilder(random).reverse().toString(), 1);
    parts(name + " in lower case", random.toLowerCase(java.util.Locale.ROOT), 1);
    parts(name + " in upper case", random.toUpperCase(java.util.Locale.ROOT), 1);
    String encoded = URLEncoder.encode(random, UTF_8);
    if (!encoded.equals(random)) {
      parts(name + " encoded", encoded, 1);
    }
    String hex = HexFormat.of().formatHex(random.getBytes(UTF_8));
    parts(name + " in hexadecimal", hex, 1);
    parts(name + " in hexadecimal", hex.toUpperCase(java.util.Locale.ROOT), 1);
    parts(name + " behind %", hex.replaceAll("(..)", "%$1"), 1);
    for (int skipped = 0; skipped < 3; skipped++) {
      byte[] bytes = random.substring(skipped).getBytes(UTF_8);
      String base64 = Base64.getEncoder().withoutPadding().encodeToString(bytes);
      // The last characters depend on what comes behind.
      parts(name + " in base64", base64.substring(0, base64.length() - 2), 1);
    }
  }

  /// Notes the beginning, the end and what is between.
  private void parts(String name, String text, int count) {
    for (int i = 0; i < count; i++) {
      int at = count == 1 ? 0 : (text.length() - WINDOW) / (count - 1) * i;
      if (at + WINDOW > text.length()) {
        throw new IllegalArgumentException("too short: " + name);
      }
      String window = text.substring(at, at + WINDOW);
      windows.computeIfAbsent(hash(window), key -> new HashMap<>(2)).put(window, name);
    }
  }

  private static long hash(String window) {
    long hash = 0;
    for (int i = 0; i < window.length(); i++) {
      hash = hash * FACTOR + window.charAt(i);
    }
    return hash;
  }

  /// The names of all that stand in the text.
  Set<String> in(String text) {
    return in(text.getBytes(UTF_8));
  }

  /// The names of all that stand in these bytes.
  Set<String> in(byte[] bytes) {
    Set<String> found = new HashSet<>();
    long hash = 0;
    for (int i = 0; i < bytes.length; i++) {
      hash = hash * FACTOR + (bytes[i] & 0xff);
      if (i >= WINDOW) {
        hash -= OUT * (bytes[i - WINDOW] & 0xff);
      }
      if (i >= WINDOW - 1 && windows.containsKey(hash)) {
        String window = new String(bytes, i - WINDOW + 1, WINDOW, ISO_8859_1);
        String name = windows.getOrDefault(hash, Map.of()).get(window);
        if (name != null) {
          found.add(name);
        }
      }
    }
    return found;
  }
}
