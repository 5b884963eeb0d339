package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the documents say is true: their links lead somewhere, their options exist, their commands
/// work.
class DocumentsTest {

  private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)(#[^)]*)?\\)");
  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]+");
  private static final Pattern SHELL = Pattern.compile("(?s)```sh\\n(.*?)```");

  private static List<Path> documents() throws IOException {
    try (Stream<Path> top = Files.list(Path.of("."));
        Stream<Path> below = Files.walk(Path.of("docs"))) {
      return Stream.concat(top, below).filter(path -> path.toString().endsWith(".md")).toList();
    }
  }

  @Test
  void everyLinkLeadsSomewhere() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : documents()) {
      Matcher link = LINK.matcher(Files.readString(document));
      while (link.find()) {
        String target = link.group(1);
        if (!target.contains("://") && Files.notExists(document.resolveSibling(target))) {
          broken.add(document + " → " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void everyOptionInTheReadmeAndInSecurityIsOneOfACommand() throws IOException {
    Set<String> known = new TreeSet<>(Set.of("--help", "--version"));
    for (Object command :
        List.of(
            new ServeOptions(),
            new RestoreOptions(),
            new AuditOptions(),
            new AuditExportOptions())) {
      new picocli.CommandLine(command)
          .getCommandSpec()
          .options()
          .forEach(option -> known.addAll(List.of(option.names())));
    }
    for (Path document : List.of(Path.of("README.md"), Path.of("SECURITY.md"))) {
      Matcher option = OPTION.matcher(Files.readString(document));
      while (option.find()) {
        assertThat(known).as("options named in %s", document).contains(option.group());
      }
    }
  }

  @Test
  void everyTypeThatTheArchitectureNamesExists() throws IOException {
    Set<String> types = new TreeSet<>();
    try (Stream<Path> sources = Files.walk(Path.of("src"))) {
      sources
          .map(path -> path.getFileName().toString())
          .filter(name -> name.endsWith(".java"))
          .forEach(name -> types.add(name.substring(0, name.length() - ".java".length())));
    }
    Matcher name =
        Pattern.compile("`([A-Z][a-z]+[A-Za-z]*)(\\.[A-Za-z.]+)?`")
            .matcher(Files.readString(Path.of("ARCHITECTURE.md")));
    while (name.find()) {
      // `InstantSource` is the JDK's.
      if (!name.group(1).equals("InstantSource")) {
        assertThat(types).contains(name.group(1));
      }
    }
  }

  @Test
  void theOperatorsFirstCommandsInTheReadmeWork(@TempDir Path directory) throws Exception {
    Path data = Files.createDirectory(directory.resolve("data"));
    try (TestServer server = TestServer.startOn(data)) {
      Matcher shell = SHELL.matcher(Files.readString(Path.of("README.md")));
      String script = "";
      while (shell.find()) {
        if (shell.group(1).contains("operator.json")) {
          script = shell.group(1);
        }
      }
      assertThat(script).isNotEmpty();
      Path file = directory.resolve("readme.sh");
      Files.writeString(file, "set -eu\n" + script.replace(":8080", ":" + server.uri().getPort()));
      Path said = directory.resolve("said");
      Process bash =
          new ProcessBuilder("bash", file.toString())
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      assertThat(bash.waitFor(60, TimeUnit.SECONDS)).isTrue();
      String output = Files.readString(said, StandardCharsets.UTF_8);
      assertThat(bash.exitValue()).as(output).isZero();
      assertThat(output.lines())
          .containsExactly(
              "{\"id\":\"Acme\",\"name\":\"Acme Ltd\",\"status\":\"active\","
                  + "\"tenants\":[\"acme-live\",\"acme-test\"]}",
              "201");
      assertThat(Files.getPosixFilePermissions(data.resolve("acme-admin.json")))
          .as("files with secrets are their owner's only")
          .hasSize(2);
    }
  }
}
