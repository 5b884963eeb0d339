package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Http;
import io.clientele.harness.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The script `clientele`, as users start it.
class LauncherTest {
  private static final Path PROJECT = Path.of("").toAbsolutePath();
  private static final String JAVA_HOME = System.getProperty("java.home");

  private record Ended(int exitCode, String out, String err) {}

  @TempDir Path directory;

  @Nested
  class InASourceCheckout {
    @Test
    void itBuildsWhatIsNotBuiltAndSaysItsVersion() throws Exception {
      Ended ended = run(Map.of(), PROJECT.resolve("clientele"), "--version");

      assertThat(ended.exitCode()).as(ended.err()).isZero();
      assertThat(ended.out()).contains(version());
    }

    @Test
    void itShowsWhatItCanDo() throws Exception {
      Ended ended = run(Map.of(), PROJECT.resolve("clientele"), "--help");

      assertThat(ended.exitCode()).as(ended.err()).isZero();
      assertThat(ended.out()).contains("serve");
    }
  }

  /// A checkout of our own, whose Maven and Java are scripts that say what they were asked.
  @Nested
  class WithStandIns {
    private Path checkout;
    private Path launcher;
    private Path java;
    private Path tools;
    private Path calls;

    @BeforeEach
    void layOut() throws IOException {
      checkout = directory.resolve("a checkout");
      Files.createDirectories(checkout.resolve("src/main"));
      Files.writeString(checkout.resolve("pom.xml"), "");
      launcher = Files.copy(PROJECT.resolve("clientele"), checkout.resolve("clientele"));
      calls = directory.resolve("calls");
      tools = Files.createDirectories(directory.resolve("tools"));
      for (String tool : List.of("bash", "env", "find", "mkdir", "rm", "cp", "mv", "flock")) {
        borrow(tool, tools);
      }
      script(
          tools.resolve("mvn"),
          """
          for argument; do
            case $argument in
              -Doutput.directory=*) output=${argument#*=} ;;
            esac
          done
          echo called >>"%s"
          : >"$output/clientele-0.jar"
          """
              .formatted(calls));
      java = javaHome("25.0.1");
    }

    @Test
    void argumentsAndExitCodePassUnchanged() throws Exception {
      Ended ended = launch(Map.of(), "serve", "two words", "", "*", "--data=a b");

      assertThat(ended.exitCode()).isEqualTo(7);
      assertThat(ended.out()).endsWith("io.clientele.Main|serve|two words||*|--data=a b|\n");
    }

    @Test
    void optionsForTheJvmComeFromTheEnvironment() throws Exception {
      Ended ended = launch(Map.of("CLIENTELE_JAVA_OPTS", "-Xmx2g -Dx=y"));

      assertThat(ended.out()).contains("|-Xmx2g|-Dx=y|-cp|");
    }

    @Test
    void itBuildsOnceUntilASourceChanges() throws Exception {
      assertThat(launch(Map.of()).err())
          .startsWith("Building Clientele (first use)… ")
          .endsWith(" s\n");
      assertThat(launch(Map.of()).err()).isEmpty();
      assertThat(Files.readAllLines(calls)).hasSize(1);

      Path source = Files.writeString(checkout.resolve("src/main/New.java"), "");
      FileTime stamp = Files.getLastModifiedTime(checkout.resolve("target/launcher/built"));
      Files.setLastModifiedTime(source, FileTime.fromMillis(stamp.toMillis() + 1000));

      assertThat(launch(Map.of()).err()).startsWith("Building Clientele (sources changed)… ");
      assertThat(Files.readAllLines(calls)).hasSize(2);
    }

    @Test
    void launchesAtTheSameTimeBuildOnce() throws Exception {
      List<Started> launches = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        launches.add(start(environment(), launcher));
      }
      for (Started each : launches) {
        assertThat(each.end().exitCode()).isEqualTo(7);
      }

      assertThat(Files.readAllLines(calls)).hasSize(1);
    }

    @Test
    void aFailedBuildShowsWhatMavenSaidAndStartsNothing() throws Exception {
      script(tools.resolve("mvn"), "echo 'line 3: what is this?'\nexit 1\n");

      Ended ended = launch(Map.of());

      assertThat(ended.exitCode()).isEqualTo(1);
      assertThat(ended.err()).contains("line 3: what is this?", "the build failed");
      assertThat(ended.out()).isEmpty();
    }

    @Test
    void withoutMavenItSaysWhatToInstall() throws Exception {
      Files.delete(tools.resolve("mvn"));

      Ended ended = launch(Map.of());

      assertThat(ended.exitCode()).isEqualTo(1);
      assertThat(ended.err()).contains("no mvn is on the PATH", "apt-get install maven");
    }

