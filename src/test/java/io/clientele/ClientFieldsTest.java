package io.clientele;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Contract 2.1: what each field of a client may hold, what it is when omitted, and how it is
/// answered.
@WithServer
class ClientFieldsTest {
  private static final List<String> OPTIONAL =
      List.of(
          "clientPermissions",
          "clientSecret",
          "accessTokenValidity",
          "enabled",
          "defaultRolesAssignmentEnabled",
          "clientName",
          "clientDescription",
          "clientEmail",
          "scope",
          "authorities",
          "resourceIds",
          "redirectUri",
          "refreshTokenValidity");

  private static ObjectNode client() {
    return Customer.client(Names.unique("field"));
  }

  /// A client with this JSON as the value of one field.
  private static String with(String field, String json) {
    String body = client().put(field, 0).toString();
    return body.replace("\"" + field + "\":0", "\"" + field + "\":" + json);
  }

  private static void nothingIsCreated(Customer customer) {
    Http http = customer.server().http();
    assertThat(http.get(customer.clients(), customer.adminToken()).json())
        .as("only the administrator is there")
        .hasSize(1);
  }

  @Nested
  class S2_1_EachField {
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        textBlock =
            """
            clientId                      | null
            clientId                      | 1
            clientId                      | true
            clientId                      | []
            clientId                      | {}
            clientId                      | ""
            clientId                      | "-a"
            clientId                      | ".a"
            clientId                      | "_a"
            clientId                      | "a b"
            clientId                      | "a/b"
            clientId                      | "a:b"
            clientId                      | "a+b"
            clientId                      | "a%20b"
            clientId                      | "ä"
            clientId                      | "a\\u0000"
            clientId                      | "a\\n"
            clientId                      | "\\ud800"
            authorizedGrantTypes          | null
            authorizedGrantTypes          | "client_credentials"
            authorizedGrantTypes          | []
            authorizedGrantTypes          | ["password"]
            authorizedGrantTypes          | ["CLIENT_CREDENTIALS"]
            authorizedGrantTypes          | ["client_credentials","client_credentials"]
            authorizedGrantTypes          | ["client_credentials","password"]
            authorizedGrantTypes          | [null]
            authorizedGrantTypes          | {"0":"client_credentials"}
            clientAuthenticationMethods   | null
            clientAuthenticationMethods   | []
            clientAuthenticationMethods   | "client_secret_basic"
            clientAuthenticationMethods   | ["none"]
            clientAuthenticationMethods   | ["private_key_jwt"]
            clientAuthenticationMethods   | ["client_secret_basic","none"]
            clientAuthenticationMethods   | ["client_secret_basic","client_secret_basic"]
            clientAuthenticationMethods   | [1]
            clientPermissions             | []
            clientPermissions             | "ROLE_API"
            clientPermissions             | {"roles":[]}
            clientPermissions             | {"roles":{},"more":1}
            clientPermissions             | {"roles":{"ROLE_API":null}}
            clientPermissions             | {"roles":{"ROLE_API":"tenant1"}}
            clientPermissions             | {"roles":{"ROLE_API":[1]}}
            clientPermissions             | {"roles":{"ROLE_API":[null]}}
            clientPermissions             | {"roles":{"ROLE_API":[]}}
            clientPermissions             | {"roles":{"ROLE_USER":[]}}
            clientPermissions             | {"roles":{"ROLE_ADMIN_TENANT":[]}}
            clientPermissions             | {"roles":{"ROLE_API":["*"]}}
            clientPermissions             | {"roles":{"ROLE_API":["nowhere"]}}
            clientPermissions             | {"roles":{"ROLE_API":["../tenant1"]}}
            clientPermissions             | {"roles":{"":["T"]}}
            clientPermissions             | {"roles":{"role_api":["T"]}}
            clientPermissions             | {"roles":{"ROLE_NOBODY_HAS":["T"]}}
            clientPermissions             | {"roles":{"ROLE_OPERATOR":["T"]}}
            clientPermissions             | {"roles":{"ROLE_RESOURCE_SERVER":["T"]}}
            clientSecret                  | 1234567890123456
            clientSecret                  | ["a secret of its own"]
            clientSecret                  | ""
            clientSecret                  | "fifteen-charact"
            clientSecret                  | "with a newline\\n, hidden"
            clientSecret                  | "with a NUL \\u0000, hidden"
            clientSecret                  | "with a DEL \\u007f, hidden"
            clientSecret                  | "with an umlaut ä, hidden"
            clientSecret                  | "aaaaaaaaaaaaaaaaaaaaaaaa"
            clientSecret                  | "passwordpassword"
            clientSecret                  | "1234567890123456"
            accessTokenValidity           | 59
            accessTokenValidity           | 0
            accessTokenValidity           | -1
            accessTokenValidity           | 86401
            accessTokenValidity           | 3600.5
            accessTokenValidity           | "3600"
            accessTokenValidity           | 99999999999999999999999
            accessTokenValidity           | 1e999999999
            accessTokenValidity           | true
            accessTokenValidity           | [3600]
            enabled                       | "true"
            enabled                       | 1
            enabled                       | []
            defaultRolesAssignmentEnabled | "false"
            defaultRolesAssignmentEnabled | 0
            clientName                    | 1
            clientName                    | ["n"]
            clientName                    | "\\ud800"
            clientName                    | "a\\u0000b"
            clientDescription             | 1
            clientDescription             | "\\udfff\\ud800"
            clientDescription             | "a\\u0000b"
            clientEmail                   | 1
            clientEmail                   | "nobody"
            clientEmail                   | "@example.org"
            clientEmail                   | "a@"
            clientEmail                   | "a b@example.org"
            clientEmail                   | "a@example.org\\nBcc: b@example.org"
            scope                         | "ROLE_API"
            scope                         | [1]
            scope                         | ["ROLE_NOBODY_HAS"]
            scope                         | ["ROLE_USER","ROLE_USER"]
            scope                         | ["ROLE_OPERATOR"]
            authorities                   | "a"
            authorities                   | [1]
            authorities                   | [null]
            authorities                   | ["\\ud800"]
            authorities                   | ["\\u0000"]
            resourceIds                   | {}
            resourceIds                   | [true]
            redirectUri                   | "http://localhost"
            redirectUri                   | [[]]
            refreshTokenValidity          | "1"
            refreshTokenValidity          | 1.5
            refreshTokenValidity          | 99999999999999999999999
            """)
    void aBadValueIsAFaultThatPointsAtIt(String field, String json, Customer abc) {
      String value = json.replace("\"T\"", "\"" + abc.tenant(0) + "\"");
      Answer one = abc.post(with(field, value));
      Answer inArray = abc.post("[" + client() + "," + with(field, value) + "]");

      pointsAt(one, "/" + field);
      pointsAt(inArray, "/1/" + field);
      nothingIsCreated(abc);
    }

