package io.clientele.client;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;

/// Texts and numbers one after the other in bytes, read in the order in which they were written:
/// what the rows of a client say, in about 150 bytes. Lives in memory only.
final class PackedClient {

  private PackedClient() {}

  /// Writes.
  static final class Writer {
    private byte[] bytes = new byte[256];
    private int end;

    /// A text; `null` is written as the empty one.
    void text(@org.jspecify.annotations.Nullable String text) {
      bytes(text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8));
    }

    void bytes(byte[] some) {
      number(some.length);
      reserve(some.length);
      System.arraycopy(some, 0, bytes, end, some.length);
      end += some.length;
    }

    /// Seven bits a byte, the lowest first; small ones are short.
    void number(long number) {
      reserve(10);
      long rest = number;
      while ((rest & ~0x7fL) != 0) {
        bytes[end++] = (byte) (rest | 0x80);
        rest >>>= 7;
      }
      bytes[end++] = (byte) rest;
    }

    /// @param number from 0 up
    void number(OptionalLong number) {
      if (number.isPresent() && number.getAsLong() < 0) {
        throw new IllegalArgumentException("a number below 0");
      }
      number(number.isPresent() ? number.getAsLong() + 1 : 0);
    }

    void flag(boolean flag) {
      number(flag ? 1 : 0);
    }

    private void reserve(int more) {
      if (end + more > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, end + more));
      }
    }

    byte[] written() {
      return Arrays.copyOf(bytes, end);
    }
  }

  /// Reads what a `Writer` wrote.
  static final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    String text() {
      int length = (int) number();
      String text = new String(bytes, at, length, StandardCharsets.UTF_8);
      at += length;
      return text;
    }

    byte[] bytes() {
      int length = (int) number();
      byte[] some = Arrays.copyOfRange(bytes, at, at + length);
      at += length;
      return some;
    }

    long number() {
      long number = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = bytes[at++];
        number |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return number;
        }
      }
    }

    OptionalLong optionalNumber() {
      long number = number();
      return number == 0 ? OptionalLong.empty() : OptionalLong.of(number - 1);
    }

    boolean flag() {
      return number() == 1;
    }

    boolean isAtEnd() {
      return at == bytes.length;
    }
  }
}
