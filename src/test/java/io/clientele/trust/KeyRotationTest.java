package io.clientele.trust;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Http;
import io.clientele.harness.KeepAlive;
import io.clientele.harness.ServerProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who keeps the JWKS for as long as it may, and never asks for it in between, knows the key of
/// every token at any time, however often keys rotate.
@TrustCase(
    id = "T27",
    title = "Keys rotate every 30 s, verifiers keep the JWKS for 60 s",
    unit = "tokens",
    required = 1_000_000,
    brief = 1_000,
    soak = 20_000_000,
    seconds = 300)
class KeyRotationTest {

  private static final int THREADS = 8;

  /// How keys live, and how many must have signed before it is enough.
  private record Times(Duration rotation, Duration lead, Duration cache, int keys) {
    static Times of(Scale scale) {
      return switch (scale) {
        case BRIEF ->
            new Times(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(1), 4);
        case FULL, SOAK ->
            new Times(Duration.ofSeconds(30), Duration.ofSeconds(61), Duration.ofSeconds(60), 7);
      };
    }

    String[] arguments() {
      return new String[] {
        "--key-rotation", Long.toString(rotation.toSeconds()),
        "--key-publish-lead", Long.toString(lead.toSeconds()),
        "--jwks-cache", Long.toString(cache.toSeconds())
      };
    }
  }

  private final Set<String> signers = ConcurrentHashMap.newKeySet();

  @Test
  void everyTokenIsVerifiedByWhoKeepsTheJwksAsLongAsAllowed(@TempDir Path data, Tally tally)
      throws Exception {
    Times times = Times.of(tally.scale());
    long began;
    try (ServerProcess server = ServerProcess.serve(data, times.arguments())) {
      URI uri = server.uri();
      began = System.nanoTime();
      JsonNode operator = ServerProcess.operator(data);
      String basic =
          Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
      List<Future<?>> all = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
        for (int i = 0; i < THREADS; i++) {
          all.add(threads.submit(() -> issueAndVerify(uri, basic, times, tally)));
        }
        for (Future<?> each : all) {
          each.get();
        }
      }
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    tally.measured(signers.size() + " keys signed");
    tally.load(
        String.format(
            Locale.ROOT,
            "%,.0f tokens/s, a key every %d s, published %d s before, kept for %d s",
            tally.done() / seconds,
            times.rotation.toSeconds(),
            times.lead.toSeconds(),
            times.cache.toSeconds()));
  }

  private void issueAndVerify(URI uri, String basic, Times times, Tally tally) {
    String[] old = new String[256];
    ThreadLocalRandom random = ThreadLocalRandom.current();
    try (KeepAlive connection = KeepAlive.to(uri)) {
      CachingVerifier verifier = new CachingVerifier(uri, times.cache);
      for (int i = 0; tally.done() < tally.required() || signers.size() < times.keys; i++) {
        int status = connection.form("/oauth/token", basic, "grant_type=client_credentials");
        if (status != 200) {
          tally.wrong("a token is refused: " + status);
          continue;
        }
        String token = connection.member("access_token");
        verifier.verify(token).ifPresent(tally::wrong);
        signers.add(CachingVerifier.keyOf(token));
        tally.done(1);
        int place = random.nextInt(old.length);
        // An old one is still believed, whatever signs now.
        if (i % 16 == 0 && old[place] != null) {
          verifier.verify(old[place]).ifPresent(why -> tally.wrong("of an old one: " + why));
        }
        if (i % 64 == 0) {
          old[place] = token;
        }
      }
    }
  }
}
