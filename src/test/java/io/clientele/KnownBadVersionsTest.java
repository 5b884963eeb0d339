package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.maven.artifact.versioning.DefaultArtifactVersion;
import org.apache.maven.artifact.versioning.InvalidVersionSpecificationException;
import org.apache.maven.artifact.versioning.VersionRange;
import org.junit.jupiter.api.Test;

/// No library that we use, for the program or for its tests, is of a version in which something is
/// known to be wrong: `known-bad-versions.tsv` says which.
class KnownBadVersionsTest {

  private static final Path LIST = Path.of("src/test/resources/known-bad-versions.tsv");

  /// A line of the list.
  ///
  /// @param library `group:artifact`
  private record Bad(String library, VersionRange versions, String advisory, String why) {

    static Bad read(String line) {
      String[] columns = line.split("\t", -1);
      assertThat(columns).as(line).hasSize(4);
      assertThat(columns[0]).as(line).matches("[\\w.-]+:[\\w.-]+");
      assertThat(columns[2]).as(line).matches("(CVE-\\d{4}-\\d{4,}|GHSA(-[0-9a-z]{4}){3}| )+");
      assertThat(columns[3]).as(line).isNotBlank();
      try {
        return new Bad(
            columns[0], VersionRange.createFromVersionSpec(columns[1]), columns[2], columns[3]);
      } catch (InvalidVersionSpecificationException e) {
        throw new IllegalArgumentException(line, e);
      }
    }

    /// What is wrong with the jars, in words.
    List<String> findIn(List<String> classPath) {
      List<String> found = new ArrayList<>();
      for (String jar : classPath) {
        Matcher matcher = inRepository(library).matcher(jar);
        if (matcher.find()
            && versions.containsVersion(new DefaultArtifactVersion(matcher.group(1)))) {
          found.add(
              library + ":" + matcher.group(1) + " is known to be bad: " + advisory + ", " + why);
        }
      }
      return found;
    }
  }

  /// Where a library stands in a Maven repository: the first group is its version.
  private static Pattern inRepository(String library) {
    String[] both = library.split(":", -1);
    String artifact = Pattern.quote(both[1]);
    return Pattern.compile(
        "/%s/%s/([^/]+)/%s-\\1[^/]*\\.jar$"
            .formatted(Pattern.quote(both[0].replace('.', '/')), artifact, artifact));
  }

  private static List<Bad> list() throws IOException {
    return Files.readAllLines(LIST).stream()
        .filter(line -> !line.startsWith("#"))
        .map(Bad::read)
        .toList();
  }

  private static List<String> findIn(List<String> classPath) throws IOException {
    return list().stream().flatMap(bad -> bad.findIn(classPath).stream()).toList();
  }

  /// Of this process: what the program needs, and what its tests need.
  private static List<String> classPath() {
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""));
    return List.of(all.replace(File.separatorChar, '/').split(File.pathSeparator, -1));
  }

  @Test
  void noLibraryIsOfABadVersion() throws IOException {
    assertThat(findIn(classPath())).isEmpty();
  }

  /// Else the test above would look at nothing.
  @Test
  void theClassPathIsThatOfAMavenRepository() {
    Pattern jetty = inRepository("org.eclipse.jetty:jetty-server");

    assertThat(classPath()).anyMatch(jar -> jetty.matcher(jar).find());
  }

  @Test
  void aBadVersionIsFound() throws IOException {
    List<String> planted =
        List.of(
            "/home/me/.m2/repository/org/postgresql/postgresql/42.7.1/postgresql-42.7.1.jar",
            "/repository/com/fasterxml/jackson/core/jackson-core/2.9.10/jackson-core-2.9.10.jar",
            "/repository/org/eclipse/jetty/jetty-http/12.1.6/jetty-http-12.1.6.jar");

    assertThat(findIn(planted))
        .contains(
            "org.postgresql:postgresql:42.7.1 is known to be bad: CVE-2024-1597"
                + " GHSA-24rp-q3w6-vc56, SQL injection with preferQueryMode=simple")
        .anyMatch(words -> words.startsWith("com.fasterxml.jackson.core:jackson-core:2.9.10 is"))
        .anyMatch(words -> words.startsWith("org.eclipse.jetty:jetty-http:12.1.6 is"));
  }

  /// 2.9 comes before 2.15, and a release candidate before its release.
  @Test
  void versionsHaveMavensOrder() throws IOException {
    List<String> good =
        List.of(
            "/repository/org/postgresql/postgresql/42.7.14/postgresql-42.7.14.jar",
            "/repository/org/eclipse/jetty/jetty-http/12.1.12/jetty-http-12.1.12.jar",
            // Of the same name, but of somebody else.
            "/repository/example/postgresql/42.7.1/postgresql-42.7.1.jar");

    assertThat(findIn(good)).isEmpty();
    assertThat(findIn(List.of("/repository/org/yaml/snakeyaml/2.0-rc1/snakeyaml-2.0-rc1.jar")))
        .hasSize(1);
  }
}
