package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Bytes that a proxy in front may take for one request and the server for two, or the other way
/// round: each trick of [SmugglingTricks] carries a second request, which must be neither answered
/// nor logged, however the bytes are split into writes.
@TrustCase(
    id = "T9",
    title = "Request smuggling: tricks, whole and split at each byte",
    unit = "requests",
    required = 50_000,
    brief = 800,
    seconds = 240)
class SmugglingTest {

  /// So many connections are open at once: each has sent its first part before any sends its next.
  private static final int AT_ONCE = 64;

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");

  /// What may be said of a trick: its first request is answered as it deserves, or refused.
  private static final Set<Integer> ALLOWED =
      Set.of(200, 400, 401, 404, 405, 413, 414, 415, 417, 426, 431, 501, 505);

  /// A request as it is sent, and where the bytes are split.
  ///
  /// @param mark the trace id of the request that is hidden in it
  private record Sent(String name, String mark, byte[] bytes, int... splits) {

    byte[] part(int index) {
      int from = index == 0 ? 0 : splits[index - 1];
      int to = index == splits.length ? bytes.length : splits[index];
      return Arrays.copyOfRange(bytes, from, to);
    }

    @Override
    public String toString() {
      return name + " split at " + Arrays.toString(splits);
    }
  }

  @TempDir private Path data;
  private ServerProcess server;
  private String basic;
  private final long seed = ThreadLocalRandom.current().nextLong();
  private final Random random = new Random(seed);
  private final Map<String, String> hidden = new HashMap<>();
  private long answers;
  private long unanswered;
  private int next;

