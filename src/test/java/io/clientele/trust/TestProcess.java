package io.clientele.trust;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/// One test class in a process of its own, in its short form, against whatever program.
final class TestProcess {

  private static final Pattern ASSERTION = Pattern.compile("\\bAssertion(Failed)?Error\\b");

  private TestProcess() {}

  /// How it ended.
  ///
  /// @param failed whether a test failed; not that none could be run
  /// @param said on standard error
  record Ended(boolean failed, String said) {}

  /// What this process finds classes in.
  static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""))
        .replace("::", File.pathSeparator);
  }

  /// Runs it.
  ///
  /// @param classes of the program, before those of this process
  /// @param directory for what it writes
  static Ended run(String testClass, Path classes, Path directory)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Path errors = directory.resolve("errors");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx1g",
                    "--enable-native-access=ALL-UNNAMED",
                    "-Dclientele.trust=brief",
                    "-Dclientele.trust.results=" + directory,
                    "-cp",
                    classes + File.pathSeparator + classPath(),
                    OneCase.class.getName(),
                    testClass))
            .redirectOutput(Redirect.to(directory.resolve("output").toFile()))
            .redirectError(Redirect.to(errors.toFile()))
            .start();
    try {
      process.getOutputStream().close();
      int exit = process.waitFor();
      String said = Files.readString(errors);
      return new Ended(exit != 0 && ASSERTION.matcher(said).find(), said);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
