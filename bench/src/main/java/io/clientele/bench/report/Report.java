package io.clientele.bench.report;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/// `docs/performance.md` and its charts, made of the results that are there.
public final class Report {

  private final Path checkout;
  private final Result full;
  private final Optional<Result> huge;
  private final Properties remarks;
  private final List<Map<String, String>> history;
  private final StringBuilder text = new StringBuilder();

  private Report(
      Path checkout,
      Result full,
      Optional<Result> huge,
      Properties remarks,
      List<Map<String, String>> history) {
    this.checkout = checkout;
    this.full = full;
    this.huge = huge;
    this.remarks = remarks;
    this.history = history;
  }

  /// Where the result of the last run of a kind is, `full`, `huge` or `steps`.
  public static Path resultOf(Path checkout, String kind) {
    return checkout.resolve("bench/results").resolve(kind + ".json");
  }

  /// Notes a full run in `bench/history.csv`.
  public static void addToHistory(Path checkout, Result result) throws IOException {
    history(checkout).add(result);
  }

  private static History history(Path checkout) {
    return new History(checkout.resolve("bench/history.csv"));
  }

  /// Writes the document.
  ///
  /// @throws IOException if there is no result of a full run
  public static void write(Path checkout) throws IOException {
    Path fullFile = resultOf(checkout, "full");
    if (Files.notExists(fullFile)) {
      throw new IOException("there is no result of a full run; ./bench/run makes one");
    }
    Path hugeFile = resultOf(checkout, "huge");
    Optional<Result> huge =
        Files.exists(hugeFile) ? Optional.of(Result.read(hugeFile)) : Optional.empty();
    Properties remarks = new Properties();
    try (Reader reader = Files.newBufferedReader(checkout.resolve("bench/remarks.properties"))) {
      remarks.load(reader);
    }
    new Report(checkout, Result.read(fullFile), huge, remarks, history(checkout).runs()).write();
  }

  /// The table of goals alone, for a run that writes no document.
  public static String goals(Result result) {
    Report report =
        new Report(Path.of(""), result, Optional.of(result), new Properties(), List.of());
    report.goals(false);
    return report.text.toString();
  }

  private void write() throws IOException {
    head();
    text.append("## Goals\n\n");
    goals(true);
    remarks();
    peers();
    figures(
        "Token endpoint",
        "Clientele with everything on, the bare handler with nothing: it parses, checks an HMAC,"
            + " signs and answers.",
        Labels.TOKEN);
    latency();
    growth();
    figures("Introspection", "Each answer says `active`, of a living token.", Labels.INTROSPECTION);
    figures("Memory", "In MB of 10⁶ bytes; heap after a full collection.", Labels.MEMORY);
    figures(
        "Start",
        "From the start of the process to the first byte of a token's answer, asked for a thousand"
            + " times a second.",
        Labels.START);
    figures(
        "Management",
        "SQLite with `synchronous=FULL`. After the measurement the server is killed (`SIGKILL`) and"
            + " what it had acknowledged is counted. The disk's own figure is 4 KiB written and"
            + " synced, one after the other.",
        Labels.MANAGEMENT);
    figures("Chosen secrets", "Argon2id, once; then remembered.", Labels.CHOSEN);
    drift();
    text.append(Files.readString(checkout.resolve("bench/method.md"))).append('\n');
    settings();
    Files.writeString(checkout.resolve("docs/performance.md"), text.toString());
  }

  private void head() {
    line("# Performance");
    line("");
    line("Made by `./bench/run`; not written by hand.");
    line(
        "The full run began "
            + when(full)
            + huge.map(run -> ", that of ten million clients " + when(run)).orElse("")
            + ".");
    line("");
    Machine machine = full.machine();
    line(
        "* Machine: %s, %d cores, %s, %s. Servers and load generators share it."
            .formatted(machine.processor(), machine.cores(), machine.memory(), machine.kernel()));
    line("* Java: " + machine.java() + ", for every server that runs on Java.");
    figure("itself.cpu-ratio")
        .ifPresent(
            figure ->
                line(
                    "* Clientele against itself, before anything else: "
                        + Numbers.inWords(figure.value(), "")
                        + " (a run is refused beyond 5 %)."));
    line("");
  }

  private static String when(Result run) {
    return run.commit().isEmpty() ? run.at() : run.at() + " on commit " + run.commit();
  }

  private void goals(boolean isMarkdown) {
    if (isMarkdown) {
      line("| what | measured | least to most | goal | floor | |");
      line("| --- | --- | --- | --- | --- | --- |");
    }
    for (Goal goal : Goals.ALL) {
      Optional<Figure> figure = figure(goal.figure());
      if (figure.isEmpty() && !isMarkdown) {
        continue;
      }
      String bounds =
          goal.inWords(goal.goal())
              + " | "
              + (goal.floor().isPresent() ? goal.inWords(goal.floor().getAsDouble()) : "");
      String measured =
          figure
              .map(each -> Numbers.inWords(each.value(), goal.unit()) + " | " + spread(each))
              .orElse(" | ");
      String outcome =
          figure.map(each -> goal.outcome(each.value()).words()).orElse("not measured");
      line("| " + goal.what() + " | " + measured + " | " + bounds + " | " + outcome + " |");
    }
  }

