package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The API document is sound, and the rule that exchanges are held against it notices what is
/// wrong.
class OpenApiDocumentTest {

  private static final OpenApiDocument DOCUMENT = OpenApiDocument.load();
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  @Nested
  class TheDocument {

    @Test
    void hasTheShapeOfOpenApi31() {
      Schema shape = SCHEMAS.getSchema(resource("/openapi-shape.yaml"), InputFormat.YAML);
      assertThat(shape.validate(DOCUMENT.at(""))).isEmpty();
      for (String word : List.of("operationId: live", "required: true", "name: limit")) {
        String misspelled = resource("/openapi.yaml").replaceFirst(word, "x" + word);
        assertThat(shape.validate(misspelled, InputFormat.YAML)).as(word).isNotEmpty();
      }
    }

    private static String resource(String name) {
      try (InputStream in = OpenApiDocumentTest.class.getResourceAsStream(name)) {
        return new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Test
    void holdsOnlySchemasThatAreJsonSchemas() {
      Schema metaSchema =
          SCHEMAS.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));
      Set<String> pointers = schemas();
      assertThat(pointers).hasSizeGreaterThan(100);
      for (String pointer : pointers) {
        assertThat(metaSchema.validate(DOCUMENT.at(pointer))).as(pointer).isEmpty();
      }
    }

    @Test
    void refersOnlyToWhatIsThere() {
      Set<String> references = references();
      assertThat(references).hasSizeGreaterThan(50);
      for (String reference : references) {
        assertThat(reference).startsWith("#/components/");
        assertThatCode(() -> DOCUMENT.at(reference.substring(1))).doesNotThrowAnyException();
      }
    }

    @Test
    void hasNoComponentThatNobodyRefersTo() {
      Set<String> unused = new TreeSet<>();
      DOCUMENT
          .at("/components")
          .properties()
          .forEach(
              kind ->
                  kind.getValue()
                      .propertyNames()
                      .forEach(name -> unused.add("#/components/" + kind.getKey() + "/" + name)));
      unused.removeAll(references());
      unused.removeIf(component -> component.startsWith("#/components/securitySchemes/"));
      assertThat(unused)
          .as("only the answers of any path stand by themselves")
          .containsExactlyInAnyOrder(
              "#/components/responses/UnknownPath",
              "#/components/responses/WrongMethod",
              "#/components/responses/UnreadablePath",
              "#/components/responses/TooLargeBody",
              "#/components/responses/TooSlow",
              "#/components/responses/TooLongUri",
              "#/components/responses/TooLargeHeaders");
    }

    @Test
    void givesOnlyExamplesThatAreValid() {
      int examples = 0;
      for (String pointer : nodes("")) {
        String owner = pointer.substring(0, Math.max(0, pointer.lastIndexOf('/')));
        if (pointer.endsWith("/example") && DOCUMENT.at(owner).has("schema")) {
          checkExample(owner + "/schema", pointer);
          examples++;
        }
        if (pointer.endsWith("/examples") && DOCUMENT.at(owner).has("schema")) {
          for (String name : DOCUMENT.at(pointer).propertyNames()) {
            checkExample(owner + "/schema", DOCUMENT.resolved(pointer + "/" + name) + "/value");
            examples++;
          }
        }
      }
      assertThat(examples).isGreaterThan(50);
    }

    private void checkExample(String schema, String example) {
      assertThat(DOCUMENT.schema(schema).validate(DOCUMENT.at(example))).as(example).isEmpty();
    }

    @Test
    void namesEachOperationOnceAndOnlyTagsAndSchemesThatItDeclares() {
      Set<String> tags = new TreeSet<>();
      DOCUMENT.at("/tags").forEach(tag -> tags.add(tag.path("name").asString()));
      Set<String> schemes = Set.copyOf(DOCUMENT.at("/components/securitySchemes").propertyNames());
      List<String> ids = new ArrayList<>();
      Set<String> usedTags = new TreeSet<>();
      operations()
          .forEach(
              (name, operation) -> {
                ids.add(operation.path("operationId").asString());
                operation.path("tags").forEach(tag -> usedTags.add(tag.asString()));
                operation
                    .path("security")
                    .forEach(
                        each -> assertThat(schemes).as(name).containsAll(each.propertyNames()));
              });
      assertThat(ids).doesNotHaveDuplicates();
      assertThat(usedTags).isEqualTo(tags);
    }

