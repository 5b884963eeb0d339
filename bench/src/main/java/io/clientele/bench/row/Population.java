package io.clientele.bench.row;

import io.clientele.bench.load.Call;
import io.clientele.bench.load.ClosedLoop;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Requests;
import io.clientele.bench.load.Trial;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.ClienteleServer;
import io.clientele.bench.participant.GeneratedClients;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/// A Clientele with many clients in its database, all of which may ask.
///
/// @param clientele not started yet
record Population(GeneratedClients clients, Clientele clientele) {

  /// Prime to every power of ten: spreads the popular clients over all customers.
  private static final long SPREAD = 611_953;

  /// Requests that were made once are kept for these.
  private static final int KEPT = 1_000_000;

  /// Generates it.
  static Population of(Workshop workshop, int clients, int customers)
      throws IOException, InterruptedException {
    Path data = workshop.newDirectory("data");
    GeneratedClients generated = new GeneratedClients(clients, customers);
    generated.generate(workshop, data);
    return new Population(generated, new Clientele(data));
  }

  /// The size of the database, with its log if there is one.
  long bytes() throws IOException {
    long sum = 0;
    try (var files = Files.list(clientele.data())) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().startsWith("clientele.db")) {
          sum += Files.size(file);
        }
      }
    }
    return sum;
  }

  /// Every client asks, the n-th most popular one with a probability of about 1/n (Zipf, s = 1).
  Load zipf(ClienteleServer server) {
    SplittableRandom random = new SplittableRandom(1);
    byte[][] made = new byte[Math.min(clients.count(), KEPT)][];
    double logarithm = Math.log(clients.count() + 1.0);
    return ClosedLoop.of(
        server.port(),
        Requests.drawn(
            () -> {
              int rank = (int) Math.exp(random.nextDouble() * logarithm) - 1;
              if (rank >= made.length) {
                return request(server, rank);
              }
              if (made[rank] == null) {
                made[rank] = request(server, rank);
              }
              return made[rank];
            }),
        Call.TOKEN_ANSWER);
  }

  /// The most popular client alone.
  Load one(ClienteleServer server) {
    return ClosedLoop.of(
        server.port(), Requests.repeated(clients.token(server.port(), 0)), Call.TOKEN_ANSWER);
  }

  /// Clients that did not ask yet, each once.
  Cold cold(ClienteleServer server) {
    return new Cold(server);
  }

  private byte[] request(ClienteleServer server, int rank) {
    int client = (int) (rank * SPREAD % clients.count());
    return clients.token(server.port(), client).bytes();
  }

  /// Requests of clients that did not ask yet: the least popular first.
  final class Cold {
    private final ClienteleServer server;
    private int next = clients.count();

    private Cold(ClienteleServer server) {
      this.server = server;
    }

    /// As many clients ask once each.
    Trial ask(int count) throws IOException {
      byte[][] requests = new byte[count][];
      for (int i = 0; i < count; i++) {
        requests[i] = request(server, --next);
      }
      ClosedLoop load =
          ClosedLoop.of(server.port(), Requests.once(List.of(requests)), Call.TOKEN_ANSWER);
      long before = server.process().cpuMicros();
      Load.Answered answered = load.run(count);
      return Trial.of(answered, server.process().cpuMicros() - before);
    }
  }
}
