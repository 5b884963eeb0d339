package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.Strace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk that does not write, or that does not keep what was written. After an `fsync` that failed
/// nothing is acknowledged until a restart, whatever the disk says when it is asked again; tokens
/// are issued on. What was acknowledged before is there after the restart, and what was refused is
/// not.
@TrustCase(
    id = "T24",
    title = "fsync and writes that fail, of the database and of its log",
    unit = "faults",
    required = 60,
    brief = 4,
    soak = 600,
    seconds = 240)
class FailingDiskTest {

  private static final Duration LONGEST_WAIT = Duration.ofMinutes(3);

  /// @param losesData whether what was written before may be lost: it is a failed `fsync`
  private record Fault(String file, String calls, String how, boolean losesData) {}

  private static final String LOG = "clientele.db-wal";
  private static final String DATABASE = "clientele.db";
  private static final String SYNC = "fsync,fdatasync";
  private static final String WRITE = "pwrite64,write";

  private static final List<Fault> FAULTS =
      List.of(
          new Fault(LOG, WRITE, "error=EIO:when=1+7", false),
          new Fault(LOG, WRITE, "error=ENOSPC", false),
          new Fault(LOG, SYNC, "error=EIO:when=1", true),
          new Fault(DATABASE, SYNC, "error=EIO:when=1", true),
          new Fault(LOG, SYNC, "error=EIO", true),
          new Fault(DATABASE, WRITE, "error=EIO", false));

  @TempDir Path directory;

  private final long seed = ThreadLocalRandom.current().nextLong();
  private long tokens;
  private long laterTokens;

  private Path data() throws IOException {
    // As the system knows it: strace compares text.
    return directory.toRealPath().resolve("data");
  }

  private ServerProcess start() throws IOException {
    return ServerProcess.serve(
        data(), "--issuer", "https://auth.example.com", "--failure-limit", "1000000");
  }

  @Test
  void nothingIsAcknowledgedThatTheDiskDidNotKeep(Tally tally) throws Exception {
    Random random = new Random(seed);
    DeedHistory history = new DeedHistory(tally);
    DeedLoad load = new DeedLoad(3, 30, random);
    ServerProcess server = start();
    try {
      DeedWorker.makeCustomer(server.http(), token(server));
      for (int round = 0; tally.done() < tally.required(); round++) {
        Fault fault = FAULTS.get(round % FAULTS.size());
        load.go(server.uri(), token(server), "r" + round);
        load.awaitAcknowledged(1 + random.nextInt(30));
        suffer(server, fault, round, load, tally);
        if (fault.losesData) {
          // What the disk lost stays lost when it works again.
          load.awaitRefused(5);
          askForTokens(server, tally);
          load.stop();
          if (random.nextBoolean()) {
            server.kill9();
          } else {
            server.terminate();
            server.exitCode();
          }
          server.close();
          server = start();
        } else {
          load.awaitAcknowledged(1);
          load.stop();
        }
        load.moveTo(history);
        history.check(server.uri(), token(server), basic());
        tally.done(1);
        tally.faultsSurvived(1);
      }
      history.checkEverything(server.uri(), token(server), basic());
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + "\n" + server.err() + "\n" + lastWords(server), e);
    } finally {
      server.close();
    }
    verifyAudit(tally);
    tally.acknowledgedChecked(history.acknowledgedWrites());
    tally.load("3 connections writing, one that asks for tokens");
    tally.measured(history.refusals() + " writes refused");
    tally.measured(tokens + " tokens issued while the disk failed, " + laterTokens + " not");
    tally.measured("seed " + seed);
  }

  private static String lastWords(ServerProcess server) {
    List<String> words = server.out().lines().filter(line -> !line.startsWith("{\"at\"")).toList();
    return String.join("\n", words.subList(Math.max(0, words.size() - 20), words.size()));
  }

  private void suffer(ServerProcess server, Fault fault, int round, DeedLoad load, Tally tally)
      throws IOException {
    try (Strace strace =
        Strace.inject(
            server,
            directory.resolve("strace-" + round),
            fault.calls,
            fault.how,
            List.of(data().resolve(fault.file)))) {
      Eventually.within(LONGEST_WAIT, fault + " happens", () -> strace.count() > 0);
      load.awaitAnswered(20);
      askForTokens(server, tally);
      if (fault.losesData) {
        long after = load.acknowledgedOfThoseBegunAfter(strace.firstFailureMicros());
        if (after > 0) {
          tally.wrong(after + " writes acknowledged after " + fault);
        }
      }
    }
  }

  /// A client that is known gets tokens while nothing can be written.
  private void askForTokens(ServerProcess server, Tally tally) throws IOException {
    try (RawHttp connection = RawHttp.connect(server.uri())) {
      for (int i = 0; i < 20; i++) {
        int status =
            connection.form("/oauth/token", basic(), "grant_type=client_credentials").status();
        switch (status) {
          case 200 -> tokens++;
          case 503 -> laterTokens++;
          default -> tally.wrong("a token is answered " + status);
        }
      }
    }
  }

  private String token(ServerProcess server) throws IOException {
    assertThat(server.uri()).isNotNull();
    JsonNode operator = ServerProcess.operator(data());
    return server.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  private String basic() throws IOException {
    JsonNode operator = ServerProcess.operator(data());
    return Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  private void verifyAudit(Tally tally) throws IOException {
    try (ServerProcess verify = ServerProcess.run("audit", "verify", "--data", data().toString())) {
      if (verify.exitCode() != 0) {
        tally.wrong("audit verify: " + verify.err());
      }
    }
  }
}
