package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import io.clientele.cli.BackupFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Backups. An input that begins with `J` is what a well-formed backup says of itself, with `D` the
/// database of one, anything else the whole file.
final class BackupTarget implements FuzzTarget {

  private static final byte[] DATABASE =
      "what is in the database".getBytes(StandardCharsets.US_ASCII);

  private final Path directory = Files.createTempDirectory("clientele-fuzz");
  private final Path file = directory.resolve("backup");
  private final Path database = directory.resolve("database");

  BackupTarget() throws IOException {}

  @Override
  public void check(byte[] input) throws IOException {
    byte[] rest = input.length == 0 ? input : Arrays.copyOfRange(input, 1, input.length);
    switch (input.length == 0 ? ' ' : (char) input[0]) {
      case 'J' -> Files.write(file, zip(rest));
      case 'D' -> {
        saveAndTakeOut(rest);
        return;
      }
      default -> Files.write(file, input);
    }
    Files.deleteIfExists(database);
    try {
      BackupFile.About about = BackupFile.extract(file, database);
      require(Files.size(database) == about.bytes(), "another size");
    } catch (IOException e) {
      require(e.getMessage() != null && !e.getMessage().isEmpty(), "refused without a word");
    }
  }

  private void saveAndTakeOut(byte[] content) throws IOException {
    Path original = directory.resolve("original");
    Files.write(original, content);
    Files.deleteIfExists(file);
    Files.deleteIfExists(database);
    BackupFile.About saved = BackupFile.write(file, original, Instant.EPOCH, "0.1.0", 1);
    require(BackupFile.extract(file, database).equals(saved), "it says something else of itself");
    require(Arrays.equals(Files.readAllBytes(database), content), "another database");
  }

  private static byte[] zip(byte[] about) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry("clientele.db"));
      zip.write(DATABASE);
      zip.putNextEntry(new ZipEntry("backup.json"));
      zip.write(about);
    }
    return bytes.toByteArray();
  }
}
