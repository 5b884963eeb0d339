package io.clientele.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Reads the members of one JSON object by name and notes every fault with its pointer, so that all
/// are told at once. `null` means omitted. What was never asked for is unknown: `refuseUnknown`
/// says so.
public final class Fields {

  private final JsonNode node;
  private final String pointer;
  private final List<Fault> faults;
  private final Set<String> known = new HashSet<>();

  /// @param pointer where the object stands in the document
  /// @param faults where faults are noted
  public Fields(JsonNode node, String pointer, List<Fault> faults) {
    this.node = node;
    this.pointer = pointer;
    this.faults = faults;
    if (!node.isObject()) {
      faults.add(new Fault(pointer, "must be an object"));
    }
  }

  /// Where a member stands.
  public String pointer(String name) {
    return Fault.below(pointer, name);
  }

  /// Notes a fault of a member.
  public void fault(String name, String message) {
    faults.add(new Fault(pointer(name), message));
  }

  /// Notes a fault somewhere below: `path` is steps with `/` between, already escaped.
  public void faultBelow(String path, String message) {
    faults.add(new Fault(pointer + "/" + path, message));
  }

  /// The member, if it is there and not null.
  public Optional<JsonNode> member(String name) {
    known.add(name);
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  /// The member; its absence is a fault.
  public Optional<JsonNode> required(String name) {
    Optional<JsonNode> value = member(name);
    if (value.isEmpty() && node.isObject()) {
      fault(name, "is required");
    }
    return value;
  }

  /// Text of at most so many characters (code points).
  public Optional<String> text(String name, int longest) {
    return member(name).flatMap(value -> asText(value, pointer(name), longest));
  }

  /// Text that must be there.
  public Optional<String> requiredText(String name, int longest) {
    return required(name).flatMap(value -> asText(value, pointer(name), longest));
  }

  private Optional<String> asText(JsonNode value, String where, int longest) {
    if (!value.isTextual()) {
      faults.add(new Fault(where, "must be a string"));
      return Optional.empty();
    }
    String text = value.textValue();
    if (text.codePointCount(0, text.length()) > longest) {
      faults.add(new Fault(where, "is longer than " + longest + " characters"));
      return Optional.empty();
    }
    if (!isStorable(text)) {
      faults.add(new Fault(where, "holds U+0000 or half a surrogate pair"));
      return Optional.empty();
    }
    return Optional.of(text);
  }

  private static boolean isStorable(String text) {
    return text.codePoints()
        .noneMatch(c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
  }

  /// `true` or `false`.
  public Optional<Boolean> bool(String name) {
    Optional<JsonNode> value = member(name);
    if (value.isPresent() && !value.get().isBoolean()) {
      fault(name, "must be true or false");
      return Optional.empty();
    }
    return value.map(JsonNode::booleanValue);
  }

  /// A whole number between two bounds, both allowed.
  public OptionalInt integer(String name, int least, int most) {
    Optional<JsonNode> value = member(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!value.get().isIntegralNumber()
        || !value.get().canConvertToInt()
        || value.get().intValue() < least
        || value.get().intValue() > most) {
      fault(name, "must be a whole number from " + least + " to " + most);
      return OptionalInt.empty();
    }
    return OptionalInt.of(value.get().intValue());
  }

  /// An array of strings; empty if the member is absent or faulty.
  public Optional<List<String>> strings(String name, int mostItems, int longest) {
    return member(name).flatMap(value -> asStrings(value, pointer(name), mostItems, longest));
  }

  /// An array of strings at any place.
  public Optional<List<String>> asStrings(
      JsonNode value, String where, int mostItems, int longest) {
    if (!value.isArray()) {
      faults.add(new Fault(where, "must be an array of strings"));
      return Optional.empty();
    }
    if (value.size() > mostItems) {
      faults.add(new Fault(where, "has more than " + mostItems + " items"));
      return Optional.empty();
    }
    List<String> texts = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      asText(value.get(i), where + "/" + i, longest).ifPresent(texts::add);
    }
    return texts.size() == value.size() ? Optional.of(texts) : Optional.empty();
  }

  /// Notes a fault for each member that nobody asked for.
  public void refuseUnknown() {
    if (node instanceof ObjectNode object) {
      object
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!known.contains(name)) {
                  fault(name, "is not a known field");
                }
              });
    }
  }
}
