package io.clientele.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A server in a process of its own. Both its outputs are read to the end.
public final class ServerProcess implements AutoCloseable {

  private final Processes processes;
  private final Process process;
  private final Output out;
  private final Output err;
  private final long startedNanos;

  private ServerProcess(
      Processes processes, Process process, Output out, Output err, long startedNanos) {
    this.processes = processes;
    this.process = process;
    this.out = out;
    this.err = err;
    this.startedNanos = startedNanos;
  }

  /// What is started.
  ///
  /// @param environment added to our own
  /// @param directory where it is started
  public record Command(List<String> words, Map<String, String> environment, Path directory) {
    public Command {
      words = List.copyOf(words);
      environment = Map.copyOf(environment);
    }

    /// The same with another value behind one of its words.
    public Command with(String option, String value) {
      List<String> changed = new ArrayList<>(words);
      changed.set(words.indexOf(option) + 1, value);
      return new Command(changed, environment, directory);
    }

    /// Without additions to the environment.
    public static Command of(Path directory, String... words) {
      return new Command(List.of(words), Map.of(), directory);
    }
  }

  /// Which line says that a server is ready.
  public sealed interface Ready {
    /// A line on standard output.
    record OnOutput(Pattern line) implements Ready {}

    /// A line on standard error.
    record OnError(Pattern line) implements Ready {}
  }

  /// Starts a server; it need not be ready yet.
  public static ServerProcess start(Processes processes, Command command, Ready ready)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command.words()).directory(command.directory().toFile());
    builder.environment().putAll(command.environment());
    long now = System.nanoTime();
    Process process = processes.start(builder);
    String name = command.words().getFirst();
    Output out =
        new Output(
            process.getInputStream(),
            ready instanceof Ready.OnOutput(Pattern line) ? Optional.of(line) : Optional.empty(),
            "output of " + name);
    Output err =
        new Output(
            process.getErrorStream(),
            ready instanceof Ready.OnError(Pattern line) ? Optional.of(line) : Optional.empty(),
            "errors of " + name);
    return new ServerProcess(processes, process, out, err, now);
  }

  /// Waits for the line that says that it is ready.
  ///
  /// @throws IOException if it does not come, with what the server said instead
  public Matcher awaitReady(Ready ready, Duration patience)
      throws IOException, InterruptedException {
    try {
      return switch (ready) {
        case Ready.OnOutput _ -> out.await(patience);
        case Ready.OnError _ -> err.await(patience);
      };
    } catch (IOException e) {
      String said = (out.tail() + "\n" + err.tail()).strip();
      close();
      throw new IOException(process.info().command().orElse("a server") + ": " + said, e);
    }
  }

  /// When it was started, on the clock of `System.nanoTime`.
  public long startedNanos() {
    return startedNanos;
  }

  /// CPU time since its start, with what it started, microseconds.
  public long cpuMicros() {
    return CpuTime.microsOf(process.toHandle());
  }

  /// Memory that is resident (`VmRSS`), with what it started, bytes.
  public long residentBytes() throws IOException {
    long sum = 0;
    for (ProcessHandle each : List.copyOf(handles())) {
      sum += residentBytes(each.pid());
    }
    return sum;
  }

  private List<ProcessHandle> handles() {
    try (var below = process.descendants()) {
      return java.util.stream.Stream.concat(java.util.stream.Stream.of(process.toHandle()), below)
          .toList();
    }
  }

  private static long residentBytes(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    return 0;
  }

  /// The command line that it runs with now, behind any launcher that made way for it.
  public Command asExecuted(Path directory) throws IOException {
    String line = Files.readString(Path.of("/proc/" + pid() + "/cmdline"));
    return new Command(List.of(line.split("\0")), Map.of(), directory);
  }

  /// How its JVM is set up: collector, heap, object headers; without what belongs to its program,
  /// as its start cache.
  public List<String> jvmOptions() throws IOException {
    return asExecuted(Path.of("")).words().stream()
        .filter(word -> word.startsWith("-X"))
        .filter(word -> !word.startsWith("-XX:AOT") && !word.startsWith("-Xlog"))
        .toList();
  }

  /// Lines on standard output so far.
  public long linesOut() {
    return out.lines();
  }

  /// What it said last on both outputs.
  public String said() {
    return (out.tail() + "\n" + err.tail()).strip();
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /// Ends it as a power cut would: it has no chance to write anything more.
  public void kill() {
    processes.kill(process);
  }

  /// Ends it in the orderly way, and what it started.
  @Override
  public void close() {
    processes.end(process);
  }
}
