package io.clientele.bench;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command line of `./bench/run`.
@Command(
    name = "./bench/run",
    sortOptions = false,
    description = {
      "Measures Clientele, side by side with its peers, and writes docs/performance.md.",
      "Under 60 minutes, on a machine that does nothing else.%n"
    })
final class Options {

  @Option(
      names = "--quick",
      description = "Everything in under 5 minutes; prints what it found, writes no document.")
  boolean quick;

  @Option(
      names = "--huge",
      description = "Ten million clients, and nothing else. Up to 2 hours, 20 GB of disk.")
  boolean huge;

  @Option(
      names = "--only",
      paramLabel = "ROW,…",
      split = ",",
      description = "Some rows only; prints what it found, writes no document. Rows: ${ROWS}.")
  List<String> only = List.of();

  @Option(
      names = "--steps",
      description = "What each step of a token costs, with the bytes it allocates (JMH).")
  boolean steps;

  @Option(names = "--guard", description = "One ratio in half a minute, as ./verify prints it.")
  boolean guard;

  @Option(
      names = "--report",
      description = "Writes docs/performance.md again, of the results that are there.")
  boolean report;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Prints this.")
  boolean help;

  /// Whether the document shows what is found.
  boolean isForTheDocument() {
    return huge || !(quick || !only.isEmpty());
  }
}
