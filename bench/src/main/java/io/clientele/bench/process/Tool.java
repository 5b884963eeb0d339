package io.clientele.bench.process;

import io.clientele.bench.process.ServerProcess.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// A program that does one thing and ends, e.g. a build.
public final class Tool {

  private Tool() {}

  /// Runs it to its end.
  ///
  /// @return what it said on both outputs
  /// @throws IOException if it fails, with what it said
  public static String run(Processes processes, Command command)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command.words())
            .directory(command.directory().toFile())
            .redirectErrorStream(true);
    builder.environment().putAll(command.environment());
    Process process = processes.start(builder);
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    processes.forget(process);
    if (code != 0) {
      throw new IOException(
          "%s ended with %d: %s".formatted(String.join(" ", command.words()), code, said));
    }
    return said;
  }
}