    private void pointsAt(Answer answer, String pointer) {
      answer.expectProblem(400, "The request has 1 faults");
      assertThat(answer.pointers()).as(answer.toString()).hasSize(1);
      assertThat(answer.pointers().getFirst()).matches(pointer + "(/.*)?");
      assertThat(answer.json("errors").get(0).path("message").asText()).isNotBlank();
    }

    @ParameterizedTest
    @MethodSource("tooLong")
    void aTooLongValueIsAFault(String field, String json, Customer abc) {
      pointsAt(abc.post(with(field, json)), "/" + field);
      nothingIsCreated(abc);
    }

    static Stream<Arguments> tooLong() {
      return Stream.of(
          Arguments.of("clientId", quoted("a".repeat(129))),
          Arguments.of("clientName", quoted("ä".repeat(201))),
          Arguments.of("clientDescription", quoted("d".repeat(2001))),
          Arguments.of("clientEmail", quoted("a".repeat(400) + "@example.org")),
          Arguments.of("clientSecret", quoted("0123456789abcdef".repeat(16) + "x")),
          Arguments.of("authorities", "[" + quoted("a".repeat(2001)) + "]"),
          Arguments.of("resourceIds", strings(101)),
          Arguments.of("redirectUri", strings(101)),
          Arguments.of("authorities", strings(101)));
    }

    private static String quoted(String text) {
      return "\"" + text + "\"";
    }

