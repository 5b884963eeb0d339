package io.clientele.bench.participant;

import io.clientele.bench.load.Call;
import io.clientele.bench.process.ServerProcess;
import io.clientele.bench.process.ServerProcess.Command;
import io.clientele.bench.process.ServerProcess.Ready;
import io.clientele.bench.process.Tool;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// oidc-provider on Node, one process.
public final class OidcProvider implements Participant {

  private static final Ready READY = new Ready.OnOutput(Pattern.compile("listening on \\d+"));

  @Override
  public String name() {
    return "oidc-provider 9.13.3";
  }

  @Override
  public String settings() {
    return "`NODE_ENV=production node server.mjs` (`bench/peers/oidc-provider`): one process, its"
        + " own in-memory adapter, JWT access tokens for one resource server.";
  }

  @Override
  public RunningServer start(Workshop workshop) throws IOException, InterruptedException {
    Path directory =
        Peer.installed(
            workshop,
            "oidc-provider",
            "oidc-provider",
            each -> Tool.run(workshop.processes(), Command.of(each, "npm", "ci", "--silent")));
    int port = Workshop.freePort();
    ServerProcess process =
        ServerProcess.start(
            workshop.processes(),
            new Command(
                List.of("node", "server.mjs"),
                Map.of("NODE_ENV", "production", "PORT", Integer.toString(port)),
                directory),
            READY);
    process.awaitReady(READY, Duration.ofMinutes(1));
    return TokenCheck.checked(
        new RunningServer(
            name(),
            process,
            Call.form(
                port,
                "/token",
                Peer.CLIENT,
                Peer.SECRET,
                "grant_type=client_credentials&scope=read"),
            RunningServer.at(port, "/jwks")));
  }
}
