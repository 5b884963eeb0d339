package io.clientele.trust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.ServerProcess;
import java.io.BufferedReader;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// More is asked than one processor can do, by clients that are as many times as many as give the
/// peak, and by strangers and an administrator who choose what costs most. The server has one
/// processor, what sends has another (on a machine with one, the same).
@TrustCase(
    id = "T26",
    title = "Overload 2, 5 and 10 times, with slow hashes, lists, batches and unknown ids",
    unit = "tokens",
    required = 500_000,
    brief = 50,
    seconds = 330)
class OverloadTest {

  private static final double LEAST_OF_PEAK = 0.9;

  @TempDir Path data;

  /// What a phase gave.
  private record Phase(int factor, double goodput, long later, long wrong, String words) {
    static Phase read(String line) {
      String[] words = line.split(" ", 6);
      return new Phase(
          Integer.parseInt(words[1]),
          Double.parseDouble(words[2]),
          Long.parseLong(words[3]),
          Long.parseLong(words[4]),
          words[5]);
    }
  }

  @Test
  void whatCanBeDoneIsDoneAndTheRestIsToldToComeLater(Tally tally) throws Exception {
    boolean isBrief = tally.scale() == Scale.BRIEF;
    double alone = isBrief ? 1 : 20;
    double overloaded = isBrief ? 1.5 : 60;
    try (ServerProcess server = ServerProcess.serveOn(0, data, "--behind-proxy", "127.0.0.1/32")) {
      Http http = server.http().unchecked();
      JsonNode operator = ServerProcess.operator(data);
      String basic =
          Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
      String root =
          server.token(operator.get("clientId").asText(), operator.get("clientSecret").asText());
      http.post("/oauth/customers", root, Map.of("id", "ABC", "name", "ABC")).expect(201);
      String clients = "/oauth/customers/ABC/clients";
      JsonNode admin =
          http.post(
                  clients, root, Customer.client("admin", Map.of("ROLE_ADMIN_CUSTOMER", List.of())))
              .expect(201)
              .json();
      String token = server.token("admin", admin.get("clientSecret").asText());
      ArrayNode many = Answer.JSON.createArrayNode();
      for (int i = 0; i < 999; i++) {
        many.add(Customer.client("client-" + i));
      }
      http.post(clients, token, many).expect(201);

      // The first warms both up: one processor also compiles.
      List<Phase> phases =
          load(
              List.of(server.uri().toString(), basic, token, clients),
              "0:" + (isBrief ? 1 : 45),
              "0:" + alone,
              "2:" + overloaded,
              "5:" + overloaded,
              "10:" + overloaded,
              "0:" + (alone + 3));
      judge(phases.subList(1, phases.size()), isBrief, overloaded, tally);
      http.get("/health/ready", root).expect(200);
    }
    tally.load(
        "16 connections, one request outstanding on each, for the peak; 2, 5, 10 times as many, and"
            + " beside, as many times, each second 25 slow hashes and 100 unknown ids from ever"
            + " other sources, 10 lists of 1,000 clients, 2 batches of 200");
  }

  private static void judge(List<Phase> phases, boolean isBrief, double seconds, Tally tally) {
    double peak = (phases.getFirst().goodput + phases.getLast().goodput) / 2;
    tally.measured(
        String.format(
            Locale.ROOT,
            "peak %,.0f tokens/s before, %,.0f after",
            phases.getFirst().goodput,
            phases.getLast().goodput));
    for (Phase phase : phases) {
      for (long i = 0; i < phase.wrong; i++) {
        tally.wrong(phase.words);
      }
      tally.done((long) (phase.goodput * (phase.factor == 0 ? 1 : seconds)));
      if (phase.factor == 0) {
        continue;
      }
      double share = phase.goodput / peak;
      tally.measured(
          String.format(
              Locale.ROOT,
              "%d times: %,.0f tokens/s, %.2f of the peak, %,d told to come later; beside %s",
              phase.factor,
              phase.goodput,
              share,
              phase.later,
              phase.words));
      if (!isBrief && share < LEAST_OF_PEAK) {
        tally.wrong(String.format(Locale.ROOT, "%d times: %.2f of peak", phase.factor, share));
      }
    }
  }

  private static List<Phase> load(List<String> words, String... plan) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "taskset",
                "-c",
                Runtime.getRuntime().availableProcessors() > 1 ? "1" : "0",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"))
                    .replace("::", File.pathSeparator),
                "io.clientele.trust.OverloadLoad"));
    command.addAll(words);
    command.addAll(List.of(plan));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<Phase> phases = new ArrayList<>();
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.startsWith("PHASE ")) {
          phases.add(Phase.read(line));
        }
      }
    } finally {
      process.destroyForcibly();
    }
    if (phases.size() != plan.length) {
      throw new AssertionError("the load ended early: " + phases);
    }
    return phases;
  }
}
