package io.clientele.trust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// How a case of the trust suite ended.
///
/// @param unit what `required` and `done` count
/// @param load what went on beside, in words
/// @param measured figures that judge nothing, in words
/// @param seconds how long it took
record Result(
    String id,
    String title,
    String unit,
    String scale,
    long required,
    long done,
    String load,
    long faultsSurvived,
    long badInputsTried,
    long acknowledgedWritesChecked,
    long lost,
    long wrongAnswers,
    List<String> measured,
    double seconds) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /// The one line with which the case ends.
  String line() {
    return String.format(
        Locale.ROOT,
        "%s %s: required %,d %s / done %,d / load held %s / faults survived %,d / bad inputs tried"
            + " %,d / acknowledged writes checked %,d / lost %,d / wrong answers %,d (%.1f s)%s",
        id,
        title,
        required,
        unit,
        done,
        load.isEmpty() ? "none" : load,
        faultsSurvived,
        badInputsTried,
        acknowledgedWritesChecked,
        lost,
        wrongAnswers,
        seconds,
        measured.isEmpty() ? "" : "; " + String.join("; ", measured));
  }

  boolean isGood() {
    return lost == 0 && wrongAnswers == 0 && done >= required;
  }

  void write(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, JSON.writeValueAsString(this) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Result read(Path file) {
    try {
      return of(JSON.readTree(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Result of(JsonNode json) {
    return JSON.convertValue(json, Result.class);
  }
}
