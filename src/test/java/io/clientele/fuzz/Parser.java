package io.clientele.fuzz;

import io.clientele.client.BasicTarget;
import io.clientele.client.ClientDocumentTarget;
import java.util.Locale;

/// What is fuzzed.
public enum Parser {
  FORM(600, 2048),
  BASIC(600, 1024),
  JSON(600, 2048),
  JWT(600, 1024),
  CLIENT_DOCUMENT(60, 4096),
  SOURCE_ADDRESS(60, 512),
  PAGE(60, 512),
  IDENTIFIER(60, 256),
  NDJSON(60, 2048),
  BACKUP(60, 2048),
  HEADS(60, 1024);

  private final int seconds;
  private final int longest;

  Parser(int seconds, int longest) {
    this.seconds = seconds;
    this.longest = longest;
  }

  /// As files are named by it.
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// How long the full run fuzzes it.
  public int seconds() {
    return seconds;
  }

  /// The longest input that is tried, bytes.
  public int longest() {
    return longest;
  }

  /// Whether it is one of the four that T13 names.
  public boolean isNamed() {
    return seconds == 600;
  }

  /// Makes the target.
  public FuzzTarget open() throws Exception {
    return switch (this) {
      case FORM -> new FormTarget();
      case BASIC -> new BasicTarget();
      case JSON -> new JsonTarget();
      case JWT -> new TokenTarget();
      case CLIENT_DOCUMENT -> new ClientDocumentTarget();
      case SOURCE_ADDRESS -> new SourceAddressTarget();
      case PAGE -> new PageTarget();
      case IDENTIFIER -> new IdentifierTarget();
      case NDJSON -> new NdjsonTarget();
      case BACKUP -> new BackupTarget();
      case HEADS -> new HeadsTarget();
    };
  }
}