    @Test
    void declaresEachVariableOfAPath() {
      for (String template : DOCUMENT.at("/paths").propertyNames()) {
        List<String> variables =
            Pattern.compile("\\{(\\w+)}")
                .matcher(template)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
        List<String> declared = new ArrayList<>();
        String item = "/paths/" + OpenApiDocument.escaped(template);
        for (int i = 0; i < DOCUMENT.at(item).path("parameters").size(); i++) {
          JsonNode parameter = DOCUMENT.at(DOCUMENT.resolved(item + "/parameters/" + i));
          assertThat(parameter.path("in").asString()).isEqualTo("path");
          declared.add(parameter.path("name").asString());
        }
        assertThat(declared).as(template).isEqualTo(variables);
      }
    }

    @Test
    void saysOfEachOperationOneSuccessAndOfEachAnswerItsRequestId() {
      operations()
          .forEach(
              (name, operation) -> {
                List<String> successes =
                    operation.path("responses").propertyNames().stream()
                        .filter(status -> status.startsWith("2"))
                        .toList();
                assertThat(successes).as(name).hasSize(1);
                for (String status : operation.path("responses").propertyNames()) {
                  String answer =
                      DOCUMENT.resolved(pointer(name) + "/responses/" + status) + "/headers";
                  JsonNode id = DOCUMENT.at(DOCUMENT.resolved(answer + "/X-Request-Id"));
                  assertThat(id.path("required").asBoolean()).as(name + " " + status).isTrue();
                }
              });
    }

    @Test
    void saysOfEachManagementOperationWhatTheWallsAnswer() {
      operations()
          .forEach(
              (name, operation) -> {
                if (!operation.has("security")) {
                  assertThat(operation.path("responses").propertyNames())
                      .as(name)
                      .contains("401", "403", "429", "503");
                }
              });
    }

    private static Map<String, JsonNode> operations() {
      return DOCUMENT.operations().stream()
          .collect(
              Collectors.toMap(
                  name -> name, name -> DOCUMENT.at(pointer(name)), (a, b) -> a, TreeMap::new));
    }

    private static String pointer(String operation) {
      List<String> words = List.of(operation.split(" ", 2));
      return "/paths/"
          + OpenApiDocument.escaped(words.getLast())
          + "/"
          + words.getFirst().toLowerCase(Locale.ROOT);
    }

    /// Where schemas stand that are not inside of another schema.
    private static Set<String> schemas() {
      Set<String> pointers = new TreeSet<>();
      for (String pointer : nodes("")) {
        if (pointer.endsWith("/schema") || pointer.matches("/components/schemas/[^/]+")) {
          pointers.add(pointer);
        }
      }
      return pointers;
    }

    private static Set<String> references() {
      Set<String> references = new TreeSet<>();
      for (String pointer : nodes("")) {
        if (pointer.endsWith("/$ref")) {
          references.add(DOCUMENT.at(pointer).asString());
        }
      }
      return references;
    }

    /// Every node's pointer, but none inside of an example.
    private static List<String> nodes(String pointer) {
      List<String> all = new ArrayList<>(List.of(pointer));
      JsonNode node = DOCUMENT.at(pointer);
      for (String name : node.propertyNames()) {
        if (!name.equals("value")) {
          all.addAll(nodes(pointer + "/" + OpenApiDocument.escaped(name)));
        }
      }
      for (int i = 0; node.isArray() && i < node.size(); i++) {
        all.addAll(nodes(pointer + "/" + i));
      }
      return all;
    }
  }

  /// Each test plants one fault into an exchange that is sound without it.
  @Nested
  class TheRule {

    private static final String CLIENT =
        DOCUMENT.at("/components/examples/Client/value").toString();
    private static final String WITH_SECRET =
        CLIENT.replace("{\"clientId\"", "{\"clientSecret\":\"YZze8&7EU%xqH3%8\",\"clientId\"");
    private static final String TO_CREATE =
        """
        {"clientId":"test_client","authorizedGrantTypes":["client_credentials"],\
        "clientAuthenticationMethods":["client_secret_basic"]}\
        """;
    private static final String FORBIDDEN =
        """
        {"type":"about:blank","title":"Forbidden","status":403,"detail":"No.",\
        "errorCode":403,"errorMessage":"Access is denied"}\
        """;
    private static final String NOT_FOUND = FORBIDDEN.replace("403", "404");
    private static final String METHOD = FORBIDDEN.replace("403", "405");
    private static final String CLIENTS = "/oauth/customers/ABC/clients";
    private static final Map<String, String> TOKEN = Map.of("authorization", "Bearer x");
    private static final Map<String, String> FORM =
        Map.of("Content-Type", "application/x-www-form-urlencoded");
    private static final String REQUEST_ID = "0123456789abcdef";

