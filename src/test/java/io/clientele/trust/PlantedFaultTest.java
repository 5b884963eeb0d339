package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.PatchedClasses;
import io.clientele.harness.ServerProcess;
import io.clientele.trust.history.HistoryChecker;
import io.clientele.trust.history.HistoryChecker.Verdict;
import io.clientele.trust.history.Traffic;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The test of the test: a server whose directories forget to drop one entry in a thousand is found
/// out from its answers, although they drop it a quarter of a second later all the same.
@TrustCase(
    id = "T19",
    title = "A directory that forgets one entry in a thousand is found out",
    unit = "faults found",
    required = 3,
    brief = 1,
    seconds = 90)
class PlantedFaultTest {

  private static final int THREADS = 32;
  private static final int MOST_HISTORIES = 20;
  private static final long REQUESTS = 5_000;

  @Test
  void theCheckerFindsIt(@TempDir Path directory, Tally tally) throws Exception {
    Path classes = Files.createDirectory(directory.resolve("classes"));
    PatchedClasses.compile(
        classes,
        "io.clientele.db.Remembered",
        "  private void drop(K key) {\n",
        """
          private static final java.util.concurrent.atomic.AtomicLong DROPS =
              new java.util.concurrent.atomic.AtomicLong();

          private void drop(K key) {
            if (DROPS.incrementAndGet() % 1000 == 0) {
              return;
            }
        """);
    Path data = directory.resolve("data");
    try (ServerProcess server =
        ServerProcess.serveWith(classes, data, "--failure-limit", "1000000")) {
      URI uri = server.uri();
      JsonNode operator = ServerProcess.operator(data);
      Traffic.Operator asking =
          new Traffic.Operator(
              List.of(uri),
              operator.get("clientId").asText(),
              operator.get("clientSecret").asText());
      while (tally.done() < tally.required()) {
        // Without what happened around it.
        tally.measured("found: " + findOne(asking).replaceFirst(";.*", ""));
        tally.done(1);
      }
    }
  }

  /// The first wrong answer that the checker sees in one of many histories.
  private static String findOne(Traffic.Operator asking) throws InterruptedException {
    HistoryChecker checker = new HistoryChecker(Duration.ZERO, Duration.ZERO);
    for (int i = 1; i <= MOST_HISTORIES; i++) {
      Traffic.Made made =
          Traffic.make(
              asking,
              new Traffic.Load(THREADS, REQUESTS, 6),
              ThreadLocalRandom.current().nextLong());
      Verdict verdict = checker.check(made.history());
      assertThat(made.wrong()).isEmpty();
      if (verdict.wrongs() > 0) {
        return String.format(
            Locale.ROOT, "after %,d requests, %s", i * REQUESTS, verdict.wrong().getFirst());
      }
    }
    throw new AssertionError("the planted fault is not found");
  }
}
