package io.clientele.bench.row;

import io.clientele.bench.load.Call;
import io.clientele.bench.load.ClosedLoop;
import io.clientele.bench.load.Comparison;
import io.clientele.bench.load.FirstAnswer;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Requests;
import io.clientele.bench.load.Spread;
import io.clientele.bench.load.Trial;
import io.clientele.bench.participant.ClienteleServer;
import io.clientele.bench.participant.GeneratedClients;
import io.clientele.bench.participant.Management;
import io.clientele.bench.process.ServerProcess;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/// Ten million clients of ten customers: start, list, get, size, and what a token costs.
public final class HugeRow implements Row {

  private static final int HUGE = 10_000_000;
  private static final int CUSTOMERS = 10;

  private final int clients;

  public HugeRow() {
    this(HUGE);
  }

  /// @param clients fewer, to try this out
  public HugeRow(int clients) {
    this.clients = clients;
  }

  @Override
  public String name() {
    return "huge";
  }

  @Override
  public Duration estimate(Pace pace) {
    return Duration.ofSeconds(clients / 5_000)
        .plus(pace.ofComparison().multipliedBy(2))
        .plusSeconds(4L * pace.repeats());
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    Measured measured = new Measured();
    Population ten = Population.of(workshop, 10, 1);
    say.say("%,d clients are generated".formatted(clients));
    long begin = System.nanoTime();
    Population many = Population.of(workshop, clients, CUSTOMERS);
    measured
        .add(Figure.of("huge.generated", clients / ((System.nanoTime() - begin) / 1e9), "/s"))
        .add(Figure.of("huge.bytes-per-client", (double) many.bytes() / clients, "bytes"));
    say.say("starts");
    start(workshop, pace, ten, many, measured);
    say.say("list and get");
    read(workshop, pace, many, measured);
    say.say("tokens");
    Population few = Population.of(workshop, 1_000, 1);
    try (ClienteleServer reference = few.clientele().serve(workshop)) {
      Load ofFew = few.zipf(reference);
      Trial.warmUp(reference.process(), ofFew, pace.warmUp());
      GrowthRow.compare(workshop, pace, reference, ofFew, many, measured);
    }
    return measured;
  }

  private static void start(
      Workshop workshop, Pace pace, Population ten, Population many, Measured measured)
      throws IOException, InterruptedException {
    List<Trial> ofTen = new ArrayList<>();
    List<Trial> ofMany = new ArrayList<>();
    Comparison comparison =
        Comparison.of(
            () -> start(workshop, many, ofMany), () -> start(workshop, ten, ofTen), pace.repeats());
    measured
        .add(Figure.ratio("huge.start-ratio", comparison.rateRatio().inverse()))
        .add(Figure.of("huge.start", seconds(ofMany), "s"))
        .add(Figure.of("huge.start-with-ten", seconds(ofTen), "s"));
  }

  /// A start is a trial with one request.
  private static Trial start(Workshop workshop, Population population, List<Trial> trials)
      throws IOException, InterruptedException {
    int port = Workshop.freePort();
    try (ServerProcess process = population.clientele().launch(workshop, port)) {
      double seconds = FirstAnswer.seconds(process, population.clients().token(port, 7));
      Trial trial = Trial.of(new Load.Answered(1, seconds), process.cpuMicros());
      trials.add(trial);
      return trial;
    }
  }

  private static Spread seconds(List<Trial> trials) {
    return Comparison.rate(trials).inverse();
  }

  private static void read(Workshop workshop, Pace pace, Population many, Measured measured)
      throws IOException, InterruptedException {
    GeneratedClients clients = many.clients();
    try (ClienteleServer server = many.clientele().serve(workshop);
        Management management = new Management(server)) {
      add(
          measured,
          "huge.get",
          latencies(
              server, management, pace, clients, i -> path(clients, i) + "/" + clients.id(i)));
      add(
          measured,
          "huge.list",
          latencies(
              server,
              management,
              pace,
              clients,
              i -> path(clients, i) + "?limit=100&cursor=" + clients.id(i)));
      add(
          measured,
          "huge.list-1000",
          latencies(
              server,
              management,
              pace,
              clients,
              i -> path(clients, i) + "?cursor=" + clients.id(i)));
    }
  }

  private static String path(GeneratedClients clients, int client) {
    return "/oauth/customers/" + clients.customerOf(client) + "/clients";
  }

  /// One request after the other, each about another client.
  private static Histogram latencies(
      ClienteleServer server,
      Management management,
      Pace pace,
      GeneratedClients clients,
      IntFunction<String> path)
      throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(2);
    ClosedLoop load =
        ClosedLoop.of(
            server.port(),
            1,
            Requests.drawn(
                () ->
                    Call.bearer(
                            "GET",
                            server.port(),
                            path.apply(random.nextInt(clients.count())),
                            management.token(),
                            "")
                        .bytes()),
            "");
    // As long as the JVM still compiles what a request runs, that is what it waits for.
    Trial.warmUp(server.process(), load, pace.warmUp());
    load.forgetLatencies();
    load.run(pace.trial());
    return load.latencies();
  }

  private static void add(Measured measured, String id, Histogram latencies) {
    measured
        .add(Figure.of(id + "-p50", latencies.getValueAtPercentile(50) / 1e6, "ms"))
        .add(Figure.of(id + "-p99", latencies.getValueAtPercentile(99) / 1e6, "ms"));
  }
}
