package io.clientele.trust;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Http;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import io.clientele.trust.history.HistoryChecker;
import io.clientele.trust.history.HistoryChecker.Verdict;
import io.clientele.trust.history.Traffic;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/// Whatever prevents a token has prevented it when it is acknowledged, and nothing else does:
/// judged from the whole history of many threads' requests ([HistoryChecker]).
@TrustCase(
    id = "T19",
    title = "Changes take effect when they are acknowledged: a history of 32 threads",
    unit = "operations",
    required = 1_000_000,
    brief = 12_000,
    soak = 20_000_000,
    seconds = 240)
@WithServer
class HistoryTest {

  private static final int THREADS = 32;

  /// A history of more does not fit into memory.
  private static final long MOST_AT_ONCE = 1_000_000;

  @Test
  void nothingPassesAfterWhatPreventsItWasAcknowledged(TestServer server, Tally tally)
      throws InterruptedException {
    judge(List.of(server.uri()), server.operator(), Duration.ZERO, Duration.ZERO, tally);
  }

  /// @param uses how long after a change another node may let tokens pass
  /// @param issues how long after a change another node may issue tokens, which must be dead
  static void judge(List<URI> nodes, JsonNode operator, Duration uses, Duration issues, Tally tally)
      throws InterruptedException {
    Traffic.Operator asking =
        new Traffic.Operator(
            nodes, operator.get("clientId").asText(), operator.get("clientSecret").asText());
    while (tally.done() < tally.required()) {
      long seed = ThreadLocalRandom.current().nextLong();
      long requests = Math.min(MOST_AT_ONCE, tally.required() - tally.done());
      Traffic.Made made = Traffic.make(asking, Traffic.Load.usual(THREADS, requests), seed);
      Verdict verdict = new HistoryChecker(uses, issues).check(made.history());
      tally.done(made.operations());
      tally.acknowledgedChecked(verdict.changes());
      tally.wrong(made.wrong());
      verdict.wrong().forEach(each -> tally.wrong(each + " (seed " + seed + ")"));
      if (verdict.wrongs() > 0) {
        tally.measured("keys: " + Http.to(nodes.getFirst()).get("/oauth/jwks", "").text());
      }
      if (verdict.hadToFail() == 0 || verdict.hadToPass() == 0) {
        tally.wrong("a history that proves nothing");
      }
      tally.measured(
          String.format(
              Locale.ROOT,
              "of %,d attempts %,d had to be refused and %,d had to pass",
              verdict.attempts(),
              verdict.hadToFail(),
              verdict.hadToPass()));
      if (nodes.size() > 1) {
        tally.measured(
            String.format(
                Locale.ROOT,
                "the other node still let something pass %d ms after at most; %,d answers were 503",
                verdict.lag().toMillis(),
                made.unavailable()));
      }
    }
    tally.load(THREADS + " threads on " + nodes.size() + (nodes.size() == 1 ? " node" : " nodes"));
  }
}
