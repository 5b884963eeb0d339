package io.clientele.trust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/// The last result of each case, and the document that shows them.
final class TrustReport {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /// @param date of the run, in UTC
  /// @param commit the newest that changed the program or its tests
  private record Row(Result result, String date, String commit) {}

  /// By the name of the case's class, and its scale.
  private final Map<String, Row> rows = new TreeMap<>();

  private TrustReport() {}

  static TrustReport read(Path file) {
    TrustReport report = new TrustReport();
    if (Files.exists(file)) {
      try {
        JsonNode json = JSON.readTree(Files.readAllBytes(file));
        json.properties()
            .forEach(
                entry ->
                    report.rows.put(
                        entry.getKey(), JSON.convertValue(entry.getValue(), Row.class)));
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    return report;
  }

  private static String key(String name, String scale) {
    return name + " " + scale;
  }

  void put(String name, Result result, String commit) {
    rows.put(
        key(name, result.scale()),
        new Row(result, LocalDate.now(ZoneOffset.UTC).toString(), commit));
  }

  /// The same for a result of an earlier run at this commit, which may have been ended before it
  /// was put down.
  void putUnlessThere(String name, Result result, String commit) {
    Row row = rows.get(key(name, result.scale()));
    if (row == null || !row.commit.equals(commit)) {
      put(name, result, commit);
    }
  }

  /// How long a case took the last time.
  OptionalDouble seconds(String name, Scale scale) {
    Row row = rows.get(key(name, scale.word()));
    return row == null ? OptionalDouble.empty() : OptionalDouble.of(row.result().seconds());
  }

  void write(Path results, Path document) throws IOException {
    Files.createDirectories(results.toAbsolutePath().getParent());
    Files.writeString(results, JSON.writeValueAsString(rows) + "\n");
    StringBuilder text =
        new StringBuilder(
            """
            # Trust

            Written by `./verify --trust` and `./verify --soak`; do not edit. Each row is a case that
            attacks a real server: what it demands stands in the class that is named, under
            `src/test/java/io/clientele/trust`. A case has failed if anything was lost, an answer was
            wrong, or less was done than is required. Times judge nothing.

            """);
    long wrong = 0;
    long lost = 0;
    double seconds = 0;
    for (Row row : rows.values()) {
      wrong += row.result().wrongAnswers();
      lost += row.result().lost();
      seconds += row.result().seconds();
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%d rows; lost %,d, wrong answers %,d; %.0f minutes on two cores.\n\n",
            rows.size(),
            lost,
            wrong,
            seconds / 60));
    text.append(
        """
        | case | what | done / required | load held | faults survived | bad inputs tried | acknowledged writes checked | lost | wrong answers | measured | time | date | commit |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        """);
    rows.entrySet().stream()
        .sorted(Comparator.comparingInt(entry -> number(entry.getValue())))
        .forEach(entry -> text.append(line(entry.getKey(), entry.getValue())));
    Files.writeString(document, text);
  }

  private static int number(Row row) {
    return Integer.parseInt(row.result().id().substring(1));
  }

  private static String line(String key, Row row) {
    Result result = row.result();
    List<String> cells =
        List.of(
            result.id() + (result.scale().equals("full") ? "" : ", " + result.scale()),
            result.title() + "<br>`" + key.replaceFirst(" .*", "") + "`",
            String.format(
                Locale.ROOT, "%,d / %,d %s", result.done(), result.required(), result.unit()),
            result.load().isEmpty() ? "–" : result.load(),
            count(result.faultsSurvived()),
            count(result.badInputsTried()),
            count(result.acknowledgedWritesChecked()),
            count(result.lost()),
            count(result.wrongAnswers()),
            String.join("<br>", result.measured()),
            String.format(Locale.ROOT, "%.0f s", result.seconds()),
            row.date(),
            row.commit());
    return "| "
        + String.join(" | ", cells.stream().map(each -> each.replace("|", "\\|")).toList())
        + " |\n";
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
