package io.clientele.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.http.Json;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// A backup: a ZIP file, mode 0600, with a copy of the database (`clientele.db`) and what is known
/// of it (`backup.json`). Its last 64 bytes, the comment of the ZIP file, are the SHA-256 of all
/// before them, hexadecimal: a backup that was cut off, or of which any byte is another, is
/// refused.
public final class BackupFile {

  private static final String DATABASE = "clientele.db";
  private static final String ABOUT = "backup.json";
  private static final int FORMAT = 1;
  private static final int LARGEST_ABOUT = 64 * 1024;
  private static final int DIGEST_LENGTH = 64;

  /// What is known of the database in a backup.
  ///
  /// @param madeAt as of which moment it is
  /// @param program the version of Clientele that made it
  /// @param schema the version of its schema
  /// @param bytes its size
  /// @param sha256 of its bytes, hexadecimal
  public record About(Instant madeAt, String program, int schema, long bytes, String sha256) {}

  private BackupFile() {}

  /// Writes a backup; it is on disk when this returns. What was begun and failed goes.
  ///
  /// @param database a file that nobody writes
  /// @throws java.nio.file.FileAlreadyExistsException if there is a file already
  public static About write(Path file, Path database, Instant madeAt, String program, int schema)
      throws IOException {
    boolean isWhole = false;
    FileChannel channel = create(file);
    try (channel;
        OutputStream buffer = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        ZipOutputStream zip = new ZipOutputStream(buffer)) {
      zip.setLevel(Deflater.BEST_SPEED);
      // Keeps the place of the digest, which is not known before the rest is written.
      zip.setComment("0".repeat(DIGEST_LENGTH));
      zip.putNextEntry(new ZipEntry(DATABASE));
      MessageDigest digest = sha256();
      long bytes;
      try (InputStream in = Files.newInputStream(database)) {
        bytes = copy(in, zip, digest, Long.MAX_VALUE);
      }
      About about = new About(madeAt, program, schema, bytes, hex(digest));
      zip.putNextEntry(new ZipEntry(ABOUT));
      zip.write(Json.bytes(json(about)));
      zip.finish();
      zip.flush();
      channel.write(
          ByteBuffer.wrap(digestOfRest(file).getBytes(StandardCharsets.US_ASCII)),
          channel.size() - DIGEST_LENGTH);
      channel.force(true);
      isWhole = true;
      return about;
    } finally {
      if (!isWhole) {
        Files.deleteIfExists(file);
      }
    }
  }

  /// SHA-256 of all but the last bytes, which say it.
  private static String digestOfRest(Path file) throws IOException {
    long left = Files.size(file) - DIGEST_LENGTH;
    MessageDigest digest = sha256();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      while (left > 0) {
        int length = in.readNBytes(buffer, 0, (int) Math.min(left, buffer.length));
        if (length == 0) {
          throw new EOFException("it became shorter while it was read");
        }
        digest.update(buffer, 0, length);
        left -= length;
      }
    }
    return hex(digest);
  }

  private static void requireUnchanged(Path file) throws IOException {
    byte[] said = new byte[DIGEST_LENGTH];
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long at = channel.size() - DIGEST_LENGTH;
      if (at < 0 || channel.read(ByteBuffer.wrap(said), at) != DIGEST_LENGTH) {
        throw new IOException(file + " is no backup, or one that was cut off");
      }
    }
    if (!digestOfRest(file).equals(new String(said, StandardCharsets.US_ASCII))) {
      throw new IOException(
          file + " is no backup, or a damaged one: its bytes are not those that were written");
    }
  }

  private static JsonNode json(About about) {
    return Json.object()
        .put("format", FORMAT)
        .put("madeAt", about.madeAt.toString())
        .put("program", about.program)
        .put("schema", about.schema)
        .put("bytes", about.bytes)
        .put("sha256", about.sha256);
  }

  /// Takes the database out of a backup; it is on disk, whole and unchanged, when this returns.
  ///
  /// @param database where it goes; there is no such file
  /// @throws IOException if the file is no backup or a damaged one, which its message says
  public static About extract(Path file, Path database) throws IOException {
    requireUnchanged(file);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      About about = about(file, zip);
      ZipEntry entry = zip.getEntry(DATABASE);
      if (entry == null) {
        throw new IOException(file + " is a backup without a database");
      }
      MessageDigest digest = sha256();
      long bytes;
      try (InputStream in = zip.getInputStream(entry);
          FileChannel channel = create(database);
          OutputStream out = Channels.newOutputStream(channel)) {
        bytes = copy(in, out, digest, about.bytes);
        channel.force(true);
      }
      if (bytes != about.bytes || !hex(digest).equals(about.sha256)) {
        throw new IOException(file + " is damaged: its database is not the one that was saved");
      }
      return about;
    } catch (ZipException | EOFException e) {
      throw new IOException(file + " is no backup, or a damaged one: " + e.getMessage(), e);
    }
  }

  private static About about(Path file, ZipFile zip) throws IOException {
    ZipEntry entry = zip.getEntry(ABOUT);
    if (entry == null) {
      throw new IOException(file + " is no backup: it has no " + ABOUT);
    }
    JsonNode about;
    try (InputStream in = zip.getInputStream(entry)) {
      about = Json.parseOurs(in.readNBytes(LARGEST_ABOUT));
    } catch (UncheckedIOException e) {
      throw new IOException(file + " is damaged: its " + ABOUT + " is no JSON", e);
    }
    if (about.path("format").asInt() != FORMAT) {
      throw new IOException(
          file
              + " is a backup of format "
              + about.path("format")
              + ", this program knows "
              + FORMAT
              + ": restore it with the Clientele that made it");
    }
    try {
      return new About(
          Instant.parse(about.path("madeAt").asText()),
          about.path("program").asText(),
          about.path("schema").asInt(),
          about.path("bytes").asLong(),
          about.path("sha256").asText());
    } catch (DateTimeParseException e) {
      throw new IOException(file + " is damaged: its " + ABOUT + " has no time", e);
    }
  }

  private static FileChannel create(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  /// @param most bytes to expect: an input that is longer is not copied to its end
  /// @return how many were copied; more than `most` if the input is longer
  private static long copy(InputStream in, OutputStream out, MessageDigest digest, long most)
      throws IOException {
    byte[] buffer = new byte[1 << 16];
    long copied = 0;
    int length;
    while (copied <= most && (length = in.read(buffer)) >= 0) {
      out.write(buffer, 0, length);
      digest.update(buffer, 0, length);
      copied += length;
    }
    return copied;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("a JDK without SHA-256", e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
