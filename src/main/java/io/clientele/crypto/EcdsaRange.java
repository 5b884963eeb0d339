package io.clientele.crypto;

import java.math.BigInteger;
import java.util.HexFormat;

/// The first two checks of an ECDSA verification (SEC 1 §4.1.4, FIPS 186-5 §6.4.2): R and S lie in
/// [1, n-1]. Done here so that it holds with every provider (CVE-2022-21449 was a provider that
/// forgot).
final class EcdsaRange {

  private static final int COORDINATE = 32;
  private static final byte[] ORDER =
      HexFormat.of().parseHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

  private EcdsaRange() {}

  static boolean holds(byte[] signature) {
    return signature.length == 2 * COORDINATE
        && inRange(signature, 0)
        && inRange(signature, COORDINATE);
  }

  private static boolean inRange(byte[] signature, int from) {
    BigInteger value = new BigInteger(1, signature, from, COORDINATE);
    return value.signum() > 0 && value.compareTo(new BigInteger(1, ORDER)) < 0;
  }
}
