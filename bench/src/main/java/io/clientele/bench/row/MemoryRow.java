package io.clientele.bench.row;

import io.clientele.bench.load.Call;
import io.clientele.bench.load.ClosedLoop;
import io.clientele.bench.load.Requests;
import io.clientele.bench.participant.ClientSecret;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.ClienteleServer;
import io.clientele.bench.participant.Management;
import io.clientele.bench.process.LiveHeap;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Resident memory under load from 10,000 clients; heap for each further one; and whether the
/// setting that bounds it does.
public final class MemoryRow implements Row {

  private static final int HOT = 10_000;
  private static final int BOUND_MIB = 16;
  private static final int MIB = 1 << 20;

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public Duration estimate(Pace pace) {
    return pace.warmUp().plusSeconds(12 + further(pace) / 2_500);
  }

  private static int further(Pace pace) {
    return pace.isFull() ? 100_000 : 20_000;
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    Path data = workshop.newDirectory("data");
    List<ClientSecret> clients;
    try (ClienteleServer server = new Clientele(data).serve(workshop);
        Management management = new Management(server)) {
      management.createCustomer("ABC", "tenant1");
      clients = management.createClients("ABC", "client-", HOT + further(pace));
    }
    Measured measured = new Measured();
    // A new process: what the creation took is not counted.
    try (ClienteleServer server = new Clientele(data).serve(workshop)) {
      askRepeatedly(server, clients.subList(0, HOT), pace.warmUp());
      measured.add(Figure.of("memory.resident", server.process().residentBytes() / 1e6, "MB"));
      long before = LiveHeap.bytesOf(server.process());
      askOnce(server, clients);
      long after = LiveHeap.bytesOf(server.process());
      measured
          .add(Figure.of("memory.heap", before / 1e6, "MB"))
          .add(
              Figure.of(
                  "memory.heap-per-client", (double) (after - before) / further(pace), "bytes"));
    }
    measured.add(
        Figure.of("memory.bounded-growth", boundedGrowth(workshop, data, clients) / MIB, "MiB"));
    return measured;
  }

  /// How much the heap grows when all of them ask a server that may remember few.
  private static double boundedGrowth(Workshop workshop, Path data, List<ClientSecret> clients)
      throws IOException, InterruptedException {
    Clientele bounded = new Clientele(data, "--directory-memory", Integer.toString(BOUND_MIB));
    try (ClienteleServer server = bounded.serve(workshop)) {
      askRepeatedly(server, clients.subList(0, 1), Duration.ofSeconds(2));
      long before = LiveHeap.bytesOf(server.process());
      askOnce(server, clients);
      return LiveHeap.bytesOf(server.process()) - before;
    }
  }

  private static void askRepeatedly(
      ClienteleServer server, List<ClientSecret> clients, Duration duration) throws IOException {
    askOnce(server, clients);
    ClosedLoop.of(server.port(), Requests.repeated(requests(server, clients)), Call.TOKEN_ANSWER)
        .run(duration);
  }

  private static void askOnce(ClienteleServer server, List<ClientSecret> clients)
      throws IOException {
    List<byte[]> requests = requests(server, clients);
    ClosedLoop.of(server.port(), Requests.once(requests), Call.TOKEN_ANSWER).run(requests.size());
  }

  private static List<byte[]> requests(ClienteleServer server, List<ClientSecret> clients) {
    return clients.stream().map(client -> server.token(client).bytes()).toList();
  }
}
