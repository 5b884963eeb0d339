package io.clientele.harness;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/// A file system of its own, in memory, that is soon full. Mounting one takes root's rights, and
/// who has not got them is told so: a test that passes without having filled a disk says nothing.
public final class SmallDisk implements AutoCloseable {
  private final Path directory;
  private final Path filler;

  private SmallDisk(Path directory) {
    this.directory = directory;
    this.filler = directory.resolve("filler");
  }

  /// Mounts one at this directory, which is empty.
  public static SmallDisk mount(Path directory, int mebibytes) {
    run(
        "a small file system cannot be mounted; this test needs root's rights",
        "mount",
        "-t",
        "tmpfs",
        "-o",
        "size=" + mebibytes + "m,mode=0700",
        "tmpfs",
        directory.toString());
    return new SmallDisk(directory);
  }

  private static void run(String otherwise, String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(otherwise + ": " + said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(otherwise, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// Takes what is left, to the last page. What others free meanwhile is taken when this is called
  /// again.
  public void fill() {
    byte[] block = new byte[1 << 16];
    for (int size = block.length; size >= 4096; size /= 2) {
      boolean isFull = false;
      while (!isFull) {
        isFull = !append(block, size);
      }
    }
  }

  private boolean append(byte[] block, int size) {
    try (OutputStream out =
        Files.newOutputStream(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      out.write(block, 0, size);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// Gives back what was taken.
  public void free() {
    try {
      Files.deleteIfExists(filler);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    run("the small file system is still in use", "umount", directory.toString());
  }
}
