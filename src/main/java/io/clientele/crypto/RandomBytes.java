package io.clientele.crypto;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;

/// Cryptographically strong random bytes in small portions; safe for many threads. The generator is
/// asked for many at once, since being asked is what costs most; each byte is given out once, and
/// wiped then.
public final class RandomBytes {

  private static final int BLOCK = 4096;

  private static final class Block {
    private final byte[] bytes = new byte[BLOCK];
    private int used = BLOCK;
  }

  private final SecureRandom random;
  private final Idle<Block> blocks = new Idle<>(Block::new);

  RandomBytes(SecureRandom random) {
    this.random = random;
  }

  /// Random bytes.
  ///
  /// @param length at most 4096
  public byte[] next(int length) {
    try {
      Block block = blocks.take();
      if (block.used + length > BLOCK) {
        random.nextBytes(block.bytes);
        block.used = 0;
      }
      int end = block.used + length;
      byte[] portion = Arrays.copyOfRange(block.bytes, block.used, end);
      Arrays.fill(block.bytes, block.used, end, (byte) 0);
      block.used = end;
      blocks.putBack(block);
      return portion;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no random bytes", e);
    }
  }
}
