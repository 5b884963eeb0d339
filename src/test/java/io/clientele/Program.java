package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/// The program's commands, run in this process.
public final class Program {

  private Program() {}

  /// @param code with which it exits
  /// @param err what it says on standard error
  public record Said(int code, String err) {
    /// Fails unless it was done.
    public Said succeeded() {
      assertThat(code).as(err).isZero();
      return this;
    }
  }

  /// Runs a command that ends by itself.
  public static Said run(String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            List.of(arguments),
            Map.of(),
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new PrintStream(err, true, UTF_8));
    return new Said(code, err.toString(UTF_8));
  }

  /// Whether a refused start would be taken for a bug, and its trace logged.
  public static boolean looksLikeABug(StartException refusal) {
    return refusal.isUnexpected();
  }

  /// A server, or why there is none.
  public static Server serve(List<String> arguments) throws StartException, SettingsException {
    return Server.start(Settings.parse(arguments, Map.of()), InstantSource.system());
  }
}
