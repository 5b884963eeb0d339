package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// The API document that the server gives out, and the rule that every exchange is held against:
/// what was answered must be documented, and what was asked with success too.
///
/// Made once, used by any number of threads.
///
/// Answers of any path are documented once, in `components/responses`: a path that is in no
/// template is a 404 `UnknownPath`, a method that a template does not have is a 405 `WrongMethod`
/// with `Allow`, a path that is no percent-encoded UTF-8 may be a 400 `UnreadablePath`, a body
/// where none is wanted a 413 `TooLargeBody`, and 414 and 431 are `TooLongUri` and
/// `TooLargeHeaders` anywhere. `HEAD` is `GET` without a body. Anything else that is not documented
/// is a fault.
public final class OpenApiDocument {

  private static final String BASE = "https://clientele.invalid/openapi";
  private static final List<String> METHODS =
      List.of("get", "put", "post", "delete", "patch", "options", "head", "trace");
  private static final int FAULTS_SHOWN = 20;

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /// A value of a parameter or a header: its schema, and the type that its text stands for.
  private record Value(Schema schema, String type) {}

  private record Parameter(String name, String in, boolean required, Value value) {}

  private record Header(String name, boolean required, Value value) {}

  private record RequestBody(boolean required, Map<String, Schema> byMediaType) {}

  private record Response(List<Header> headers, Map<String, Schema> byMediaType) {}

  private record Operation(
      String name,
      Pattern path,
      List<Parameter> parameters,
      Optional<RequestBody> body,
      Map<Integer, Response> responses,
      boolean sameForm,
      Set<String> schemes) {}

  private record PathItem(String template, Pattern path, Map<String, Operation> byMethod) {}

  private final JsonNode tree;
  private final SchemaRegistry registry;
  private final Map<String, Schema> compiled = new HashMap<>();
  private final List<PathItem> paths;
  private final Response unknownPath;
  private final Response unreadablePath;
  private final Response wrongMethod;
  private final Response tooLargeBody;
  private final Map<Integer, Response> anywhere;