    @Test
    void letsSoundExchangesPass() {
      sound("GET", CLIENTS + "/test_client", TOKEN, "", 200, json("ETag", "\"7\""), CLIENT);
      sound("GET", CLIENTS, TOKEN, "", 200, json(), "[" + CLIENT + "]");
      sound("GET", CLIENTS + "?limit=10&enabled=true", TOKEN, "", 200, json(), "[]");
      sound("HEAD", CLIENTS, TOKEN, "", 200, json(), "");
      sound("POST", CLIENTS, TOKEN, TO_CREATE, 201, json(), WITH_SECRET);
      sound("POST", CLIENTS, TOKEN, "[" + TO_CREATE + "]", 201, json(), "[" + WITH_SECRET + "]");
      sound("GET", CLIENTS, TOKEN, "", 403, problem(), FORBIDDEN);
      sound("GET", "/no/such/path", Map.of(), "", 404, problem(), NOT_FOUND);
      sound("DELETE", CLIENTS, TOKEN, "", 405, problem("Allow", "GET, HEAD, POST"), METHOD);
      sound("POST", "/oauth/revoke", FORM, "token=x", 200, json(), "{\"status\":\"success\"}");
      sound("POST", "/oauth/introspect", FORM, "token=x", 200, json(), "{\"active\":false}");
      sound("GET", "/metrics", Map.of(), "", 200, answer("text/plain"), "# HELP up");
    }

    @Test
    void noticesAPathThatIsNotDocumented() {
      faulty("no/such/path", "GET", "/no/such/path", TOKEN, "", 200, json(), "{}");
    }

    @Test
    void noticesAMethodThatIsNotDocumented() {
      faulty("only 405", "PUT", CLIENTS, TOKEN, "", 200, json(), "{}");
    }

    @Test
    void noticesAStatusThatIsNotDocumented() {
      faulty("[200, 400, 401", "GET", CLIENTS, TOKEN, "", 201, json(), "[]");
      faulty("not documented", "GET", CLIENTS, TOKEN, "", 500, problem(), FORBIDDEN);
    }

    @Test
    void noticesAnAllowThatLies() {
      faulty("Allow", "DELETE", CLIENTS, TOKEN, "", 405, problem("Allow", "GET"), METHOD);
      faulty("Allow is missing", "DELETE", CLIENTS, TOKEN, "", 405, problem(), METHOD);
    }

    @Test
    void noticesAMediaTypeThatIsNotDocumented() {
      faulty("text/html", "GET", CLIENTS, TOKEN, "", 200, answer("text/html"), "[]");
      faulty("media type", "GET", CLIENTS, TOKEN, "", 403, json(), FORBIDDEN);
    }

    @Test
    void noticesAHeaderThatIsMissingOrWrong() {
      faulty("ETag is missing", "GET", CLIENTS + "/c", TOKEN, "", 200, json(), CLIENT);
      faulty("ETag", "GET", CLIENTS + "/c", TOKEN, "", 200, json("ETag", "7"), CLIENT);
      faulty("Link", "GET", CLIENTS, TOKEN, "", 200, json("Link", "/next"), "[]");
    }

    @Test
    void noticesAFieldThatIsMissingOrTooMuchOrOfTheWrongType() {
      for (String wrong :
          List.of(
              CLIENT.replace("\"scope\":[],", ""),
              CLIENT.replace("\"scope\"", "\"scopes\":[],\"scope\""),
              CLIENT.replace("\"scope\":[]", "\"scope\":null"),
              CLIENT.replace("\"enabled\":true", "\"enabled\":\"true\""),
              CLIENT.replace("ROLE_API", "API"),
              CLIENT + "{}",
              CLIENT.replace("\"scope\":[]", "\"scope\":[],\"scope\":[]"),
              "")) {
        faulty("answer body", "GET", CLIENTS + "/c", TOKEN, "", 200, json("ETag", "\"7\""), wrong);
      }
    }

    @Test
    void noticesASecretWhereNoneMayBe() {
      faulty("clientSecret", "GET", CLIENTS, TOKEN, "", 200, json(), "[" + WITH_SECRET + "]");
    }

    @Test
    void noticesAnAnswerInTheOtherForm() {
      faulty("form", "POST", CLIENTS, TOKEN, TO_CREATE, 201, json(), "[" + WITH_SECRET + "]");
      faulty("form", "POST", CLIENTS, TOKEN, "[" + TO_CREATE + "]", 201, json(), WITH_SECRET);
    }

    @Test
    void noticesTheOneFaultInAThousandClients() {
      List<String> clients = new ArrayList<>(Collections.nCopies(1000, CLIENT));
      sound("GET", CLIENTS, TOKEN, "", 200, json(), clients.toString());
      clients.set(999, CLIENT.replace("tenant1", "-"));
      faulty("/999/clientPermissions", "GET", CLIENTS, TOKEN, "", 200, json(), clients.toString());
    }

