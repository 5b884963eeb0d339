package io.clientele.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// `strace`, attached to a process, which lets calls of the system fail that go to certain files.
/// Nothing else of the process is touched.
public final class Strace implements AutoCloseable {
  private final Process process;
  private final Path log;

  private Strace(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /// Attaches; it holds when this returns.
  ///
  /// @param log where the calls are noted; a file that is not there
  /// @param calls as `fsync,fdatasync`
  /// @param how as `error=EIO:when=2+`, without `when` for all
  /// @param files the calls to these
  public static Strace inject(
      ServerProcess server, Path log, String calls, String how, List<Path> files) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "strace",
                "-f",
                "-ttt",
                "-y",
                "-o",
                log.toString(),
                "-e",
                "trace=" + calls,
                "-e",
                "inject=" + calls + ":" + how));
    for (Path file : files) {
      command.add("-P");
      command.add(file.toString());
    }
    command.addAll(List.of("-p", Long.toString(server.pid())));
    try {
      Process process = new ProcessBuilder(command).start();
      BufferedReader said =
          new BufferedReader(new InputStreamReader(process.getErrorStream(), UTF_8));
      List<String> lines = new ArrayList<>();
      // The first thread's line comes first when it was given by -p; those of the others are in it.
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        lines.add(line);
        if (line.contains(" attached")) {
          Thread.ofVirtual().start(() -> drain(said));
          return new Strace(process, log);
        }
      }
      throw new IllegalStateException("strace does not attach: " + lines);
    } catch (IOException e) {
      throw new UncheckedIOException("strace cannot be run: it must be installed", e);
    }
  }

  private static void drain(BufferedReader said) {
    try (said) {
      while (said.readLine() != null) {
        Thread.onSpinWait();
      }
    } catch (IOException e) {
      // It has ended.
    }
  }

  /// When the first call was made to fail, in microseconds since 1970; 0 if none was yet.
  public long firstFailureMicros() {
    return failures().stream().mapToLong(Strace::micros).min().orElse(0);
  }

  /// How many calls were made to fail.
  public int count() {
    return failures().size();
  }

  private List<String> failures() {
    try {
      if (Files.notExists(log)) {
        return List.of();
      }
      // The last line may not be whole yet.
      String text = Files.readString(log);
      return text.substring(0, text.lastIndexOf('\n') + 1)
          .lines()
          .filter(line -> line.contains("(INJECTED)"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long micros(String line) {
    // 12345 1700000000.123456 fdatasync(…
    String[] time = line.split(" +", 3)[1].split("\\.", -1);
    return Long.parseLong(time[0]) * 1_000_000 + Long.parseLong(time[1]);
  }

  /// Lets the process go on by itself.
  @Override
  public void close() {
    process.toHandle().destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("strace does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