  private OpenApiDocument(JsonNode tree) {
    this.tree = tree;
    this.registry =
        SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12,
            builder -> builder.schemas(Map.of(BASE, JSON.writeValueAsString(tree))));
    this.paths =
        at("/paths").propertyNames().stream()
            .map(this::pathItem)
            // A path without variables wins over one with (OpenAPI 3.1.1 §4.8.8.2).
            .sorted(Comparator.comparingLong(item -> variables(item.template()).size()))
            .toList();
    this.unknownPath = response("/components/responses/UnknownPath");
    this.unreadablePath = response("/components/responses/UnreadablePath");
    this.wrongMethod = response("/components/responses/WrongMethod");
    this.tooLargeBody = response("/components/responses/TooLargeBody");
    this.anywhere =
        Map.of(
            408, response("/components/responses/TooSlow"),
            414, response("/components/responses/TooLongUri"),
            431, response("/components/responses/TooLargeHeaders"));
  }

  /// Reads the document as the server gives it out.
  public static OpenApiDocument load() {
    try (InputStream in = OpenApiDocument.class.getResourceAsStream("/openapi.yaml")) {
      return parse(new String(Objects.requireNonNull(in, "openapi.yaml").readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Reads a document from its YAML text.
  static OpenApiDocument parse(String yaml) {
    return new OpenApiDocument(YAML.readTree(yaml));
  }

  /// Every operation there is, as `POST /oauth/customers/{customerId}/clients`.
  public Set<String> operations() {
    return paths.stream()
        .flatMap(item -> item.byMethod().values().stream())
        .map(Operation::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /// What an operation says of itself under a name that begins with `x-`; empty if nothing.
  public String extension(String operation, String name) {
    int space = operation.indexOf(' ');
    return at("/paths")
        .path(operation.substring(space + 1))
        .path(operation.substring(0, space).toLowerCase(Locale.ROOT))
        .path(name)
        .asString("");
  }

  /// Fails, and names each fault, if the exchange is not what the document says: the operation, the
  /// status, the media type, the headers and the body of the answer; and, after a success, the
  /// parameters, the credentials and the body of the request.
  ///
  /// @param path raw, as sent; with its query string if that is to be checked too
  public void check(
      String method,
      String path,
      Map<String, List<String>> requestHeaders,
      byte[] requestBody,
      int status,
      Map<String, List<String>> answerHeaders,
      byte[] answerBody) {
    int query = path.indexOf('?');
    Exchange exchange =
        new Exchange(
            method,
            query < 0 ? path : path.substring(0, query),
            query < 0 ? "" : path.substring(query + 1),
            folded(requestHeaders),
            requestBody,
            status,
            folded(answerHeaders),
            answerBody);
    List<String> faults = new ArrayList<>();
    String name = check(exchange, faults);
    if (!faults.isEmpty()) {
      throw new AssertionError(
          faults.stream()
              .distinct()
              .limit(FAULTS_SHOWN)
              .collect(
                  Collectors.joining("\n  ", name + " answered " + status + ", faults:\n  ", "")));
    }
  }

  private record Exchange(
      String method,
      String path,
      String query,
      Map<String, List<String>> requestHeaders,
      byte[] requestBody,
      int status,
      Map<String, List<String>> answerHeaders,
      byte[] answerBody) {

    boolean succeeded() {
      return status >= 200 && status < 300;
    }
  }

  /// Adds what is wrong, and returns the name of the operation.
  private String check(Exchange exchange, List<String> faults) {
    String asked = exchange.method() + " " + exchange.path();
    Response always = anywhere.get(exchange.status());
    if (always != null) {
      checkAnswer(always, exchange, faults);
      return asked;
    }
    Optional<PathItem> item =
        paths.stream().filter(each -> each.path().matcher(exchange.path()).matches()).findFirst();
    if (exchange.status() == 400 && !isPercentEncodedUtf8(exchange.path())) {
      checkAnswer(unreadablePath, exchange, faults);
      return asked;
    }
    if (item.isEmpty()) {
      if (exchange.status() == 404) {
        checkAnswer(unknownPath, exchange, faults);
      } else {
        faults.add("the path is not documented, so only 404 may be answered");
      }
      return asked;
    }
    Map<String, Operation> byMethod = item.get().byMethod();
    Operation operation = byMethod.get(exchange.method());
    if (operation == null && exchange.method().equals("HEAD") && exchange.status() != 405) {
      operation = byMethod.get("GET");
    }
    if (operation == null) {
      if (exchange.status() == 405) {
        checkAnswer(wrongMethod, exchange, faults);
        checkAllow(byMethod.keySet(), exchange, faults);
      } else {
        faults.add("the method is not documented, so only 405 may be answered");
      }
      return exchange.method() + " " + item.get().template();
    }
    Response response = operation.responses().get(exchange.status());
    if (response == null && exchange.status() == 413 && operation.body().isEmpty()) {
      response = tooLargeBody;
    }
    if (response == null) {
      faults.add("this status is not documented, only " + operation.responses().keySet());
      return operation.name();
    }
    Optional<JsonNode> answered = checkAnswer(response, exchange, faults);
    if (exchange.succeeded()) {
      checkParameters(operation, exchange, faults);
      checkCredentials(operation, exchange, faults);
      Optional<JsonNode> requested = checkRequestBody(operation, exchange, faults);
      if (operation.sameForm() && requested.isPresent() && answered.isPresent()) {
        checkSameForm(requested.get(), answered.get(), faults);
      }
    }
    return operation.name();
  }

  // ------------------------------------------------------------------------------------ the answer

  private static Optional<JsonNode> checkAnswer(
      Response response, Exchange exchange, List<String> faults) {
    for (Header header : response.headers()) {
      List<String> values = exchange.answerHeaders().getOrDefault(header.name(), List.of());
      if (values.isEmpty() && header.required()) {
        faults.add("answer header " + header.name() + " is missing");
      }
      values.forEach(
          text -> checkValue("answer header " + header.name(), header.value(), text, faults));
    }
    if (exchange.method().equals("HEAD")) {
      return Optional.empty();
    }
    String mediaType = mediaType(exchange.answerHeaders());
    Schema schema = response.byMediaType().get(mediaType);
    if (schema == null) {
      faults.add(
          "answer media type '%s' is not documented, only %s"
              .formatted(mediaType, response.byMediaType().keySet()));
      return Optional.empty();
    }
    String text = new String(exchange.answerBody(), UTF_8);
    for (String id : exchange.answerHeaders().getOrDefault("X-Request-Id", List.of())) {
      if (id.length() >= 8 && text.contains(id)) {
        faults.add("the request id stands in the answer body");
      }
    }
    if (mediaType.equals("application/x-ndjson")) {
      text.lines().forEach(line -> checkJson("answer line", schema, line, faults));
      return Optional.empty();
    }
    if (!isJson(mediaType)) {
      check("answer body", schema, JsonNodeFactory.instance.stringNode(text), faults);
      return Optional.empty();
    }
    Optional<JsonNode> body = checkJson("answer body", schema, text, faults);
    if (mediaType.equals("application/problem+json") && body.isPresent()) {
      for (String member : List.of("status", "errorCode")) {
        if (body.get().path(member).asInt(0) != exchange.status()) {
          faults.add("answer body: " + member + " is not the status");
        }
      }
    }
    return body;
  }

  private static void checkAllow(Set<String> methods, Exchange exchange, List<String> faults) {
    Set<String> allowed =
        exchange.answerHeaders().getOrDefault("Allow", List.of()).stream()
            .flatMap(Pattern.compile("[ ,]+")::splitAsStream)
            .filter(method -> !method.equals("HEAD") && !method.equals("OPTIONS"))
            .collect(Collectors.toCollection(TreeSet::new));
    if (!allowed.equals(methods)) {
      faults.add("answer header Allow says " + allowed + ", documented are " + methods);
    }
  }

  private static void checkSameForm(JsonNode requested, JsonNode answered, List<String> faults) {
    if (requested.isArray() != answered.isArray()) {
      faults.add("request and answer are not of one form, object or array");
    } else if (requested.isArray() && requested.size() != answered.size()) {
      faults.add("request and answer are not of the same length");
    }
  }

  // ----------------------------------------------------------------------------------- the request

  private static void checkParameters(Operation operation, Exchange exchange, List<String> faults) {
    Matcher path = operation.path().matcher(exchange.path());
    boolean matched = path.matches();
    for (Parameter parameter : operation.parameters()) {
      String where = "request " + parameter.in() + " parameter " + parameter.name();
      List<String> values =
          switch (parameter.in()) {
            case "path" ->
                matched ? List.of(percentDecoded(path.group(parameter.name()))) : List.of();
            case "header" -> exchange.requestHeaders().getOrDefault(parameter.name(), List.of());
            case "query" -> form(exchange.query()).getOrDefault(parameter.name(), List.of());
            default -> throw new IllegalStateException(where);
          };
      if (values.isEmpty() && parameter.required()) {
        faults.add(where + " is missing");
      }
      if (values.size() > 1) {
        faults.add(where + " is given twice");
      }
      values.forEach(text -> checkValue(where, parameter.value(), text, faults));
    }
  }

  private static void checkCredentials(
      Operation operation, Exchange exchange, List<String> faults) {
    if (operation.schemes().isEmpty() || operation.schemes().contains("")) {
      return;
    }
    String authorization =
        exchange.requestHeaders().getOrDefault("Authorization", List.of()).stream()
            .findFirst()
            .orElse("")
            .toLowerCase(Locale.ROOT);
    if (operation.schemes().stream().noneMatch(scheme -> authorization.startsWith(scheme + " "))) {
      faults.add("the request succeeded without any of " + operation.schemes());
    }
  }

  private static Optional<JsonNode> checkRequestBody(
      Operation operation, Exchange exchange, List<String> faults) {
    if (operation.body().isEmpty()) {
      return Optional.empty();
    }
    RequestBody body = operation.body().get();
    if (exchange.requestBody().length == 0) {
      if (body.required()) {
        faults.add("the request succeeded without a body");
      }
      return Optional.empty();
    }
    String mediaType = mediaType(exchange.requestHeaders());
    if (mediaType.isEmpty()) {
      mediaType = body.byMediaType().keySet().iterator().next();
    }
    Schema schema = body.byMediaType().get(mediaType);
    if (schema == null) {
      faults.add("the request succeeded with the undocumented media type '" + mediaType + "'");
      return Optional.empty();
    }
    String text = new String(exchange.requestBody(), UTF_8);
    if (isJson(mediaType)) {
      return checkJson("request body", schema, text, faults);
    }
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    JsonNode known = schema.getSchemaNode().path("properties");
    form(text)
        .forEach(
            (name, values) -> {
              fields.put(name, values.getFirst());
              if (values.size() > 1 && known.has(name)) {
                faults.add("the request succeeded with field " + name + " given twice");
              }
            });
    check("request form", schema, fields, faults);
    return Optional.empty();
  }

  // ------------------------------------------------------------------------------------ any
  // content

  private static Optional<JsonNode> checkJson(
      String where, Schema schema, String text, List<String> faults) {
    JsonNode node;
    try {
      node = JSON.readTree(text);
    } catch (JacksonException e) {
      faults.add(where + " is not JSON: " + e.getOriginalMessage());
      return Optional.empty();
    }
    check(where, schema, node, faults);
    return Optional.of(node);
  }

  private static void checkValue(String where, Value value, String text, List<String> faults) {
    check(where, value.schema(), typed(value.type(), text), faults);
  }

  private static void check(String where, Schema schema, JsonNode node, List<String> faults) {
    schema
        .validate(node)
        .forEach(
            error -> {
              String place = error.getInstanceLocation().toString();
              faults.add(where + (place.isEmpty() ? "" : " " + place) + ": " + error.getMessage());
            });
  }

  /// The value that a text stands for, or the text if it stands for none of this type.
  private static JsonNode typed(String type, String text) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (type.equals("integer") && text.matches("-?[0-9]{1,18}")) {
      return nodes.numberNode(Long.parseLong(text));
    }
    if (type.equals("boolean") && (text.equals("true") || text.equals("false"))) {
      return nodes.booleanNode(text.equals("true"));
    }
    return nodes.stringNode(text);
  }

  /// Reads `name=value&…`; empty values count as left out (RFC 6749 §3.2).
  private static Map<String, List<String>> form(String text) {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && equals < pair.length() - 1) {
        fields
            .computeIfAbsent(
                URLDecoder.decode(pair.substring(0, equals), UTF_8), name -> new ArrayList<>())
            .add(URLDecoder.decode(pair.substring(equals + 1), UTF_8));
      }
    }
    return fields;
  }

  private static boolean isPercentEncodedUtf8(String path) {
    try {
      return !percentDecoded(path).contains("\uFFFD");
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /// In a path `+` is a plus.
  private static String percentDecoded(String segment) {
    return URLDecoder.decode(segment.replace("+", "%2B"), UTF_8);
  }

  private static String mediaType(Map<String, List<String>> headers) {
    String value = headers.getOrDefault("Content-Type", List.of("")).getFirst();
    int semicolon = value.indexOf(';');
    return (semicolon < 0 ? value : value.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
  }

  private static boolean isJson(String mediaType) {
    return mediaType.equals("application/json") || mediaType.endsWith("+json");
  }

  private static Map<String, List<String>> folded(Map<String, List<String>> headers) {
    Map<String, List<String>> folded = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach(
        (name, values) -> folded.computeIfAbsent(name, absent -> new ArrayList<>()).addAll(values));
    return folded;
  }

  // --------------------------------------------------------------------------- reading the
  // document

  /// The node at a JSON pointer.
  JsonNode at(String pointer) {
    JsonNode node = tree.at(pointer);
    if (node.isMissingNode()) {
      throw new IllegalArgumentException("the document has nothing at " + pointer);
    }
    return node;
  }

  /// Where this pointer leads, after the references (other than a schema's, which are its
  /// validator's).
  String resolved(String pointer) {
    String ref = at(pointer).path("$ref").asString("");
    return ref.isEmpty() ? pointer : resolved(ref.substring(1));
  }

  /// The schema at a JSON pointer, compiled once.
  Schema schema(String pointer) {
    return compiled.computeIfAbsent(
        pointer,
        each -> {
          at(each);
          Schema schema = registry.getSchema(SchemaLocation.of(BASE + "#" + each));
          schema.initializeValidators();
          return schema;
        });
  }

  static String escaped(String token) {
    return token.replace("~", "~0").replace("/", "~1");
  }

  private static List<String> variables(String template) {
    return Pattern.compile("\\{(\\w+)}").matcher(template).results().map(m -> m.group(1)).toList();
  }

  private PathItem pathItem(String template) {
    StringBuilder regex = new StringBuilder();
    for (String segment : template.substring(1).split("/", -1)) {
      List<String> variable = variables(segment);
      regex
          .append('/')
          .append(
              variable.isEmpty()
                  ? Pattern.quote(segment)
                  : "(?<" + variable.getFirst() + ">[^/]+)");
    }
    Pattern path = Pattern.compile(regex.toString());
    String pointer = "/paths/" + escaped(template);
    Map<String, Operation> byMethod = new TreeMap<>();
    for (String method : METHODS) {
      if (at(pointer).has(method)) {
        String upper = method.toUpperCase(Locale.ROOT);
        byMethod.put(upper, operation(upper + " " + template, path, pointer, method));
      }
    }
    return new PathItem(template, path, byMethod);
  }

  private Operation operation(String name, Pattern path, String item, String method) {
    String pointer = item + "/" + method;
    JsonNode node = at(pointer);
    List<Parameter> parameters = new ArrayList<>();
    for (String list : List.of(item + "/parameters", pointer + "/parameters")) {
      for (int i = 0; i < tree.at(list).size(); i++) {
        parameters.add(parameter(resolved(list + "/" + i)));
      }
    }
    Map<Integer, Response> responses = new TreeMap<>();
    for (String status : node.path("responses").propertyNames()) {
      responses.put(Integer.valueOf(status), response(pointer + "/responses/" + status));
    }
    return new Operation(
        name,
        path,
        List.copyOf(parameters),
        node.has("requestBody")
            ? Optional.of(requestBody(resolved(pointer + "/requestBody")))
            : Optional.empty(),
        responses,
        node.path("x-same-form").asBoolean(false),
        schemes(node.has("security") ? node.path("security") : tree.path("security")));
  }

  private Parameter parameter(String pointer) {
    JsonNode node = at(pointer);
    return new Parameter(
        node.path("name").asString(),
        node.path("in").asString(),
        node.path("required").asBoolean(false),
        value(pointer + "/schema"));
  }

  private RequestBody requestBody(String pointer) {
    return new RequestBody(at(pointer).path("required").asBoolean(false), content(pointer));
  }

  private Response response(String where) {
    String pointer = resolved(where);
    List<Header> headers = new ArrayList<>();
    for (String name : at(pointer).path("headers").propertyNames()) {
      String header = resolved(pointer + "/headers/" + escaped(name));
      boolean required = at(header).path("required").asBoolean(false);
      headers.add(new Header(name, required, value(header + "/schema")));
    }
    return new Response(List.copyOf(headers), content(pointer));
  }

  private Map<String, Schema> content(String pointer) {
    Map<String, Schema> byMediaType = new LinkedHashMap<>();
    for (String mediaType : at(pointer).path("content").propertyNames()) {
      byMediaType.put(mediaType, schema(pointer + "/content/" + escaped(mediaType) + "/schema"));
    }
    return byMediaType;
  }

  private Value value(String pointer) {
    return new Value(schema(pointer), at(resolved(pointer)).path("type").asString("string"));
  }

  /// The words that may begin `Authorization`; the empty one if it may be left out.
  private Set<String> schemes(JsonNode security) {
    Set<String> words = new TreeSet<>();
    for (JsonNode alternative : security) {
      if (alternative.isEmpty()) {
        words.add("");
      }
      for (String name : alternative.propertyNames()) {
        words.add(at("/components/securitySchemes/" + name).path("scheme").asString("bearer"));
      }
    }
    return words;
  }
}
