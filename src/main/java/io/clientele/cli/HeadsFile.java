package io.clientele.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.audit.AuditChains.Head;
import io.clientele.http.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// The heads of audit chains in a file, one line `{"customerId","seq","hash"}` each.
public final class HeadsFile {

  private HeadsFile() {}

  /// Writes a new file.
  ///
  /// @throws java.nio.file.FileAlreadyExistsException if there is one
  public static void write(Path file, List<Head> heads) throws IOException {
    List<String> lines =
        heads.stream()
            .map(
                head ->
                    Json.text(
                        Json.object()
                            .put("customerId", head.customer())
                            .put("seq", head.seq())
                            .put("hash", head.hash())))
            .toList();
    Files.write(file, lines, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW);
  }

  /// Reads a file that `write` wrote.
  ///
  /// @throws IOException if it cannot be read, or a line is something else, which its message says
  public static List<Head> read(Path file) throws IOException {
    List<Head> heads = new ArrayList<>();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        heads.add(head(file, heads.size() + 1, line));
      }
    }
    return heads;
  }

  private static Head head(Path file, int number, String line) throws IOException {
    try {
      JsonNode json = Json.parseOurs(line);
      String customer = json.path("customerId").textValue();
      String hash = json.path("hash").textValue();
      if (customer != null && hash != null && json.path("seq").canConvertToLong()) {
        return new Head(customer, json.path("seq").asLong(), hash);
      }
    } catch (UncheckedIOException e) {
      throw new IOException(file + ", line " + number + " is no JSON", e);
    }
    throw new IOException(file + ", line " + number + " says no customerId, seq and hash");
  }
}
