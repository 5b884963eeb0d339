package io.clientele.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The program as a process of its own, which can be killed.
public final class ServerProcess implements AutoCloseable {
  private static final Pattern READY =
      Pattern.compile("Clientele is ready: (http://127\\.0\\.0\\.1:\\d+)");

  /// A machine that does much else starts a program slowly; only one that hangs takes so long.
  private static final long LONGEST_WAIT_SECONDS = 180;

  private final Process process;
  private final Queue<String> out = new ConcurrentLinkedQueue<>();
  private final Queue<String> err = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<URI> ready = new CompletableFuture<>();
  private final Thread outReader;
  private final Thread errReader;

  private ServerProcess(List<String> command) {
    try {
      process = new ProcessBuilder(command).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    outReader = Thread.ofVirtual().start(() -> copy(process.getInputStream(), out));
    errReader =
        Thread.ofVirtual()
            .start(
                () -> {
                  copy(process.getErrorStream(), err);
                  ready.completeExceptionally(
                      new IllegalStateException("the program ended:\n" + err() + "\n" + out()));
                });
  }

  /// Starts `serve` on this data directory, on a port that the system picks unless the arguments
  /// name one. Comes back at once; [#uri] waits until it is ready.
  public static ServerProcess serve(Path data, String... extraArguments) {
    List<String> arguments = new ArrayList<>(List.of("serve", "--data", data.toString()));
    if (!List.of(extraArguments).contains("--port")) {
      arguments.addAll(List.of("--port", "0"));
    }
    arguments.addAll(List.of(extraArguments));
    return run(arguments.toArray(String[]::new));
  }

  /// The same as on a machine where Amazon's provider does not load: the JDK signs and verifies.
  public static ServerProcess serveWithoutCorretto(Path data) {
    List<String> command =
        new ArrayList<>(command("serve", "--data", data.toString(), "--port", "0"));
    command.replaceAll(
        word ->
            word.equals(classPath())
                ? Arrays.stream(word.split(File.pathSeparator))
                    .filter(entry -> !entry.contains("AmazonCorrettoCryptoProvider"))
                    .collect(Collectors.joining(File.pathSeparator))
                : word);
    return new ServerProcess(command);
  }

  /// The same on one processor alone.
  public static ServerProcess serveOn(int processor, Path data, String... extraArguments) {
    List<String> arguments =
        new ArrayList<>(List.of("serve", "--data", data.toString(), "--port", "0"));
    arguments.addAll(List.of(extraArguments));
    List<String> command = new ArrayList<>(List.of("taskset", "-c", Integer.toString(processor)));
    command.addAll(command(arguments.toArray(String[]::new)));
    return new ServerProcess(command);
  }

  /// Runs the program with these arguments.
  public static ServerProcess run(String... arguments) {
    return new ServerProcess(command(arguments));
  }

  /// The same with a heap of at most so many MiB.
  public static ServerProcess runWithHeap(int mebibytes, String... arguments) {
    List<String> command = command(arguments);
    command.set(command.indexOf("-Xmx512m"), "-Xmx" + mebibytes + "m");
    return new ServerProcess(command);
  }

  /// Starts `serve` as [#serve] does, with these classes in front of the program's.
  ///
  /// @param classes a directory that [PatchedClasses] compiled into
  public static ServerProcess serveWith(Path classes, Path data, String... extraArguments) {
    List<String> arguments =
        new ArrayList<>(List.of("serve", "--data", data.toString(), "--port", "0"));
    arguments.addAll(List.of(extraArguments));
    List<String> command = new ArrayList<>(command(arguments.toArray(String[]::new)));
    int classPath = command.indexOf("-cp") + 1;
    command.set(classPath, classes + File.pathSeparator + command.get(classPath));
    return new ServerProcess(command);
  }

  /// The same, and no file that it writes may become longer than this.
  public static ServerProcess runWithFilesUpTo(int kibibytes, String... arguments) {
    List<String> limited =
        new ArrayList<>(
            List.of("bash", "-c", "ulimit -f " + kibibytes + " && exec \"$@\"", "bash"));
    limited.addAll(command(arguments));
    return new ServerProcess(limited);
  }

  private static List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                "io.clientele.Main"));
    command.addAll(List.of(arguments));
    return command;
  }

  static String classPath() {
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(all.split(File.pathSeparator))
        .filter(entry -> !entry.replace('\\', '/').replaceAll("/$", "").endsWith("test-classes"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /// Where it listens; waits until it says so on standard error.
  public URI uri() {
    try {
      return ready.get(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("not ready in time:\n" + err() + "\n" + out(), e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// What is written in `operator.json` of this data directory.
  public static JsonNode operator(Path data) {
    try {
      return Answer.JSON.readTree(Files.readAllBytes(data.resolve("operator.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Http http() {
    return Http.to(uri());
  }

  /// A token for this client.
  public String token(String clientId, String secret) {
    return http()
        .form("/oauth/token", Http.basic(clientId, secret), "grant_type", "client_credentials")
        .expect(200)
        .json("access_token")
        .asText();
  }

  /// A token of the operator, whose credentials are in this data directory when the server is
  /// ready.
  public String operatorToken(Path data) {
    Http ready = http();
    return ready
        .form("/oauth/token", operatorBasic(data), "grant_type", "client_credentials")
        .expect(200)
        .json("access_token")
        .asText();
  }

  /// The Basic header of the operator.
  public static String operatorBasic(Path data) {
    JsonNode operator = operator(data);
    return Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
  }

  public long pid() {
    return process.pid();
  }

  /// Ends it with SIGKILL and waits until it is gone.
  public void kill9() {
    // By the handle: Process.destroy closes the streams, and what was written last is lost.
    process.toHandle().destroyForcibly();
    exitCode();
  }

  /// Sends SIGTERM.
  public void terminate() {
    process.toHandle().destroy();
  }

  /// Waits for its end.
  public int exitCode() {
    try {
      if (!process.waitFor(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("still running:\n" + err() + "\n" + out());
      }
      outReader.join();
      errReader.join();
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// Standard output so far.
  public String out() {
    return String.join("\n", out);
  }

  /// The lines of standard output so far.
  public List<String> outLines() {
    return List.copyOf(out);
  }

  /// Standard error so far.
  public String err() {
    return String.join("\n", err);
  }

  private void copy(InputStream from, Queue<String> to) {
    try (BufferedReader reader = new BufferedReader(new InputStreamReader(from, UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        to.add(line);
        Matcher matcher = READY.matcher(line);
        if (matcher.find()) {
          ready.complete(URI.create(matcher.group(1)));
        }
      }
    } catch (IOException e) {
      to.add("(stream ended: " + e.getMessage() + ")");
    }
  }

  /// Ends it if it still runs.
  @Override
  public void close() {
    if (process.isAlive()) {
      kill9();
    }
  }
}
