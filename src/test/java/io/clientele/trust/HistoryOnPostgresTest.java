package io.clientele.trust;

import io.clientele.harness.Nodes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same history on two nodes with one PostgreSQL, each request to either: what one has
/// acknowledged the other knows within a second. A node issues tokens to clients that it knows,
/// also while it has not heard of the other's deeds for long; only such a token must be dead.
@TrustCase(
    id = "T19",
    title = "the same on two nodes",
    unit = "operations",
    required = 200_000,
    brief = 6_000,
    seconds = 120)
class HistoryOnPostgresTest {

  /// Contract 3.
  private static final Duration USES = Duration.ofSeconds(1);

  /// A node that reads the change log again and again, on a machine that is busy.
  private static final Duration ISSUES = Duration.ofSeconds(10);

  @Test
  void nothingPassesASecondAfterWhatPreventsItWasAcknowledged(@TempDir Path directory, Tally tally)
      throws Exception {
    try (Nodes nodes = Nodes.start(directory)) {
      HistoryTest.judge(
          List.of(nodes.first().uri(), nodes.second().uri()),
          nodes.first().operator(),
          USES,
          ISSUES,
          tally);
    }
  }
}
