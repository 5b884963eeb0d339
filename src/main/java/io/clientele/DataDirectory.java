package io.clientele;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// The data directory, held by one process at a time.
final class DataDirectory implements AutoCloseable {

  private final FileChannel channel;
  private final FileLock lock;

  private DataDirectory(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  /// Makes the directory if need be (mode 0700) and takes its lock.
  ///
  /// @throws StartException if it cannot be written, or another process holds it
  static DataDirectory lock(Path directory) throws StartException {
    try {
      if (!Files.isDirectory(directory)) {
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      FileChannel channel =
          FileChannel.open(
              directory.resolve("lock"),
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new StartException(
            "The data directory "
                + directory
                + " is in use by another Clientele. Stop that one, or give another --data.");
      }
      return new DataDirectory(channel, lock);
    } catch (FileAlreadyExistsException e) {
      throw new StartException("The data directory " + directory + " is not a directory.", e);
    } catch (IOException e) {
      throw new StartException(
          "The data directory " + directory + " cannot be written. Give one that can with --data.",
          e);
    }
  }

  private static @org.jspecify.annotations.Nullable FileLock tryLock(FileChannel channel)
      throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }
}
