package io.clientele.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// Where a run works: its processes, and its directories, which go when it ends. They are on the
/// checkout's own disk: the system's temporary directory may be memory, where a write costs
/// nothing.
public final class Workshop implements AutoCloseable {

  private final Path checkout;
  private final Path scratch;
  private final Processes processes = new Processes();
  private int directories;

  /// @param checkout Clientele's own
  public Workshop(Path checkout) throws IOException {
    this.checkout = checkout;
    Path runs = Files.createDirectories(checkout.resolve("bench/target/runs"));
    try (Stream<Path> left = Files.list(runs)) {
      // Of a run that was killed. Only one run works here at a time: bench/run holds a lock.
      for (Path each : left.toList()) {
        delete(each);
      }
    }
    this.scratch = Files.createTempDirectory(runs, "run");
  }

  public Path checkout() {
    return checkout;
  }

  public Processes processes() {
    return processes;
  }

  /// An empty directory of its own.
  public synchronized Path newDirectory(String name) throws IOException {
    directories++;
    return Files.createDirectory(scratch.resolve(name + "-" + directories));
  }

  /// A directory that stays for later runs: what was fetched from registries.
  public Path kept(String name) throws IOException {
    return Files.createDirectories(checkout.resolve("bench/target/peers").resolve(name));
  }

  /// A port on loopback that is free now.
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// Deletes a directory with all that is in it.
  public static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      all.sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.deleteIfExists(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }

  /// Whether the run ends, e.g. by Ctrl-C.
  public boolean isEnding() {
    return processes.isClosed();
  }

  /// Ends every process and deletes every directory of this run.
  @Override
  public void close() throws IOException {
    processes.close();
    if (Files.exists(scratch)) {
      delete(scratch);
    }
  }
}
