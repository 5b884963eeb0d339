package io.clientele.bench.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.clientele.bench.process.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// wrk, a load generator that others wrote: one thread, one request again and again.
public final class Wrk implements Load {

  private static final String REPORT =
      """
      done = function(summary, latency, requests)
        local e = summary.errors
        io.stderr:write(string.format('{"answered":%d,"micros":%d,"failed":%d}\\n',
          summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
      end
      """;

  private final Processes processes;
  private final String url;
  private final int connections;
  private final Path script;

  /// @param directory for wrk's script
  public Wrk(Processes processes, Call call, Path directory) throws IOException {
    this(processes, call, directory, CONNECTIONS);
  }

  /// @param connections other than all others have
  public Wrk(Processes processes, Call call, Path directory, int connections) throws IOException {
    this.processes = processes;
    this.connections = connections;
    this.url = "http://127.0.0.1:" + call.port() + call.path();
    this.script = Files.createTempFile(directory, "wrk", ".lua");
    Files.writeString(script, script(call));
  }

  private static String script(Call call) {
    StringBuilder lua = new StringBuilder();
    lua.append("wrk.method = ").append(quoted(call.method())).append('\n');
    call.headers()
        .forEach(
            (name, value) ->
                lua.append("wrk.headers[ ")
                    .append(quoted(name))
                    .append(" ] = ")
                    .append(quoted(value))
                    .append('\n'));
    lua.append("wrk.body = ").append(quoted(call.body())).append('\n');
    return lua.append(REPORT).toString();
  }

  private static String quoted(String text) {
    if (text.contains("]]")) {
      throw new IllegalArgumentException("not in a Lua string: " + text);
    }
    return "[[" + text + "]]";
  }

  @Override
  public Answered run(Duration duration) throws IOException, InterruptedException {
    Process wrk =
        processes.start(
            new ProcessBuilder(
                    List.of(
                        "wrk",
                        "--threads=1",
                        "--connections=" + connections,
                        "--duration=" + duration.toSeconds() + "s",
                        "--timeout=30s",
                        "--script=" + script,
                        url))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD));
    String said = new String(wrk.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    int code = wrk.waitFor();
    processes.forget(wrk);
    if (code != 0 || !said.startsWith("{")) {
      throw new IOException("wrk ended with " + code + ": " + said);
    }
    JsonNode report = new ObjectMapper().readTree(said);
    if (report.path("failed").asLong() > 0 || report.path("answered").asLong() == 0) {
      throw new IOException("wrk met failures at " + url + ": " + said);
    }
    return new Answered(
        report.path("answered").asLong(), report.path("micros").asDouble() / 1_000_000);
  }
}
