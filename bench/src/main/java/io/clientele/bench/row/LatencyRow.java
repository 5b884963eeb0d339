package io.clientele.bench.row;

import io.clientele.bench.load.OpenLoop;
import io.clientele.bench.load.Requests;
import io.clientele.bench.load.Spread;
import io.clientele.bench.load.Trial;
import io.clientele.bench.participant.BareHandler;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.RunningServer;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import io.clientele.bench.report.Point;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/// How long a token takes when 5,000 a second are asked for, come what may. The bare handler is
/// measured beside, so that the machine's own delays can be told from Clientele's.
public final class LatencyRow implements Row {

  private static final int A_SECOND = 5_000;
  private static final int CONNECTIONS = 64;
  private static final double[] CURVE = {
    1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99
  };

  @Override
  public String name() {
    return "latency";
  }

  @Override
  public Duration estimate(Pace pace) {
    return pace.warmUp()
        .plus(duration(pace).multipliedBy(pace.rounds()))
        .multipliedBy(pace.isFull() ? 2 : 1)
        .plusSeconds(3);
  }

  private static Duration duration(Pace pace) {
    return pace.trial().multipliedBy(pace.isFull() ? 3 : 2);
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    Measured measured = new Measured();
    try (RunningServer ours = new Clientele(workshop.newDirectory("data")).start(workshop)) {
      measure(ours, "latency.", workshop, pace, measured);
      if (pace.isFull()) {
        try (RunningServer bare = new BareHandler(ours.process()).start(workshop)) {
          measure(bare, "latency.bare-", workshop, pace, measured);
        }
      }
    }
    return measured;
  }

  private static void measure(
      RunningServer server, String prefix, Workshop workshop, Pace pace, Measured measured)
      throws IOException, InterruptedException {
    Trial.warmUp(server.process(), SideBySide.wrk(workshop, server), pace.warmUp());
    List<OpenLoop.Result> results = new ArrayList<>();
    for (int i = 0; i < pace.rounds(); i++) {
      results.add(
          OpenLoop.run(
              server.token().port(),
              CONNECTIONS,
              Requests.repeated(server.token()),
              A_SECOND,
              duration(pace)));
    }
    List<Histogram> latencies = results.stream().map(OpenLoop.Result::latencies).toList();
    measured
        .add(percentile(prefix + "p50", latencies, 50))
        .add(percentile(prefix + "p99", latencies, 99))
        .add(percentile(prefix + "p99.9", latencies, 99.9))
        .add(percentile(prefix + "max", latencies, 100));
    List<Histogram> lags = results.stream().map(OpenLoop.Result::lags).toList();
    measured.add(percentile(prefix + "generator-p99", lags, 99));
    Histogram whole = new Histogram(3);
    latencies.forEach(whole::add);
    for (double percentile : CURVE) {
      measured.add(
          new Point(
              "latency " + server.name(),
              percentile,
              millis(whole.getValueAtPercentile(percentile))));
    }
  }

  private static Figure percentile(String id, List<Histogram> each, double percentile) {
    return Figure.of(
        id,
        Spread.of(
            each.stream()
                .map(histogram -> millis(histogram.getValueAtPercentile(percentile)))
                .toList()),
        "ms");
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }
}
