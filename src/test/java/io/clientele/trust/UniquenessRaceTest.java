package io.clientele.trust;

import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// A clientId is unique over the whole server, whoever asks at the same moment.
@TrustCase(
    id = "T20",
    title = "64 threads want one id: exactly one gets it",
    unit = "rounds",
    required = 10_000,
    brief = 50,
    seconds = 600)
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
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (long round = 0; round < tally.required(); round++) {
        race(Names.unique("race"), customers, threads, tally);
        tally.done(1);
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

  private static void race(
      String id, List<Customer> customers, ExecutorService threads, Tally tally) throws Exception {
    CyclicBarrier start = new CyclicBarrier(THREADS);
    List<Future<Answer>> futures = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Customer customer = customers.get(i % customers.size());
      futures.add(
          threads.submit(
              () -> {
                start.await();
                return customer.post(Customer.client(id));
              }));
    }
    int winners = 0;
    for (Future<Answer> future : futures) {
      Answer answer = future.get();
      if (answer.status() == 201) {
        winners++;
      } else {
        answer.expectProblem(409, "Client '" + id + "' already exists");
      }
    }
    if (winners != 1) {
      tally.wrong(winners + " got " + id);
    }
  }
}
