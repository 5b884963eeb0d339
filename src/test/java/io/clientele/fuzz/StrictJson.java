package io.clientele.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads JSON as the grammar of RFC 8259 says, and nothing else: to hold another reading against.
final class StrictJson {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*)((?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)");
  private static final int DEEPEST = 32;
  private static final int LONGEST_NUMBER = 100;

  /// Bytes in UTF-8.
  private static final int LONGEST_NAME = 1024;

  /// Thrown where the grammar ends.
  private static final class Malformed extends RuntimeException {
    @java.io.Serial private static final long serialVersionUID = 1L;

    Malformed() {
      super("malformed", null, false, false);
    }
  }

  private final String text;
  private int at;
  private boolean repeats;
  private boolean beyond;

  private StrictJson(String text) {
    this.text = text;
  }

  /// A document.
  ///
  /// @param root the first value counts where a key is repeated
  /// @param repeats whether a key is
  /// @param beyond whether something in it is more than what must be accepted
  record Document(JsonNode root, boolean repeats, boolean beyond) {}

  /// Empty if the bytes are not one JSON document in UTF-8.
  static Optional<Document> read(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      // A byte order mark may be ignored (RFC 8259 §8.1), and is.
      StrictJson reading = new StrictJson(text.startsWith("\uFEFF") ? text.substring(1) : text);
      JsonNode root = reading.value(0);
      reading.blanks();
      return reading.at < reading.text.length()
          ? Optional.empty()
          : Optional.of(new Document(root, reading.repeats, reading.beyond));
    } catch (CharacterCodingException | Malformed e) {
      return Optional.empty();
    }
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private boolean takes(String word) {
    blanks();
    boolean there = text.startsWith(word, at);
    at += there ? word.length() : 0;
    return there;
  }

  private void must(String word) {
    if (!takes(word)) {
      throw new Malformed();
    }
  }

  private JsonNode value(int depth) {
    beyond |= depth >= DEEPEST;
    if (depth > 1000) {
      throw new Malformed();
    }
    if (takes("{")) {
      return object(depth + 1);
    }
    if (takes("[")) {
      return array(depth + 1);
    }
    if (takes("\"")) {
      return NODES.textNode(string());
    }
    if (takes("true")) {
      return NODES.booleanNode(true);
    }
    if (takes("false")) {
      return NODES.booleanNode(false);
    }
    return takes("null") ? NODES.nullNode() : number();
  }

  private ObjectNode object(int depth) {
    ObjectNode object = NODES.objectNode();
    if (takes("}")) {
      return object;
    }
    do {
      must("\"");
      String name = string();
      // Half a surrogate pair in a name need not be read (RFC 8259 §8.2), and is not.
      beyond |= name.getBytes(UTF_8).length > LONGEST_NAME || hasHalfAPair(name);
      must(":");
      JsonNode value = value(depth);
      repeats |= object.has(name);
      object.putIfAbsent(name, value);
    } while (takes(","));
    must("}");
    return object;
  }

  private static boolean hasHalfAPair(String text) {
    return text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  private ArrayNode array(int depth) {
    ArrayNode array = NODES.arrayNode();
    if (takes("]")) {
      return array;
    }
    do {
      array.add(value(depth));
    } while (takes(","));
    must("]");
    return array;
  }

  private String string() {
    StringBuilder read = new StringBuilder();
    while (true) {
      if (at == text.length() || text.charAt(at) < 0x20) {
        throw new Malformed();
      }
      char c = text.charAt(at++);
      if (c == '"') {
        return read.toString();
      }
      read.append(c == '\\' ? escaped() : c);
    }
  }

  private char escaped() {
    int kind = at == text.length() ? -1 : "\"\\/bfnrtu".indexOf(text.charAt(at++));
    if (kind < 0) {
      throw new Malformed();
    }
    if (kind < 8) {
      return "\"\\/\b\f\n\r\t".charAt(kind);
    }
    if (at + 4 > text.length() || !text.substring(at, at + 4).matches("[0-9A-Fa-f]{4}")) {
      throw new Malformed();
    }
    at += 4;
    return (char) Integer.parseInt(text.substring(at - 4, at), 16);
  }

  private JsonNode number() {
    blanks();
    Matcher matcher = NUMBER.matcher(text).region(at, text.length());
    if (!matcher.lookingAt()) {
      throw new Malformed();
    }
    at = matcher.end();
    beyond |= matcher.group().length() > LONGEST_NUMBER;
    return matcher.group(1).isEmpty()
        ? NODES.numberNode(new BigInteger(matcher.group()))
        : NODES.numberNode(Double.parseDouble(matcher.group()));
  }
}
