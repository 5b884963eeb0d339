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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Clientele, started by its launcher with its documented defaults, as a user would.
public final class Clientele implements Participant {

  /// What it says when it is ready.
  public static final Ready READY =
      new Ready.OnError(Pattern.compile("Clientele is ready: http://127\\.0\\.0\\.1:(\\d+)"));

  private final Path data;
  private final List<String> options;

  /// @param data its data directory
  /// @param options of `serve` beside `--data` and `--port`
  public Clientele(Path data, String... options) {
    this.data = data;
    this.options = List.of(options);
  }

  /// The same with more options.
  public Clientele with(String... more) {
    return new Clientele(
        data, Stream.concat(options.stream(), Stream.of(more)).toArray(String[]::new));
  }

  @Override
  public String name() {
    return "Clientele";
  }

  @Override
  public String settings() {
    return "`./clientele serve` with its defaults: embedded SQLite, request log as JSON to a pipe"
        + " that is read to its end, all limits and counters on.";
  }

  /// Its data directory.
  public Path data() {
    return data;
  }

  /// Starts it without waiting.
  ///
  /// @param port 0 for a free one
  public ServerProcess launch(Workshop workshop, int port) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(workshop.checkout().resolve("clientele").toString());
    words.addAll(List.of("serve", "--data", data.toString(), "--port", Integer.toString(port)));
    words.addAll(options);
    return ServerProcess.start(
        workshop.processes(), new Command(words, Map.of(), workshop.checkout()), READY);
  }

  /// Starts it and waits until it is ready.
  public ClienteleServer serve(Workshop workshop) throws IOException, InterruptedException {
    ServerProcess process = launch(workshop, 0);
    Matcher ready = process.awaitReady(READY, Duration.ofMinutes(2));
    return new ClienteleServer(process, Integer.parseInt(ready.group(1)), data);
  }

  /// Starts it with customer `ABC` and a client that is what the bare handler's is: two roles on
  /// one tenant, a generated secret.
  @Override
  public RunningServer start(Workshop workshop) throws IOException, InterruptedException {
    ClienteleServer server = serve(workshop);
    try (Management management = new Management(server)) {
      management.createCustomer("ABC", "tenant1");
      ClientSecret client = management.createClient("ABC", "test_client");
      Call token = server.token(client);
      return TokenCheck.checked(new RunningServer(name(), server.process(), token, server::keys));
    }
  }
}
