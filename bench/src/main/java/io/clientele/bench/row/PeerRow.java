package io.clientele.bench.row;

import io.clientele.bench.load.Comparison;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Trial;
import io.clientele.bench.load.Wrk;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.Participant;
import io.clientele.bench.participant.RunningServer;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// CPU of a token of one peer, over Clientele's.
///
/// @param name how `--only` names it
/// @param keepsTokens whether it is started anew for every trial, since it keeps all tokens for
///   ever
/// @param isSlow whether it answers so few requests that a short trial would see none
public record PeerRow(String name, Participant peer, boolean keepsTokens, boolean isSlow)
    implements Row {

  /// More would only wait for each other, and a short trial end before any was answered.
  private static final int FEW_CONNECTIONS = 4;

  @Override
  public Duration estimate(Pace pace) {
    int starts = isStartedAnew(pace) ? 2 * rounds(pace) : 1;
    return pace.warmUp()
        .plus(pace.trial().plus(trial(pace)).multipliedBy(2L * rounds(pace)))
        .plus(warmUp(pace).plusSeconds(6).multipliedBy(starts));
  }

  /// Two are enough to tell factors of ten and more.
  private static int rounds(Pace pace) {
    return Math.min(2, pace.rounds());
  }

  /// A quick run is over before the tokens that it keeps weigh anything.
  private boolean isStartedAnew(Pace pace) {
    return keepsTokens && pace.isFull();
  }

  private Duration warmUp(Pace pace) {
    return isSlow ? trial(pace) : pace.warmUp().multipliedBy(pace.isFull() ? 3 : 2).dividedBy(2);
  }

  private Duration trial(Pace pace) {
    return isSlow && !pace.isFull() ? Duration.ofSeconds(3) : pace.trial();
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    try (RunningServer ours = new Clientele(workshop.newDirectory("data")).start(workshop)) {
      Load load = SideBySide.wrk(workshop, ours);
      Trial.warmUp(ours.process(), load, pace.warmUp());
      Comparison.Measurement ofOurs = () -> Trial.of(ours.process(), load, pace.trial());
      return isStartedAnew(pace)
          ? measureAnew(workshop, pace, ofOurs)
          : measureOnce(workshop, pace, ofOurs);
    }
  }

  private Measured measureOnce(Workshop workshop, Pace pace, Comparison.Measurement ofOurs)
      throws IOException, InterruptedException {
    try (RunningServer server = peer.start(workshop)) {
      Load load = warmedUp(workshop, pace, server);
      Comparison comparison =
          Comparison.of(() -> Trial.of(server.process(), load, trial(pace)), ofOurs, rounds(pace));
      return measured(comparison, server.process().residentBytes());
    }
  }

  private Measured measureAnew(Workshop workshop, Pace pace, Comparison.Measurement ofOurs)
      throws IOException, InterruptedException {
    AtomicLong resident = new AtomicLong();
    Comparison comparison =
        Comparison.of(
            () -> {
              try (RunningServer server = peer.start(workshop)) {
                Load load = warmedUp(workshop, pace, server);
                Trial trial = Trial.of(server.process(), load, trial(pace));
                resident.set(server.process().residentBytes());
                return trial;
              }
            },
            ofOurs,
            rounds(pace));
    return measured(comparison, resident.get());
  }

  private Load warmedUp(Workshop workshop, Pace pace, RunningServer server)
      throws IOException, InterruptedException {
    if (!isSlow) {
      Load load = SideBySide.wrk(workshop, server);
      Trial.warmUp(server.process(), load, warmUp(pace));
      return load;
    }
    Load load =
        new Wrk(
            workshop.processes(), server.token(), workshop.newDirectory("wrk"), FEW_CONNECTIONS);
    load.run(warmUp(pace));
    return load;
  }

  /// @param comparison a: the peer, b: Clientele
  private Measured measured(Comparison comparison, long residentBytes) {
    return new Measured()
        .add(Figure.ratio(name + ".cpu-ratio", comparison.cpuRatio()))
        .add(Figure.of(name + ".cpu", Comparison.cpu(comparison.a()), "µs"))
        .add(Figure.of(name + ".rate", Comparison.rate(comparison.a()), "/s"))
        .add(Figure.of(name + ".our-cpu", Comparison.cpu(comparison.b()), "µs"))
        .add(Figure.of(name + ".our-rate", Comparison.rate(comparison.b()), "/s"))
        .add(Figure.of(name + ".resident", residentBytes / 1e6, "MB"));
  }
}
