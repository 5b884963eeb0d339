package io.clientele;

import java.util.ArrayList;
import java.util.List;

/// Gathers what is wrong.
final class SettingsFaults {
  private final List<String> found = new ArrayList<>();

  void add(String fault) {
    found.add(fault);
  }

  int number(String name, String text, int least, int most) {
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below, with the bounds.
    }
    found.add(
        "--"
            + name
            + " must be a whole number from "
            + least
            + " to "
            + most
            + ", not '"
            + text
            + "'");
    return least;
  }

  void throwIfAny() throws SettingsException {
    if (!found.isEmpty()) {
      throw new SettingsException(found);
    }
  }
}
