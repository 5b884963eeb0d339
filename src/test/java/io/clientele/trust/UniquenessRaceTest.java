package io.clientele.trust;

import io.clientele.harness.Customer;
import io.clientele.harness.KeepAlive;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// A clientId is unique over the whole server, whoever asks at the same moment.
@TrustCase(
    id = "T20",
    title = "64 threads want one id: exactly one gets it",
    unit = "rounds",
    required = 10_000,
    brief = 50,
    seconds = 240)
@WithServer
class UniquenessRaceTest {
  private static final int THREADS = 64;

  @Test
  void ofManyWhoWantOneIdExactlyOneGetsIt(TestServer server, Tally tally) throws Exception {
    List<Customer> customers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Customer customer = server.newCustomer();
      customer.adminToken();
      customers.add(customer);
    }
    Race race = new Race(tally);
    List<Future<?>> runners = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        Customer customer = customers.get(i % customers.size());
        runners.add(threads.submit(() -> race.run(customer)));
      }
      for (Future<?> runner : runners) {
        runner.get();
      }
    }
    long stored = 0;
    for (Customer customer : customers) {
      stored += customer.server().http().all(customer.clients(), customer.adminToken()).size() - 1;
    }
    tally.acknowledgedChecked(tally.done());
    for (long missing = stored; missing < tally.done(); missing++) {
      tally.lost("a client that was created");
    }
    for (long more = tally.done(); more < stored; more++) {
      tally.wrong("a client that nobody was told of");
    }
    tally.load(THREADS + " threads at once");
  }

  /// Round after round, each begun by all in the same moment; the last to arrive judges the round
  /// before.
  private static final class Race {
    private final Tally tally;
    private final AtomicInteger winners = new AtomicInteger();
    private final AtomicReference<String> id = new AtomicReference<>("");
    private final CyclicBarrier line = new CyclicBarrier(THREADS, this::nextRound);

    Race(Tally tally) {
      this.tally = tally;
    }

    private void nextRound() {
      String last = id.get();
      if (!last.isEmpty()) {
        if (winners.get() != 1) {
          tally.wrong(winners + " got " + last);
        }
        tally.done(1);
      }
      winners.set(0);
      id.set(tally.done() < tally.required() ? Names.unique("race") : "");
    }

    private void run(Customer customer) {
      try (KeepAlive connection = KeepAlive.to(customer.server().uri())) {
        // A round that nobody comes to has failed, and so have all others.
        line.await(2, TimeUnit.MINUTES);
        while (!id.get().isEmpty()) {
          String wanted = id.get();
          int status =
              connection.manage(
                  "POST",
                  customer.clients(),
                  customer.adminToken(),
                  Customer.client(wanted).toString());
          if (status == 201) {
            winners.incrementAndGet();
          } else if (status != 409
              || !connection.member("errorMessage").equals("Client '" + wanted + "' already exists")
              || connection.text().contains("clt_")) {
            tally.wrong("a loser is answered " + status + ": " + connection.text());
          }
          line.await(2, TimeUnit.MINUTES);
        }
      } catch (Exception e) {
        line.reset();
        throw new IllegalStateException("the race cannot go on", e);
      }
    }
  }
}
