package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.SmallDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// While the disk is full writes are refused and none is half done, and tokens are issued and
/// introspected as ever, also of clients that must be read first. When there is space again writes
/// go on by themselves.
@TrustCase(
    id = "T23",
    title = "The disk is full, and has space again",
    unit = "rounds",
    required = 20,
    brief = 1,
    soak = 200,
    seconds = 120)
class FullDiskTest {

  private static final int MEBIBYTES = 48;
  private static final String CLIENTS = "/oauth/customers/" + DeedWorker.CUSTOMER + "/clients";
  private static final String FORM = "grant_type=client_credentials";

  /// Waiting longer for writes to go on is a wrong answer; the goal is 5 seconds.
  private static final Duration LONGEST_RESUMPTION = Duration.ofSeconds(20);

  @TempDir Path directory;

  private final long seed = ThreadLocalRandom.current().nextLong();
  private final List<Long> resumedMillis = new ArrayList<>();
  private long tokens;
  private long refusedStarts;

  private record Quiet(String id, String secret) {}

  private Path data() {
    return directory.resolve("data");
  }

  private ServerProcess start() {
    return ServerProcess.serve(
        data(), "--issuer", "https://auth.example.com", "--failure-limit", "1000000");
  }

  @Test
  void writesAreRefusedAndGoOnWhenThereIsSpace(Tally tally) throws Exception {
    Files.createDirectory(data());
    try (SmallDisk disk = SmallDisk.mount(data(), MEBIBYTES)) {
      rounds(disk, tally);
      verifyAudit(tally);
    }
    resumedMillis.sort(null);
    tally.load("3 connections writing, one that asks for tokens");
    tally.measured(tokens + " tokens issued while the disk was full");
    tally.measured(
        String.format(
            Locale.ROOT,
            "writes went on after %.2f s (median), %.2f s (longest)",
            resumedMillis.get(resumedMillis.size() / 2) / 1e3,
            resumedMillis.getLast() / 1e3));
    tally.measured(refusedStarts + " starts on a full disk refused");
    tally.measured("seed " + seed);
  }

  private void rounds(SmallDisk disk, Tally tally) throws Exception {
    Random random = new Random(seed);
    DeedHistory history = new DeedHistory(tally);
    DeedLoad load = new DeedLoad(3, 10, random);
    ServerProcess server = start();
    try {
      DeedWorker.makeCustomer(server.http(), server.operatorToken(data()));
      server
          .http()
          .post("/oauth/customers", server.operatorToken(data()), Map.of("id", "quiet"))
          .expect(201);
      for (int round = 0; tally.done() < tally.required(); round++) {
        List<Quiet> quiet = quietClients(server);
        load.go(server.uri(), server.operatorToken(data()), "r" + round);
        load.awaitAcknowledged(1 + random.nextInt(50));
        // What the log of the database has taken already has room for a few.
        disk.fill();
        load.awaitRefused(20);
        disk.fill();
        load.awaitRefused(20);
        tokensAreIssued(server, quiet, tally);
        boolean killed = round > 0 && random.nextInt(5) == 0;
        if (killed) {
          server.kill9();
          load.stop();
          startsOrSaysWhyNot(tally);
          disk.free();
          server = start();
        } else {
          resumes(disk, load, tally);
          load.stop();
        }
        load.moveTo(history);
        history.check(
            server.uri(), server.operatorToken(data()), ServerProcess.operatorBasic(data()));
        checkQuiet(server, quiet, tally);
        tally.done(1);
        tally.faultsSurvived(1);
      }
      history.checkEverything(
          server.uri(), server.operatorToken(data()), ServerProcess.operatorBasic(data()));
      // Stopped as it should be, and while the disk is full: what is counted cannot be written.
      disk.fill();
      server.terminate();
      assertThat(server.exitCode()).as(server.err()).isZero();
      disk.free();
      server = start();
      history.checkEverything(
          server.uri(), server.operatorToken(data()), ServerProcess.operatorBasic(data()));
      tally.acknowledgedChecked(history.acknowledgedWrites());
      tally.measured(history.refusals() + " writes refused");
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + "\n" + server.err(), e);
    } finally {
      server.close();
    }
  }

  /// Nobody has asked for tokens of these, so that they must be read from the database.
  private List<Quiet> quietClients(ServerProcess server) throws Exception {
    List<Object> wanted = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      wanted.add(Customer.client(Names.unique("quiet")));
    }
    List<Quiet> quiet = new ArrayList<>();
    server
        .http()
        .post("/oauth/customers/quiet/clients", server.operatorToken(data()), wanted)
        .expect(201)
        .json()
        .forEach(
            each ->
                quiet.add(
                    new Quiet(each.get("clientId").asText(), each.get("clientSecret").asText())));
    return quiet;
  }

  private void tokensAreIssued(ServerProcess server, List<Quiet> quiet, Tally tally) {
    try (RawHttp connection = RawHttp.connect(server.uri())) {
      for (int i = 0; i < 3; i++) {
        for (Quiet each : quiet) {
          Answer answer = connection.form("/oauth/token", Http.basic(each.id, each.secret), FORM);
          if (answer.status() != 200) {
            tally.wrong("no token while the disk is full: " + answer);
            continue;
          }
          tokens++;
          String token = answer.json("access_token").asText();
          Answer seen =
              connection.form(
                  "/oauth/introspect", ServerProcess.operatorBasic(data()), "token=" + token);
          if (seen.status() != 200 || !seen.json("active").asBoolean()) {
            tally.wrong("no introspection while the disk is full: " + seen);
          }
        }
      }
      Answer list = connection.json("GET", CLIENTS + "?limit=10", server.operatorToken(data()), "");
      if (list.status() != 200) {
        tally.wrong("no list while the disk is full: " + list);
      }
    }
  }

  private void resumes(SmallDisk disk, DeedLoad load, Tally tally) {
    long began = System.nanoTime();
    disk.free();
    load.awaitAcknowledged(1);
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    resumedMillis.add(took.toMillis());
    if (took.compareTo(LONGEST_RESUMPTION) > 0) {
      tally.wrong("writes went on only after " + took);
    }
  }

  /// On a full disk a start may be refused, in one sentence.
  private void startsOrSaysWhyNot(Tally tally) {
    try (ServerProcess server = start()) {
      try {
        server.uri();
      } catch (IllegalStateException e) {
        refusedStarts++;
        List<String> said = server.err().lines().toList();
        if (server.exitCode() != 1
            || said.size() != 1
            || !said.getFirst().startsWith("clientele: ")) {
          tally.wrong("a start on a full disk says: " + said);
        }
      }
    }
  }

  private void checkQuiet(ServerProcess server, List<Quiet> quiet, Tally tally) {
    try (RawHttp connection = RawHttp.connect(server.uri())) {
      for (Quiet each : quiet) {
        if (connection.form("/oauth/token", Http.basic(each.id, each.secret), FORM).status()
            != 200) {
          tally.lost("client " + each.id);
        }
      }
    }
  }

  private void verifyAudit(Tally tally) {
    try (ServerProcess verify = ServerProcess.run("audit", "verify", "--data", data().toString())) {
      if (verify.exitCode() != 0) {
        tally.wrong("audit verify: " + verify.err());
      }
    }
  }
}
