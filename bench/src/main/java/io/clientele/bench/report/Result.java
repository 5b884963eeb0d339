package io.clientele.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All that one run found, as it stands in a file of `bench/results`.
///
/// @param kind `full`, `quick`, `partial`, `huge` or `steps`
/// @param at when it began, RFC 3339
/// @param commit of the checkout, with `+` if it had changes
/// @param participants their settings, by name
/// @param failures why a row could not be measured, by the row's name
public record Result(
    String kind,
    String at,
    String commit,
    Machine machine,
    Map<String, String> participants,
    Map<String, String> failures,
    List<Figure> figures,
    List<Point> points) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  public Optional<Figure> figure(String id) {
    return figures.stream().filter(each -> each.id().equals(id)).findFirst();
  }

  /// @throws IOException if it cannot be read
  public static Result read(Path file) throws IOException {
    return JSON.readValue(file.toFile(), Result.class);
  }

  public void write(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, JSON.writeValueAsString(this) + "\n");
  }
}
