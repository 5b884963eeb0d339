package io.clientele;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 6749, the parts that a machine client meets: authentication, the token endpoint, the client
/// credentials grant, and its answers.
@WithServer
class Rfc6749Test {
  private static final String GRANT = "grant_type=client_credentials";
  private static final String FORM = "application/x-www-form-urlencoded";

  /// The secret that the source's page shows; `%xq` in it is no escape.
  private static final String OF_THE_PAGE = "YZze8&7EU%xqH3%8";

  private static final String DIFFICULT = "a+b c:d%41e/f=g&h?i~j_k\"l";

  private static Client clientWith(Customer customer, String id, String secret) {
    return customer.create(Customer.client(id, Map.of()).put("clientSecret", secret));
  }

  private static Client limitedTo(Customer customer, String method) {
    ObjectNode wanted = Customer.client(Names.unique("limited"), Map.of());
    wanted.putArray("clientAuthenticationMethods").add(method);
    return customer.create(wanted);
  }

  private static Answer askBy(TestServer server, String authorization, String body) {
    return server
        .http()
        .send(
            "POST",
            "/oauth/token",
            Map.of("Authorization", authorization, "Content-Type", FORM),
            body);
  }

  private static Answer byBasic(TestServer server, String id, String secret) {
    return askBy(server, Http.basic(id, secret), GRANT);
  }

  private static Answer byPost(TestServer server, String id, String secret) {
    return server
        .http()
        .form(
            "/oauth/token",
            "",
            "grant_type",
            "client_credentials",
            "client_id",
            id,
            "client_secret",
            secret);
  }

  private static Answer plain(TestServer server, String body) {
    return server.http().send("POST", "/oauth/token", Map.of("Content-Type", FORM), body);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  /// As zealous libraries encode: all but letters and digits, `_` and `-` too.
  private static String zealously(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(UTF_8)) {
      encoded.append(
          Character.isLetterOrDigit(b) ? Character.toString(b) : "%%%02X".formatted(b & 0xff));
    }
    return encoded.toString();
  }