  private static String spread(Figure figure) {
    return figure.samples().size() < 2
        ? ""
        : Numbers.inWords(figure.least(), figure.unit())
            + " to "
            + Numbers.inWords(figure.most(), figure.unit());
  }

  /// What stands in the way of the goals that were not met.
  private void remarks() {
    line("");
    for (Goal goal : Goals.ALL) {
      String remark = remarks.getProperty(goal.figure(), "");
      boolean isMet =
          figure(goal.figure())
              .map(each -> goal.outcome(each.value()) == Goal.Outcome.MET)
              .orElse(true);
      if (!isMet && !remark.isEmpty()) {
        line("* *" + goal.what() + "*: " + remark);
      }
    }
    full.failures().forEach((row, why) -> line("* *" + row + "* could not be measured: " + why));
    line("");
  }

  private void peers() throws IOException {
    Map<String, Double> micros = new LinkedHashMap<>();
    line("## Peers");
    line("");
    line("| server | CPU of a token | tokens/s | resident | CPU, over ours in the same minutes |");
    line("| --- | --- | --- | --- | --- |");
    figure("token.cpu")
        .ifPresent(
            cpu -> {
              micros.put("Clientele", cpu.value());
              line(
                  "| Clientele | %s | %s | %s | |"
                      .formatted(words("token.cpu"), words("token.rate"), words("token.resident")));
            });
    Labels.PEERS.forEach(
        (id, name) ->
            figure(id + ".cpu")
                .ifPresent(
                    cpu -> {
                      micros.put(name, cpu.value());
                      line(
                          "| %s | %s | %s | %s | %s |"
                              .formatted(
                                  name,
                                  words(id + ".cpu"),
                                  words(id + ".rate"),
                                  words(id + ".resident"),
                                  words(id + ".cpu-ratio")));
                    }));
    line("");
    if (!micros.isEmpty()) {
      charts().peers(micros);
      line("![CPU of a token, by server](performance/peers.svg)");
      line("");
    }
  }

  private void latency() throws IOException {
    figures(
        "Latency",
        "5,000 tokens/s whatever happens, counted from the time at which each request was to be"
            + " sent. The generator shares the cores: what it was late itself is in the figures,"
            + " and said beside.",
        Labels.LATENCY);
    if (figure("latency.p50").isPresent()) {
      charts().latency(full.points());
      line("![Latency by percentile](performance/latency.svg)");
      line("");
    }
  }

  private void growth() throws IOException {
    List<Point> points =
        Stream.concat(full.points().stream(), huge.stream().flatMap(run -> run.points().stream()))
            .toList();
    line("## Many clients");
    line("");
    line(
        "CPU of a token over that with a thousand clients, in turn. Zipf-spread: the n-th most"
            + " popular client asks with a probability of about 1/n. Not in memory: clients that"
            + " did not ask before either, of a server with `--directory-memory 1`. Read into"
            + " memory: seconds after the start until all were, beside what else the server does.");
    line("");
    line(
        "| clients | Zipf-spread | did not ask before | not in memory | read into memory |"
            + " database, a client | resident |");
    line("| --- | --- | --- | --- | --- | --- | --- |");
    for (int size : Labels.SIZES) {
      String id = "growth." + size;
      if (figure(id + "-zipf-ratio").isPresent()) {
        line(
            "| %,d | %s | %s | %s | %s | %s | %s |"
                .formatted(
                    size,
                    words(id + "-zipf-ratio"),
                    words(id + "-cold-ratio"),
                    words(id + "-unheld-ratio"),
                    words(id + "-preload"),
                    words(id + "-bytes"),
                    words(id + "-resident")));
      }
    }
    line("");
    if (!points.isEmpty()) {
      charts().growth(points);
      line("![CPU of a token by the number of clients](performance/growth.svg)");
      line("");
    }
    figures("Ten million clients", "`./bench/run --huge`: ten customers.", Labels.HUGE);
  }

  private void figures(String title, String words, Map<String, String> labels) {
    if (labels.keySet().stream().noneMatch(id -> figure(id).isPresent())) {
      return;
    }
    line("## " + title);
    line("");
    line(words);
    line("");
    line("| what | measured | least to most |");
    line("| --- | --- | --- |");
    labels.forEach(
        (id, label) ->
            figure(id)
                .ifPresent(
                    figure ->
                        line("| %s | %s | %s |".formatted(label, words(id), spread(figure)))));
    line("");
  }

  private void drift() throws IOException {
    if (history.size() < 2) {
      return;
    }
    line("## Run after run");
    line("");
    charts().history(history, "token.cpu-ratio");
    line("![CPU of a token over the bare handler's, run after run](performance/history.svg)");
    line("");
    line("All of them: [bench/history.csv](../bench/history.csv).");
    line("");
  }

  private void settings() {
    line("## Who took part, and how it was set up");
    line("");
    full.participants().forEach((name, settings) -> line("* **" + name + "**: " + settings));
  }

  private Optional<Figure> figure(String id) {
    return full.figure(id).or(() -> huge.flatMap(run -> run.figure(id)));
  }

  private String words(String id) {
    return figure(id).map(each -> Numbers.inWords(each.value(), each.unit())).orElse("");
  }

  private Charts charts() throws IOException {
    return new Charts(checkout.resolve("docs/performance"));
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
