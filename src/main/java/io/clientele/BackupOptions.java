package io.clientele;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// The options of `clientele backup`, beside those of `serve` that say which installation is meant.
@Command(
    name = "backup",
    sortOptions = false,
    description = {
      "Writes the embedded database into a new file, as of one moment and with a checksum. The"
          + " server may run meanwhile.",
      "The master key is not in it: keep a copy of that elsewhere. Without it a backup gives nobody"
          + " a secret or a key, and cannot be used."
    })
final class BackupOptions {

  @Mixin ServeOptions installation = new ServeOptions();

  @Parameters(index = "0", paramLabel = "FILE", description = "The backup; a new file, mode 0600.")
  String file = "";
}
