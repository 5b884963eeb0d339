package io.clientele.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// A class of the program with a fault planted in its source, compiled into a directory of its own,
/// for [ServerProcess#serveWith]: the tests of tests.
public final class PatchedClasses {
  private PatchedClasses() {}

  /// Compiles a class of the program with one change.
  ///
  /// @param into an empty directory
  /// @param name of the class
  /// @param before text that stands in its source exactly once
  /// @param after what is to stand in its place
  public static void compile(Path into, String name, String before, String after)
      throws IOException {
    String source =
        Files.readString(Path.of("src/main/java", name.replace('.', '/') + ".java"), UTF_8);
    int at = source.indexOf(before);
    if (at < 0 || source.indexOf(before, at + 1) >= 0) {
      throw new AssertionError(name + " does not have exactly once: " + before);
    }
    String patched = source.replace(before, after);
    JavaFileObject file =
        new SimpleJavaFileObject(
            URI.create("string:///" + name.replace('.', '/') + ".java"),
            JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return patched;
          }
        };
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    boolean compiled =
        compiler
            .getTask(
                said,
                null,
                null,
                List.of(
                    "-proc:none",
                    "-nowarn",
                    "-d",
                    into.toString(),
                    "-cp",
                    ServerProcess.classPath()),
                null,
                List.of(file))
            .call();
    if (!compiled) {
      throw new AssertionError("the patched " + name + " does not compile:\n" + said);
    }
  }
}
