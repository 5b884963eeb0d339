package io.clientele.bench.participant;

import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;

/// What the peers have in common: one client, and a directory to be installed in, which stays for
/// later runs.
final class Peer {

  static final String CLIENT = "bench";
  static final String SECRET = "bench-secret-0123456789abcdef0123456789";

  /// What is written once an installation is whole.
  private static final String INSTALLED = "installed";

  private Peer() {}

  /// Fetches and builds a peer.
  @FunctionalInterface
  interface Installation {
    void install(Path directory) throws IOException, InterruptedException;
  }

  /// Where a peer is installed; installs it first if it is not there whole, or if what
  /// `bench/peers` has of it changed.
  ///
  /// @param files of it, in `bench/peers`; they are copied
  static Path installed(Workshop workshop, String name, String files, Installation installation)
      throws IOException, InterruptedException {
    Path directory = workshop.kept(name);
    Path source = workshop.checkout().resolve("bench/peers").resolve(files);
    Path mark = directory.resolve(INSTALLED);
    if (Files.exists(mark) && !isNewer(source, mark)) {
      return directory;
    }
    Workshop.delete(directory);
    copy(source, directory);
    installation.install(directory);
    Files.createFile(mark);
    return directory;
  }

  private static boolean isNewer(Path source, Path mark) throws IOException {
    long made = Files.getLastModifiedTime(mark).toMillis();
    try (var files = Files.walk(source)) {
      for (Path each : files.toList()) {
        if (Files.getLastModifiedTime(each).toMillis() > made) {
          return true;
        }
      }
    }
    return false;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(directory)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
