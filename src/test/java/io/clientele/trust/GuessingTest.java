package io.clientele.trust;

import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// Who guesses secrets is throttled by presented id and source, and locks nobody out. The proxy in
/// front, which this test is, tells the source.
@TrustCase(
    id = "T6",
    title = "Guessing secrets, one client's and many clients', beside the right client",
    unit = "guesses",
    required = 200_000,
    brief = 6_000,
    seconds = 40)
@WithServer({"--failure-limit", "20", "--behind-proxy", "127.0.0.1/32"})
class GuessingTest {

  private static final String FORM = "grant_type=client_credentials";
  private static final String ATTACKER = "198.51.100.66";
  private static final String HONEST = "192.0.2.1";
  private static final String CHOSEN = "one that somebody thought of";
  private static final int LIMIT = 20;
  private static final int ATTACKERS = 16;

  /// What all ids together may fail at slowly from one source.
  private static final int SLOW_LIMIT = 60;

  private static final long MOST_GROWTH = 128L << 20;

  private static String from(String source) {
    return "X-Forwarded-For: " + source;
  }

  /// Of the generated form.
  private static String wrong() {
    return String.format("clt_%016x", ThreadLocalRandom.current().nextLong()) + "w".repeat(33);
  }

  /// How many failures a limit lets through in a time: a full bucket and what flows in.
  private static long allowed(int limit, long began) {
    return limit + 1 + (long) ((System.nanoTime() - began) / 60e9 * limit);
  }

  private static long heapInUse() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /// Asks for tokens as the right client until it is told to stop.
  private static final class RightClient {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final LongAdder asked = new LongAdder();
    private final LongAdder refused = new LongAdder();

    Runnable asking(TestServer server, Client client, String source) {
      return () -> {
        try (RawHttp connection = RawHttp.connect(server.uri())) {
          while (!stop.get()) {
            asked.increment();
            if (connection.form("/oauth/token", client.basic(), FORM, from(source)).status()
                != 200) {
              refused.increment();
            }
          }
        }
      };
    }

    void judge(Tally tally) {
      long least = asked.sum() - asked.sum() / 1000;
      if (asked.sum() - refused.sum() < least) {
        tally.wrong(refused.sum() + " of " + asked.sum() + " requests of the right client refused");
      }
      tally.measured(
          String.format(
              Locale.ROOT,
              "right client: %,d of %,d requests refused",
              refused.sum(),
              asked.sum()));
    }
  }

  /// A guess that was answered is 401 as long as the limit lets it, and 429 after.
  private static boolean counted(Answer answer, Tally tally) {
    tally.badInput();
    switch (answer.status()) {
      case 401 -> {
        return true;
      }
      case 429 -> {
        if (answer.header("Retry-After").isEmpty()) {
          tally.wrong("429 without Retry-After");
        }
      }
      default -> tally.wrong("a guess is answered " + answer.status());
    }
    return false;
  }

