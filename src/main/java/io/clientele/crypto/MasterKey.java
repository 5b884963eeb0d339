package io.clientele.crypto;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// The key under which signing keys and the pepper are sealed in the database (AES-256-GCM). It
/// lives in a file of mode 0600: one line, 32 bytes in base64.
public final class MasterKey {

  /// The master key is not the one that sealed this value, or the value was changed.
  public static final class WrongKey extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1L;

    WrongKey(String name) {
      super("the master key does not open '" + name + "'");
    }
  }

  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final SecretKeySpec key;
  private final SecureRandom random;

  private MasterKey(byte[] key, SecureRandom random) {
    this.key = new SecretKeySpec(key, "AES");
    this.random = random;
  }

  /// Reads the file; empty if there is none.
  ///
  /// @throws IOException if it cannot be read or does not hold 32 bytes in base64
  public static Optional<MasterKey> read(Path file, SecureRandom random) throws IOException {
    String line;
    try {
      line = Files.readString(file, StandardCharsets.US_ASCII).strip();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(line);
    } catch (IllegalArgumentException e) {
      throw new IOException("the master key file " + file + " does not hold base64", e);
    }
    if (bytes.length != KEY_BYTES) {
      throw new IOException(
          "the master key file " + file + " holds " + bytes.length + " bytes instead of 32");
    }
    return Optional.of(new MasterKey(bytes, random));
  }

  /// Makes a new key and has it on disk, synced, before it is used. Refuses to write over a file.
  public static MasterKey create(Path file, SecureRandom random) throws IOException {
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
    byte[] bytes = new byte[KEY_BYTES];
    random.nextBytes(bytes);
    // Whole or not at all: half a key would stand in the way of every later start.
    PrivateFile.replace(
        file,
        (Base64.getEncoder().encodeToString(bytes) + "\n").getBytes(StandardCharsets.US_ASCII));
    return new MasterKey(bytes, random);
  }

  /// Seals a value under a name; it opens under the same name only.
  ///
  /// @return nonce ‖ ciphertext ‖ tag, in base64
  public String seal(String name, byte[] value) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, name, nonce).doFinal(value);
      byte[] whole = new byte[nonce.length + sealed.length];
      System.arraycopy(nonce, 0, whole, 0, nonce.length);
      System.arraycopy(sealed, 0, whole, nonce.length, sealed.length);
      return Base64.getEncoder().encodeToString(whole);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-256-GCM fails", e);
    }
  }

  /// Opens what `seal` made under this name.
  ///
  /// @throws WrongKey if this is not the key, or not the name, or the value was changed
  public byte[] open(String name, String sealed) throws WrongKey {
    try {
      byte[] whole = Base64.getDecoder().decode(sealed);
      if (whole.length < NONCE_BYTES + TAG_BITS / 8) {
        throw new WrongKey(name);
      }
      byte[] nonce = Arrays.copyOf(whole, NONCE_BYTES);
      return cipher(Cipher.DECRYPT_MODE, name, nonce)
          .doFinal(whole, NONCE_BYTES, whole.length - NONCE_BYTES);
    } catch (AEADBadTagException | IllegalArgumentException e) {
      throw new WrongKey(name);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-256-GCM fails", e);
    }
  }

  private Cipher cipher(int mode, String name, byte[] nonce) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(name.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  /// Never the key.
  @Override
  public String toString() {
    return "MasterKey[…]";
  }
}
