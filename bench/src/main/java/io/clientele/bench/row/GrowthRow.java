package io.clientele.bench.row;

import io.clientele.bench.load.Comparison;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Trial;
import io.clientele.bench.participant.ClienteleServer;
import io.clientele.bench.participant.Management;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import io.clientele.bench.report.Point;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// What a token costs when more and more clients are in the database, against a thousand: some ask
/// often and most rarely (Zipf), and clients that did not ask before, each once; of these also what
/// they cost a server that has no memory to hold them.
public final class GrowthRow implements Row {

  private static final int FEW = 1_000;
  private static final int CLIENTS_A_CUSTOMER = 1_000;

  @Override
  public String name() {
    return "growth";
  }

  @Override
  public Duration estimate(Pace pace) {
    Duration ofSize =
        pace.warmUp()
            .multipliedBy(3)
            .plus(pace.trial().multipliedBy(10L * pace.rounds()))
            .plusSeconds(12);
    return sizes(pace).stream()
        .map(size -> ofSize.plusSeconds(size / 8_000))
        .reduce(pace.warmUp().plusSeconds(2), Duration::plus);
  }

  private static List<Integer> sizes(Pace pace) {
    return pace.isFull() ? List.of(10_000, 100_000, 1_000_000) : List.of(20_000);
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    Measured measured = new Measured();
    Population few = Population.of(workshop, FEW, FEW / CLIENTS_A_CUSTOMER);
    try (ClienteleServer reference = few.clientele().serve(workshop)) {
      Load ofFew = few.zipf(reference);
      Trial.warmUp(reference.process(), ofFew, pace.warmUp());
      for (int size : sizes(pace)) {
        say.say("%,d clients are generated".formatted(size));
        Population many = Population.of(workshop, size, size / CLIENTS_A_CUSTOMER);
        compare(workshop, pace, reference, ofFew, many, measured);
        if (pace.isFull()) {
          compareUnheld(workshop, pace, reference, ofFew, many, measured);
        }
        Workshop.delete(many.clientele().data());
      }
    }
    return measured;
  }

  /// Measures a population beside the few.
  static void compare(
      Workshop workshop,
      Pace pace,
      ClienteleServer reference,
      Load ofFew,
      Population many,
      Measured measured)
      throws IOException, InterruptedException {
    int size = many.clients().count();
    try (ClienteleServer server = many.clientele().serve(workshop);
        Management management = new Management(server)) {
      measured
          .add(Figure.of("growth." + size + "-bytes", (double) many.bytes() / size, "bytes"))
          .add(Figure.of("growth." + size + "-preload", management.awaitPreload(), "s"));
      compareCold("cold", pace, reference, ofFew, many, server, measured);

      Load zipf = many.zipf(server);
      // The directory is to be as full as it will get.
      zipf.run(pace.warmUp());
      Comparison ofZipf =
          Comparison.of(
              () -> Trial.of(server.process(), zipf, pace.trial()),
              () -> Trial.of(reference.process(), ofFew, pace.trial()),
              pace.rounds());
      add(measured, "zipf", size, ofZipf);
      measured.add(
          Figure.of("growth." + size + "-resident", server.process().residentBytes() / 1e6, "MB"));
    }
  }

  /// The same of clients that did not ask before, and that the server cannot hold in memory.
  private static void compareUnheld(
      Workshop workshop,
      Pace pace,
      ClienteleServer reference,
      Load ofFew,
      Population many,
      Measured measured)
      throws IOException, InterruptedException {
    try (ClienteleServer server = many.clientele().with("--directory-memory", "1").serve(workshop);
        Management management = new Management(server)) {
      management.awaitPreload();
      compareCold("unheld", pace, reference, ofFew, many, server, measured);
    }
  }

  private static void compareCold(
      String which,
      Pace pace,
      ClienteleServer reference,
      Load ofFew,
      Population many,
      ClienteleServer server,
      Measured measured)
      throws IOException, InterruptedException {
    int size = many.clients().count();
    Trial.warmUp(server.process(), many.one(server), pace.warmUp());
    int ofTrial = Math.min(size / (2 * pace.rounds() + 2), pace.isFull() ? 60_000 : 5_000);
    Population.Cold cold = many.cold(server);
    cold.ask(2 * ofTrial);
    Comparison comparison =
        Comparison.of(
            () -> cold.ask(ofTrial),
            () -> Trial.of(reference.process(), ofFew, pace.trial()),
            pace.rounds());
    add(measured, which, size, comparison);
  }

  private static void add(Measured measured, String which, int size, Comparison comparison) {
    String id = "growth." + size + "-" + which;
    measured
        .add(Figure.ratio(id + "-ratio", comparison.cpuRatio()))
        .add(Figure.of(id + "-cpu", Comparison.cpu(comparison.a()), "µs"))
        .add(Figure.of(id + "-few-cpu", Comparison.cpu(comparison.b()), "µs"))
        .add(new Point("growth " + which, size, comparison.cpuRatio().median()));
  }
}
