package io.clientele.bench.row;

import io.clientele.bench.load.Comparison;
import io.clientele.bench.load.Load;
import io.clientele.bench.load.Trial;
import io.clientele.bench.load.Wrk;
import io.clientele.bench.participant.ClientSecret;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.ClienteleServer;
import io.clientele.bench.participant.Http;
import io.clientele.bench.participant.Management;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Figure;
import io.clientele.bench.report.Measured;
import java.io.IOException;
import java.time.Duration;

/// Tokens for a client whose secret somebody chose (Argon2id, once), against those for a client
/// with a generated secret, of one server.
public final class ChosenSecretsRow implements Row {

  private static final String CHOSEN = "correct horse battery staple 42";

  @Override
  public String name() {
    return "chosen-secrets";
  }

  @Override
  public Duration estimate(Pace pace) {
    return pace.ofComparison();
  }

  @Override
  public Measured measure(Workshop workshop, Pace pace, Say say)
      throws IOException, InterruptedException {
    try (ClienteleServer server = new Clientele(workshop.newDirectory("data")).serve(workshop);
        Management management = new Management(server);
        Http http = new Http()) {
      management.createCustomer("ABC", "tenant1");
      ClientSecret chosen = management.createClient("ABC", "with-chosen", CHOSEN);
      ClientSecret generated = management.createClient("ABC", "with-generated");
      // The first request hashes; from then on it is remembered.
      http.json(server.token(chosen));
      Load ofChosen = wrk(workshop, server, chosen);
      Load ofGenerated = wrk(workshop, server, generated);
      Trial.warmUp(server.process(), ofChosen, pace.warmUp());
      Trial.warmUp(server.process(), ofGenerated, pace.warmUp());
      Comparison comparison =
          Comparison.of(
              () -> Trial.of(server.process(), ofChosen, pace.trial()),
              () -> Trial.of(server.process(), ofGenerated, pace.trial()),
              pace.rounds());
      return new Measured()
          .add(Figure.ratio("chosen-secrets.cpu-ratio", comparison.cpuRatio()))
          .add(Figure.ratio("chosen-secrets.rate-ratio", comparison.rateRatio()))
          .add(Figure.of("chosen-secrets.cpu", Comparison.cpu(comparison.a()), "µs"))
          .add(Figure.of("chosen-secrets.generated-cpu", Comparison.cpu(comparison.b()), "µs"));
    }
  }

  private static Load wrk(Workshop workshop, ClienteleServer server, ClientSecret client)
      throws IOException {
    return new Wrk(workshop.processes(), server.token(client), workshop.newDirectory("wrk"));
  }
}
