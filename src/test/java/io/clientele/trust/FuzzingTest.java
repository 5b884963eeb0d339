package io.clientele.trust;

import io.clientele.fuzz.FuzzCorpus;
import io.clientele.fuzz.FuzzDriver;
import io.clientele.fuzz.FuzzTarget;
import io.clientele.fuzz.Parser;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every parser that reads strangers' bytes, led by coverage (Jazzer) in processes of their own,
/// and the inputs that earlier runs found. What the full run finds lies under `target/trust/fuzz`;
/// it becomes part of what is kept with `cp target/trust/fuzz/*-found.txt
/// src/test/resources/fuzz/`.
@TrustCase(
    id = "T13",
    title = "Coverage-guided fuzzing of form, Basic, JSON and JWT, and of seven other parsers",
    unit = "seconds of the four",
    required = 2_400,
    brief = 3,
    seconds = 1_500)
class FuzzingTest {

  private static final Path DIRECTORY = Path.of("target/trust/fuzz");
  private static final int PROCESSORS = 2;

  /// An input that takes this many seconds hangs.
  private static final int HANGS = 60;

  private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in (\\d+) second");
  private static final Pattern COVERED = Pattern.compile("DONE\\s+cov: (\\d+) .*corp: (\\d+)/");
  private static final Pattern CRASH = Pattern.compile("Test unit written to (\\S+)");
  private static final Pattern EXCEPTION = Pattern.compile("== Java [^:]+: (.*)");

  /// Jazzer's own detectors of injections: nothing here speaks SQL or starts programs, and loading
  /// them takes longer than all else.
  private static final String DETECTORS =
      Stream.of(
              "BigDecimal",
              "ClojureLangHooks",
              "Deserialization",
              "ExpressionLanguageInjection",
              "FilePathTraversal",
              "LdapInjection",
              "NamingContextLookup",
              "OsCommandInjection",
              "ReflectiveCall",
              "RegexInjection",
              "RegexRoadblocks",
              "ScriptEngineInjection",
              "ServerSideRequestForgery",
              "SqlInjection",
              "TemplateInjection",
              "UnsafeSanitizer",
              "XPathInjection",
              "XmlParserSsrfGuidance")
          .map(name -> "com.code_intelligence.jazzer.sanitizers." + name)
          .collect(Collectors.joining(":"));

  @TempDir Path temporary;

  @ParameterizedTest
  @EnumSource(Parser.class)
  void everyInputThatIsKeptHolds(Parser parser, Tally tally) throws Exception {
    FuzzTarget target = parser.open();
    for (byte[] input : FuzzCorpus.of(parser)) {
      tally.badInputs(1);
      try {
        target.check(input);
      } catch (Exception | AssertionError | StackOverflowError e) {
        tally.wrong(parser + ": " + e + " for " + FuzzCorpus.line(input));
      }
    }
  }

  /// Of the fuzzing itself: what it cannot find by chance, it finds.
  @Test
  void aPlantedFaultIsFound(Tally tally) throws Exception {
    if (tally.scale() == Scale.BRIEF) {
      // Ten times as long as all inputs that are kept.
      return;
    }
    Fuzzed planted =
        fuzz(FuzzDriver.PLANTED, temporary, List.of("-runs=2000000", "-seed=1", "-max_len=8"));
    if (planted.exit == 0 || !planted.said.contains("the planted fault")) {
      tally.wrong("the planted fault was not found: " + planted.said);
    }
  }

  @Test
  void nothingIsFound(Tally tally) throws Exception {
    boolean brief = tally.scale() == Scale.BRIEF;
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService processes = Executors.newFixedThreadPool(PROCESSORS)) {
      // The long ones first, so that both processors are busy to the end.
      for (Parser parser : brief ? List.of(Parser.FORM) : List.of(Parser.values())) {
        int seconds = brief ? (int) tally.required() : parser.seconds();
        running.add(
            processes.submit(
                () -> {
                  fuzz(parser, seconds, tally);
                  return true;
                }));
      }
    }
    for (Future<?> each : running) {
      each.get();
    }
    tally.load(brief ? "" : PROCESSORS + " at a time");
  }

  private void fuzz(Parser parser, int seconds, Tally tally) throws Exception {
    Path directory = temporary.resolve(parser.word());
    Path inputs = Files.createDirectories(directory.resolve("inputs"));
    FuzzCorpus.unpack(parser, inputs);
    Fuzzed fuzzed =
        fuzz(
            parser.name(),
            directory,
            List.of(
                "-max_total_time=" + seconds,
                "-max_len=" + parser.longest(),
                "-timeout=" + HANGS,
                inputs.toString()));
    Matcher crash = CRASH.matcher(fuzzed.said);
    while (crash.find()) {
      Matcher exception = EXCEPTION.matcher(fuzzed.said);
      tally.wrong(
          String.format(
              Locale.ROOT,
              "%s: %s for %s",
              parser,
              exception.find() ? exception.group(1) : "it hangs or dies",
              FuzzCorpus.line(Files.readAllBytes(Path.of(crash.group(1))))));
    }
    Matcher done = DONE.matcher(fuzzed.said);
    if (fuzzed.exit != 0 || !done.find()) {
      tally.wrong(parser + ": the fuzzer ended with " + fuzzed.exit + ": " + end(fuzzed.said));
      return;
    }
    long executions = Long.parseLong(done.group(1));
    tally.badInputs(executions);
    if (parser.isNamed()) {
      tally.done(Math.min(seconds, Long.parseLong(done.group(2))));
    }
    Matcher covered = COVERED.matcher(fuzzed.said);
    if (covered.find()) {
      tally.measured(
          String.format(
              Locale.ROOT,
              "%s %,d inputs in %d s, %s edges, %s inputs kept",
              parser.word(),
              executions,
              seconds,
              covered.group(1),
              covered.group(2)));
    }
    if (tally.scale() != Scale.BRIEF) {
      FuzzCorpus.pack(parser, inputs, Files.createDirectories(DIRECTORY));
    }
  }

  private static String end(String said) {
    return said.substring(Math.max(0, said.length() - 2000));
  }

  /// How a fuzzer ended.
  private record Fuzzed(int exit, String said) {}

  private static Fuzzed fuzz(String target, Path directory, List<String> options)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Scale.current() == Scale.BRIEF) {
      command.add("-XX:TieredStopAtLevel=1");
    }
    Collections.addAll(
        command,
        "-Xmx512m",
        "-Xmn128m",
        "-XX:+UseSerialGC",
        "-XX:+EnableDynamicAgentLoading",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", "")),
        "com.code_intelligence.jazzer.Jazzer",
        "--target_class=" + FuzzDriver.class.getName(),
        "--target_args=" + target,
        "--instrumentation_includes=io.clientele.**:com.fasterxml.jackson.core.**",
        "--custom_hook_includes=io.clientele.**",
        "--disabled_hooks=" + DETECTORS,
        "--reproducer_path=" + directory,
        "-artifact_prefix=" + directory + "/",
        "-rss_limit_mb=0");
    command.addAll(options);
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.to(log.toFile()))
            .start();
    try {
      process.getOutputStream().close();
      return new Fuzzed(process.waitFor(), Files.readString(log, StandardCharsets.ISO_8859_1));
    } finally {
      process.destroyForcibly();
    }
  }
}
