package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
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
    private Path trainings;

    @BeforeEach
    void layOut() throws IOException {
      checkout = directory.resolve("a checkout");
      Files.createDirectories(checkout.resolve("src/main"));
      Files.writeString(checkout.resolve("pom.xml"), "");
      launcher = Files.copy(PROJECT.resolve("clientele"), checkout.resolve("clientele"));
      calls = directory.resolve("calls");
      trainings = directory.resolve("trainings");
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
    void theFirstServerStartMakesTheCacheAndTheNextUsesIt() throws Exception {
      borrowForTheCache();

      assertThat(launch(Map.of(), "serve").out()).doesNotContain("-XX:AOTCache=");
      Eventually.is("the cache is made", () -> Files.exists(cache("for")));

      assertThat(launch(Map.of(), "serve").out()).contains("|-XX:AOTCache=" + cache() + "|");
      assertThat(launch(Map.of(), "import").out()).doesNotContain("-XX:AOTCache=");
      assertThat(trainings()).hasSize(2).allMatch(line -> line.contains("|train|"));
      assertThat(leftBeside(cache())).isEmpty();
    }

    @Test
    void prepareMakesTheCacheAtOnce() throws Exception {
      borrowForTheCache();

      Ended ended = launch(Map.of(), "prepare");

      assertThat(ended.exitCode()).as(ended.err()).isZero();
      assertThat(ended.err()).contains("Making the start cache… ");
      assertThat(cache()).exists();
      assertThat(launch(Map.of(), "prepare").exitCode()).isZero();
      assertThat(trainings()).hasSize(2);
    }

    @Test
    void aCacheOfAnotherJavaIsNotUsedAndMadeAnew() throws Exception {
      borrowForTheCache();
      launch(Map.of(), "prepare");
      Map<String, String> other = Map.of("CLIENTELE_JAVA_HOME", javaHome("26").toString());

      assertThat(launch(other, "serve").out()).doesNotContain("-XX:AOTCache=");
      Eventually.is("it is made anew", () -> trainings().size() == 4);
    }

    @Test
    void aCacheOfAnOlderProgramIsNotUsed() throws Exception {
      borrowForTheCache();
      launch(Map.of(), "prepare");
      Path jar = checkout.resolve("target/launcher/clientele.jar");
      FileTime made = Files.getLastModifiedTime(cache("for"));
      Files.setLastModifiedTime(jar, FileTime.fromMillis(made.toMillis() + 1000));

      assertThat(launch(Map.of(), "serve").out()).doesNotContain("-XX:AOTCache=");
    }

    @Test
    void launchesAtTheSameTimeMakeOneCache() throws Exception {
      borrowForTheCache();
      launch(Map.of());
      List<Started> launches = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        launches.add(start(environment(), launcher, "prepare"));
      }
      for (Started each : launches) {
        assertThat(each.end().exitCode()).isZero();
      }

      assertThat(trainings()).hasSize(2);
      assertThat(leftBeside(cache())).isEmpty();
    }

    @Test
    void aTrainingThatFailsIsSaidAndNotTriedAgainAtEveryStart() throws Exception {
      borrowForTheCache();
      Path broken = javaHome("25.0.2");
      script(
          broken.resolve("bin/java"),
          "if [[ $* == *' train '* ]]; then echo called >>'%s'; echo 'no way'; exit 1; fi; exit 7\n"
              .formatted(trainings));
      Map<String, String> java = Map.of("CLIENTELE_JAVA_HOME", broken.toString());

      Ended prepare = launch(java, "prepare");

      assertThat(prepare.exitCode()).isEqualTo(1);
      assertThat(prepare.err()).contains("could not be made", "clientele.aot.log", "prepare");
      assertThat(cache("log")).content().contains("no way");
      assertThat(launch(java, "serve").exitCode()).isEqualTo(7);
      assertThat(trainings()).hasSize(1);
    }

    @Test
    void whereItCannotWriteItSaysSoAndStartsWithoutACache() throws Exception {
      launch(Map.of());
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.setPosixFilePermissions(
          cache().getParent(), PosixFilePermissions.fromString("r-xr-xr-x"));
      // The superuser may write everywhere.
      List<String> command =
          System.getProperty("user.name").equals("root")
              ? List.of("--reuid=65534", "--regid=65534", "--clear-groups", launcher.toString())
              : List.of();

      Ended serve =
          run(
              environment(),
              command.isEmpty() ? launcher : onPath("setpriv"),
              Stream.concat(command.stream(), Stream.of("serve")).toArray(String[]::new));

      assertThat(serve.exitCode()).isEqualTo(7);
      assertThat(serve.err()).contains("no start cache", "cannot be written", "prepare");
      assertThat(serve.out()).doesNotContain("-XX:AOTCache=");
      assertThat(trainings).doesNotExist();
      Files.setPosixFilePermissions(
          cache().getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aLargeDirectoryGetsTheCollectorWithShortPauses() throws Exception {
      for (List<String> words :
          List.of(List.of("--directory-memory", "4096"), List.of("--directory-memory=513"))) {
        List<String> arguments = new ArrayList<>(List.of("serve"));
        arguments.addAll(words);
        assertThat(launch(Map.of(), arguments.toArray(String[]::new)).out())
            .contains("|-XX:+UseG1GC|");
      }
      assertThat(launch(Map.of("CLIENTELE_DIRECTORY_MEMORY", "600"), "serve").out())
          .contains("|-XX:+UseG1GC|");
      assertThat(launch(Map.of(), "serve", "--directory-memory", "08x").exitCode()).isEqualTo(7);
    }

    @Test
    void theOptionsOfTheEnvironmentChooseAnotherCollectorAndAreNoPartOfTheTraining()
        throws Exception {
      borrowForTheCache();
      launch(Map.of("CLIENTELE_JAVA_OPTS", "-XX:+UseZGC"), "prepare");

      assertThat(trainings())
          .allMatch(line -> line.contains("-XX:+UseSerialGC") && !line.contains("-XX:+UseZGC"));
      assertThat(launch(Map.of("CLIENTELE_JAVA_OPTS", "-XX:+UseZGC"), "serve").out())
          .contains("|-XX:+UseZGC|")
          .doesNotContain("-XX:+UseSerialGC", "-XX:+UseG1GC", "-Xmn");
    }

    private void borrowForTheCache() throws IOException {
      for (String tool : List.of("mktemp", "renice")) {
        borrow(tool, tools);
      }
    }

    private List<String> trainings() {
      try {
        return Files.readAllLines(trainings);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private Path cache() {
      return checkout.resolve("target/launcher/clientele.aot");
    }

    private Path cache(String suffix) {
      return cache().resolveSibling("clientele.aot." + suffix);
    }

    /// What a making has left beside the cache, its description and its lock.
    private static List<Path> leftBeside(Path cache) throws IOException {
      try (Stream<Path> all = Files.list(cache.getParent())) {
        return all.filter(each -> each.getFileName().toString().startsWith("clientele.aot."))
            .filter(each -> !each.toString().endsWith(".for") && !each.toString().endsWith(".lock"))
            .toList();
      }
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
      // A training run makes the file that it is told to make, and notes that it ran.
      script(
          bin.resolve("java"),
          """
          if [[ $* == *' train '* ]]; then
            for argument; do
              case $argument in
                -XX:AOTCacheOutput=*) echo cache >"${argument#*=}" ;;
              esac
            done
            { printf '%%s|' "$@"; echo; } >>"%s"
            exit 0
          fi
          printf '%%s|' "$@"
          echo
          exit 7
          """
              .formatted(trainings));
      script(bin.resolve("javac"), "");
      return home;
    }
  }

  @Nested
  class InAnUnpackedPackage {
    private static final Pattern READY =
        Pattern.compile("Clientele is ready: (http://127\\.0\\.0\\.1:\\d+)");

    /// With the real JVM: what the launcher is told by stand-ins above holds for it too.
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
      itSaysWhatItIsMadeOf(unpacked);
      // Started through a link, as packages are, and with nothing but a shell on the PATH.
      Path tools = Files.createDirectories(directory.resolve("tools"));
      borrow("bash", tools);
      borrow("readlink", tools);
      Path link =
          Files.createSymbolicLink(tools.resolve("clientele"), unpacked.resolve("bin/clientele"));
      Path data = directory.resolve("data");
      Map<String, String> environment =
          Map.of("PATH", tools.toString(), "CLIENTELE_JAVA_HOME", JAVA_HOME);

      assertThat(served(environment, link, data)).contains("the start cache could not be made");

      // With a cache that the real JVM makes, and with one that it must refuse, it says nothing.
      Ended prepared = run(Map.of("CLIENTELE_JAVA_HOME", JAVA_HOME), link, "prepare");
      assertThat(prepared.exitCode()).as(prepared.err()).isZero();
      Path cache = unpacked.resolve("lib/clientele.aot");
      assertThat(served(environment, link, data)).isEmpty();
      Files.writeString(cache, "no cache at all");
      assertThat(served(environment, link, data)).isEmpty();
    }

    /// Its SBOM names each library that is in it, with a digest, and nothing that changes from
    /// build to build.
    private static void itSaysWhatItIsMadeOf(Path unpacked) throws IOException {
      JsonNode sbom =
          Answer.JSON.readTree(Files.readAllBytes(unpacked.resolve("clientele.cdx.json")));

      assertThat(sbom.path("bomFormat").asText()).isEqualTo("CycloneDX");
      assertThat(sbom.path("metadata").path("component").path("version").asText())
          .isEqualTo(version());
      assertThat(sbom.has("serialNumber")).isFalse();
      assertThat(sbom.path("metadata").has("timestamp")).isFalse();
      List<String> named = new ArrayList<>();
      for (JsonNode component : sbom.path("components")) {
        named.add(component.path("name").asText() + "-" + component.path("version").asText());
        assertThat(component.path("hashes")).as(component.toString()).isNotEmpty();
      }
      assertThat(named).anyMatch(name -> name.startsWith("AmazonCorrettoCryptoProvider-"));
      try (Stream<Path> libraries = Files.list(unpacked.resolve("lib"))) {
        assertThat(libraries.map(Path::getFileName).map(Path::toString))
            .filteredOn(name -> name.endsWith(".jar") && !name.equals("clientele.jar"))
            .isNotEmpty()
            .allSatisfy(name -> assertThat(named).contains(name.replace(".jar", "")));
      }
    }

    /// Starts a server, takes a token and stops it with SIGTERM.
    ///
    /// @return what it said before it was ready; on a data directory that was used, of itself only
    private String served(Map<String, String> environment, Path launcher, Path data)
        throws Exception {
      Started started =
          start(environment, launcher, "serve", "--port", "0", "--data", data.toString());
      Process server = started.process();
      try (BufferedReader err = server.errorReader(UTF_8)) {
        StringBuilder said = new StringBuilder();
        Http http = Http.to(ready(err, said));
        JsonNode operator = ServerProcess.operator(data);
        String id = operator.get("clientId").asText();
        String secret = operator.get("clientSecret").asText();

        http.form("/oauth/token", Http.basic(id, secret), "grant_type", "client_credentials")
            .expect(200);

        server.destroy();
        assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isZero();
        assertThat(Files.readAllLines(started.out())).allMatch(line -> line.startsWith("{"));
        return said.toString();
      } finally {
        server.destroyForcibly();
      }
    }

    private static URI ready(BufferedReader err, StringBuilder said) throws IOException {
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        Matcher matcher = READY.matcher(line);
        if (matcher.find()) {
          return URI.create(matcher.group(1));
        }
        said.append(line).append('\n');
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
