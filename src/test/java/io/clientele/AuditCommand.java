package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `clientele audit …` in this process, as who types it sees it.
///
/// @param code the exit code
/// @param out standard output
/// @param err lines of standard error
record AuditCommand(int code, String out, List<String> err) {

  /// @param arguments `--database` and an empty text are left out: the embedded one is meant
  static AuditCommand run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> words = new ArrayList<>(List.of("audit"));
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].equals("--database") && arguments[i + 1].isEmpty()) {
        i++;
      } else {
        words.add(arguments[i]);
      }
    }
    int code =
        Main.run(
            words, Map.of(), new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
    return new AuditCommand(code, out.toString(UTF_8), err.toString(UTF_8).lines().toList());
  }

  /// Fails unless the exit code is 0.
  AuditCommand succeeded() {
    if (code != 0) {
      throw new AssertionError("exit code " + code + ": " + err);
    }
    return this;
  }
}
