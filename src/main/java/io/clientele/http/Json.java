package io.clientele.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// JSON read strictly and written plainly; the one place that configures the parser. Limits: depth
/// 32, a string 64 KiB, a number 100 digits, a key 1,024 bytes, a million tokens. What we wrote
/// ourselves may hold longer strings.
public final class Json {

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(32)
                  .maxStringLength(64 * 1024)
                  .maxNumberLength(100)
                  .maxNameLength(1024)
                  .maxTokenCount(1_000_000)
                  .build())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private static final ObjectMapper MAPPER = JsonMapper.builder(FACTORY).build();

  /// A document may stand in a string of another.
  private static final ObjectMapper OURS =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(64)
                          .maxStringLength(32 * 1024 * 1024)
                          .build())
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .build())
          .build();

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /// More are not told: a document that repeats so many keys was not written in good faith.
  private static final int MOST_REPEATED = 100;

  private Json() {}

  /// A document and what is wrong with it so far: repeated keys. (The first value stands in the
  /// tree.)
  ///
  /// @param root the document
  /// @param faults each repeated key, with its pointer
  public record Document(JsonNode root, List<Fault> faults) {}

  /// Reads the body of a management request.
  ///
  /// @throws Problem 415 if it says to be something else than JSON, 400 if it is not one JSON
  ///   document
  public static Document parse(Request request) {
    for (String type : request.headers("Content-Type")) {
      String media = type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
      if (!media.equals("application/json")) {
        throw Problem.of(415, "The body must be application/json");
      }
    }
    if (!request.headers("Content-Encoding").isEmpty()) {
      throw Problem.of(415, "The body must not be encoded (Content-Encoding)");
    }
    return parse(request.body());
  }

  /// Reads a stranger's document.
  ///
  /// @throws Problem 400 with one fault if the bytes are not one JSON document
  public static Document parse(byte[] bytes) {
    if (!isUtf8(bytes)) {
      throw Problem.faults(List.of(new Fault("", "the body is not UTF-8 text")));
    }
    List<Fault> faults = new ArrayList<>();
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      if (parser.nextToken() == null) {
        throw Problem.faults(
            List.of(new Fault("", "the body is empty; a JSON document is expected")));
      }
      JsonNode root = read(parser, faults);
      if (parser.nextToken() != null) {
        throw Problem.faults(List.of(new Fault("", "there is text after the JSON document")));
      }
      return new Document(root, faults);
    } catch (JsonProcessingException e) {
      throw Problem.faults(
          List.of(new Fault("", "the body is not JSON that is accepted: " + where(e))));
    } catch (IOException e) {
      throw new UncheckedIOException("bytes in memory cannot be read", e);
    }
  }

  // The parser takes overlong sequences, and UTF-16 and UTF-32 as well, which it knows by their
  // zero bytes: two readers would see two documents.
  private static boolean isUtf8(byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    CharBuffer part = CharBuffer.allocate(8192);
    while (true) {
      CoderResult result = decoder.decode(rest, part, true);
      for (int i = 0; i < part.position(); i++) {
        if (part.get(i) == 0) {
          return false;
        }
      }
      if (!result.isOverflow()) {
        return result.isUnderflow();
      }
      part.clear();
    }
  }

  // Jackson's own message may repeat what was sent, a secret among it: only the place is told.
  private static String where(JsonProcessingException e) {
    String what =
        e instanceof com.fasterxml.jackson.core.exc.StreamConstraintsException
            ? "it is nested too deeply, it holds too many values, or a string or number in it is"
                + " too long"
            : "it breaks off or is malformed";
    return e.getLocation() == null
        ? what
        : what
            + " at line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr();
  }

  private static JsonNode read(JsonParser parser, List<Fault> faults) throws IOException {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> readObject(parser, faults);
      case START_ARRAY -> readArray(parser, faults);
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
      // No field takes a fraction, so its value is never looked at; a BigDecimal would fail for an
      // exponent of many digits.
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
          throw new IllegalStateException("the parser gave " + token);
    };
  }

  private static ObjectNode readObject(JsonParser parser, List<Fault> faults) throws IOException {
    ObjectNode object = NODES.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      JsonNode value = read(parser, faults);
      if (object.has(name)) {
        // The pointer is made for a fault alone: for each value it would cost more than the value.
        String pointer = parser.getParsingContext().pathAsPointer().toString();
        faults.add(new Fault(pointer, "the key is repeated"));
        if (faults.size() == MOST_REPEATED) {
          throw Problem.faults(faults);
        }
      } else {
        object.set(name, value);
      }
    }
    return object;
  }

  private static ArrayNode readArray(JsonParser parser, List<Fault> faults) throws IOException {
    ArrayNode array = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(read(parser, faults));
    }
    return array;
  }

  /// Reads a document that we wrote ourselves.
  ///
  /// @throws UncheckedIOException if it is no JSON after all
  public static JsonNode parseOurs(String text) {
    try {
      return OURS.readTree(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a stored document is no JSON", e);
    }
  }

  /// Reads a document that we wrote ourselves.
  ///
  /// @throws UncheckedIOException if it is no JSON after all
  public static JsonNode parseOurs(byte[] text) {
    try {
      return OURS.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException("a stored document is no JSON", e);
    }
  }

  /// Reads a document that we wrote ourselves token by token.
  public static JsonParser parserOfOurs(byte[] text) throws IOException {
    return FACTORY.createParser(text);
  }

  /// The document as UTF-8.
  public static byte[] bytes(JsonNode document) {
    try {
      return MAPPER.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a tree that cannot be written", e);
    }
  }

  /// The document as text, compact.
  public static String text(JsonNode document) {
    try {
      return MAPPER.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a tree that cannot be written", e);
    }
  }

  /// An empty object, members in the order of their setting.
  public static ObjectNode object() {
    return NODES.objectNode();
  }

  /// An empty array.
  public static ArrayNode array() {
    return NODES.arrayNode();
  }

  /// An array of strings.
  public static ArrayNode strings(Iterable<?> values) {
    ArrayNode array = NODES.arrayNode();
    values.forEach(each -> array.add(each.toString()));
    return array;
  }
}
