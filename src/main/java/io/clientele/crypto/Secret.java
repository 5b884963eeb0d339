package io.clientele.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.zip.CRC32;

/// A client's secret in the clear. It never prints itself: what wants the text says `reveal`.
///
/// A **generated** secret is `clt_`, 43 characters of `[A-Za-z0-9]` (256 random bits) and 6 of
/// checksum (CRC-32 of the 43, in base 62), so that nothing in it breaks in a header, a form or a
/// shell, and scanners recognise it without asking the server.
public final class Secret {

  private static final String PREFIX = "clt_";
  private static final int RANDOM_CHARACTERS = 43;
  private static final int CHECKSUM_CHARACTERS = 6;
  private static final int LENGTH = PREFIX.length() + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS;
  private static final long FIVE_DIGITS = 62L * 62 * 62 * 62 * 62;
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  private final String text;

  private Secret(String text) {
    this.text = text;
  }

  /// Takes a text for a secret, whatever it is: a stranger may present anything.
  public static Secret of(String text) {
    return new Secret(text);
  }

  /// Makes a new one of 256 random bits.
  public static Secret generate(SecureRandom random) {
    StringBuilder made = new StringBuilder(LENGTH).append(PREFIX);
    byte[] bytes = new byte[64];
    while (made.length() < PREFIX.length() + RANDOM_CHARACTERS) {
      random.nextBytes(bytes);
      for (byte each : bytes) {
        int value = each & 0xff;
        // 248 = 4 × 62: what lies above would make some characters likelier than others.
        if (value < 248 && made.length() < PREFIX.length() + RANDOM_CHARACTERS) {
          made.append(ALPHABET.charAt(value % 62));
        }
      }
    }
    return new Secret(made + checksum(made.substring(PREFIX.length())));
  }

  /// The one whose random part is this number, in base 62 with 43 digits, the highest first; `A` is
  /// 0, `9` is 61. Two numbers never give the same secret.
  ///
  /// @param number 32 bytes, the highest first, as hard to guess as the secret shall be
  public static Secret ofNumber(byte[] number) {
    if (number.length != 32) {
      throw new IllegalArgumentException("a number of " + number.length + " bytes, not 32");
    }
    int[] rest = new int[8];
    ByteBuffer.wrap(number).asIntBuffer().get(rest);
    char[] digits = new char[RANDOM_CHARACTERS];
    int place = digits.length;
    while (place > 0) {
      // Five digits at once: a division of long numbers costs more than the digits.
      long five = divide(rest);
      for (int i = 0; i < 5 && place > 0; i++) {
        digits[--place] = ALPHABET.charAt((int) (five % 62));
        five /= 62;
      }
    }
    String randomPart = new String(digits);
    return new Secret(PREFIX + randomPart + checksum(randomPart));
  }

  /// Divides a number of 256 bits by 62⁵ in its place.
  ///
  /// @return what remains
  private static long divide(int[] number) {
    long remainder = 0;
    for (int i = 0; i < number.length; i++) {
      long part = remainder << 32 | Integer.toUnsignedLong(number[i]);
      number[i] = (int) (part / FIVE_DIGITS);
      remainder = part % FIVE_DIGITS;
    }
    return remainder;
  }

  private static String checksum(String randomPart) {
    CRC32 crc = new CRC32();
    crc.update(randomPart.getBytes(StandardCharsets.US_ASCII));
    long rest = crc.getValue();
    char[] digits = new char[CHECKSUM_CHARACTERS];
    for (int i = CHECKSUM_CHARACTERS - 1; i >= 0; i--) {
      digits[i] = ALPHABET.charAt((int) (rest % 62));
      rest /= 62;
    }
    return new String(digits);
  }

  /// Whether the text has the form of a generated secret. The form alone decides which digest a
  /// presented secret is checked with; the checksum is for scanners.
  public boolean hasGeneratedForm() {
    if (text.length() != LENGTH || !text.startsWith(PREFIX)) {
      return false;
    }
    for (int i = PREFIX.length(); i < LENGTH; i++) {
      char c = text.charAt(i);
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
        return false;
      }
    }
    return true;
  }

  /// Whether the checksum at the end is right; for scanners and diagnostics.
  public boolean hasRightChecksum() {
    return hasGeneratedForm()
        && text.endsWith(
            checksum(text.substring(PREFIX.length(), PREFIX.length() + RANDOM_CHARACTERS)));
  }

  /// The last four characters, by which people tell secrets apart.
  public String hint() {
    return text.substring(Math.max(0, text.length() - 4));
  }

  /// The text itself. Whoever calls this answers for where it goes.
  public String reveal() {
    return text;
  }

  byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && MessageDigest.isEqual(bytes(), secret.bytes());
  }

  @Override
  public int hashCode() {
    return Secret.class.hashCode();
  }

  @Override
  public String toString() {
    return "Secret[…]";
  }
}
