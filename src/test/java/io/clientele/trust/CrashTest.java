package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Http;
import io.clientele.harness.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What was acknowledged is there after `kill -9`, and nothing is half there. The data grow from
/// cycle to cycle; each restart is held against the list that a driver in another process kept.
@TrustCase(
    id = "T22",
    title = "kill -9 at random moments under load",
    unit = "kills",
    required = 200,
    brief = 3,
    soak = 1_000,
    seconds = 500)
class CrashTest {

  private static final int MOST_ACKNOWLEDGEMENTS = 120;
  private static final int CYCLES_TO_VERIFY = 20;
  private static final String ISSUER = "https://auth.example.com";

  /// What counted is flushed this long after the start.
  private static final long FLUSH_NANOS = Duration.ofSeconds(10).toNanos();

  @TempDir Path directory;

  /// When a server is killed.
  private enum Moment {
    /// In the midst of deeds.
    UNDER_LOAD,
    /// Before it is ready.
    WHILE_IT_STARTS,
    /// After SIGTERM: counters are flushed, the write-ahead log is put in its place.
    WHILE_IT_STOPS,
    /// About when counters are flushed.
    AT_A_FLUSH
  }

  private final long seed = ThreadLocalRandom.current().nextLong();
  private final Random random = new Random(seed);
  private final List<Long> readyMillis = new ArrayList<>();

  private ServerProcess start() {
    return ServerProcess.serve(
        directory.resolve("data"), "--issuer", ISSUER, "--failure-limit", "1000000");
  }

  @Test
  void whatWasAcknowledgedIsThere(Tally tally) throws Exception {
    System.err.println("T22: seed " + seed);
    DeedHistory history = new DeedHistory(tally);
    try (Driver driver = new Driver(directory.resolve("acknowledged"), random.nextInt())) {
      for (int cycle = 1; tally.done() < tally.required(); cycle++) {
        Moment moment = moment(cycle, tally.scale());
        if (moment == Moment.WHILE_IT_STARTS) {
          try (ServerProcess server = start()) {
            pause(random.nextLong(typicalStart()));
            server.kill9();
          }
        } else {
          cycle(cycle, moment, driver, history);
        }
        tally.done(1);
        tally.faultsSurvived(1);
        if (cycle % CYCLES_TO_VERIFY == 0) {
          verifyAudit(tally);
        }
      }
      try (ServerProcess last = ready()) {
        history.checkEverything(last.uri(), token(last), basic());
        last.terminate();
        assertThat(last.exitCode()).isZero();
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
    verifyAudit(tally);
    tally.acknowledgedChecked(history.acknowledgedWrites());
    readyMillis.sort(null);
    tally.load("4 connections writing in another process");
    tally.measured(
        String.format(
            Locale.ROOT,
            "ready after %.1f s (median), %.1f s (longest)",
            readyMillis.get(readyMillis.size() / 2) / 1e3,
            readyMillis.getLast() / 1e3));
    tally.measured("seed " + seed);
  }

  private Moment moment(int cycle, Scale scale) {
    if (cycle == 1) {
      return Moment.UNDER_LOAD;
    }
    if (scale != Scale.BRIEF && cycle % 30 == 0) {
      return Moment.AT_A_FLUSH;
    }
    int dice = random.nextInt(100);
    return dice < 70
        ? Moment.UNDER_LOAD
        : dice < 85 ? Moment.WHILE_IT_STARTS : Moment.WHILE_IT_STOPS;
  }

  private void cycle(int cycle, Moment moment, Driver driver, DeedHistory history)
      throws IOException {
    try (ServerProcess server = ready()) {
      long ready = System.nanoTime();
      String token = token(server);
      if (cycle == 1) {
        DeedWorker.makeCustomer(server.http(), token);
      }
      history.check(server.uri(), token, basic());
      int acknowledgements = 1 + random.nextInt(MOST_ACKNOWLEDGEMENTS);
      driver.go(
          server.uri(),
          token,
          moment == Moment.AT_A_FLUSH ? acknowledgements + 20 : Integer.MAX_VALUE,
          String.format(Locale.ROOT, "c%05d", cycle));
      driver.await(acknowledgements);
      switch (moment) {
        case UNDER_LOAD -> pause(random.nextLong(20_000_000));
        case WHILE_IT_STOPS -> {
          server.terminate();
          pause(random.nextLong(400_000_000));
        }
        case AT_A_FLUSH ->
            pause(ready + FLUSH_NANOS - 300_000_000 + random.nextLong(500_000_000) - now());
        case WHILE_IT_STARTS -> throw new AssertionError(moment);
      }
      server.kill9();
      driver.awaitStop();
    }
    driver.newLines().forEach(history::take);
  }

  private static long now() {
    return System.nanoTime();
  }

  /// Not to wait for something: the moment is to be a random one.
  private static void pause(long nanos) {
    long end = now() + nanos;
    for (long left = nanos; left > 0; left = end - now()) {
      LockSupport.parkNanos(left);
    }
  }

  private long typicalStart() {
    return readyMillis.isEmpty() ? 1_000_000_000 : readyMillis.getLast() * 1_000_000;
  }

  private ServerProcess ready() {
    long began = now();
    ServerProcess server = start();
    server.uri();
    readyMillis.add((now() - began) / 1_000_000);
    return server;
  }

  private String token(ServerProcess server) {
    JsonNode operator = ServerProcess.operator(directory.resolve("data"));
    return server.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  private String basic() {
    JsonNode operator = ServerProcess.operator(directory.resolve("data"));
    return Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  private void verifyAudit(Tally tally) {
    try (ServerProcess verify =
        ServerProcess.run("audit", "verify", "--data", directory.resolve("data").toString())) {
      if (verify.exitCode() != 0) {
        tally.wrong("audit verify: " + verify.err());
      }
    }
  }

  /// The process of [CrashDriver].
  private static final class Driver implements AutoCloseable {
    private final Process process;
    private final BufferedReader said;
    private final OutputStream commands;
    private final BufferedReader lines;

    Driver(Path file, int seed) throws IOException {
      String classPath =
          System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
      Files.createFile(file);
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-cp",
                  classPath,
                  CrashDriver.class.getName(),
                  file.toString(),
                  Integer.toString(seed))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      said = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      commands = process.getOutputStream();
      lines = Files.newBufferedReader(file);
    }

    void go(URI server, String token, int most, String stem) throws IOException {
      commands.write(
          ("go " + server + " " + token + " " + most + " " + stem + "\n").getBytes(UTF_8));
      commands.flush();
    }

    /// Until so many writes are acknowledged, or the driver has stopped before.
    void await(int acknowledgements) throws IOException {
      for (int i = 0; i < acknowledgements; i++) {
        assertThat(said.readLine()).as("what the driver says").isEqualTo("a");
      }
    }

    void awaitStop() throws IOException {
      String line = said.readLine();
      while (!"stopped".equals(line)) {
        assertThat(line).as("what the driver says").isEqualTo("a");
        line = said.readLine();
      }
    }

    List<String> newLines() throws IOException {
      List<String> all = new ArrayList<>();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        all.add(line);
      }
      return all;
    }

    @Override
    public void close() throws IOException {
      // Its end of work: it reads no more commands.
      commands.close();
      process.destroyForcibly();
      said.close();
      lines.close();
    }
  }
}
