package io.clientele;

import java.io.Serial;
import java.util.List;

/// The settings cannot be used; says everything that is wrong with them.
public final class SettingsException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  private final transient List<String> faults;

  SettingsException(List<String> faults) {
    super(String.join("; ", faults));
    this.faults = List.copyOf(faults);
  }

  /// Each fault, in words for the operator.
  public List<String> faults() {
    return faults;
  }
}