    @Test
    void noticesAProblemThatSaysAnotherStatus() {
      faulty("status", "GET", CLIENTS, TOKEN, "", 403, problem(), NOT_FOUND);
      faulty("status", "GET", "/no/such/path", TOKEN, "", 404, problem(), FORBIDDEN);
    }

    @Test
    void noticesTheRequestIdInTheBody() {
      String body = FORBIDDEN.replace("No.", REQUEST_ID);
      faulty("request id", "GET", CLIENTS, TOKEN, "", 403, problem(), body);
    }

    @Test
    void noticesARequestThatShouldNotHaveSucceeded() {
      String tooShort = TO_CREATE.replace("}", ",\"clientSecret\":\"short\"}");
      faulty("/clientSecret", "POST", CLIENTS, TOKEN, tooShort, 201, json(), WITH_SECRET);
      faulty("without a body", "POST", CLIENTS, TOKEN, "", 201, json(), WITH_SECRET);
      faulty("without any of", "GET", CLIENTS, Map.of(), "", 200, json(), "[]");
      faulty("limit", "GET", CLIENTS + "?limit=0", TOKEN, "", 200, json(), "[]");
      faulty("twice", "GET", CLIENTS + "?limit=1&limit=1", TOKEN, "", 200, json(), "[]");
      faulty("clientId", "GET", CLIENTS + "/%20", TOKEN, "", 200, json("ETag", "\"7\""), CLIENT);
      faulty(
          "token given twice",
          "POST",
          "/oauth/introspect",
          FORM,
          "token=x&token=x",
          200,
          json(),
          "{\"active\":false}");
    }

    @Test
    void noticesABadLine() {
      String line =
          """
          {"seq":1,"at":"2026-11-23T13:22:39.123Z","actor":"a","action":"client.create",\
          "object":"test_client","detail":{}}
          """;
      String path = "/oauth/customers/ABC/audit";
      Map<String, String> headers = answer("application/x-ndjson");
      sound("GET", path, TOKEN, "", 200, headers, line + line);
      String bad = line + line.replace("client.create", "client.guess");
      faulty("answer line", "GET", path, TOKEN, "", 200, headers, bad);
    }

    @Test
    void givesManyThreadsTheSameVerdict() {
      long noticed =
          IntStream.range(0, 2_000)
              .parallel()
              .filter(
                  i -> {
                    String body = i % 2 == 0 ? "[" + CLIENT + "]" : "[" + WITH_SECRET + "]";
                    try {
                      check("GET", CLIENTS, TOKEN, "", 200, json(), body);
                      return false;
                    } catch (AssertionError e) {
                      return i % 2 == 1;
                    }
                  })
              .count();
      assertThat(noticed).isEqualTo(1_000);
    }

    private static void sound(
        String method,
        String path,
        Map<String, String> requestHeaders,
        String requestBody,
        int status,
        Map<String, String> answerHeaders,
        String answerBody) {
      assertThatCode(
              () ->
                  check(
                      method, path, requestHeaders, requestBody, status, answerHeaders, answerBody))
          .doesNotThrowAnyException();
    }

    private static void faulty(
        String named,
        String method,
        String path,
        Map<String, String> requestHeaders,
        String requestBody,
        int status,
        Map<String, String> answerHeaders,
        String answerBody) {
      assertThatThrownBy(
              () ->
                  check(
                      method, path, requestHeaders, requestBody, status, answerHeaders, answerBody))
          .isInstanceOf(AssertionError.class)
          .hasMessageStartingWith(method + " /")
          .hasMessageContaining("answered " + status)
          .hasMessageContaining(named);
    }

    private static void check(
        String method,
        String path,
        Map<String, String> requestHeaders,
        String requestBody,
        int status,
        Map<String, String> answerHeaders,
        String answerBody) {
      DOCUMENT.check(
          method,
          path,
          lists(requestHeaders),
          requestBody.getBytes(UTF_8),
          status,
          lists(answerHeaders),
          answerBody.getBytes(UTF_8));
    }

    private static Map<String, List<String>> lists(Map<String, String> headers) {
      return headers.entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getKey, each -> List.of(each.getValue())));
    }

    private static Map<String, String> json(String... more) {
      return answer("application/json", more);
    }

    private static Map<String, String> problem(String... more) {
      return answer("application/problem+json", more);
    }

    private static Map<String, String> answer(String mediaType, String... more) {
      Map<String, String> headers = new TreeMap<>();
      headers.put("content-type", mediaType + "; charset=utf-8");
      headers.put("x-request-id", REQUEST_ID);
      headers.put("cache-control", "no-store");
      for (int i = 0; i < more.length; i += 2) {
        headers.put(more[i], more[i + 1]);
      }
      return headers;
    }
  }
}
