package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.LoadHttp;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import io.clientele.harness.TestServer;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Peers that send headers or bodies a byte now and then, that read nothing, or that only keep
/// connections, more than may be open, beside clients that ask for tokens as always.
@TrustCase(
    id = "T10",
    title = "Slow headers, slow bodies, slow readers, idle connections",
    unit = "slow or idle connections",
    required = 11_500,
    brief = 450,
    seconds = 150)
class SlowPeersTest {

  private static final int GOOD_CONNECTIONS = 8;
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
  private static final String BODY = "grant_type=client_credentials";
  private static final long MOST_RESIDENT = 1_200L << 20;

  @TempDir Path data;

  /// Clients that ask for tokens at a fixed rate, on connections that stay, and one more that makes
  /// a new connection for each.
  private static final class GoodClients {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Long> nanos = new ArrayList<>();
    private final URI server;
    private final byte[] request;
    private final Tally tally;

    GoodClients(URI server, String basic, Tally tally) {
      this.server = server;
      this.request =
          LoadHttp.request("POST", "/oauth/token", "Authorization: " + basic + "\r\n" + FORM, BODY);
      this.tally = tally;
    }

    void ask(double rate) {
      try (LoadHttp connection = new LoadHttp(server)) {
        paced(rate, () -> exchange(connection));
      } catch (IOException e) {
        tally.wrong("a good peer is cut: " + e);
      }
    }

    void askAnew(double rate) {
      paced(
          rate,
          () -> {
            try (LoadHttp connection = new LoadHttp(server)) {
              exchange(connection);
            } catch (IOException e) {
              tally.wrong("a new good peer is cut: " + e);
            }
          });
    }

    private interface Exchange {
      void run() throws IOException;
    }

    private void paced(double rate, Exchange exchange) {
      long began = System.nanoTime();
      try {
        for (long i = 0; !stop.get(); i++) {
          LockSupport.parkNanos(began + (long) (i * 1e9 / rate) - System.nanoTime());
          exchange.run();
        }
      } catch (IOException e) {
        tally.wrong("a good peer is cut: " + e);
      }
    }

    private void exchange(LoadHttp connection) throws IOException {
      long began = System.nanoTime();
      LoadHttp.Status status = connection.exchange(request);
      long took = System.nanoTime() - began;
      if (status.code() != 200) {
        tally.wrong("a good peer is answered " + status);
      }
      synchronized (nanos) {
        nanos.add(took);
      }
    }

    int count() {
      synchronized (nanos) {
        return nanos.size();
      }
    }

    /// Has these so far, and begins to count anew.
    String figures() {
      long[] sorted;
      synchronized (nanos) {
        sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        nanos.clear();
      }
      return sorted.length == 0
          ? "none"
          : String.format(
              Locale.ROOT,
              "%,d good requests, p50 %.1f ms, p99 %.1f ms",
              sorted.length,
              sorted[sorted.length / 2] / 1e6,
              sorted[sorted.length * 99 / 100] / 1e6);
    }
  }

  @Test
  void goodPeersNoticeNothingOfSlowOnes(Tally tally) throws Exception {
    boolean isBrief = tally.scale() == Scale.BRIEF;
    int slow = isBrief ? 50 : 500;
    int idle = (int) tally.required() - 3 * slow;
    int seconds = isBrief ? 4 : 60;
    double rate = isBrief ? 100 : 1_000;
    try (ServerProcess server =
            ServerProcess.serve(
                data,
                "--peer-timeout",
                isBrief ? "1" : "10",
                "--max-connections",
                isBrief ? "420" : "10000");
        ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      URI uri = server.uri();
      JsonNode operator = ServerProcess.operator(data);
      String basic =
          Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
      GoodClients good = new GoodClients(uri, basic, tally);
      List<Future<?>> asking = new ArrayList<>();
      for (int i = 0; i < GOOD_CONNECTIONS; i++) {
        asking.add(threads.submit(() -> good.ask(rate / GOOD_CONNECTIONS)));
      }
      asking.add(threads.submit(() -> good.askAnew(20)));
      try {
        long quietUntil = System.nanoTime() + seconds * 1_000_000_000L / 2;
        Eventually.within(
            Duration.ofMinutes(2),
            "good requests while all is quiet",
            () -> good.count() > 20 && System.nanoTime() - quietUntil > 0);
        String quiet = good.figures();
        String ended = attack(uri, seconds, idle, slow);
        tally.measured("quiet: " + quiet + "; beside: " + good.figures());
        judge(ended, idle, slow, tally);
      } finally {
        good.stop.set(true);
        for (Future<?> each : asking) {
          each.get();
        }
      }
      long resident = resident(server.pid());
      tally.measured("server " + (resident >> 20) + " MiB resident (heap 512)");
      if (resident > MOST_RESIDENT) {
        tally.wrong("the server takes " + resident + " bytes");
      }
    }
    tally.load(String.format(Locale.ROOT, "%,.0f good requests/s, 20 of them new peers", rate));
  }

