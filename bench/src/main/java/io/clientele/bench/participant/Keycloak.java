package io.clientele.bench.participant;

import io.clientele.bench.load.Call;
import io.clientele.bench.process.ServerProcess;
import io.clientele.bench.process.ServerProcess.Command;
import io.clientele.bench.process.ServerProcess.Ready;
import io.clientele.bench.process.Tool;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Keycloak, built and started for production as its documents say, on its embedded database.
public final class Keycloak implements Participant {

  private static final String VERSION = "26.7.3";
  private static final String REALM = "/realms/bench/protocol/openid-connect";
  private static final Ready READY =
      new Ready.OnOutput(Pattern.compile("started in .*Listening on"));

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "JAVA_HOME",
          Maven.javaHome(),
          "JAVA_OPTS_KC_HEAP",
          "-Xms512m -Xmx2g",
          "KC_BOOTSTRAP_ADMIN_USERNAME",
          "admin",
          "KC_BOOTSTRAP_ADMIN_PASSWORD",
          Peer.SECRET);

  @Override
  public String name() {
    return "Keycloak " + VERSION;
  }

  @Override
  public String settings() {
    return "`kc.sh build --db=dev-file --health-enabled=false --metrics-enabled=false`, then"
        + " `kc.sh start --optimized --import-realm --cache=local`, heap 512 MB to 2 GB; a realm"
        + " with one confidential client with a service account, ES256, no events, no refresh"
        + " tokens.";
  }

  @Override
  public RunningServer start(Workshop workshop) throws IOException, InterruptedException {
    Path directory =
        Peer.installed(workshop, "keycloak", "keycloak", each -> install(workshop, each));
    Path home = home(directory);
    // The realm is imported into an empty database only.
    if (Files.exists(home.resolve("data"))) {
      Workshop.delete(home.resolve("data"));
    }
    Files.copy(
        directory.resolve("bench-realm.json"),
        Files.createDirectories(home.resolve("data/import")).resolve("bench-realm.json"));
    int port = Workshop.freePort();
    ServerProcess process =
        ServerProcess.start(
            workshop.processes(),
            new Command(
                List.of(
                    "bash",
                    "bin/kc.sh",
                    "start",
                    "--optimized",
                    "--import-realm",
                    "--http-enabled=true",
                    "--hostname-strict=false",
                    "--http-host=127.0.0.1",
                    "--http-port=" + port,
                    "--cache=local"),
                ENVIRONMENT,
                home),
            READY);
    process.awaitReady(READY, Duration.ofMinutes(3));
    return TokenCheck.checked(
        new RunningServer(
            name(),
            process,
            Call.token(port, REALM + "/token", Peer.CLIENT, Peer.SECRET),
            RunningServer.at(port, REALM + "/certs")));
  }

  private static void install(Workshop workshop, Path directory)
      throws IOException, InterruptedException {
    Maven.run(
        workshop,
        directory,
        "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:unpack",
        "-Dartifact=org.keycloak:keycloak-quarkus-dist:" + VERSION + ":zip",
        "-DoutputDirectory=" + directory);
    Tool.run(
        workshop.processes(),
        new Command(
            List.of(
                "bash",
                "bin/kc.sh",
                "build",
                "--db=dev-file",
                "--health-enabled=false",
                "--metrics-enabled=false"),
            ENVIRONMENT,
            home(directory)));
  }

  private static Path home(Path directory) {
    return directory.resolve("keycloak-" + VERSION);
  }
}
