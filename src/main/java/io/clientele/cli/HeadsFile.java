package io.clientele.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.audit.AuditChains.Head;
import io.clientele.crypto.PrivateFile;
import io.clientele.http.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The heads of audit chains in a file, one line `{"customerId","seq","hash"}` each, and a last one
/// `{"customers"}` with their number, without which the file is not whole.
public final class HeadsFile {

  private static final String COUNT = "customers";

  private HeadsFile() {}

  /// Writes a new file, mode 0600.
  ///
  /// @throws java.nio.file.FileAlreadyExistsException if there is one
  public static void write(Path file, List<Head> heads) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Head head : heads) {
      text.append(
              Json.text(
                  Json.object()
                      .put("customerId", head.customer())
                      .put("seq", head.seq())
                      .put("hash", head.hash())))
          .append('\n');
    }
    text.append(Json.text(Json.object().put(COUNT, heads.size()))).append('\n');
    PrivateFile.create(file, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /// Reads a file that `write` wrote.
  ///
  /// @throws IOException if it cannot be read, is not whole, or a line is something else, which its
  ///   message says
  public static List<Head> read(Path file) throws IOException {
    Map<String, Head> heads = new LinkedHashMap<>();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int number = heads.size() + 1;
        JsonNode json = json(file, number, line);
        if (json.has(COUNT)) {
          if (json.path(COUNT).asInt(-1) != heads.size() || lines.readLine() != null) {
            break;
          }
          return List.copyOf(heads.values());
        }
        Head head = head(file, number, json);
        if (heads.put(head.customer(), head) != null) {
          throw new IOException(file + ", line " + number + " says a customer's head again");
        }
      }
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is no file of heads: it is not UTF-8", e);
    }
    throw new IOException(file + " is not whole: its last line must count the others");
  }

  private static JsonNode json(Path file, int number, String line) throws IOException {
    try {
      return Json.parseOurs(line);
    } catch (UncheckedIOException e) {
      throw new IOException(file + ", line " + number + " is no JSON", e);
    }
  }

  private static Head head(Path file, int number, JsonNode json) throws IOException {
    String customer = json.path("customerId").textValue();
    String hash = json.path("hash").textValue();
    if (customer == null || hash == null || !json.path("seq").canConvertToLong()) {
      throw new IOException(file + ", line " + number + " says no customerId, seq and hash");
    }
    return new Head(customer, json.path("seq").asLong(), hash);
  }
}
