package io.clientele;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of `clientele generate`, beside those of `serve` that say which installation is
/// meant.
@Command(
    name = "generate",
    sortOptions = false,
    description = {
      "For tests and benchmarks only: makes customers with three tenants each, and clients spread"
          + " over them, on the path of 'import'. The server must be stopped.",
      "Ids and secrets follow from a seed: whoever knows it has every secret. The same command run"
          + " again makes what is missing."
    })
final class GenerateOptions {

  @Mixin ServeOptions installation = new ServeOptions();

  @Option(
      names = "--customers",
      paramLabel = "N",
      required = true,
      description = "How many customers, 1 to 1,000,000.")
  String customers = "";

  @Option(
      names = "--clients",
      paramLabel = "N",
      required = true,
      description = "How many clients in all, 1 to 100,000,000.")
  String clients = "";

  @Option(
      names = "--seed",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What ids and secrets follow from (default: made at random, and printed).")
  String seed = "";
}
