package io.clientele.trust;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Http;
import io.clientele.harness.KeepAlive;
import io.clientele.harness.ServerProcess;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` while keys rotate, by time and because they are asked to, leaves a key that signs, and
/// whoever had a token still has it, unless its key was ended for a compromise.
@TrustCase(
    id = "T27",
    title = "kill -9 while keys rotate",
    unit = "kills",
    required = 60,
    brief = 2,
    soak = 1_000,
    seconds = 240)
class KilledWhileRotatingTest {

  private static final String[] ARGUMENTS = {
    "--key-rotation",
    "2",
    "--key-publish-lead",
    "1",
    "--jwks-cache",
    "1",
    "--port",
    "0",
    "--issuer",
    "https://id.example.com"
  };

  /// Rotations between two kills.
  private static final int MOST_ROTATIONS = 12;

  /// One in so many ends all keys.
  private static final int COMPROMISE_ONE_IN = 8;

  /// @param begin `System.nanoTime` when it was asked for
  /// @param end when it was there
  private record Held(String token, long begin, long end) {}

  /// A request that ends all keys.
  ///
  /// @param end when it was acknowledged; `Long.MAX_VALUE` if it never was
  private record Ending(long begin, long end) {}

  private final List<Held> tokens = new ArrayList<>();
  private final List<Ending> endings = new ArrayList<>();

  @Test
  void aUsableKeyIsLeft(@TempDir Path data, Tally tally) throws Exception {
    long seed = RandomGenerator.getDefault().nextLong();
    tally.measured("seed " + seed);
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    while (tally.done() < tally.required()) {
      try (ServerProcess server = ServerProcess.serve(data, ARGUMENTS)) {
        check(server.uri(), basic(data), tally);
        rotateUntilKilled(server, basic(data), random, tally);
      }
      tally.faultsSurvived(1);
      tally.done(1);
    }
    try (ServerProcess last = ServerProcess.serve(data, ARGUMENTS)) {
      check(last.uri(), basic(data), tally);
    }
  }

  private static String basic(Path data) {
    JsonNode operator = ServerProcess.operator(data);
    return Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  /// What was there before the kill is there, and new tokens are good.
  private void check(URI uri, String basic, Tally tally) {
    try (KeepAlive connection = KeepAlive.to(uri)) {
      Optional<Held> fresh = ask(connection, basic);
      if (fresh.isEmpty()) {
        tally.wrong("no token after the restart: " + connection.shown());
        return;
      }
      // What is published now, looked at once.
      CachingVerifier verifier = new CachingVerifier(uri, Duration.ofDays(1));
      verifier.verify(fresh.get().token).ifPresent(why -> tally.wrong("a fresh token: " + why));
      int status = connection.manage("GET", "/oauth/keys", fresh.get().token, "");
      if (status != 200 || !connection.text().contains("\"state\":\"signing\"")) {
        tally.wrong("no key signs: " + status + " " + connection.shown());
      }
      tokens.removeIf(held -> !judge(held, verifier, connection, basic, tally));
      tokens.add(fresh.get());
    }
  }

  /// @return whether it lives
  private boolean judge(
      Held held, CachingVerifier verifier, KeepAlive connection, String basic, Tally tally) {
    boolean isEnded = endings.stream().anyMatch(each -> held.end < each.begin && isDone(each));
    boolean mayBeEnded = endings.stream().anyMatch(each -> each.end > held.begin);
    connection.form("/oauth/introspect", basic, "token=" + held.token);
    boolean active = connection.text().startsWith("{\"active\":true");
    boolean verified = verifier.verify(held.token).isEmpty();
    tally.acknowledgedChecked(1);
    if (isEnded && (active || verified)) {
      tally.wrong("a token lives that was signed before all keys were ended");
    }
    if (!mayBeEnded && !active) {
      tally.lost("a token that nobody ended is dead");
    }
    if (!mayBeEnded && !verified) {
      tally.lost("a token that nobody ended is of a key that is not published");
    }
    return active;
  }

  private static boolean isDone(Ending ending) {
    return ending.end != Long.MAX_VALUE;
  }

  private static Optional<Held> ask(KeepAlive connection, String basic) {
    long begin = System.nanoTime();
    int status = connection.form("/oauth/token", basic, "grant_type=client_credentials");
    return status == 200
        ? Optional.of(new Held(connection.member("access_token"), begin, System.nanoTime()))
        : Optional.empty();
  }

  /// Kills it some rotations later, at any moment: also between a request and its answer.
  private void rotateUntilKilled(
      ServerProcess server, String basic, RandomGenerator random, Tally tally)
      throws InterruptedException {
    CountDownLatch enough = new CountDownLatch(1 + random.nextInt(MOST_ROTATIONS));
    URI uri = server.uri();
    RandomGenerator own = RandomGeneratorFactory.of("L64X128MixRandom").create(random.nextLong());
    Thread rotating =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (KeepAlive connection = KeepAlive.to(uri)) {
                    while (rotateOnce(connection, basic, own, tally)) {
                      enough.countDown();
                    }
                  } catch (UncheckedIOException e) {
                    // It was killed.
                    enough.countDown();
                  }
                });
    if (!enough.await(60, TimeUnit.SECONDS)) {
      tally.wrong("keys do not rotate");
    }
    LockSupport.parkNanos(random.nextLong(20_000_000));
    server.kill9();
    rotating.join();
  }

  /// @return whether it was as it should be
  private boolean rotateOnce(
      KeepAlive connection, String basic, RandomGenerator random, Tally tally) {
    Optional<Held> held = ask(connection, basic);
    if (held.isEmpty()) {
      tally.wrong("no token while keys rotate: " + connection.shown());
      return false;
    }
    tokens.add(held.get());
    boolean compromise = random.nextInt(COMPROMISE_ONE_IN) == 0;
    long begin = System.nanoTime();
    int place = endings.size();
    if (compromise) {
      endings.add(new Ending(begin, Long.MAX_VALUE));
    }
    int status =
        connection.manage(
            "POST", "/oauth/keys/rotate" + (compromise ? "?now=true" : ""), held.get().token, "");
    if (status != 201) {
      tally.wrong("a rotation is answered " + status + ": " + connection.shown());
      return false;
    }
    if (compromise) {
      endings.set(place, new Ending(begin, System.nanoTime()));
    }
    return true;
  }
}
