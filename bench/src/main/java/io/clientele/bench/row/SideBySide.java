package io.clientele.bench.row;

import io.clientele.bench.load.Comparison;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Trial;
import io.clientele.bench.load.Wrk;
import io.clientele.bench.participant.RunningServer;
import io.clientele.bench.process.Workshop;
import java.io.IOException;

/// Two running servers' token endpoints, warmed up and measured A B B A with wrk.
final class SideBySide {

  private SideBySide() {}

  static Comparison compare(Workshop workshop, Pace pace, RunningServer a, RunningServer b)
      throws IOException, InterruptedException {
    Load ofA = wrk(workshop, a);
    Load ofB = wrk(workshop, b);
    Trial.warmUp(a.process(), ofA, pace.warmUp());
    Trial.warmUp(b.process(), ofB, pace.warmUp());
    return Comparison.of(
        () -> Trial.of(a.process(), ofA, pace.trial()),
        () -> Trial.of(b.process(), ofB, pace.trial()),
        pace.rounds());
  }

  static Load wrk(Workshop workshop, RunningServer server) throws IOException {
    return new Wrk(workshop.processes(), server.token(), workshop.newDirectory("wrk"));
  }
}
