package io.clientele.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// `bench/history.csv`: a line for each full run, so that a slow drift shows.
final class History {

  private static final String AT = "at";
  private static final String COMMIT = "commit";

  private final Path file;

  History(Path file) {
    this.file = file;
  }

  /// All runs, the oldest first; values by column.
  List<Map<String, String>> runs() throws IOException {
    if (Files.notExists(file)) {
      return List.of();
    }
    List<String> lines = Files.readAllLines(file);
    List<String> columns = List.of(lines.getFirst().split(",", -1));
    List<Map<String, String>> runs = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      List<String> values = List.of(line.split(",", -1));
      Map<String, String> run = new LinkedHashMap<>();
      for (int i = 0; i < columns.size(); i++) {
        run.put(columns.get(i), values.get(i));
      }
      runs.add(run);
    }
    return runs;
  }

  /// Adds a run. Figures that earlier runs did not have make new columns.
  void add(Result result) throws IOException {
    Map<String, String> run = new LinkedHashMap<>();
    run.put(AT, result.at());
    run.put(COMMIT, result.commit());
    for (Goal goal : Goals.ALL) {
      result
          .figure(goal.figure())
          .ifPresent(
              figure -> run.put(goal.figure(), String.format(Locale.ROOT, "%.4g", figure.value())));
    }
    List<Map<String, String>> runs = new ArrayList<>(runs());
    runs.add(run);
    Set<String> columns = new LinkedHashSet<>();
    runs.forEach(each -> columns.addAll(each.keySet()));
    List<String> lines = new ArrayList<>();
    lines.add(String.join(",", columns));
    for (Map<String, String> each : runs) {
      lines.add(
          String.join(",", columns.stream().map(column -> each.getOrDefault(column, "")).toList()));
    }
    Files.write(file, lines);
  }
}
