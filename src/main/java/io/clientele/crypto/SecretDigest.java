package io.clientele.crypto;

import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/// What is stored of a secret. The algorithm and its parameters stand in each row, so they can
/// change without locking anyone out.
public sealed interface SecretDigest {

  /// The name in the column `algorithm`.
  String algorithm();

  /// The text in the column `digest`.
  String encoded();

  /// HMAC-SHA-256 under the pepper; enough for the 256 random bits of a generated secret.
  ///
  /// @param bytes 32 bytes
  record Hmac(byte[] bytes) implements SecretDigest {

    /// The name in the column `algorithm`.
    public static final String ALGORITHM = "hmac-sha256";

    @Override
    public String algorithm() {
      return ALGORITHM;
    }

    @Override
    public String encoded() {
      return HexFormat.of().formatHex(bytes);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Hmac hmac && Arrays.equals(bytes, hmac.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
      return ALGORITHM;
    }
  }

  /// Argon2id (RFC 9106), for secrets that people chose.
  ///
  /// @param memory KiB
  /// @param iterations passes over the memory
  /// @param parallelism lanes
  /// @param peppered whether it was made under the pepper as well (its "secret value", §3.1), so
  ///   that who has only the database cannot try guesses
  /// @param salt 16 bytes
  /// @param hash 32 bytes
  record Argon2id(
      int memory, int iterations, int parallelism, boolean peppered, byte[] salt, byte[] hash)
      implements SecretDigest {

    /// The name in the column `algorithm`.
    public static final String ALGORITHM = "argon2id";

    private static final String PEPPERED = ",pepper=1";

    @Override
    public String algorithm() {
      return ALGORITHM;
    }

    @Override
    public String encoded() {
      Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
      return "m=%d,t=%d,p=%d%s$%s$%s"
          .formatted(
              memory,
              iterations,
              parallelism,
              peppered ? PEPPERED : "",
              base64.encodeToString(salt),
              base64.encodeToString(hash));
    }

    private static Argon2id decode(String encoded) {
      String[] parts = encoded.split("\\$", -1);
      String[] numbers = parts[0].split(",", -1);
      Base64.Decoder base64 = Base64.getDecoder();
      return new Argon2id(
          number(numbers[0], "m="),
          number(numbers[1], "t="),
          number(numbers[2], "p="),
          isPeppered(parts[0], numbers.length),
          base64.decode(parts[1]),
          base64.decode(parts[2]));
    }

    private static boolean isPeppered(String parameters, int count) {
      boolean isPeppered = parameters.endsWith(PEPPERED);
      if (count != (isPeppered ? 4 : 3)) {
        throw new IllegalArgumentException("an argon2id digest with unknown parameters");
      }
      return isPeppered;
    }

    /// Whether the same secret has the same hash under both.
    boolean hasFormOf(Argon2id other) {
      return memory == other.memory
          && iterations == other.iterations
          && parallelism == other.parallelism
          && peppered == other.peppered
          && hash.length == other.hash.length
          && Arrays.equals(salt, other.salt);
    }

    private static int number(String text, String name) {
      if (!text.startsWith(name)) {
        throw new IllegalArgumentException("an argon2id digest without " + name);
      }
      return Integer.parseInt(text, name.length(), text.length(), 10);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Argon2id digest && encoded().equals(digest.encoded());
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(hash);
    }

    @Override
    public String toString() {
      return ALGORITHM;
    }
  }

  /// Reads what `algorithm` and `encoded` wrote.
  ///
  /// @throws IllegalArgumentException if the row says what this program does not know
  static SecretDigest decode(String algorithm, String encoded) {
    return switch (algorithm) {
      case Hmac.ALGORITHM -> new Hmac(HexFormat.of().parseHex(encoded));
      case Argon2id.ALGORITHM -> Argon2id.decode(encoded);
      default -> throw new IllegalArgumentException("unknown secret digest " + algorithm);
    };
  }
}