  private static String eachCharacter(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(UTF_8)) {
      encoded.append("%%%02x".formatted(b & 0xff));
    }
    return encoded.toString();
  }

  /// All that an answer says but for what differs with each request.
  private static String said(Answer answer) {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.putAll(answer.headers());
    headers.remove("Date");
    headers.remove("X-Request-Id");
    return answer.status() + "\n" + headers + "\n" + answer.text();
  }

  private static void isRefused(Answer answer) {
    answer.expectOAuthError(401, "invalid_client");
    assertThat(answer.headers("WWW-Authenticate")).hasSize(1);
    assertThat(answer.header("WWW-Authenticate").orElse("")).startsWith("Basic realm=\"");
  }

  @Nested
  class Section2_3 {
    @Test
    void nothingThatAuthenticatesIsInvalidClient(TestServer server) {
      isRefused(plain(server, GRANT));
      isRefused(server.http().send("POST", "/oauth/token?" + GRANT, Map.of(), ""));
    }

    @Test
    void anIdWithoutASecretIsInvalidClient(TestServer server, Customer abc) {
      isRefused(plain(server, GRANT + "&client_id=" + abc.adminId()));
      isRefused(plain(server, GRANT + "&client_id=" + abc.adminId() + "&client_secret="));
      isRefused(plain(server, GRANT + "&client_secret=" + abc.adminSecret()));
    }

    @Test
    void onlyAMethodThatTheClientListsIsAccepted(TestServer server, Customer abc) {
      Client basic = limitedTo(abc, "client_secret_basic");
      Client post = limitedTo(abc, "client_secret_post");

      byBasic(server, basic.id(), basic.secret()).expect(200);
      isRefused(byPost(server, basic.id(), basic.secret()));
      byPost(server, post.id(), post.secret()).expect(200);
      isRefused(byBasic(server, post.id(), post.secret()));
    }

    @Test
    void twoWaysOfAuthenticatingAtOnceAreRefused(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String body = GRANT + "&client_secret=" + client.secret();

      askBy(server, client.basic(), body).expectOAuthError(400, "invalid_request");
      askBy(server, client.basic(), body + "&client_id=" + client.id())
          .expectOAuthError(400, "invalid_request");
      askBy(server, client.basic(), GRANT + "&client_assertion=x")
          .expectOAuthError(400, "invalid_request");
      plain(server, body + "&client_id=" + client.id() + "&client_assertion=x")
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void twoAuthorizationHeadersAreRefused(TestServer server, Customer abc) {
      Client client = abc.newClient();

      RawHttp.exchange(
              server.uri(),
              List.of(
                  "POST /oauth/token HTTP/1.1",
                  "Host: localhost",
                  "Connection: close",
                  "Authorization: " + client.basic(),
                  "Authorization: " + client.basic(),
                  "Content-Type: " + FORM,
                  "Content-Length: " + GRANT.length()),
              GRANT.getBytes(ISO_8859_1))
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void theSameIdBesideBasicIsNoSecondWay(TestServer server, Customer abc) {
      String id = Names.unique("a.b_c~d@e");
      Client client = abc.create(Customer.client(id, Map.of()));

      askBy(server, client.basic(), GRANT + "&client_id=" + encoded(id)).expect(200);
      askBy(server, Http.basic(zealously(id), client.secret()), GRANT + "&client_id=" + id)
          .expect(200);
      askBy(server, client.basic(), GRANT + "&client_id=" + abc.adminId())
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void anotherSchemeIsInvalidClient(TestServer server, Customer abc) {
      isRefused(askBy(server, "Bearer " + abc.adminToken(), GRANT));
      isRefused(askBy(server, "Basic", GRANT));
      isRefused(askBy(server, "Digest username=\"x\"", GRANT));
    }
  }

  @Nested
  class Section2_3_1 {
    @Test
    void aSecretIsReadRawInBasic(TestServer server, Customer abc) {
      for (String secret : List.of(OF_THE_PAGE, DIFFICULT, "sixteen%20percent+x")) {
        Client client = clientWith(abc, Names.unique("raw"), secret);
        byBasic(server, client.id(), secret).expect(200);
      }
    }

    @Test
    void aSecretIsReadFormEncodedInBasic(TestServer server, Customer abc) {
      for (String secret : List.of(OF_THE_PAGE, DIFFICULT, "sixteen%20percent+x")) {
        Client client = clientWith(abc, Names.unique("encoded"), secret);
        byBasic(server, client.id(), encoded(secret)).expect(200);
        byBasic(server, client.id(), zealously(secret)).expect(200);
        byBasic(server, client.id(), eachCharacter(secret)).expect(200);
      }
    }

    @Test
    void aGeneratedSecretIsReadRawAndFormEncoded(TestServer server, Customer abc) {
      Client client = abc.newClient();

      byBasic(server, client.id(), client.secret()).expect(200);
      byBasic(server, client.id(), client.secret().replace("_", "%5F")).expect(200);
      byBasic(server, client.id(), client.secret().replace("_", "%5f")).expect(200);
      byBasic(server, client.id(), eachCharacter(client.secret())).expect(200);
    }

    @Test
    void anEncodedIdIsDecodedTogetherWithItsSecret(TestServer server, Customer abc) {
      String id = Names.unique("test_client.x~y@z");
      Client generated = abc.create(Customer.client(id, Map.of()));
      Client chosen = clientWith(abc, Names.unique("test_client"), DIFFICULT);

      byBasic(server, id.replace("_", "%5F"), generated.secret()).expect(200);
      byBasic(server, zealously(id), zealously(generated.secret())).expect(200);
      byBasic(server, eachCharacter(id), eachCharacter(generated.secret())).expect(200);
      byBasic(server, zealously(chosen.id()), encoded(DIFFICULT)).expect(200);
    }

    @Test
    void withAnEncodedIdNoRawReadingIsTried(TestServer server, Customer abc) {
      Client client = clientWith(abc, Names.unique("test_client"), "plus+and%41escape");

      isRefused(byBasic(server, client.id().replace("_", "%5F"), client.secret()));
      byBasic(server, client.id(), client.secret()).expect(200);
    }

    @Test
    void theIdEndsAtTheFirstColon(TestServer server, Customer abc) {
      Client client = clientWith(abc, Names.unique("colon"), ":colons:all::over:");

      byBasic(server, client.id(), client.secret()).expect(200);
      byBasic(server, client.id(), encoded(client.secret())).expect(200);
    }

    @Test
    void aBlankMayBeAPlus(TestServer server, Customer abc) {
      Client client = clientWith(abc, Names.unique("blank"), "a secret with blanks");

      byBasic(server, client.id(), "a+secret+with+blanks").expect(200);
      byBasic(server, client.id(), "a%20secret+with%20blanks").expect(200);
      byBasic(server, client.id(), "a secret with blanks").expect(200);
    }

    @Test
    void whatDecodesToTheSecretOnlyAtTheSecondDecodingIsWrong(TestServer server, Customer abc) {
      Client client = clientWith(abc, Names.unique("twice"), DIFFICULT);

      isRefused(byBasic(server, client.id(), encoded(encoded(DIFFICULT))));
      isRefused(byPost(server, client.id(), encoded(DIFFICULT)));
    }

    @Test
    void aSecretThatLooksEncodedIsNotItsDecodedForm(TestServer server, Customer abc) {
      Client client = clientWith(abc, Names.unique("looks"), "looks%41like%42one");

      byBasic(server, client.id(), "looks%41like%42one").expect(200);
      isRefused(byBasic(server, client.id(), "looksAlikeBone"));
      isRefused(byPost(server, client.id(), "looksAlikeBone"));
    }

    @Test
    void postReadsTheSecretExactly(TestServer server, Customer abc) {
      for (String secret : List.of(OF_THE_PAGE, DIFFICULT)) {
        Client client = clientWith(abc, Names.unique("p_o.s~t@"), secret);
        byPost(server, client.id(), secret).expect(200);
        plain(
                server,
                GRANT
                    + "&client_id="
                    + eachCharacter(client.id())
                    + "&client_secret="
                    + eachCharacter(secret))
            .expect(200);
      }
    }

    @Test
    void theIdIsComparedByteForByte(TestServer server, Customer abc) {
      Client client = abc.newClient();

      isRefused(byBasic(server, client.id().toUpperCase(Locale.ROOT), client.secret()));
      isRefused(byBasic(server, client.id() + " ", client.secret()));
      isRefused(byPost(server, " " + client.id(), client.secret()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic", "basic", "BASIC", "bAsIc"})
    void theSchemeIsReadInAnyCase(String scheme, TestServer server, Customer abc) {
      String pair = abc.newClient().basic().substring("Basic ".length());

      askBy(server, scheme + " " + pair, GRANT).expect(200);
      askBy(server, scheme + "  " + pair, GRANT).expect(200);
    }

    @Test
    void basicThatCannotBeReadIsInvalidClient(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String first = said(byBasic(server, client.id(), "wrong" + client.secret()));

      for (String unreadable :
          List.of(
              "Basic ",
              "Basic %%%",
              "Basic " + client.id() + ":" + client.secret(),
              "Basic " + base64(client.id().getBytes(UTF_8)),
              "Basic " + base64(":".getBytes(UTF_8)),
              "Basic " + base64((":" + client.secret()).getBytes(UTF_8)),
              "Basic " + base64((client.id() + ":").getBytes(UTF_8)),
              "Basic " + base64(new byte[0]),
              "Basic " + base64(new byte[] {(byte) 0xff, (byte) 0xfe, ':', 'x'}),
              "Basic " + base64(new byte[] {'a', 0, ':', 0}),
              "Basic " + base64("a:b".repeat(2_000).getBytes(UTF_8)),
              client.basic() + " " + client.basic(),
              client.basic() + ", " + client.basic())) {
        Answer answer = askBy(server, unreadable, GRANT);
        isRefused(answer);
        assertThat(said(answer)).as(unreadable).isEqualTo(first);
      }
    }

    @Test
    void aBrokenEscapeIsInvalidClientAndNeverAFailureOfTheServer(TestServer server, Customer abc) {
      Client client = abc.create(Customer.client(Names.unique("test_client"), Map.of()));

      for (String broken : List.of("%", "%5", "%zz", "%5g", "%C3%28", "%FF", "%00", "%%", "+")) {
        isRefused(byBasic(server, client.id() + broken, client.secret()));
        isRefused(byBasic(server, broken + client.id(), client.secret()));
        isRefused(byBasic(server, client.id(), client.secret() + broken));
        isRefused(byBasic(server, client.id().replace("_", "%5F"), client.secret() + broken));
      }
    }

    @Test
    void aCredentialInTheQueryIsRefusedWhateverItIs(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String id = "client_id=" + client.id();
      String secret = "client_secret=" + client.secret();

      for (String query : List.of(id, secret, id + "&" + secret, "client_assertion=x")) {
        server
            .http()
            .send("POST", "/oauth/token?" + GRANT + "&" + query, Map.of(), "")
            .expectOAuthError(400, "invalid_request");
        server
            .http()
            .send(
                "POST",
                "/oauth/token?" + query,
                Map.of("Authorization", client.basic(), "Content-Type", FORM),
                GRANT)
            .expectOAuthError(400, "invalid_request");
      }
      server
          .http()
          .send("POST", "/oauth/token?client%5Fsecret=" + client.secret(), Map.of(), "")
          .expectOAuthError(400, "invalid_request");
    }
  }

  /// RFC 6749 §2.3.1 leaves it open how long a secret is good; a right one is remembered for a
  /// while so as not to be hashed each time, but never beyond its end.
  @Nested
  class ASecretThatWasRight {
    private static final String SECOND = "A second chosen secret";

    @Test
    void isRefusedFromTheMomentItEnds(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String id =
          server
              .http()
              .post(client.path() + "/secrets", abc.adminToken(), Map.of("clientSecret", SECOND))
              .expect(201)
              .json("id")
              .asText();
      byBasic(server, client.id(), SECOND).expect(200);
      byBasic(server, client.id(), SECOND).expect(200);

      server.http().delete(client.path() + "/secrets/" + id, abc.adminToken()).expect(200);

      isRefused(byBasic(server, client.id(), SECOND));
      byBasic(server, client.id(), client.secret()).expect(200);
    }

    @Test
    void isRefusedFromTheMomentItExpires() {
      try (TestServer server = TestServer.start()) {
        Customer abc = server.newCustomer("t");
        Client client = abc.newClient();
        Instant end = server.clock().instant().plus(Duration.ofMinutes(5));
        server
            .http()
            .post(
                client.path() + "/secrets",
                abc.adminToken(),
                Map.of("clientSecret", SECOND, "expiresAt", end.toString()))
            .expect(201);
        byBasic(server, client.id(), SECOND).expect(200);

        server.clock().advance(Duration.ofMinutes(6));

        isRefused(byBasic(server, client.id(), SECOND));
        byBasic(server, client.id(), client.secret()).expect(200);
      }
    }

    @Test
    void isReplacedByAPut(TestServer server, Customer abc) {
      Client client = clientWith(abc, Names.unique("replaced"), OF_THE_PAGE);
      byBasic(server, client.id(), OF_THE_PAGE).expect(200);

      server
          .http()
          .put(
              client.path(),
              abc.adminToken(),
              Customer.client(client.id(), Map.of()).put("clientSecret", SECOND))
          .expect(200);

      isRefused(byBasic(server, client.id(), OF_THE_PAGE));
      byBasic(server, client.id(), SECOND).expect(200);
    }
  }

  @Nested
  class Section3_2 {
    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"})
    void onlyPostIsAnswered(String method, TestServer server, Customer abc) {
      Client client = abc.newClient();

      Answer answer =
          server
              .http()
              .send(
                  method,
                  "/oauth/token?" + GRANT,
                  Map.of("Authorization", client.basic()),
                  new byte[0])
              .expect(405);

      assertThat(answer.header("Allow")).contains("POST");
      if (!method.equals("HEAD")) {
        assertThat(answer.json("error").asText()).isEqualTo("invalid_request");
      }
    }

    @Test
    void parametersAreAlsoReadFromTheQuery(TestServer server, Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_API", abc.tenants()));
      String narrowed = "/oauth/token?" + GRANT + "&tenant=" + abc.tenant(0) + "&scope=ROLE_API";

      server
          .http()
          .send("POST", "/oauth/token?" + GRANT, Map.of("Authorization", client.basic()), "")
          .expect(200);
      server
          .http()
          .send(
              "POST",
              "/oauth/token?" + GRANT,
              Map.of("Authorization", client.basic(), "Content-Type", FORM),
              "")
          .expect(200);
      Answer answer =
          server
              .http()
              .send("POST", narrowed, Map.of("Authorization", client.basic()), "")
              .expect(200);
      assertThat(Jwt.claims(answer.json("access_token").asText()).get("tenant").asText())
          .isEqualTo(abc.tenant(0));
      server
          .http()
          .send(
              "POST",
              "/oauth/token?" + GRANT,
              Map.of("Content-Type", FORM),
              "client_id=" + client.id() + "&client_secret=" + client.secret())
          .expect(200);
    }

    @Test
    void aRepeatedParameterIsRefused(TestServer server, Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_API", abc.tenants()));
      String post = GRANT + "&client_id=" + client.id() + "&client_secret=" + client.secret();

      for (String again :
          List.of(
              "client_id=" + client.id(),
              "client_secret=" + client.secret(),
              "client%5Fsecret=" + client.secret())) {
        plain(server, post + "&" + again).expectOAuthError(400, "invalid_request");
      }
      for (String body :
          List.of(
              GRANT + "&" + GRANT,
              GRANT + "&scope=ROLE_API&scope=ROLE_API",
              GRANT + "&tenant=" + abc.tenant(0) + "&tenant=" + abc.tenant(1),
              GRANT + "&unknown=1&unknown=2")) {
        askBy(server, client.basic(), body).expectOAuthError(400, "invalid_request");
      }
    }

    @Test
    void aParameterInBodyAndQueryIsRepeated(TestServer server, Customer abc) {
      Client client = abc.newClient();

      server
          .http()
          .send(
              "POST",
              "/oauth/token?" + GRANT,
              Map.of("Authorization", client.basic(), "Content-Type", FORM),
              GRANT)
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void anUnknownParameterIsIgnored(TestServer server, Customer abc) {
      Client client = abc.newClient();

      askBy(server, client.basic(), GRANT + "&audience=x&resource=y&a%20b=%C3%A9&serviceId=1")
          .expect(200);
      server
          .http()
          .send(
              "POST",
              "/oauth/token?unknown=1&" + GRANT,
              Map.of("Authorization", client.basic()),
              "")
          .expect(200);
    }

    @Test
    void aParameterWithoutAValueCountsAsOmitted(TestServer server, Customer abc) {
      Client client = abc.newClient(Map.of("ROLE_API", abc.tenants()));
      Http http = server.http().unchecked();
      Map<String, String> headers = Map.of("Authorization", client.basic(), "Content-Type", FORM);

      for (String more :
          List.of(
              "&scope=",
              "&tenant=",
              "&scope",
              "&client_id=&client_secret=",
              "&client_secret=",
              "&scope=&scope=ROLE_API",
              "&&&=&=x",
              "&grant_type=")) {
        http.send("POST", "/oauth/token", headers, GRANT + more).expect(200);
      }
      http.send("POST", "/oauth/token?scope=&tenant=&client_secret=", headers, GRANT).expect(200);
      http.send("POST", "/oauth/token", headers, "grant_type=")
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void aBodyOfAnotherMediaTypeIsRefused(TestServer server, Customer abc) {
      Client client = abc.newClient();
      Http http = server.http();

      for (String type :
          List.of(
              "application/json",
              "text/plain",
              "multipart/form-data; boundary=x",
              "application/x-www-form-urlencoded-not",
              FORM + "; charset=ISO-8859-1",
              FORM + "; charset=utf-16",
              "")) {
        String body = type.equals("application/json") ? "{\"grant_type\":\"x\"}" : GRANT;
        http.send(
                "POST",
                "/oauth/token",
                Map.of("Authorization", client.basic(), "Content-Type", type),
                body)
            .expectOAuthError(400, "invalid_request");
      }
    }

    @Test
    void aFormMayNameItsCharset(TestServer server, Customer abc) {
      Client client = abc.newClient();

      for (String type :
          List.of(
              FORM + ";charset=UTF-8",
              FORM + "; charset=\"utf-8\"",
              FORM.toUpperCase(Locale.ROOT))) {
        server
            .http()
            .send(
                "POST",
                "/oauth/token",
                Map.of("Authorization", client.basic(), "Content-Type", type),
                GRANT)
            .expect(200);
      }
    }

    @Test
    void aFormThatIsNotFormEncodedIsRefused(TestServer server, Customer abc) {
      Client client = abc.newClient();

      for (String body : List.of("&scope=%", "&scope=%zz", "&x=%C3%28", "&x=é", "&%=1")) {
        askBy(server, client.basic(), GRANT + body).expectOAuthError(400, "invalid_request");
      }
      server
          .http()
          .send(
              "POST",
              "/oauth/token?" + GRANT + "&x=%C3%28",
              Map.of("Authorization", client.basic()),
              "")
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void aCompressedBodyIsRefused(TestServer server, Customer abc) {
      ByteArrayOutputStream zipped = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
        gzip.write(GRANT.getBytes(UTF_8));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }

      server
          .http()
          .send(
              "POST",
              "/oauth/token",
              Map.of(
                  "Authorization",
                  abc.newClient().basic(),
                  "Content-Type",
                  FORM,
                  "Content-Encoding",
                  "gzip"),
              zipped.toByteArray())
          .expectOAuthError(400, "invalid_request");
    }

    @Test
    void aBodyOfMoreThan64KiBIsRefused(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String most = GRANT + "&x=" + "y".repeat(64 * 1024 - GRANT.length() - 3);

      askBy(server, client.basic(), most).expect(200);
      askBy(server, client.basic(), most + "y").expectOAuthError(413, "invalid_request");
    }

    @Test
    void aBodyThatComesInPiecesIsReadWhole(TestServer server, Customer abc) {
      String head =
          """
          POST /oauth/token HTTP/1.1
          Host: localhost
          Authorization: %s
          Content-Type: %s
          %s

          """
              .replace("\n", "\r\n");
      String basic = abc.newClient().basic();
      Map<String, List<String>> pieces =
          Map.of(
              "Content-Length: " + GRANT.length(),
              List.of(GRANT.substring(0, 7), GRANT.substring(7, 8), GRANT.substring(8)),
              "Transfer-Encoding: chunked",
              List.of(
                  "5\r\n" + GRANT.substring(0, 5) + "\r\n",
                  Integer.toHexString(GRANT.length() - 5) + "\r\n" + GRANT.substring(5),
                  "\r\n0\r\n\r\n"));

      pieces.forEach(
          (framing, parts) -> {
            try (RawHttp connection = RawHttp.connect(server.uri())) {
              connection.write(head.formatted(basic, FORM, framing).getBytes(ISO_8859_1));
              for (String part : parts) {
                connection.write(part.getBytes(ISO_8859_1));
              }
              connection.read(framing).expect(200);
            }
          });
    }

    @Test
    void anOfferToUpgradeToHttp2IsAnsweredLikeAnyOther(TestServer server, Customer abc) {
      Answer answer =
          RawHttp.exchange(
              server.uri(),
              List.of(
                  "POST /oauth/token HTTP/1.1",
                  "Host: localhost",
                  "Connection: Upgrade, HTTP2-Settings",
                  "Upgrade: h2c",
                  "HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA",
                  "Authorization: " + abc.newClient().basic(),
                  "Content-Type: " + FORM,
                  "Content-Length: " + GRANT.length()),
              GRANT.getBytes(ISO_8859_1));

      assertThat(answer.expect(200).json("token_type").asText()).isEqualTo("Bearer");
    }
  }

  @Nested
  class Section4_4 {
    @Test
    void theGrantMustBeNamed(TestServer server, Customer abc) {
      askBy(server, abc.newClient().basic(), "scope=ROLE_API")
          .expectOAuthError(400, "invalid_request");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "authorization_code",
          "password",
          "refresh_token",
          "implicit",
          "CLIENT_CREDENTIALS",
          "client_credentials%20",
          "client_credentials%00",
          "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange",
          "%F0%9F%94%91"
        })
    void anyOtherGrantIsUnsupported(String grant, TestServer server, Customer abc) {
      askBy(server, abc.newClient().basic(), "grant_type=" + grant)
          .expectOAuthError(400, "unsupported_grant_type");
    }

    @Test
    void theClientIsAuthenticatedBeforeItsRequestIsJudged(TestServer server, Customer abc) {
      isRefused(
          askBy(server, Http.basic(abc.adminId(), "wrong-wrong-wrong"), "grant_type=password"));
      isRefused(plain(server, "grant_type=client_credentials&scope=ROLE_NOT_HELD"));
    }

    @Test
    void everyCallIssuesAFreshToken(TestServer server, Customer abc) {
      Client client = abc.newClient();
      Set<String> ids = new HashSet<>();

      for (int i = 0; i < 50; i++) {
        ids.add(Jwt.claims(client.token()).get("jti").asText());
      }

      assertThat(ids).hasSize(50);
    }
  }

  @Nested
  class Section5_1 {
    @Test
    void theAnswerHasExactlyTheseMembers(TestServer server, Customer abc) {
      Client client =
          abc.newClient(
              Map.of("ROLE_USER", List.of(abc.tenant(1)), "ROLE_API", List.of(abc.tenant(0))));

      JsonNode json = byBasic(server, client.id(), client.secret()).expect(200).json();

      List<String> names = new ArrayList<>();
      json.fieldNames().forEachRemaining(names::add);
      assertThat(names)
          .containsExactlyInAnyOrder("access_token", "token_type", "expires_in", "scope");
      assertThat(json.get("token_type").asText()).isEqualTo("Bearer");
      assertThat(json.get("expires_in").isIntegralNumber()).isTrue();
      assertThat(json.get("expires_in").asInt()).isEqualTo(3600);
      assertThat(json.get("scope").asText()).isEqualTo("ROLE_API ROLE_USER");
    }

    @Test
    void withoutRolesThereIsNoScope(TestServer server, Customer abc) {
      Client client = abc.newClient();

      Answer answer = byBasic(server, client.id(), client.secret()).expect(200);

      assertThat(answer.json().has("scope")).isFalse();
      assertThat(answer.json().has("refresh_token")).isFalse();
    }

    @Test
    void theAnswerIsJsonThatNobodyStores(TestServer server, Customer abc) {
      Client client = abc.newClient();

      Answer answer = byPost(server, client.id(), client.secret()).expect(200);

      assertThat(answer.header("Cache-Control")).contains("no-store");
      assertThat(answer.header("Pragma")).contains("no-cache");
      assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
    }

    @Test
    void theLifetimeIsTheClientsOwn(TestServer server, Customer abc) {
      Client client =
          abc.create(
              Customer.client(Names.unique("short"), Map.of()).put("accessTokenValidity", 61));

      Answer answer = byBasic(server, client.id(), client.secret()).expect(200);

      JsonNode claims = Jwt.claims(answer.json("access_token").asText());
      assertThat(answer.json("expires_in").asInt()).isEqualTo(61);
      assertThat(claims.get("exp").asLong() - claims.get("iat").asLong()).isEqualTo(61);
    }
  }

  @Nested
  class Section5_2 {
    private static final String CHOSEN = "A chosen secret: 1st";

    @Test
    void anUnknownClientAndAWrongSecretGetTheSameAnswer(TestServer server, Customer abc) {
      Client client = abc.newClient();

      String unknown = said(byBasic(server, Names.unique("nobody"), client.secret()));

      assertThat(unknown).startsWith("401");
      assertThat(said(byBasic(server, client.id(), "clt_" + "z".repeat(49)))).isEqualTo(unknown);
      assertThat(said(byBasic(server, client.id(), CHOSEN))).isEqualTo(unknown);
      assertThat(said(byPost(server, client.id(), CHOSEN))).isEqualTo(unknown);
      assertThat(said(byPost(server, "no id at all ✗", CHOSEN))).isEqualTo(unknown);
    }

    @Test
    void aDisabledClientAndAWrongMethodGetThatAnswerToo(TestServer server, Customer abc) {
      Client basic = limitedTo(abc, "client_secret_basic");
      Client disabled =
          abc.create(Customer.client(Names.unique("disabled"), Map.of()).put("enabled", false));
      Client chosen =
          abc.create(
              Customer.client(Names.unique("chosen"), Map.of())
                  .put("clientSecret", CHOSEN)
                  .put("enabled", false));

      String wrong = said(byBasic(server, basic.id(), "clt_" + "z".repeat(49)));

      assertThat(wrong).startsWith("401");
      assertThat(said(byPost(server, basic.id(), basic.secret()))).isEqualTo(wrong);
      assertThat(said(byBasic(server, disabled.id(), disabled.secret()))).isEqualTo(wrong);
      assertThat(said(byBasic(server, chosen.id(), CHOSEN))).isEqualTo(wrong);
    }

    @Test
    void aClientOfASuspendedCustomerGetsThatAnswerToo(TestServer server, Customer abc) {
      Client generated = abc.newClient();
      Client chosen = clientWith(abc, Names.unique("chosen"), CHOSEN);
      byBasic(server, generated.id(), generated.secret()).expect(200);
      byBasic(server, chosen.id(), CHOSEN).expect(200);
      String wrong = said(byBasic(server, generated.id(), "clt_" + "z".repeat(49)));

      server
          .http()
          .put(
              abc.path(),
              server.operatorToken(),
              Map.of("id", abc.id(), "status", "suspended", "tenants", abc.tenants()))
          .expect(200);

      assertThat(said(byBasic(server, generated.id(), generated.secret()))).isEqualTo(wrong);
      assertThat(said(byBasic(server, chosen.id(), CHOSEN))).isEqualTo(wrong);
    }

    @Test
    void aDeletedClientGetsThatAnswerToo(TestServer server, Customer abc) {
      Client client = abc.newClient();
      String wrong = said(byBasic(server, client.id(), "clt_" + "z".repeat(49)));
      client.token();

      server.http().delete(client.path(), abc.adminToken()).expect(200);

      assertThat(said(byBasic(server, client.id(), client.secret()))).isEqualTo(wrong);
    }

    @Test
    void theErrorsSayThemselvesInTheCharactersThatTheRfcAllows(TestServer server, Customer abc) {
      Client client = abc.newClient();
      List<Answer> answers =
          List.of(
              askBy(server, client.basic(), "grant_type=p%22a%5Cs%0As"),
              askBy(server, client.basic(), "scope=x"),
              askBy(server, client.basic(), GRANT + "&scope=%22%5C%0A"),
              askBy(server, client.basic(), GRANT + "&tenant=%22%5C%0A"),
              askBy(server, client.basic(), GRANT + "&" + GRANT),
              byBasic(server, "x\"\\", "y"),
              server.http().get("/oauth/token", ""));

      for (Answer answer : answers) {
        assertThat(answer.status()).isBetween(400, 405);
        assertThat(answer.json("error").asText()).matches("[a-z_]+");
        assertThat(answer.json("error_description").asText())
            .matches("[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]+");
        assertThat(answer.json()).hasSize(2);
        assertThat(answer.header("Content-Type").orElse("")).startsWith("application/json");
        assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
        assertThat(answer.header("X-Request-Id")).isPresent();
      }
    }
  }
}
