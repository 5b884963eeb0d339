package io.clientele.bench.row;

import io.clientele.bench.load.Call;
import io.clientele.bench.load.FirstAnswer;
import io.clientele.bench.load.Spread;
import io.clientele.bench.participant.BareHandler;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.RunningServer;
import io.clientele.bench.process.ServerProcess;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// From the start of a process to the first token it answers: Clientele through its launcher,
/// Clientele's JVM alone, and the bare handler without and with an AOT cache, in turn.
public final class StartRow implements Row {

  /// Starts a server on a port, without waiting.
  @FunctionalInterface
  private interface Starter {
    ServerProcess start(int port) throws IOException;
  }

  private record Contender(String id, Starter starter, List<Double> seconds) {}

  @Override
  public String name() {
    return "start";
  }

  @Override
  public Duration estimate(Pace pace) {
    return Duration.ofSeconds(4L * pace.repeats() + 10);
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    Clientele clientele = new Clientele(workshop.newDirectory("data"));
    Call token;
    ServerProcess.Command jvm;
    BareHandler bare;
    BareHandler cached;
    try (RunningServer server = clientele.start(workshop)) {
      token = server.token();
      jvm = server.process().asExecuted(workshop.checkout());
      bare = new BareHandler(server.process());
      Path cache = cache(workshop, server.process());
      cached = new BareHandler(server.process(), "-XX:AOTCache=" + cache);
    }
    List<Contender> contenders =
        List.of(
            contender("start.first-token", port -> clientele.launch(workshop, port)),
            contender(
                "start.first-token-jvm",
                port ->
                    ServerProcess.start(
                        workshop.processes(),
                        jvm.with("--port", Integer.toString(port)),
                        Clientele.READY)),
            contender("start.bare", port -> bare.launch(workshop, port)),
            contender("start.bare-with-cache", port -> cached.launch(workshop, port)));
    for (int i = 0; i < pace.repeats(); i++) {
      // There and back, as A B B A.
      for (Contender each : i % 2 == 0 ? contenders : contenders.reversed()) {
        int port = Workshop.freePort();
        Call call = each.id().startsWith("start.bare") ? BareHandler.token(port) : token.at(port);
        try (ServerProcess process = each.starter().start(port)) {
          each.seconds().add(FirstAnswer.seconds(process, call));
        }
      }
    }
    Measured measured = new Measured();
    contenders.forEach(each -> measured.add(Figure.of(each.id(), Spread.of(each.seconds()), "s")));
    return measured;
  }

  private static Contender contender(String id, Starter starter) {
    return new Contender(id, starter, new ArrayList<>());
  }

  /// The bare handler's AOT cache, made by a run that answered a few tokens.
  private static Path cache(Workshop workshop, ServerProcess ours)
      throws IOException, InterruptedException {
    Path cache = workshop.newDirectory("aot").resolve("bare.aot");
    new BareHandler(ours, "-XX:AOTCacheOutput=" + cache).start(workshop).close();
    if (!Files.exists(cache)) {
      throw new IOException("the JVM made no AOT cache of the bare handler");
    }
    return cache;
  }
}
