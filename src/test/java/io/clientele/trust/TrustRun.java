package io.clientele.trust;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Runs the cases of the trust suite with their full counts, one after the other, each in a process
/// of its own, and writes docs/trust.md. What was good at the same commit is not run again, so a
/// run that was ended goes on where it stood.
final class TrustRun {

  private static final String USAGE =
      """
      Usage: ./verify --trust|--soak [CASE…] [--anew]

      Runs the trust suite with the counts of docs/trust.md, and writes that document.
      CASE    T1 to T30, T0 for planted faults: these alone
      --anew  also what was good at this commit already
      """;

  private static final Path CLASSES = Path.of("target/test-classes/io/clientele/trust");
  private static final Path DOCUMENT = Path.of("docs/trust.md");
  private static final Path RESULTS = Path.of("docs/trust/results.json");

  /// What hangs ends after this many times its estimate, and half an hour.
  private static final int PATIENCE = 3;

  /// What is wanted.
  ///
  /// @param cases empty for all
  private record Wanted(Scale scale, Set<String> cases, boolean anew) {}

  private final Wanted wanted;
  private final String commit;
  private final Path directory;
  private final PrintStream err;
  private final TrustReport report;
  private volatile @Nullable Process running;

  private TrustRun(Wanted wanted, String commit, PrintStream err) {
    this.wanted = wanted;
    this.commit = commit;
    this.err = err;
    this.directory = Path.of("target/trust", wanted.scale().word(), commit.replace(' ', '-'));
    this.report = TrustReport.read(RESULTS);
  }

  /// @param words the commit, then what `./verify` was told
  public static void main(String[] words) throws Exception {
    List<String> rest = Arrays.asList(words).subList(1, words.length);
    Set<String> cases = new TreeSet<>();
    for (String word : rest) {
      if (word.matches("T\\d+")) {
        cases.add(word);
      } else if (!Set.of("--trust", "--soak", "--anew").contains(word)) {
        System.err.print("unknown: " + word + "\n" + USAGE);
        System.exit(2);
      }
    }
    Scale scale = rest.contains("--soak") ? Scale.SOAK : Scale.FULL;
    TrustRun run =
        new TrustRun(new Wanted(scale, cases, rest.contains("--anew")), words[0], System.err);
    System.exit(run.all() ? 0 : 1);
  }

  private boolean all() throws IOException, InterruptedException, ReflectiveOperationException {
    List<Class<?>> cases = cases();
    if (cases.isEmpty()) {
      err.println("There is no such case.");
      return false;
    }
    Files.createDirectories(directory);
    Runtime.getRuntime().addShutdownHook(new Thread(this::endChild, "trust-stop"));
    List<Class<?>> left = new ArrayList<>();
    for (Class<?> it : cases) {
      if (!wanted.anew() && Files.exists(file(it)) && Result.read(file(it)).isGood()) {
        err.println("At this commit already: " + Result.read(file(it)).line());
        report.putUnlessThere(it.getSimpleName(), Result.read(file(it)), commit);
      } else {
        left.add(it);
      }
    }
    List<String> failed = new ArrayList<>();
    try (TrustProgress progress = TrustProgress.on(err, estimates(left))) {
      for (Class<?> it : left) {
        progress.begins(name(it));
        if (!run(it, progress)) {
          failed.add(name(it) + ", see " + log(it));
        }
        progress.ended();
      }
    }
    report.write(RESULTS, DOCUMENT);
    failed.forEach(each -> err.println("FAILED: " + each));
    err.println(
        String.format(
            Locale.ROOT,
            "%d cases, %d failed; the figures are in %s.",
            cases.size(),
            failed.size(),
            DOCUMENT));
    return failed.isEmpty();
  }

  private static TrustCase about(Class<?> it) {
    return it.getAnnotation(TrustCase.class);
  }

  private static String name(Class<?> it) {
    return about(it).id() + " " + about(it).title();
  }

  /// The wanted ones, by number.
  private List<Class<?>> cases() throws IOException, ClassNotFoundException {
    List<Class<?>> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(CLASSES)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith("Test.class")) {
          found.add(Class.forName("io.clientele.trust." + name.replace(".class", "")));
        }
      }
    }
    found.removeIf(
        it ->
            about(it) == null
                || wanted.scale().required(about(it)) == 0
                || !(wanted.cases().isEmpty() || wanted.cases().contains(about(it).id())));
    found.sort(Comparator.comparingInt(it -> Integer.parseInt(about(it).id().substring(1))));
    return found;
  }

  private Path file(Class<?> it) {
    return directory.resolve(it.getSimpleName() + ".json");
  }

  private Path log(Class<?> it) {
    return directory.resolve(it.getSimpleName() + ".log");
  }

  /// Seconds of each, as the last run had it or else as its author thought.
  private Map<String, Double> estimates(List<Class<?>> cases) {
    Map<String, Double> estimates = new TreeMap<>();
    for (Class<?> it : cases) {
      estimates.put(
          name(it),
          report.seconds(it.getSimpleName(), wanted.scale()).orElse((double) about(it).seconds()));
    }
    return estimates;
  }

  private boolean run(Class<?> it, TrustProgress progress)
      throws IOException, InterruptedException {
    Files.deleteIfExists(file(it));
    Path errors = directory.resolve(it.getSimpleName() + ".err");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx3g",
            "--enable-native-access=ALL-UNNAMED",
            "-Dclientele.trust=" + wanted.scale().word(),
            "-Dclientele.trust.results=" + directory,
            "-cp",
            System.getProperty("java.class.path", "").replace("::", File.pathSeparator),
            "io.clientele.trust.OneCase",
            it.getName());
    Process child =
        new ProcessBuilder(command)
            .redirectOutput(Redirect.to(log(it).toFile()))
            .redirectError(Redirect.to(errors.toFile()))
            .start();
    running = child;
    child.getOutputStream().close();
    Instant end =
        Instant.now()
            .plus(Duration.ofMinutes(30))
            .plusSeconds((long) about(it).seconds() * PATIENCE)
            .plus(wanted.scale() == Scale.SOAK ? Duration.ofHours(12) : Duration.ZERO);
    while (!child.waitFor(1, TimeUnit.SECONDS)) {
      progress.tick();
      if (Instant.now().isAfter(end)) {
        endChild();
      }
    }
    boolean good = child.exitValue() == 0 && Files.exists(file(it));
    if (Files.exists(file(it))) {
      Result result = Result.read(file(it));
      good &= result.isGood();
      progress.line(result.line());
      report.put(it.getSimpleName(), result, commit);
      report.write(RESULTS, DOCUMENT);
    }
    if (good) {
      // The request log of a million requests.
      Files.delete(log(it));
      Files.delete(errors);
    } else {
      progress.line(Files.readString(errors));
    }
    return good;
  }

  private void endChild() {
    Process child = running;
    if (child != null) {
      child.descendants().forEach(ProcessHandle::destroyForcibly);
      child.destroyForcibly();
    }
  }
}
