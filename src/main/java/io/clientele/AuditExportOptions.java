package io.clientele;

import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of `clientele audit export`, beside those of `serve` that say which installation is
/// meant.
@Command(
    name = "export",
    sortOptions = false,
    description = {
      "Writes the audit events of all customers, or of one, oldest first, as of one moment. The"
          + " server may run meanwhile.",
      "As NDJSON they can be checked without the database: clientele audit verify --export FILE. As"
          + " CSV they are for a spreadsheet: what it would take for a formula has an apostrophe in"
          + " front."
    })
final class AuditExportOptions {

  @Mixin ServeOptions installation = new ServeOptions();

  @Option(
      names = "--customer",
      paramLabel = "ID",
      description = "Of this customer only (default: of all).")
  Optional<String> customer = Optional.empty();

  @Option(
      names = "--format",
      paramLabel = "ndjson|csv",
      defaultValue = "ndjson",
      description = "How (default: ${DEFAULT-VALUE}).")
  String format = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "-",
      description = "Where to; a new file, mode 0600 (default: -, standard output).")
  String out = "";
}