  @BeforeEach
  void start() {
    server = ServerProcess.serve(data, "--log-format", "json", "--failure-limit", "1000000");
    server.uri();
    JsonNode operator = ServerProcess.operator(data);
    basic = Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Sent sent(SmugglingTricks.Trick trick, int... splits) {
    String mark = "%032x".formatted(0x5ead_0000_0000L + next++);
    hidden.put(mark, trick.name() + " split at " + Arrays.toString(splits));
    return new Sent(
        trick.name(),
        mark,
        trick.text().replace(SmugglingTricks.MARK, mark).getBytes(ISO_8859_1),
        splits);
  }

  /// Sends them side by side, part by part.
  ///
  /// @return what was answered to each
  private List<String> exchange(List<Sent> requests) {
    URI uri = server.uri();
    List<RawHttp> connections = new ArrayList<>();
    List<String> all = new ArrayList<>();
    try {
      for (int i = 0; i < requests.size(); i++) {
        connections.add(RawHttp.connect(uri, "127.0.9." + (1 + i)));
      }
      int most = requests.stream().mapToInt(each -> each.splits().length).max().orElse(0);
      for (int part = 0; part <= most; part++) {
        for (int i = 0; i < requests.size(); i++) {
          if (part <= requests.get(i).splits().length) {
            connections.get(i).tryWrite(requests.get(i).part(part));
          }
        }
      }
      connections.forEach(RawHttp::endOutput);
      for (RawHttp connection : connections) {
        all.add(new String(connection.rest(), ISO_8859_1));
      }
    } finally {
      connections.forEach(RawHttp::close);
    }
    return all;
  }

  /// Of all answers that came, but for interim ones.
  static List<Integer> statuses(String answered) {
    List<Integer> statuses = new ArrayList<>();
    Matcher matcher = STATUS.matcher(answered);
    while (matcher.find()) {
      int status = Integer.parseInt(matcher.group(1));
      if (status >= 200) {
        statuses.add(status);
      }
    }
    return statuses;
  }

  private void judgeTricks(List<Sent> requests, Tally tally) {
    List<String> all = exchange(requests);
    for (int i = 0; i < all.size(); i++) {
      List<Integer> statuses = statuses(all.get(i));
      answers += statuses.size();
      unanswered += statuses.isEmpty() ? 1 : 0;
      if (statuses.size() > 1) {
        tally.wrong("two answers " + statuses + " to " + requests.get(i) + ": " + all.get(i));
      }
      if (!ALLOWED.containsAll(statuses)) {
        tally.wrong(statuses + " to " + requests.get(i));
      }
      if (all.get(i).contains("Exception") || all.get(i).contains("jetty")) {
        tally.wrong("the answer to " + requests.get(i) + " tells what is inside");
      }
      tally.badInput();
    }
    aGoodRequestIsAnswered(tally);
  }

  private void aGoodRequestIsAnswered(Tally tally) {
    try (RawHttp connection = RawHttp.connect(server.uri())) {
      int status = connection.form("/oauth/token", basic, SmugglingTricks.FORM).status();
      answers++;
      if (status != 200) {
        tally.wrong("a good request is answered " + status);
      }
    }
  }

  private void judgeInParts(List<Sent> requests, Tally tally) {
    for (int i = 0; i < requests.size(); i += AT_ONCE) {
      judgeTricks(requests.subList(i, Math.min(i + AT_ONCE, requests.size())), tally);
    }
  }

  private int[] pair(int length) {
    int first = 1 + random.nextInt(length - 2);
    return new int[] {first, first + 1 + random.nextInt(length - first - 1)};
  }

  @Test
  void noSmuggledRequestIsAnswered(Tally tally) {
    List<SmugglingTricks.Trick> tricks = SmugglingTricks.all(basic);
    List<Sent> whole = new ArrayList<>();
    tricks.forEach(trick -> whole.add(sent(trick)));
    judgeInParts(whole, tally);
    if (tally.scale() == Scale.BRIEF) {
      List<Sent> some = new ArrayList<>();
      while (some.size() + tally.done() < tally.required()) {
        SmugglingTricks.Trick trick = tricks.get(some.size() % tricks.size());
        int length = trick.text().length();
        some.add(
            random.nextInt(4) == 0
                ? sent(trick, pair(length))
                : sent(trick, 1 + random.nextInt(length - 1)));
      }
      judgeInParts(some, tally);
    } else {
      for (SmugglingTricks.Trick trick : tricks) {
        int length = trick.text().length();
        List<Sent> split = new ArrayList<>();
        for (int at = 1; at < Math.min(length, 2_000); at++) {
          split.add(sent(trick, at));
        }
        for (int pairs = 0; pairs < 20; pairs++) {
          split.add(sent(trick, pair(length)));
        }
        judgeInParts(split, tally);
      }
    }
    honestPipelining(tally);
    logHasNone(tally);
    tally.load(AT_ONCE + " connections at once");
    tally.measured(tricks.size() + " tricks; seed " + seed);
    tally.measured(unanswered + " ended without an answer");
  }

  /// That second requests are seen at all, where they are honest: two answers, and a line for each.
  private void honestPipelining(Tally tally) {
    SmugglingTricks.Trick honest = SmugglingTricks.honest(basic);
    List<Sent> requests = new ArrayList<>();
    int length = honest.text().length();
    int step = tally.scale() == Scale.BRIEF ? 1 + length / AT_ONCE : 1;
    for (int at = 1; at < length; at += step) {
      requests.add(sent(honest, at));
    }
    for (int i = 0; i < requests.size(); i += AT_ONCE) {
      List<Sent> some = requests.subList(i, Math.min(i + AT_ONCE, requests.size()));
      List<String> all = exchange(some);
      for (int j = 0; j < all.size(); j++) {
        List<Integer> statuses = statuses(all.get(j));
        answers += statuses.size();
        if (!statuses.equals(List.of(200, 200))) {
          tally.wrong("honest pipelining is answered " + statuses + ": " + some.get(j));
        }
      }
    }
    Eventually.is(
        "each honest second request is in the log",
        () -> {
          String log = server.out();
          return requests.stream().allMatch(each -> log.contains(each.mark()));
        });
    requests.forEach(each -> hidden.remove(each.mark()));
  }

  private void logHasNone(Tally tally) {
    server.terminate();
    if (server.exitCode() != 0) {
      tally.wrong("exit code " + server.exitCode());
    }
    long lines = 0;
    for (String line : server.outLines()) {
      lines += line.contains("\"request_id\":") ? 1 : 0;
      int trace = line.indexOf("\"trace_id\":\"");
      if (trace >= 0) {
        String name = hidden.get(line.substring(trace + 12, trace + 44));
        if (name != null) {
          tally.wrong("a smuggled request is in the log: " + name);
        }
      }
    }
    if (lines < answers) {
      tally.wrong(answers + " answers, but " + lines + " lines");
    }
  }
}
