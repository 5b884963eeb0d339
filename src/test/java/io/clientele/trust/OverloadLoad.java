package io.clientele.trust;

import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.LoadHttp;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/// What `OverloadTest` sends, in a process of its own. A phase is a number of connections that ask
/// for tokens, each as fast as it is answered, and easy targets beside, each at a rate. It writes a
/// line a phase.
final class OverloadLoad {

  private static final int CONNECTIONS = 16;
  private static final int CLIENTS_IN_A_BATCH = 200;
  private static final long RECOVERY_NANOS = 2_000_000_000L;
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
  private static final String BODY = "grant_type=client_credentials";
  private static final Set<Integer> LATER = Set.of(429, 503);

  private final URI server;
  private final String basic;
  private final String token;
  private final String clients;

  private OverloadLoad(URI server, String basic, String token, String clients) {
    this.server = server;
    this.basic = basic;
    this.token = token;
    this.clients = clients;
  }

  /// One phase.
  private static final class Phase {
    private final long began = System.nanoTime();
    private final long end;
    private final boolean isRecovery;
    private final LongAdder good = new LongAdder();
    private final LongAdder later = new LongAdder();
    private final Map<String, LongAdder> wrong = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> beside = new ConcurrentHashMap<>();

    Phase(double seconds, boolean isRecovery) {
      this.end = began + (long) (seconds * 1e9);
      this.isRecovery = isRecovery;
    }

    boolean isOver() {
      return System.nanoTime() - end > 0;
    }

    void wrong(String what) {
      wrong.computeIfAbsent(what, same -> new LongAdder()).increment();
    }
  }

  /// @param words server, Basic, bearer token, path of the clients, then `factor:seconds` for each
  ///   phase
  public static void main(String[] words) throws Exception {
    OverloadLoad load = new OverloadLoad(URI.create(words[0]), words[1], words[2], words[3]);
    int before = 0;
    for (String phase : List.of(words).subList(4, words.length)) {
      int factor = Integer.parseInt(phase.split(":", -1)[0]);
      load.run(factor, Double.parseDouble(phase.split(":", -1)[1]), before > 0 && factor == 0);
      before = factor;
    }
    System.exit(0);
  }

  private void run(int factor, double seconds, boolean isRecovery) throws InterruptedException {
    Phase phase = new Phase(seconds, isRecovery);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS * Math.max(1, factor); i++) {
      threads.add(Thread.ofPlatform().start(() -> ask(phase)));
    }
    for (int i = 0; i < factor; i++) {
      threads.add(beside(phase, "slow hashes", 25, Set.of(401), this::slowHash));
      threads.add(beside(phase, "unknown ids", 100, Set.of(401), this::unknownId));
      byte[] list = LoadHttp.request("GET", clients, bearer(), "");
      threads.add(beside(phase, "lists", 10, Set.of(200), () -> list));
      threads.add(beside(phase, "batches", 2, Set.of(201), this::batch));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    System.out.println(
        "PHASE "
            + factor
            + " "
            + phase.good.sum() / ((System.nanoTime() - phase.began) / 1e9)
            + " "
            + phase.later.sum()
            + " "
            + phase.wrong.values().stream().mapToLong(LongAdder::sum).sum()
            + " "
            + new TreeMap<>(phase.beside)
            + (phase.wrong.isEmpty() ? "" : " WRONG " + phase.wrong));
  }

  private void ask(Phase phase) {
    byte[] request =
        LoadHttp.request("POST", "/oauth/token", "Authorization: " + basic + "\r\n" + FORM, BODY);
    try (LoadHttp connection = new LoadHttp(server)) {
      while (!phase.isOver()) {
        LoadHttp.Status status = connection.exchange(request);
        if (status.code() == 200) {
          phase.good.increment();
        } else if (LATER.contains(status.code()) && status.saysWhen()) {
          phase.later.increment();
          if (phase.isRecovery && System.nanoTime() - phase.began > RECOVERY_NANOS) {
            phase.wrong("a token is refused 2 s after the load");
          }
        } else {
          phase.wrong("a token is answered " + status);
        }
      }
    } catch (IOException e) {
      phase.wrong("a good peer is cut: " + e);
    }
  }

  /// @param rate a second, as long as it is answered so fast
  private Thread beside(
      Phase phase, String name, int rate, Set<Integer> good, Supplier<byte[]> requests) {
    return Thread.ofPlatform()
        .start(
            () -> {
              try (LoadHttp connection = new LoadHttp(server)) {
                for (long i = 0; !phase.isOver(); i++) {
                  LockSupport.parkNanos(
                      phase.began + i * 1_000_000_000L / rate - System.nanoTime());
                  LoadHttp.Status status = connection.exchange(requests.get());
                  boolean later = LATER.contains(status.code()) && status.saysWhen();
                  if (!later && !good.contains(status.code())) {
                    phase.wrong(name + " are answered " + status);
                  }
                  phase
                      .beside
                      .computeIfAbsent(name + " " + status.code(), same -> new LongAdder())
                      .increment();
                }
              } catch (IOException e) {
                phase.wrong("a connection for " + name + " is cut: " + e);
              }
            });
  }

  private String bearer() {
    return "Authorization: Bearer " + token + "\r\n";
  }

  private byte[] slowHash() {
    return fromAnywhere("not of the generated form");
  }

  private byte[] unknownId() {
    return fromAnywhere("clt_" + "w".repeat(49));
  }

  private static byte[] fromAnywhere(String secret) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    String id = "nobody" + Long.toHexString(random.nextLong());
    return LoadHttp.request(
        "POST",
        "/oauth/token",
        "Authorization: "
            + Http.basic(id, secret)
            + "\r\nX-Forwarded-For: 10."
            + random.nextInt(256)
            + "."
            + random.nextInt(256)
            + "."
            + random.nextInt(256)
            + "\r\n"
            + FORM,
        BODY);
  }

  private byte[] batch() {
    StringBuilder body = new StringBuilder("[");
    for (int i = 0; i < CLIENTS_IN_A_BATCH; i++) {
      body.append(i == 0 ? "" : ",")
          .append(
              Customer.client("batch-" + Long.toHexString(ThreadLocalRandom.current().nextLong())));
    }
    return LoadHttp.request(
        "POST",
        clients,
        bearer() + "Content-Type: application/json\r\n",
        body.append("]").toString());
  }
}
