package io.clientele.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/// The inputs of a parser that are kept, in text files: a line each, printable ASCII as it is, each
/// other byte as `\xNN`; a line that begins with `#` is a remark. What people thought of stands in
/// `…-seeds.txt`, what fuzzing found in `…-found.txt`.
public final class FuzzCorpus {

  private static final Path KEPT = Path.of("src/test/resources/fuzz");

  /// Of what fuzzing found, so much is kept for a parser.
  private static final int MOST_KEPT = 24 * 1024;

  private static final String SEEDS = "seeds";
  private static final String FOUND = "found";

  private FuzzCorpus() {}

  /// All inputs that are kept for a parser.
  public static List<byte[]> of(Parser parser) throws IOException {
    List<byte[]> inputs = new ArrayList<>();
    lines(parser, SEEDS).forEach(line -> inputs.add(bytes(line)));
    lines(parser, FOUND).forEach(line -> inputs.add(bytes(line)));
    return inputs;
  }

  private static List<String> lines(Parser parser, String kind) throws IOException {
    Path file = KEPT.resolve(fileName(parser, kind));
    return Files.exists(file)
        ? Files.readAllLines(file, StandardCharsets.US_ASCII).stream()
            .filter(line -> !line.startsWith("#"))
            .toList()
        : List.of();
  }

  private static String fileName(Parser parser, String kind) {
    return parser.word() + "-" + kind + ".txt";
  }

  /// Writes each input that is kept into a file of its own, as the fuzzer wants them.
  public static void unpack(Parser parser, Path directory) throws IOException {
    Files.createDirectories(directory);
    int number = 0;
    for (byte[] input : of(parser)) {
      Files.write(directory.resolve("kept-" + number++), input);
    }
  }

  /// Writes the fuzzer's files but the seeds, the shortest first, as a text file. The fuzzer itself
  /// has put shorter inputs in the place of longer ones that lead to the same.
  ///
  /// @param directory of the fuzzer
  /// @param beside the directory for the text file, to be moved to the others by hand
  public static void pack(Parser parser, Path directory, Path beside) throws IOException {
    List<String> lines = new ArrayList<>();
    int size = 0;
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        lines.add(line(Files.readAllBytes(file)));
      }
    }
    lines.removeAll(lines(parser, SEEDS));
    lines.sort(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()));
    StringBuilder text = new StringBuilder("# Found by fuzzing.\n");
    for (String line : lines) {
      size += line.length() + 1;
      if (size <= MOST_KEPT) {
        text.append(line).append('\n');
      }
    }
    Files.writeString(beside.resolve(fileName(parser, FOUND)), text.toString());
  }

  /// The input as a line.
  public static String line(byte[] input) {
    StringBuilder line = new StringBuilder(input.length);
    for (byte each : input) {
      boolean plain = each >= 0x20 && each < 0x7f && each != '\\';
      if (plain && !(each == '#' && line.isEmpty())) {
        line.append((char) each);
      } else {
        line.append("\\x").append(HexFormat.of().toHexDigits(each));
      }
    }
    return line.toString();
  }

  /// The input that a line says.
  static byte[] bytes(String line) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(line.length());
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\\') {
        bytes.write(HexFormat.fromHexDigits(line, i + 2, i + 4));
        i += 3;
      } else {
        bytes.write(c);
      }
    }
    return bytes.toByteArray();
  }
}
