package io.clientele;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The options of `clientele import`, beside those of `serve` that say which installation is meant.
@Command(
    name = "import",
    sortOptions = false,
    description = {
      "Makes customers and clients from a file, many thousands a second. The server must be"
          + " stopped (with PostgreSQL, others that share the database may run).",
      "",
      "Each line of the file is one JSON object:",
      "  {\"customer\":{\"id\":\"Acme\",\"name\":\"Acme Ltd\",\"tenants\":[\"acme-live\"],"
          + "\"roles\":[\"ROLE_X\"]}}",
      "  {\"customerId\":\"Acme\",\"client\":{\"clientId\":\"billing\",…}}",
      "A customer is written as in POST /oauth/customers, with the names of its own roles beside; a"
          + " client as in POST …/clients; what holds there holds here. A clientSecret may also be"
          + " one that Clientele generated. A customer stands before its clients, or is there"
          + " already.",
      "",
      "Lines are imported in parts of 10,000, all of a part or nothing; Ctrl-C ends it behind a"
          + " part. What is there already as its line says is left as it is, so an import that was"
          + " interrupted is simply run again. Lines in the order of customer and clientId are"
          + " written fastest; secrets that Clientele did not generate take a slow hash each, some"
          + " dozen a second."
    })
final class ImportOptions {

  @Mixin ServeOptions installation = new ServeOptions();

  @Parameters(index = "0", paramLabel = "FILE", description = "The file; - for standard input.")
  String file = "";

  @Option(
      names = "--secrets-out",
      paramLabel = "FILE",
      defaultValue = "",
      description =
          "Where secrets go that are generated for clients without clientSecret: lines"
              + " {\"customerId\",\"clientId\",\"clientSecret\"}, mode 0600. Without it such a"
              + " client is refused.")
  String secretsOut = "";
}
