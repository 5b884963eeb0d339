package io.clientele.bench.row;

import io.clientele.bench.load.Call;
import io.clientele.bench.load.ClosedLoop;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Requests;
import io.clientele.bench.load.Spread;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.ClienteleServer;
import io.clientele.bench.participant.Management;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/// Clients created over HTTP, in batches of 100 and one by one, each on disk before it is
/// acknowledged (SQLite, `synchronous=FULL`): the server is killed in the end, and what it
/// acknowledged is counted. Then one client, and a page of a thousand, read.
public final class ManagementRow implements Row {

  private static final String CUSTOMER = "ABC";
  private static final String PATH = "/oauth/customers/ABC/clients";
  private static final int BATCH = 100;
  private static final int CONNECTIONS = 4;

  /// More than can be created in a second.
  private static final int BATCHES_A_SECOND = 250;

  private static final int SINGLES_A_SECOND = 10_000;

  @Override
  public String name() {
    return "management";
  }

  @Override
  public Duration estimate(Pace pace) {
    return pace.trial().multipliedBy(2L * rounds(pace) + 3).plusSeconds(10);
  }

  private static int rounds(Pace pace) {
    // The first warms up and does not count.
    return pace.rounds() + 1;
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    Clientele clientele = new Clientele(workshop.newDirectory("data"));
    Measured measured = new Measured();
    long acknowledged;
    try (ClienteleServer server = clientele.serve(workshop);
        Management management = new Management(server)) {
      management.createCustomer(CUSTOMER, "tenant1");
      List<Double> inBatches = new ArrayList<>();
      List<Double> oneByOne = new ArrayList<>();
      acknowledged = 0;
      for (int round = 0; round < rounds(pace); round++) {
        Load.Answered batches = create(server, management, pace, BATCHES_A_SECOND, batches(round));
        Load.Answered singles = create(server, management, pace, SINGLES_A_SECOND, singles(round));
        acknowledged += batches.count() * BATCH + singles.count();
        if (round > 0) {
          inBatches.add(BATCH * batches.count() / batches.seconds());
          oneByOne.add(singles.count() / singles.seconds());
        }
      }
      measured
          .add(Figure.of("management.batches", Spread.of(inBatches), "/s"))
          .add(Figure.of("management.one-by-one", Spread.of(oneByOne), "/s"));
      read(server, management, pace, measured);
      server.process().kill();
    }
    try (ClienteleServer server = clientele.serve(workshop);
        Management management = new Management(server)) {
      long found = management.count(CUSTOMER);
      if (found < acknowledged) {
        throw new IOException(
            "of %d clients that were acknowledged, %d are there after a kill"
                .formatted(acknowledged, found));
      }
      measured.add(Figure.of("management.lost", (double) (acknowledged - found), "clients"));
    }
    measured.add(Figure.of("management.disk", syncs(workshop.newDirectory("disk")), "/s"));
    return measured;
  }

  private static Load.Answered create(
      ClienteleServer server,
      Management management,
      Pace pace,
      int aSecond,
      IntFunction<String> body)
      throws IOException {
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < aSecond * pace.trial().toSeconds(); i++) {
      requests.add(
          Call.bearer("POST", server.port(), PATH, management.token(), body.apply(i)).bytes());
    }
    return ClosedLoop.of(server.port(), CONNECTIONS, Requests.once(requests), "").run(pace.trial());
  }

  private static IntFunction<String> batches(int round) {
    return i -> Management.batch("batch-" + round + "-", i * BATCH, (i + 1) * BATCH);
  }

  private static IntFunction<String> singles(int round) {
    return i -> Management.one("single-" + round + "-" + i);
  }

  private static void read(
      ClienteleServer server, Management management, Pace pace, Measured measured)
      throws IOException {
    for (String what : List.of("get", "list")) {
      String path = what.equals("get") ? PATH + "/batch-0-77" : PATH;
      Call call = Call.bearer("GET", server.port(), path, management.token(), "");
      ClosedLoop load = ClosedLoop.of(server.port(), 1, Requests.repeated(call), "");
      load.run(pace.trial().dividedBy(2));
      load.forgetLatencies();
      load.run(pace.trial());
      Histogram latencies = load.latencies();
      measured
          .add(millis("management." + what + "-p50", latencies, 50))
          .add(millis("management." + what + "-p99", latencies, 99));
    }
  }

  private static Figure millis(String id, Histogram latencies, double percentile) {
    return Figure.of(id, latencies.getValueAtPercentile(percentile) / 1e6, "ms");
  }

  /// What the disk itself can do: 4 KiB written and synced, a second. No durable create is faster
  /// than this, one by one.
  private static double syncs(Path directory) throws IOException {
    ByteBuffer page = ByteBuffer.allocate(4096);
    try (FileChannel file =
        FileChannel.open(
            directory.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      long begin = System.nanoTime();
      int count = 0;
      while (System.nanoTime() - begin < Duration.ofSeconds(2).toNanos()) {
        file.write(page.clear());
        file.force(false);
        count++;
      }
      return count / ((System.nanoTime() - begin) / 1e9);
    }
  }
}
