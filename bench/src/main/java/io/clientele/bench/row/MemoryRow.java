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
import java.time.Duration;
import java.util.Collections;
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
    return pace.warmUp().plusSeconds((pace.isFull() ? 50 : 25) + further(pace) / 2_500);
  }

  private static int further(Pace pace) {
    return pace.isFull() ? 100_000 : 20_000;
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    Measured measured = new Measured();
    long ofHot;
    Asked hot = create(workshop, HOT);
    try (ClienteleServer server = hot.clientele().serve(workshop)) {
      askRepeatedly(server, hot.clients(), pace.warmUp());
      measured.add(Figure.of("memory.resident", server.process().residentBytes() / 1e6, "MB"));
      ofHot = heapAtRest(server);
      measured.add(Figure.of("memory.heap", ofHot / 1e6, "MB"));
    }
    Asked more = create(workshop, HOT + further(pace));
    long ofMore = heapWhenAllAsked(workshop, more, more.clientele());
    measured.add(
        Figure.of("memory.heap-per-client", (double) (ofMore - ofHot) / further(pace), "bytes"));
    // So few clients as in a quick run have room within the bound.
    if (pace.isFull()) {
      long bounded =
          heapWhenAllAsked(
              workshop,
              more,
              more.clientele().with("--directory-memory", Integer.toString(BOUND_MIB)));
      Asked one = create(workshop, 1).times(HOT + further(pace));
      long ofOne = heapWhenAllAsked(workshop, one, one.clientele());
      measured.add(Figure.of("memory.bounded-growth", (double) (bounded - ofOne) / MIB, "MiB"));
    }
    return measured;
  }

  /// Clients that ask.
  ///
  /// @param clientele not started: what their creation took is not counted
  private record Asked(Clientele clientele, List<ClientSecret> clients) {

    /// Its one client, as often.
    Asked times(int count) {
      return new Asked(clientele, Collections.nCopies(count, clients.getFirst()));
    }
  }

  private static Asked create(Workshop workshop, int count)
      throws IOException, InterruptedException {
    Clientele clientele = new Clientele(workshop.newDirectory("data"));
    try (ClienteleServer server = clientele.serve(workshop);
        Management management = new Management(server)) {
      management.createCustomer("ABC", "tenant1");
      return new Asked(clientele, management.createClients("ABC", "client-", count));
    }
  }

  private static long heapWhenAllAsked(Workshop workshop, Asked asked, Clientele clientele)
      throws IOException, InterruptedException {
    try (ClienteleServer server = clientele.serve(workshop)) {
      askOnce(server, asked.clients());
      return heapAtRest(server);
    }
  }

  /// When the counts of tokens were written, which happens every ten seconds.
  private static long heapAtRest(ClienteleServer server) throws IOException, InterruptedException {
    Thread.sleep(Duration.ofSeconds(11));
    return LiveHeap.bytesOf(server.process());
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
