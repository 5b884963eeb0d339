package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.clientele.cli.Lines;
import io.clientele.cli.NdjsonFile;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Files to import: each line is read as a document of its own, however the bytes come in.
final class NdjsonTarget implements FuzzTarget {

  /// Gives a few bytes at a time.
  private static final class Trickling extends ByteArrayInputStream {
    Trickling(byte[] bytes) {
      super(bytes);
    }

    @Override
    public synchronized int read(byte[] buffer, int from, int length) {
      return super.read(buffer, from, Math.min(length, 3));
    }
  }

  @Override
  public void check(byte[] input) throws IOException {
    List<Lines.Raw> expected = expected(input);
    require(read(new ByteArrayInputStream(input)).equals(expected), "other lines");
    require(read(new Trickling(input)).equals(expected), "other lines when they trickle in");
  }

  private static List<Lines.Raw> read(InputStream in) throws IOException {
    List<Lines.Raw> read = new ArrayList<>();
    try (NdjsonFile lines = NdjsonFile.of(in)) {
      for (Optional<Lines.Raw> raw = lines.next(); raw.isPresent(); raw = lines.next()) {
        read.add(raw.get());
      }
    }
    return read;
  }

  private static List<Lines.Raw> expected(byte[] input) {
    List<Lines.Raw> expected = new ArrayList<>();
    int number = 0;
    int from = 0;
    while (from < input.length) {
      int end = from;
      while (end < input.length && input[end] != '\n') {
        end++;
      }
      byte[] line = Arrays.copyOfRange(input, from, end);
      from = Math.min(end + 1, input.length);
      number++;
      if (line.length >= 1000 || !new String(line, StandardCharsets.ISO_8859_1).isBlank()) {
        expected.add(document(line, number, from));
      }
    }
    return expected;
  }

  private static Lines.Raw document(byte[] line, int number, int position) {
    try {
      Json.Document document = Json.parse(line);
      return new Lines.Raw(number, document.root(), document.faults(), position);
    } catch (Problem e) {
      return new Lines.Raw(number, MissingNode.getInstance(), e.faults(), position);
    }
  }
}