  @Test
  void guessesAreThrottledAndTheRightClientIsNot(TestServer server, Customer abc, Tally tally)
      throws Exception {
    Client one = abc.newClient();
    RightClient right = new RightClient();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      Future<?> own = threads.submit(right.asking(server, one, HONEST));
      Future<?> shared = threads.submit(right.asking(server, one, ATTACKER));
      try {
        guessOne(server, one.id(), tally.required() / 2, tally);
        guessOne(server, Names.unique("nobody"), tally.required() / 20, tally);
        guessMany(server, abc, tally.required() / 4, tally);
        guessIdsThatAreNot(server, tally);
      } finally {
        right.stop.set(true);
        own.get();
        shared.get();
      }
    }
    right.judge(tally);
    tally.load("the right client on two connections, one of them from the attacker's address");
  }

  /// Guesses on many connections at once, since each failure takes its time.
  ///
  /// @param id whose secret is guessed; asked anew for each guess
  /// @return how many were not throttled
  private static long guess(TestServer server, long guesses, Supplier<String> id, Tally tally)
      throws Exception {
    LongAdder passed = new LongAdder();
    AtomicLong left = new AtomicLong(guesses);
    try (ExecutorService threads = Executors.newFixedThreadPool(ATTACKERS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < ATTACKERS; i++) {
        all.add(
            threads.submit(
                () -> {
                  try (RawHttp attacker = RawHttp.connect(server.uri())) {
                    while (left.getAndDecrement() > 0) {
                      String basic = Http.basic(id.get(), wrong());
                      Answer answer = attacker.form("/oauth/token", basic, FORM, from(ATTACKER));
                      passed.add(counted(answer, tally) ? 1 : 0);
                    }
                  }
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
    return passed.sum();
  }

  private static void guessOne(TestServer server, String id, long guesses, Tally tally)
      throws Exception {
    long began = System.nanoTime();
    long passed = guess(server, guesses, () -> id, tally);
    if (passed > allowed(LIMIT, began) || passed < LIMIT) {
      tally.wrong(passed + " guesses of one client passed the limit");
    }
  }

  /// Guesses at many, and each still gets its token afterwards.
  private static void guessMany(TestServer server, Customer abc, long guesses, Tally tally)
      throws Exception {
    for (long i = 0; i < guesses / 10; i += 10) {
      Client each = abc.newClient();
      guess(server, 100, each::id, tally);
      try (RawHttp asking = RawHttp.connect(server.uri())) {
        for (String source : new String[] {HONEST, ATTACKER}) {
          if (asking.form("/oauth/token", each.basic(), FORM, from(source)).status() != 200) {
            tally.wrong("the right client is locked out");
          }
        }
      }
    }
  }

  /// Ever other ids take memory that is bounded.
  private static void guessIdsThatAreNot(TestServer server, Tally tally) throws Exception {
    long before = heapInUse();
    guess(
        server,
        tally.required() - tally.done(),
        () -> Long.toHexString(ThreadLocalRandom.current().nextLong()),
        tally);
    long growth = heapInUse() - before;
    if (growth > MOST_GROWTH) {
      tally.wrong("ids that are not there took " + growth + " bytes");
    }
    tally.measured("ids that are not there took " + Math.max(0, growth >> 20) + " MiB");
  }

  /// Slow hashes are few: one source cannot have them all, and a client that was there before has
  /// places of its own.
  @Test
  void slowHashesAreNotUsedUp(TestServer server, Customer abc, Tally tally) throws Exception {
    Client chosen =
        abc.create(Customer.client(Names.unique("chosen"), Map.of()).put("clientSecret", CHOSEN));
    try (RawHttp attacker = RawHttp.connect(server.uri())) {
      attacker.form("/oauth/token", chosen.basic(), FORM, from(HONEST)).expect(200);
      attacker.form("/oauth/token", chosen.basic(), FORM, from(ATTACKER)).expect(200);
      long began = System.nanoTime();
      long passed = 0;
      for (int i = 0; i < 5 * SLOW_LIMIT; i++) {
        Answer answer =
            attacker.form(
                "/oauth/token",
                Http.basic(Names.unique("nobody"), "not generated"),
                FORM,
                from(ATTACKER));
        passed += counted(answer, tally) ? 1 : 0;
      }
      if (passed > allowed(SLOW_LIMIT, began) || passed < SLOW_LIMIT) {
        tally.wrong(passed + " slow hashes for one source");
      }
      for (String source : new String[] {HONEST, ATTACKER}) {
        // What was remembered of it is of no use for its new version: it is hashed again.
        abc.server()
            .http()
            .put(
                chosen.path(),
                abc.adminToken(),
                Customer.client(chosen.id(), Map.of()).put("clientName", "from " + source))
            .expect(200);
        if (attacker.form("/oauth/token", chosen.basic(), FORM, from(source)).status() != 200) {
          tally.wrong("the right client is locked out");
        }
      }
    }
  }
}
