package io.clientele;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The options of `clientele restore`, beside those of `serve` that say which installation is
/// meant.
@Command(
    name = "restore",
    sortOptions = false,
    description = {
      "Makes the embedded database of a data directory that has none out of a backup, if its"
          + " checksum is right. The server must be stopped. Put the master key of the backup's"
          + " server into the directory before.",
      "Tokens that were issued before are dead afterwards, since those revoked after the backup was"
          + " made would live again; clients fetch new ones. Secrets that were revoked since then"
          + " work again: revoke them anew."
    })
final class RestoreOptions {

  @Mixin ServeOptions installation = new ServeOptions();

  @Parameters(index = "0", paramLabel = "FILE", description = "The backup.")
  String file = "";

  @Option(
      names = "--keep-tokens",
      description =
          "Lets tokens live on that were issued before; for a backup after which nothing was done"
              + " at the server.")
  boolean keepTokens;
}
