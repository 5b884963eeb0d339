package io.clientele.http;

import java.util.Arrays;

/// ASCII text that is written as the bytes it is sent as, without a `String` in between. It grows
/// as needed.
public final class AsciiBuffer {

  private byte[] bytes;
  private int length;

  /// @param expected how many bytes are likely; more are no fault
  public AsciiBuffer(int expected) {
    this.bytes = new byte[expected];
  }

  /// Appends text.
  ///
  /// @param text ASCII; what lies outside is the caller's mistake and comes out wrong
  @SuppressWarnings("deprecation") // The one way to copy Latin-1 without an array in between.
  public AsciiBuffer append(String text) {
    int size = text.length();
    reserve(size);
    text.getBytes(0, size, bytes, length);
    length += size;
    return this;
  }

  /// Appends bytes as they are.
  public AsciiBuffer append(byte[] text) {
    return append(text, 0, text.length);
  }

  /// Appends some bytes of an array as they are.
  public AsciiBuffer append(byte[] text, int offset, int size) {
    reserve(size);
    System.arraycopy(text, offset, bytes, length, size);
    length += size;
    return this;
  }

  /// Appends one ASCII character.
  public AsciiBuffer append(char character) {
    reserve(1);
    bytes[length++] = (byte) character;
    return this;
  }

  /// Appends a number in decimal digits.
  public AsciiBuffer append(long number) {
    if (number < 0) {
      return append(Long.toString(number));
    }
    int digits = 1;
    for (long rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return append(number, digits);
  }

  /// Appends the last digits of a number, with zeros before.
  ///
  /// @param number not negative
  public AsciiBuffer append(long number, int digits) {
    reserve(digits);
    long rest = number;
    for (int i = length + digits - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
    return this;
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
    }
  }

  /// How many bytes were written.
  public int length() {
    return length;
  }

  /// What holds the bytes, `length` of them from the beginning; valid until the next is appended.
  public byte[] array() {
    return bytes;
  }

  /// The bytes that were written, without a copy if just so many were expected. Nothing may be
  /// appended after.
  public byte[] toByteArray() {
    return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
  }
}
