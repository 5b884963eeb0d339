package io.clientele.bench.participant;

import io.clientele.bench.load.Call;
import io.clientele.bench.process.ServerProcess;
import io.clientele.bench.process.ServerProcess.Command;
import io.clientele.bench.process.ServerProcess.Ready;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Spring Authorization Server, as delivered or without the hash of the secret.
public final class SpringServer implements Participant {

  private static final Ready READY = new Ready.OnOutput(Pattern.compile("Started Application in"));

  private final boolean isAsDelivered;

  private SpringServer(boolean isAsDelivered) {
    this.isAsDelivered = isAsDelivered;
  }

  /// It checks the secret with bcrypt on every request.
  public static SpringServer asDelivered() {
    return new SpringServer(true);
  }

  /// The secret is compared in the clear, so that servers are compared and not hashes.
  public static SpringServer withoutHashing() {
    return new SpringServer(false);
  }

  @Override
  public String name() {
    return "Spring Authorization Server (Boot 4.1.2), "
        + (isAsDelivered ? "as delivered" : "without hashing");
  }

  @Override
  public String settings() {
    String secret =
        isAsDelivered
            ? "the secret stored as its delegating encoder stores it, bcrypt of strength 10"
            : "a `NoOpPasswordEncoder` in place of bcrypt";
    return "`java -jar` of `bench/peers/spring`, default settings, in-memory clients and tokens, "
        + secret
        + "; its store keeps every token, so it is started anew for every trial.";
  }

  @Override
  public RunningServer start(Workshop workshop) throws IOException, InterruptedException {
    Path directory =
        Peer.installed(workshop, "spring", "spring", each -> Maven.run(workshop, each, "package"));
    int port = Workshop.freePort();
    List<String> words = new ArrayList<>();
    words.add(Path.of(Maven.javaHome(), "bin/java").toString());
    words.addAll(List.of("-jar", "target/spring-1.jar"));
    words.addAll(List.of("--server.address=127.0.0.1", "--server.port=" + port));
    if (!isAsDelivered) {
      words.add("--bench.without-hashing=true");
    }
    ServerProcess process =
        ServerProcess.start(workshop.processes(), new Command(words, Map.of(), directory), READY);
    process.awaitReady(READY, Duration.ofMinutes(2));
    return TokenCheck.checked(
        new RunningServer(
            name(),
            process,
            Call.form(
                port,
                "/oauth2/token",
                Peer.CLIENT,
                Peer.SECRET,
                "grant_type=client_credentials&scope=read"),
            RunningServer.at(port, "/oauth2/jwks")));
  }
}
