package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

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
@WithServer
class UniquenessRaceTest {
  private static final int THREADS = 16;
  private static final int ROUNDS = 100;

  @Test
  void ofSixteenWhoWantOneIdExactlyOneGetsIt(TestServer server) throws Exception {
    List<Customer> customers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Customer customer = server.newCustomer();
      customer.adminToken();
      customers.add(customer);
    }
    int winners = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (int round = 0; round < ROUNDS; round++) {
        String id = Names.unique("race");
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
        for (Future<Answer> future : futures) {
          Answer answer = future.get();
          if (answer.status() == 201) {
            winners++;
          } else {
            answer.expectProblem(409, "Client '" + id + "' already exists");
          }
        }
        assertThat(winners).isEqualTo(round + 1);
      }
    }
    int stored = 0;
    for (Customer customer : customers) {
      stored += customer.server().http().all(customer.clients(), customer.adminToken()).size() - 1;
    }
    assertThat(stored).isEqualTo(ROUNDS);
  }
}
