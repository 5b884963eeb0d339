package io.clientele.fuzz;

import io.clientele.client.BasicTarget;
import io.clientele.client.ClientDocumentTarget;
import java.util.Locale;
import java.util.concurrent.Callable;

/// What is fuzzed.
public enum Parser {
  FORM(FormTarget::new, 600, 2048),
  BASIC(BasicTarget::new, 600, 1024),
  JSON(JsonTarget::new, 600, 2048),
  JWT(TokenTarget::new, 600, 1024),
  CLIENT_DOCUMENT(ClientDocumentTarget::new, 60, 4096),
  SOURCE_ADDRESS(SourceAddressTarget::new, 60, 512),
  PAGE(PageTarget::new, 60, 512),
  IDENTIFIER(IdentifierTarget::new, 60, 256),
  NDJSON(NdjsonTarget::new, 60, 2048),
  BACKUP(BackupTarget::new, 60, 2048),
  HEADS(HeadsTarget::new, 60, 1024);

  private final Callable<FuzzTarget> target;
  private final int seconds;
  private final int longest;

  Parser(Callable<FuzzTarget> target, int seconds, int longest) {
    this.target = target;
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
    return target.call();
  }
}