    private static String strings(int count) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(quoted("s" + i));
      }
      return all.toString();
    }

    @Test
    void theLongestAllowedValuesAreKept(Customer abc) {
      String id = Names.unique("long");
      id = id + "x".repeat(128 - id.length());
      String secret =
          new Random(7)
              .ints(256, 0x20, 0x7f)
              .mapToObj(Character::toString)
              .collect(Collectors.joining());
      ObjectNode body =
          Customer.client(id)
              .put("clientName", "ä".repeat(200))
              .put("clientDescription", "d".repeat(2000))
              .put("clientEmail", "someone@example.org")
              .put("clientSecret", secret)
              .put("accessTokenValidity", 86400)
              .put("refreshTokenValidity", 86400);
      for (int i = 0; i < 100; i++) {
        body.withArray("authorities").add("a".repeat(1990) + i);
      }

      JsonNode made = abc.post(body).expect(201).json();

      body.fieldNames()
          .forEachRemaining(name -> assertThat(made.get(name)).as(name).isEqualTo(body.get(name)));
      abc.server().askToken(id, secret).expect(200);
    }

    @Test
    void aNameIsMeasuredInCharactersAndNotInCodeUnits(Customer abc) {
      String smile = new String(Character.toChars(0x1F600));

      abc.post(client().put("clientName", smile.repeat(200))).expect(201);
      abc.post(client().put("clientName", smile.repeat(201))).expectFaults("/clientName");
    }

    @Test
    void aSecretOfTheGeneratedFormIsNotChosen(Customer abc) {
      String generated = abc.newClient().secret();

      abc.post(client().put("clientSecret", generated)).expectFaults("/clientSecret");
    }

    @Test
    void aSecretThatContainsTheClientIdIsWeak(Customer abc) {
      ObjectNode body = client();

      abc.post(body.put("clientSecret", "my-" + body.get("clientId").asText() + "-secret"))
          .expectFaults("/clientSecret");
    }

    @Test
    void aFaultNeverRepeatsTheSecret(Customer abc) {
      Answer answer =
          abc.post(client().put("clientSecret", "wrong\u00e4secret-that-is-long")).expect(400);

      assertThat(answer.text()).doesNotContain("secret-that-is-long");
    }

    @Test
    void rolesThatActOnTheWholeCustomerMayHaveAnEmptyTenantList(Customer abc) {
      abc.newClient(Map.of("ROLE_ADMIN_CUSTOMER", List.of(), "ROLE_ADMIN_USER", List.of()));
    }

    @Test
    void aTenantOfAnotherCustomerAndOneThatDoesNotExistGetTheSameWords(Customer abc, Customer xyz) {
      String foreign = xyz.tenant(0);
      String unknown = Names.unique("tenant1");

      Answer one = abc.post(Customer.client("same-id", Map.of("ROLE_API", List.of(foreign))));
      Answer two = abc.post(Customer.client("same-id", Map.of("ROLE_API", List.of(unknown))));

      one.expectFaults("/clientPermissions/roles/ROLE_API/0");
      assertThat(one.text().replace(foreign, "X")).isEqualTo(two.text().replace(unknown, "X"));
    }

    @Test
    void aRoleOfAnotherCustomerIsUnknown(Customer abc, Customer xyz) {
      String role = Names.uniqueRole();
      xyz.server().http().post(xyz.path() + "/roles", xyz.adminToken(), List.of(role)).expect(201);

      Answer answer =
          abc.post(Customer.client("x", Map.of(role, List.of(abc.tenant(0))))).expect(400);

      assertThat(answer.pointers()).containsExactly("/clientPermissions/roles/" + role);
    }

    @Test
    void aRepeatedTenantIsAFault(Customer abc) {
      String t = abc.tenant(0);

      Answer answer = abc.post(Customer.client("x", Map.of("ROLE_API", List.of(t, t))));

      pointsAt(answer, "/clientPermissions/roles/ROLE_API");
    }

    @Test
    void pointersAreEscapedAsRfc6901Says(Customer abc) {
      Answer answer = abc.post(Customer.client("x", Map.of("ROLE_A/B~C", List.of(abc.tenant(0)))));

      answer.expectFaults("/clientPermissions/roles/ROLE_A~1B~0C");
    }

    @Test
    void missingRequiredFieldsAreEachAFault(Customer abc) {
      abc.post("{}")
          .expectFaults("/authorizedGrantTypes", "/clientAuthenticationMethods", "/clientId");
    }
  }

  @Nested
  class S2_1_TheDocument {
    @Test
    void allFaultsOfAllItemsAreNamedAtOnce(Customer abc) {
      String good = client().toString();
      String first = with("clientId", "\"!\"").replace("}", ",\"enabled\":1,\"x\":1}");
      String third = with("accessTokenValidity", "1").replace("}", ",\"clientEmail\":\"e\"}");

      abc.post("[" + first + "," + good + "," + third + ",7]")
          .expectFaults(
              "/0/clientId",
              "/0/enabled",
              "/0/x",
              "/2/accessTokenValidity",
              "/2/clientEmail",
              "/3");
      nothingIsCreated(abc);
    }

    @Test
    void aFaultOfFormHidesNoRoleOrTenantThatTheCustomerHasNot(Customer abc) {
      String item =
          with("clientId", "\"!\"")
              .replace(
                  "}",
                  ",\"scope\":[\"ROLE_NONE\"],"
                      + "\"clientPermissions\":{\"roles\":{\"ROLE_FOO\":[\"nowhere\",1]}}}");

      abc.post(item)
          .expectFaults(
              "/clientId",
              "/clientPermissions/roles/ROLE_FOO",
              "/clientPermissions/roles/ROLE_FOO/0",
              "/clientPermissions/roles/ROLE_FOO/1",
              "/scope/0");
      nothingIsCreated(abc);
    }

    @Test
    void nullMeansOmittedForEveryOptionalField(Customer abc) {
      ObjectNode nulls = client();
      OPTIONAL.forEach(nulls::putNull);
      JsonNode omitted = abc.post(client()).expect(201).json();

      JsonNode made = abc.post(nulls).expect(201).json();

      for (JsonNode node : List.of(made, omitted)) {
        ((ObjectNode) node).remove(List.of("clientId", "clientSecret"));
      }
      assertThat(made).isEqualTo(omitted);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"id", "ClientId", "client_id", "client_secret", "version", "", "__proto__"})
    void anUnknownFieldIsAFault(String name, Customer abc) {
      abc.post(client().put(name, "x")).expectFaults("/" + name);
      nothingIsCreated(abc);
    }

    @Test
    void aRepeatedKeyIsAFault(Customer abc) {
      String body = with("clientName", "\"a\",\"clientName\":\"b\"");

      assertThat(abc.post(body).expect(400).pointers()).containsExactly("/clientName");
      assertThat(abc.post("[" + client() + "," + body + "]").expect(400).pointers())
          .containsExactly("/1/clientName");
      nothingIsCreated(abc);
    }

    @Test
    void aRepeatedKeyInEscapesIsARepeatedKey(Customer abc) {
      abc.post(with("clientName", "\"a\",\"client\\u004eame\":\"b\"")).expect(400);
      nothingIsCreated(abc);
    }

    @Test
    void aRepeatedRoleIsAFault(Customer abc) {
      String body =
          with(
              "clientPermissions",
              "{\"roles\":{\"ROLE_API\":[\"%s\"],\"ROLE_API\":[\"%s\"]}}"
                  .formatted(abc.tenant(0), abc.tenant(1)));

      assertThat(abc.post(body).expect(400).pointers())
          .containsExactly("/clientPermissions/roles/ROLE_API");
      nothingIsCreated(abc);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          " ",
          "null",
          "1",
          "true",
          "\"text\"",
          "[]",
          "[[]]",
          "[null]",
          "{",
          "[{]",
          "{\"clientId\"}",
          "{'clientId':'x'}",
          "NaN",
          "not json",
          "{\"clientId\":\"x\\x\"}",
          "\u00ff\u00fe"
        })
    void whatIsNotADocumentOfClientsIsAFault(String body, Customer abc) {
      Answer answer =
          abc.server()
              .http()
              .send(
                  "POST",
                  abc.clients(),
                  Map.of(
                      "Authorization",
                      "Bearer " + abc.adminToken(),
                      "Content-Type",
                      "application/json"),
                  body)
              .expect(400);

      assertThat(answer.header("Content-Type").orElse("")).startsWith("application/problem+json");
      assertThat(answer.json("errors")).isNotEmpty();
      nothingIsCreated(abc);
    }

    @Test
    void bytesThatAreNotUtf8AreAFault(Customer abc) {
      byte[] body = with("clientName", "\"#\"").getBytes(US_ASCII);
      for (int i = 0; i < body.length; i++) {
        if (body[i] == '#') {
          body[i] = (byte) 0xff;
        }
      }

      abc.post(body).expect(400);
      nothingIsCreated(abc);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "{}", "]", ",", "null", "//"})
    void textAfterTheDocumentIsAFault(String tail, Customer abc) {
      abc.post(client() + tail).expect(400);
      abc.post("[" + client() + "] " + tail).expect(400);
      nothingIsCreated(abc);
    }

    @Test
    void tooDeepIsAFault(Customer abc) {
      abc.post("[".repeat(100_000)).expect(400);
      abc.post(with("clientName", "[".repeat(1000) + "]".repeat(1000))).expect(400);
      abc.post(with("x", "{\"a\":".repeat(1000) + "1" + "}".repeat(1000))).expect(400);
      nothingIsCreated(abc);
    }

    @Test
    void aThousandAndOneAreTooMany(Customer abc) {
      List<ObjectNode> all = new ArrayList<>();
      for (int i = 0; i < 1001; i++) {
        all.add(Customer.client(Names.unique("m" + i)));
      }

      abc.post(all).expectProblem(400, "The request has 1 faults");
      nothingIsCreated(abc);
    }

    @Test
    void twentyChosenSecretsAreTakenAndTwentyOneAreAFault(Customer abc) {
      List<ObjectNode> all = new ArrayList<>();
      for (int i = 0; i < 21; i++) {
        all.add(client().put("clientSecret", "a well chosen secret " + i));
      }
      all.add(client());

      abc.post(all).expect(400);
      nothingIsCreated(abc);
      all.removeFirst();
      abc.post(all).expect(201);
    }

    @Test
    void nothingOfTheRequestIsLeftOutOfTheCountOfFaults(Customer abc) {
      List<ObjectNode> all = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        all.add(client().put("enabled", "no"));
      }

      Answer answer = abc.post(all).expectProblem(400, "The request has 300 faults");

      assertThat(answer.json("errors")).hasSize(300);
    }
  }

  @Nested
  class S2_1_Echo {
    @Test
    void everyFieldIsAnsweredInThePagesOrderWithExplicitNulls(Customer abc) {
      Answer answer = abc.post(client()).expect(201);
      ObjectNode made = (ObjectNode) answer.json();
      made.remove(List.of("clientId", "clientSecret"));

      assertThat(made.toString())
          .isEqualTo(
              """
              {"scope":[],"clientPermissions":null,"authorities":[],"resourceIds":[],\
              "authorizedGrantTypes":["client_credentials"],"clientDescription":null,\
              "clientName":null,"clientEmail":null,"redirectUri":["http://localhost"],\
              "accessTokenValidity":null,"refreshTokenValidity":null,\
              "defaultRolesAssignmentEnabled":true,\
              "clientAuthenticationMethods":["client_secret_basic","client_secret_post"],\
              "enabled":true}\
              """);
    }

    @Test
    void whatWasSentIsAnsweredAsItWasSent(Customer abc) {
      ObjectNode body = client();
      body.putObject("clientPermissions")
          .putObject("roles")
          .<ObjectNode>setAll(
              Map.of(
                  "ROLE_USER",
                  Answer.JSON.createArrayNode().add(abc.tenant(1)).add(abc.tenant(0))));
      body.putArray("scope").add("ROLE_USER").add("ROLE_API");
      body.putArray("authorities").add("b").add("a");
      body.putArray("resourceIds").add("r");
      body.putArray("redirectUri").add("https://example.org/back");
      body.put("refreshTokenValidity", 5);
      body.put("clientName", "Ein Name, \"quoted\" <b> & \u2028 \ud83d\ude00");
      body.putArray("clientAuthenticationMethods").add("client_secret_post");

      JsonNode made = abc.post(body).expect(201).json();
      JsonNode read =
          abc.server()
              .http()
              .get(abc.clients(body.get("clientId").asText()), abc.adminToken())
              .json();

      body.fieldNames()
          .forEachRemaining(
              name -> {
                assertThat(made.get(name)).as(name).isEqualTo(body.get(name));
                assertThat(read.get(name)).as(name).isEqualTo(body.get(name));
              });
    }

    @Test
    void noRolesAreAnsweredAsNoRolesAndNotAsAbsent(Customer abc) {
      JsonNode made = abc.post(Customer.client(Names.unique("none"), Map.of())).expect(201).json();

      assertThat(made.get("clientPermissions").toString()).isEqualTo("{\"roles\":{}}");
    }

    @Test
    void aChosenSecretIsAnsweredOnceToo(Customer abc) {
      ObjectNode body = client().put("clientSecret", "a well chosen secret");

      Answer made = abc.post(body).expect(201);

      assertThat(made.json("clientSecret").asText()).isEqualTo("a well chosen secret");
      Http http = abc.server().http();
      assertThat(http.get(abc.clients(), abc.adminToken()).text())
          .doesNotContain("a well chosen secret");
    }

    @Test
    void theValidityIsThatOfTheTokens(Customer abc) {
      ObjectNode body = client().put("accessTokenValidity", 60);
      JsonNode made = abc.post(body).expect(201).json();

      assertThat(made.get("accessTokenValidity").asInt()).isEqualTo(60);
      Answer token =
          abc.server()
              .askToken(made.get("clientId").asText(), made.get("clientSecret").asText())
              .expect(200);
      assertThat(token.json("expires_in").asInt()).isEqualTo(60);
    }
  }
}
