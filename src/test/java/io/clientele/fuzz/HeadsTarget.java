package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import io.clientele.audit.AuditChains.Head;
import io.clientele.cli.HeadsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Files of audit heads: what is read, written anew, reads the same.
final class HeadsTarget implements FuzzTarget {

  private final Path directory = Files.createTempDirectory("clientele-fuzz");
  private final Path file = directory.resolve("heads");
  private final Path again = directory.resolve("again");

  HeadsTarget() throws IOException {}

  @Override
  public void check(byte[] input) throws IOException {
    Files.write(file, input);
    List<Head> heads;
    try {
      heads = HeadsFile.read(file);
    } catch (IOException e) {
      require(e.getMessage() != null && !e.getMessage().isEmpty(), "refused without a word");
      return;
    }
    Files.deleteIfExists(again);
    HeadsFile.write(again, heads);
    require(HeadsFile.read(again).equals(heads), "written and read they are others");
  }
}
