package io.clientele.bench.row;

import io.clientele.bench.load.Call;
import io.clientele.bench.load.ClosedLoop;
import io.clientele.bench.load.Comparison;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Requests;
import io.clientele.bench.load.Trial;
import io.clientele.bench.participant.ClientSecret;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.ClienteleServer;
import io.clientele.bench.participant.Management;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Introspection against the token endpoint: of tokens that were asked about before, and of tokens
/// that were not.
public final class IntrospectionRow implements Row {

  private static final String ALIVE = "{\"active\":true";
  private static final int CLIENTS = 100;
  private static final int SEEN = 4_000;

  @Override
  public String name() {
    return "introspection";
  }

  @Override
  public Duration estimate(Pace pace) {
    return pace.ofComparison().multipliedBy(2).plusSeconds(unseen(pace) / 15_000);
  }

  /// Tokens of one trial, each asked about once.
  private static int ofTrial(Pace pace) {
    return pace.isFull() ? 40_000 : 10_000;
  }

  private static int unseen(Pace pace) {
    // A warm-up, and two trials a round.
    return ofTrial(pace) * (2 + 2 * pace.rounds());
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    try (ClienteleServer server = new Clientele(workshop.newDirectory("data")).serve(workshop);
        Management management = new Management(server)) {
      management.createCustomer("ABC", "tenant1");
      List<ClientSecret> clients = management.createClients("ABC", "client-", CLIENTS);
      List<byte[]> tokenRequests =
          clients.stream().map(client -> server.token(client).bytes()).toList();
      Load issue =
          ClosedLoop.of(server.port(), Requests.repeated(tokenRequests), Call.TOKEN_ANSWER);
      Trial.warmUp(server.process(), issue, pace.warmUp());

      ClientSecret caller = clients.getFirst();
      List<byte[]> questions = introspections(server, caller, tokenRequests, SEEN + unseen(pace));
      Measured measured = new Measured();
      add(measured, "seen", seen(server, questions.subList(0, SEEN), issue, pace));
      add(
          measured,
          "unseen",
          unseen(server, questions.subList(SEEN, questions.size()), issue, pace));
      return measured;
    }
  }

  /// As many introspection requests, each about a token of its own.
  private static List<byte[]> introspections(
      ClienteleServer server, ClientSecret caller, List<byte[]> tokenRequests, int count)
      throws IOException {
    List<byte[]> requests = new ArrayList<>(count);
    ClosedLoop.reading(
            server.port(),
            Requests.repeated(tokenRequests),
            body -> {
              String token =
                  body.substring(
                      Call.TOKEN_ANSWER.length(), body.indexOf('"', Call.TOKEN_ANSWER.length()));
              requests.add(server.introspection(caller, token).bytes());
            })
        .run(count);
    return requests;
  }

  private static Comparison seen(
      ClienteleServer server, List<byte[]> questions, Load issue, Pace pace)
      throws IOException, InterruptedException {
    Load ask = ClosedLoop.of(server.port(), Requests.repeated(questions), ALIVE);
    Trial.warmUp(server.process(), ask, pace.warmUp());
    return Comparison.of(
        () -> Trial.of(server.process(), issue, pace.trial()),
        () -> Trial.of(server.process(), ask, pace.trial()),
        pace.rounds());
  }

  private static Comparison unseen(
      ClienteleServer server, List<byte[]> questions, Load issue, Pace pace)
      throws IOException, InterruptedException {
    ClosedLoop ask = ClosedLoop.of(server.port(), Requests.once(questions), ALIVE);
    ask.run(2L * ofTrial(pace));
    return Comparison.of(
        () -> Trial.of(server.process(), issue, pace.trial()),
        () -> {
          long before = server.process().cpuMicros();
          Load.Answered answered = ask.run(ofTrial(pace));
          return Trial.of(answered, server.process().cpuMicros() - before);
        },
        pace.rounds());
  }

  /// @param comparison a: the token endpoint, b: introspection
  private static void add(Measured measured, String which, Comparison comparison) {
    measured
        .add(Figure.ratio("introspection." + which + "-ratio", comparison.cpuRatio()))
        .add(Figure.of("introspection." + which + "-cpu", Comparison.cpu(comparison.b()), "µs"))
        .add(Figure.of("introspection." + which + "-rate", Comparison.rate(comparison.b()), "/s"))
        .add(
            Figure.of(
                "introspection." + which + "-token-cpu", Comparison.cpu(comparison.a()), "µs"));
  }
}
