package io.clientele.bench.participant;

import io.clientele.bench.process.ServerProcess.Command;
import io.clientele.bench.process.Tool;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Maven, on the Java that this program runs on.
final class Maven {

  private Maven() {}

  /// The Java that peers run on too.
  static String javaHome() {
    return System.getProperty("java.home");
  }

  static void run(Workshop workshop, Path directory, String... goals)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("mvn", "-B", "-q", "-ntp"));
    words.addAll(List.of(goals));
    Map<String, String> environment =
        Map.of(
            "JAVA_HOME",
            javaHome(),
            // Older Mavens complain about a newer Java otherwise.
            "MAVEN_OPTS",
            "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow");
    Tool.run(workshop.processes(), new Command(words, environment, directory));
  }
}
