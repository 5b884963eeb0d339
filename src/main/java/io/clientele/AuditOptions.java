package io.clientele;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of `clientele audit verify`, beside those of `serve` that say which installation is
/// meant.
@Command(
    name = "verify",
    sortOptions = false,
    description = {
      "Checks the audit events of all customers: that none is missing or was changed, and that each"
          + " follows the one before. The server may run meanwhile. Exit code 3 if anything is"
          + " wrong, 1 if it could not be checked.",
      "What --audit-retention removed is no fault: each chain tells up to which event that is.",
      "Who can write the database can write a chain anew. So keep the heads of the chains elsewhere"
          + " (--heads-out), and give them to a later check (--heads): what was known then must"
          + " still be there."
    })
final class AuditOptions {

  @Mixin ServeOptions installation = new ServeOptions();

  @Option(
      names = "--export",
      paramLabel = "FILE",
      description =
          "What 'clientele audit export' wrote as NDJSON: this is checked, and no database.")
  Optional<Path> export = Optional.empty();

  @Option(
      names = "--heads",
      paramLabel = "FILE",
      description = "What an earlier check wrote with --heads-out.")
  Optional<Path> heads = Optional.empty();

  @Option(
      names = "--heads-out",
      paramLabel = "FILE",
      description =
          "Where the number and the hash of each customer's last event go, a line each; a new"
              + " file. Not written if anything is wrong.")
  Optional<Path> headsOut = Optional.empty();
}
