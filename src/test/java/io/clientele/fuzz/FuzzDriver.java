package io.clientele.fuzz;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What Jazzer calls, in a process of its own: `--target_class` is this class, `--target_args` the
/// name of a [Parser], or `PLANTED` for a fault that fuzzing must find.
public final class FuzzDriver {

  /// The name of the planted fault.
  public static final String PLANTED = "PLANTED";

  private static @Nullable FuzzTarget target;

  private FuzzDriver() {}

  /// Called once.
  public static void fuzzerInitialize(String[] args) throws Exception {
    if (args[0].equals(PLANTED)) {
      target = FuzzDriver::planted;
      return;
    }
    Parser parser = Parser.valueOf(args[0]);
    FuzzTarget opened = parser.open();
    target = opened;
    // What classes take to load is no hang of the first input that wants them.
    for (byte[] input : FuzzCorpus.of(parser)) {
      opened.check(input);
    }
  }

  /// Called with each input.
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Objects.requireNonNull(target).check(input);
  }

  /// Four bytes that chance alone finds in a day, and the coverage leads to in a second.
  private static void planted(byte[] input) {
    if (input.length > 4 && input[0] == 'b' && input[1] == 'u' && input[2] == 'g') {
      FuzzTarget.require(input[3] != '!', "the planted fault");
    }
  }
}
