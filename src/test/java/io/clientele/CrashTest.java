package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.ServerProcess;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What was acknowledged is there after `kill -9`, and nothing is half there.
class CrashTest {
  private static final int CYCLES = 4;
  private static final int THREADS = 4;
  private static final int BATCH = 10;
  private static final String PATH = "/oauth/customers/crash";

  private final Map<String, String> acknowledged = new ConcurrentHashMap<>();
  private final Set<String> attemptedBatches = ConcurrentHashMap.newKeySet();
  private final Set<String> unexpected = ConcurrentHashMap.newKeySet();

  @Test
  void noAcknowledgedClientIsLostAndNoBatchIsHalfThere(@TempDir Path data) throws Exception {
    for (int cycle = 0; cycle < CYCLES; cycle++) {
      try (ServerProcess server = ServerProcess.serve(data)) {
        String token = operatorToken(server, data);
        if (cycle == 0) {
          server.http().post("/oauth/customers", token, Map.of("id", "crash")).expect(201);
        }
        check(server, token);
        killedWhileClientsAreCreated(server, token, 150 + 73 * cycle);
      }
    }
    try (ServerProcess last = ServerProcess.serve(data)) {
      check(last, operatorToken(last, data));
      last.terminate();
      assertThat(last.exitCode()).isZero();
    }
    assertThat(unexpected).isEmpty();
    assertThat(acknowledged).hasSizeGreaterThan(1000);
  }

  private static String operatorToken(ServerProcess server, Path data) {
    // Its credentials are there when it is ready.
    assertThat(server.uri()).isNotNull();
    JsonNode operator = ServerProcess.operator(data);
    return server.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  /// Lets several threads create single clients and batches, and kills the server when so many are
  /// acknowledged.
  private void killedWhileClientsAreCreated(ServerProcess server, String token, int afterSoMany)
      throws InterruptedException {
    Http http = server.http();
    CountDownLatch enough = new CountDownLatch(afterSoMany);
    AtomicBoolean killed = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      boolean batches = i % 2 == 0;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (createSome(http, token, batches, enough, killed)) {
                      Thread.onSpinWait();
                    }
                  }));
    }
    assertThat(enough.await(60, TimeUnit.SECONDS)).as("clients are created").isTrue();
    killed.set(true);
    server.kill9();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private boolean createSome(
      Http http, String token, boolean batch, CountDownLatch enough, AtomicBoolean killed) {
    String stem = Names.unique(batch ? "batch" : "single");
    List<ObjectNode> clients = new ArrayList<>();
    for (int i = 0; i < (batch ? BATCH : 1); i++) {
      clients.add(Customer.client(stem + "." + i));
    }
    if (batch) {
      attemptedBatches.add(stem);
    }
    Answer answer;
    try {
      answer = http.post(PATH + "/clients", token, clients);
    } catch (UncheckedIOException e) {
      return false;
    }
    if (answer.status() != 201) {
      unexpected.add(answer.toString());
      return !killed.get();
    }
    answer
        .json()
        .forEach(
            one -> {
              acknowledged.put(one.get("clientId").asText(), one.get("clientSecret").asText());
              enough.countDown();
            });
    return true;
  }

  private void check(ServerProcess server, String token) {
    Http http = server.http();
    Set<String> stored = new HashSet<>();
    for (JsonNode client : http.all(PATH + "/clients", token)) {
      stored.add(client.get("clientId").asText());
    }
    assertThat(stored).containsAll(acknowledged.keySet());
    for (String stem : attemptedBatches) {
      long there = stored.stream().filter(id -> id.startsWith(stem + ".")).count();
      assertThat(there).as("clients of the batch " + stem).isIn(0L, (long) BATCH);
    }
    acknowledged.entrySet().stream()
        .limit(500)
        .forEach(one -> server.token(one.getKey(), one.getValue()));
    auditHasNoGap(http, token, stored);
  }

  private static void auditHasNoGap(Http http, String token, Set<String> stored) {
    List<JsonNode> deeds = http.all(PATH + "/audit?limit=1000", token);
    for (int i = 0; i < deeds.size(); i++) {
      // Newest first, numbered from 1 without a gap.
      assertThat(deeds.get(i).get("seq").asLong()).isEqualTo(deeds.size() - i);
    }
    String text = deeds.toString();
    assertThat(stored).allMatch(text::contains);
  }
}
