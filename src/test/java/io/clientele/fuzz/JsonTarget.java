package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.http.Fault;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import java.util.List;
import java.util.Optional;

/// JSON from strangers: held against [StrictJson].
final class JsonTarget implements FuzzTarget {

  @Override
  public void check(byte[] input) {
    Optional<StrictJson.Document> expected = StrictJson.read(input);
    Json.Document document;
    try {
      document = Json.parse(input);
    } catch (Problem e) {
      requireRefusal(e);
      require(
          expected.isEmpty() || expected.get().beyond() || e.faults().size() >= 100,
          "what is well-formed was refused");
      return;
    }
    require(expected.isPresent(), "what is malformed was read");
    require(expected.get().repeats() == !document.faults().isEmpty(), "repeated keys");
    require(expected.get().root().equals(document.root()), "read as something else");
    requirePointers(document.faults());
    if (isFinite(document.root())) {
      Json.Document again = Json.parse(Json.bytes(document.root()));
      require(again.root().equals(document.root()), "written and read it is something else");
      require(again.faults().isEmpty(), "what we write has faults");
      require(
          Json.parseOurs(Json.text(again.root())).equals(Json.parseOurs(Json.bytes(again.root()))),
          "two ways of writing");
    }
  }

  private static void requireRefusal(Problem e) {
    require(e.status() == 400 && !e.faults().isEmpty(), "refused otherwise");
    requirePointers(e.faults());
    for (Fault fault : e.faults()) {
      // Words of ours and a place: nothing of the document.
      require(
          fault.message().matches("[a-zA-Z0-9,;: -]+") && fault.message().length() < 200,
          "a message of another form");
    }
  }

  private static void requirePointers(List<Fault> faults) {
    for (Fault fault : faults) {
      JsonPointer.compile(fault.pointer());
    }
  }

  /// What is too large for a double has no text that reads as the same; no field takes one.
  private static boolean isFinite(JsonNode node) {
    if (node.isDouble() && !Double.isFinite(node.doubleValue())) {
      return false;
    }
    for (JsonNode each : node) {
      if (!isFinite(each)) {
        return false;
      }
    }
    return true;
  }
}