    @Test
    void aJavaThatIsTooOldIsNotTaken() throws Exception {
      Ended ended = launch(Map.of("CLIENTELE_JAVA_HOME", javaHome("24.0.2").toString()));

      assertThat(ended.exitCode()).isEqualTo(1);
      assertThat(ended.err())
          .contains("needs Java 25 or newer", "is Java 24", "Install one", "CLIENTELE_JAVA_HOME");
    }

    @Test
    void withoutJavaItSaysWhatItTried() throws Exception {
      Ended ended = launch(Map.of("CLIENTELE_JAVA_HOME", directory + "/nowhere"));

      assertThat(ended.exitCode()).isEqualTo(1);
      assertThat(ended.err()).contains(directory + "/nowhere has no bin/java");
    }

    private Ended launch(Map<String, String> more, String... arguments) throws Exception {
      Map<String, String> all = environment();
      all.putAll(more);
      return run(all, launcher, arguments);
    }

    private Map<String, String> environment() {
      return new HashMap<>(
          Map.of("PATH", tools.toString(), "CLIENTELE_JAVA_HOME", java.toString()));
    }

    private Path javaHome(String version) throws IOException {
      Path home = directory.resolve("java " + version);
      Path bin = Files.createDirectories(home.resolve("bin"));
      Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
      script(bin.resolve("java"), "printf '%s|' \"$@\"\necho\nexit 7\n");
      script(bin.resolve("javac"), "");
      return home;
    }
  }

  @Nested
  class InAnUnpackedPackage {
    private static final Pattern READY =
        Pattern.compile("Clientele is ready: (http://127\\.0\\.0\\.1:\\d+)");

    @Test
    void itServesWithoutMavenAndEndsWellOnSigterm() throws Exception {
      Ended made = run(Map.of(), PROJECT.resolve("clientele"), "package");
      assertThat(made.exitCode()).as(made.err()).isZero();
      Path archive = PROJECT.resolve("target/clientele-" + version() + ".tar.gz");
      assertThat(made.err()).contains("target/" + archive.getFileName());
      Ended unpacking =
          run(Map.of(), onPath("tar"), "-xzf", archive.toString(), "-C", directory.toString());
      assertThat(unpacking.exitCode()).as(unpacking.err()).isZero();
      Path unpacked = directory.resolve("clientele-" + version());
      assertThat(unpacked.resolve("LICENSE")).exists();
      // Started through a link, as packages are, and with nothing but a shell on the PATH.
      Path tools = Files.createDirectories(directory.resolve("tools"));
      borrow("bash", tools);
      borrow("readlink", tools);
      Path link =
          Files.createSymbolicLink(tools.resolve("clientele"), unpacked.resolve("bin/clientele"));
      Path data = directory.resolve("data");

      Started started =
          start(
              Map.of("PATH", tools.toString(), "CLIENTELE_JAVA_HOME", JAVA_HOME),
              link,
              "serve",
              "--port",
              "0",
              "--data",
              data.toString());
      Process server = started.process();
      try (BufferedReader err = server.errorReader(UTF_8)) {
        Http http = Http.to(ready(err));
        JsonNode operator = ServerProcess.operator(data);
        String id = operator.get("clientId").asText();
        String secret = operator.get("clientSecret").asText();

        http.form("/oauth/token", Http.basic(id, secret), "grant_type", "client_credentials")
            .expect(200);

        server.destroy();
        assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isZero();
      } finally {
        server.destroyForcibly();
      }
    }

    private static URI ready(BufferedReader err) throws IOException {
      StringBuilder said = new StringBuilder();
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        said.append(line).append('\n');
        Matcher matcher = READY.matcher(line);
        if (matcher.find()) {
          return URI.create(matcher.group(1));
        }
      }
      throw new AssertionError("it ended before it was ready:\n" + said);
    }
  }

  private static String version() throws IOException {
    Matcher matcher =
        Pattern.compile("<version>([^<]+)</version>")
            .matcher(Files.readString(PROJECT.resolve("pom.xml")));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  /// Makes one tool of this machine available in a directory.
  private static void borrow(String tool, Path directory) throws IOException {
    script(directory.resolve(tool), "exec '" + onPath(tool) + "' \"$@\"\n");
  }

  private static void script(Path file, String body) throws IOException {
    Files.writeString(file, "#!" + onPath("bash") + "\n" + body);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Path onPath(String tool) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(each -> Path.of(each, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(tool + " is not on the PATH"));
  }

  private Ended run(Map<String, String> environment, Path program, String... arguments)
      throws Exception {
    return start(environment, program, arguments).end();
  }

  private Started start(Map<String, String> environment, Path program, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("CLIENTELE_"));
    builder.environment().putAll(environment);
    // To a file: a pipe that nobody reads would stop a server that has much to say.
    Path out = Files.createTempFile(directory, "out", "");
    return new Started(builder.redirectOutput(out.toFile()).start(), out);
  }

  private record Started(Process process, Path out) {
    Ended end() throws IOException, InterruptedException {
      String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
      return new Ended(process.waitFor(), Files.readString(out), err);
    }
  }
}
