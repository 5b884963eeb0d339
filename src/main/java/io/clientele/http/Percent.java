package io.clientele.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Percent-encoding (RFC 3986 §2.1) and its form variant, where `+` is a blank. Decoding is strict:
/// a broken escape or bytes that are no UTF-8 give nothing, never something else.
public final class Percent {

  private Percent() {}

  /// Decodes a path segment or a query part that is not form-encoded; `+` stays.
  public static Optional<String> decode(String text) {
    return decode(text, false);
  }

  /// Decodes `application/x-www-form-urlencoded` text: `+` is a blank.
  public static Optional<String> decodeForm(String text) {
    return decode(text, true);
  }

  private static Optional<String> decode(String text, boolean plusIsBlank) {
    if (text.indexOf('%') < 0 && !(plusIsBlank && text.indexOf('+') >= 0)) {
      return Optional.of(text);
    }
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    byte[] decoded = new byte[raw.length];
    int length = 0;
    for (int i = 0; i < raw.length; i++) {
      byte b = raw[i];
      if (b == '%') {
        boolean whole = i + 2 < raw.length;
        int high = whole ? Character.digit((char) (raw[i + 1] & 0xff), 16) : -1;
        int low = whole ? Character.digit((char) (raw[i + 2] & 0xff), 16) : -1;
        if (high < 0 || low < 0) {
          return Optional.empty();
        }
        decoded[length++] = (byte) (high << 4 | low);
        i += 2;
      } else if (b == '+' && plusIsBlank) {
        decoded[length++] = ' ';
      } else {
        decoded[length++] = b;
      }
    }
    String read = new String(decoded, 0, length, StandardCharsets.UTF_8);
    if (read.indexOf('\uFFFD') < 0) {
      return Optional.of(read);
    }
    // What bytes that are no UTF-8 become; or it was sent.
    try {
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(decoded, 0, length))
              .toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /// Encodes all but RFC 3986's unreserved characters, for a query value or a path segment.
  public static String encode(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 8);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      int c = b & 0xff;
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || "-._~".indexOf(c) >= 0) {
        encoded.append((char) c);
      } else {
        encoded.append('%');
        encoded.append(Character.toUpperCase(Character.forDigit(c >> 4, 16)));
        encoded.append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
      }
    }
    return encoded.toString();
  }
}
