package io.clientele.bench;

import io.clientele.bench.participant.BareHandler;
import io.clientele.bench.participant.Clientele;
import io.clientele.bench.participant.Keycloak;
import io.clientele.bench.participant.OidcProvider;
import io.clientele.bench.participant.Participant;
import io.clientele.bench.participant.SpringServer;
import io.clientele.bench.process.ServerProcess.Command;
import io.clientele.bench.process.Tool;
import io.clientele.bench.process.Workshop;
import io.clientele.bench.report.Machine;
import io.clientele.bench.report.Measured;
import io.clientele.bench.report.Report;
import io.clientele.bench.report.Result;
import io.clientele.bench.row.AgainstItself;
import io.clientele.bench.row.ChosenSecretsRow;
import io.clientele.bench.row.GrowthRow;
import io.clientele.bench.row.IntrospectionRow;
import io.clientele.bench.row.LatencyRow;
import io.clientele.bench.row.ManagementRow;
import io.clientele.bench.row.MemoryRow;
import io.clientele.bench.row.Pace;
import io.clientele.bench.row.PeerRow;
import io.clientele.bench.row.Row;
import io.clientele.bench.row.SignatureRow;
import io.clientele.bench.row.StartRow;
import io.clientele.bench.row.TokenRow;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Measures rows one after the other, and writes down what they say.
final class Run {

  private static final Keycloak KEYCLOAK = new Keycloak();
  private static final OidcProvider OIDC_PROVIDER = new OidcProvider();
  private static final SpringServer SPRING = SpringServer.withoutHashing();
  private static final SpringServer SPRING_BCRYPT = SpringServer.asDelivered();

  private static final List<Participant> PARTICIPANTS =
      List.of(new Clientele(Path.of("data")), KEYCLOAK, OIDC_PROVIDER, SPRING, SPRING_BCRYPT);

  /// Every row of a full run, in its order: first of all, whether the machine can tell anything.
  static final List<Row> ROWS =
      List.of(
          new AgainstItself(),
          new TokenRow(),
          new SignatureRow(),
          new PeerRow("keycloak", KEYCLOAK, false, false),
          new PeerRow("oidc-provider", OIDC_PROVIDER, false, false),
          new PeerRow("spring", SPRING, true, false),
          new PeerRow("spring-bcrypt", SPRING_BCRYPT, true, true),
          new LatencyRow(),
          new IntrospectionRow(),
          new ChosenSecretsRow(),
          new StartRow(),
          new MemoryRow(),
          new ManagementRow(),
          new GrowthRow());

  private final Workshop workshop;
  private final Pace pace;
  private final PrintStream err;
  private final InstantSource clock;

  /// @param err where progress is told
  /// @param clock when the run was, for the result
  Run(Workshop workshop, Pace pace, PrintStream err, InstantSource clock) {
    this.workshop = workshop;
    this.pace = pace;
    this.err = err;
    this.clock = clock;
  }

  /// Measures. A row that fails is noted, and the others go on; but if the machine cannot measure
  /// Clientele against itself, nothing else means anything.
  ///
  /// @param kind of `Result`
  /// @return the result, which is also in `bench/results`
  Result measure(String kind, List<Row> rows) throws IOException, InterruptedException {
    Instant begin = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    String commit = commit();
    Progress progress =
        new Progress(
            err,
            rows.stream().map(row -> row.estimate(pace)).reduce(Duration.ZERO, Duration::plus));
    Measured measured = new Measured();
    Map<String, String> failures = new LinkedHashMap<>();
    for (Row row : rows) {
      progress.begin(row.name());
      try {
        measured.addAll(row.measure(workshop, pace, progress::say));
      } catch (IOException | RuntimeException e) {
        if (workshop.isEnding() || (row instanceof AgainstItself && rows.size() > 1)) {
          throw e;
        }
        String why = String.valueOf(e.getMessage());
        progress.say("could not be measured: " + why);
        failures.put(row.name(), why.lines().findFirst().orElse(""));
      }
      progress.end(row.estimate(pace));
    }
    Map<String, String> participants = new LinkedHashMap<>();
    PARTICIPANTS.forEach(each -> participants.put(each.name(), each.settings()));
    participants.put("bare handler", BareHandler.SETTINGS);
    Result result =
        new Result(
            kind,
            begin.toString(),
            commit,
            Machine.current(),
            participants,
            failures,
            measured.figures(),
            measured.points());
    result.write(
        workshop
            .checkout()
            .resolve("bench/results")
            .resolve(kind + "-" + begin.toString().replace(":", "") + ".json"));
    return result;
  }

  /// Makes a result the one that the document shows, and writes the document.
  void show(Result result) throws IOException {
    result.write(Report.resultOf(workshop.checkout(), result.kind()));
    if (result.kind().equals("full")) {
      Report.addToHistory(workshop.checkout(), result);
    }
    Report.write(workshop.checkout());
  }

  private String commit() throws IOException, InterruptedException {
    String commit = git("rev-parse", "--short", "HEAD");
    return git("status", "--porcelain").isEmpty() ? commit : commit + "+";
  }

  private String git(String... words) throws IOException, InterruptedException {
    String[] command = new String[words.length + 1];
    command[0] = "git";
    System.arraycopy(words, 0, command, 1, words.length);
    try {
      return Tool.run(workshop.processes(), Command.of(workshop.checkout(), command)).strip();
    } catch (IOException e) {
      // A source archive has no history.
      return "";
    }
  }
}