  private static void judge(String ended, int idle, int slow, Tally tally) {
    tally.measured("ended by the server: " + ended);
    for (String kind : List.of("SLOW_HEADER", "SLOW_BODY", "SLOW_READER")) {
      Matcher matcher = Pattern.compile(kind + "=(\\d+)").matcher(ended);
      int count = matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
      if (count < slow) {
        tally.wrong("of " + slow + " " + kind + " " + count + " were cut");
      }
      tally.badInputs(count);
    }
    tally.done(idle + 3L * slow);
  }

  /// @return what it says of those that were ended
  private static String attack(URI server, int seconds, int idle, int slow) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .replace("::", File.pathSeparator),
            "io.clientele.trust.SlowPeers",
            Integer.toString(server.getPort()),
            Integer.toString(seconds),
            Integer.toString(idle),
            Integer.toString(slow));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader reader = process.inputReader(UTF_8)) {
      return reader
          .lines()
          .filter(line -> line.startsWith("ENDED "))
          .map(line -> line.substring("ENDED ".length()))
          .findFirst()
          .orElseThrow(() -> new AssertionError("the slow peers ended early"));
    } finally {
      process.destroyForcibly();
    }
  }

  private static long resident(long pid) throws IOException {
    return Arrays.stream(
            Files.readString(Path.of("/proc/" + pid + "/status"), UTF_8).split("\n", -1))
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .sum();
  }

  @Test
  void aBodyThatComesTooSlowlyIsAnswered(Tally tally) {
    try (TestServer server = TestServer.start("--peer-timeout", "1");
        RawHttp body = RawHttp.connect(server.uri());
        RawHttp header = RawHttp.connect(server.uri())) {
      body.write(LoadHttp.request("POST", "/oauth/token", "Content-Length: 9\r\n", ""));
      header.write("POST /oauth/token HTTP/1.1\r\nHost: local".getBytes(UTF_8));
      Answer answer = body.read("a body");
      if (answer.status() != 408
          || !answer.json("error").asText().equals("invalid_request")
          || !body.ends()) {
        tally.wrong("a slow body is answered " + answer);
      }
      int status = header.read("a header").status();
      if (status != 408 || !header.ends()) {
        tally.wrong("a slow header is answered " + status);
      }
      tally.badInputs(2);
    }
  }

  @Test
  void whoTakesNoAnswerMakesRoom(Tally tally) throws IOException {
    int most = 8;
    byte[] manyLongAnswers =
        new String(LoadHttp.request("GET", "/openapi.yaml", "", ""), UTF_8)
            .repeat(200)
            .getBytes(UTF_8);
    List<SocketChannel> peers = new ArrayList<>();
    try (TestServer server =
        TestServer.start("--peer-timeout", "3600", "--max-connections", Integer.toString(most))) {
      for (int i = 0; i < most; i++) {
        SocketChannel peer = SocketChannel.open();
        peers.add(peer);
        peer.setOption(StandardSocketOptions.SO_RCVBUF, 4 * 1024);
        peer.connect(new InetSocketAddress(server.uri().getHost(), server.uri().getPort()));
        peer.write(ByteBuffer.wrap(manyLongAnswers));
      }
      // From their first answer on they are not idle otherwise.
      for (SocketChannel peer : peers) {
        if (peer.read(ByteBuffer.allocate(1)) != 1) {
          tally.wrong("a slow reader is not answered");
        }
      }
      // Sooner than Jetty would end them.
      Eventually.within(
          Duration.ofSeconds(20), "a newcomer is answered", () -> isAnswered(server.uri()));
      tally.badInputs(most);
    } finally {
      for (SocketChannel peer : peers) {
        peer.close();
      }
    }
  }

  private static boolean isAnswered(URI server) {
    try (LoadHttp newcomer = new LoadHttp(server)) {
      return newcomer.exchange(LoadHttp.request("GET", "/health/live", "", "")).code() == 200;
    } catch (IOException e) {
      return false;
    }
  }
}
