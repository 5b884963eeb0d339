package io.clientele.trust;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/// A patch that breaks the program on purpose. Its first lines say what is broken, and the line
/// `Seen-by:` which test class must see it.
///
/// @param file the patch
/// @param what is broken, in words
/// @param seenBy name of a class
record PlantedFault(Path file, String what, String seenBy) {

  private static final Path DIRECTORY = Path.of("src/test/planted");
  private static final Path SOURCES = Path.of("src/main/java");
  private static final String SEEN_BY = "Seen-by: ";

  /// All of them, by name.
  static List<PlantedFault> all() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .filter(file -> file.toString().endsWith(".patch"))
          .sorted()
          .map(PlantedFault::read)
          .toList();
    }
  }

  private static PlantedFault read(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      String seenBy =
          lines.stream()
              .filter(line -> line.startsWith(SEEN_BY))
              .map(line -> line.substring(SEEN_BY.length()).strip())
              .findFirst()
              .orElseThrow(() -> new IllegalStateException(file + " has no line " + SEEN_BY));
      return new PlantedFault(file, lines.getFirst(), seenBy);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// As its file is named.
  String name() {
    return file.getFileName().toString().replace(".patch", "");
  }

  /// Says why the patch does not apply to the sources as they stand; nothing if it does.
  ///
  /// @param log where it may write
  String whyNotApplicable(Path log) throws IOException, InterruptedException {
    return git(Path.of(""), log, "apply", "--check", file.toAbsolutePath().toString());
  }

  /// Copies the sources, breaks the copy and compiles it.
  ///
  /// @param directory an empty one
  /// @return the classes
  /// @throws IllegalStateException if the patch does not apply, or what comes of it does not
  ///   compile
  Path plant(Path directory) throws IOException, InterruptedException {
    copySources(directory);
    String why =
        git(directory, directory.resolve("log"), "apply", file.toAbsolutePath().toString());
    if (!why.isEmpty()) {
      throw new IllegalStateException(name() + " does not apply: " + why);
    }
    return compile(directory);
  }

  /// Copies the sources as they are, and compiles the copy: what is not broken must pass.
  static Path plantNothing(Path directory) throws IOException {
    copySources(directory);
    return compile(directory);
  }

  private static void copySources(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.toList()) {
        Path copy = directory.resolve(file);
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  private static Path compile(Path directory) throws IOException {
    Path classes = Files.createDirectories(directory.resolve("classes"));
    List<String> arguments =
        new ArrayList<>(
            List.of("-nowarn", "-proc:none", "-parameters", "-cp", TestProcess.classPath()));
    arguments.addAll(List.of("-d", classes.toString()));
    try (Stream<Path> files = Files.walk(directory.resolve(SOURCES))) {
      files.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(arguments::add);
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(null, said, said, arguments.toArray(String[]::new));
    if (failed != 0) {
      throw new IllegalStateException(
          "it does not compile: " + said.toString(StandardCharsets.UTF_8));
    }
    return classes;
  }

  /// @return what it said if it failed, else nothing
  private static String git(Path directory, Path log, String... words)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(words));
    Path at = directory.toAbsolutePath();
    ProcessBuilder git = new ProcessBuilder(command).directory(at.toFile());
    // A repository around the directory is none of ours: git would pass over files outside of it.
    git.environment().put("GIT_CEILING_DIRECTORIES", String.valueOf(at.getParent()));
    Process process =
        git.redirectErrorStream(true).redirectOutput(Redirect.to(log.toFile())).start();
    return process.waitFor() == 0 ? "" : "git: " + Files.readString(log);
  }
}
