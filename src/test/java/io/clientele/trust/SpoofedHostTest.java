package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Nobody tells the server who it is: not its proxy either.
@TrustCase(
    id = "T11",
    title = "Host and forwarded names change no issuer, metadata, Location or Link",
    unit = "requests",
    required = 2_000,
    brief = 400,
    seconds = 15)
class SpoofedHostTest {

  private static final String EVIL = "evil.example";
  private static final String FORM = "application/x-www-form-urlencoded";

  /// A request that is asked as it should be, and then spoofed.
  ///
  /// @param body made anew for each: what it creates exists once
  private record Question(String method, String path, String authorization, Body body) {}

  private sealed interface Body {
    record Form(String text) implements Body {}

    record NewCustomer() implements Body {}

    record NewClient() implements Body {}

    record None() implements Body {}
  }

  private static List<String> spoofs() {
    List<String> all = new ArrayList<>();
    for (String name :
        new String[] {
          "X-Forwarded-Host",
          "X-Forwarded-Server",
          "X-Forwarded-Prefix",
          "X-Forwarded-Path",
          "X-Forwarded-Uri",
          "X-Original-URL",
          "X-Rewrite-URL",
          "X-Original-Host",
          "X-Host",
          "X-HTTP-Host-Override",
          "X-Backend-Host",
          "Origin",
          "Referer",
          "Via",
          "X-Envoy-Original-Path",
          "X-Forwarded-Context"
        }) {
      all.add(name + ": " + EVIL);
      all.add(name + ": https://" + EVIL + "/" + EVIL);
    }
    for (String value : new String[] {"https", EVIL, "https, http", "\"https\""}) {
      all.add("X-Forwarded-Proto: " + value);
      all.add("X-Forwarded-Scheme: " + value);
      all.add("X-Url-Scheme: " + value);
    }
    all.add("X-Forwarded-Port: 444");
    all.add("X-Forwarded-Ssl: on");
    all.add("Front-End-Https: on");
    all.add("Forwarded: host=" + EVIL + ";proto=https");
    all.add("Forwarded: for=203.0.113.7;host=\"" + EVIL + ":444\";proto=https;by=" + EVIL);
    all.add("Forwarded: for=\"\r\nForwarded: host=" + EVIL);
    return all;
  }

  private static Question question(String method, String path, String authorization, Body body) {
    return new Question(method, path, authorization, body);
  }

  private static List<Question> questions(TestServer server, Customer abc) {
    Client client = abc.newClient();
    String token = client.token();
    String operator = "Bearer " + server.operatorToken();
    String admin = "Bearer " + abc.adminToken();
    Body none = new Body.None();
    return List.of(
        question("GET", "/.well-known/oauth-authorization-server", "", none),
        question("GET", "/.well-known/openid-configuration", "", none),
        question("GET", "/oauth/jwks", "", none),
        question("GET", "/openapi.yaml", "", none),
        question("GET", "/health/ready", "", none),
        question("GET", "/nowhere", "", none),
        question("GET", "/oauth/token", "", none),
        question("GET", "/oauth/customers", "", none),
        question(
            "POST", "/oauth/token", client.basic(), new Body.Form("grant_type=client_credentials")),
        question("POST", "/oauth/token", "", new Body.Form("grant_type=client_credentials")),
        question("POST", "/oauth/introspect", client.basic(), new Body.Form("token=" + token)),
        question("POST", "/oauth/checkToken", client.basic(), new Body.Form("token=" + token)),
        question("POST", "/oauth/revoke", client.basic(), new Body.Form("token=x")),
        question("GET", "/oauth/customers?limit=1", operator, none),
        question("GET", abc.clients() + "?limit=1", admin, none),
        question("GET", abc.path() + "/audit?limit=1", admin, none),
        question("POST", "/oauth/customers", operator, new Body.NewCustomer()),
        question("POST", abc.clients(), admin, new Body.NewClient()));
  }

  /// @param id of what it creates, if it creates something
  private static Answer ask(
      RawHttp connection,
      Question question,
      String id,
      String host,
      String target,
      String... more) {
    String body =
        switch (question.body()) {
          case Body.Form(var text) -> text;
          case Body.NewCustomer() -> "{\"id\":\"" + id + "\",\"name\":\"x\"}";
          case Body.NewClient() -> Customer.client(id, Map.of()).toString();
          case Body.None() -> "";
        };
    StringBuilder head =
        new StringBuilder(question.method() + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
    if (!question.authorization().isEmpty()) {
      head.append("Authorization: ").append(question.authorization()).append("\r\n");
    }
    if (!body.isEmpty()) {
      head.append("Content-Type: ")
          .append(question.body() instanceof Body.Form ? FORM : "application/json")
          .append("\r\n");
    }
    for (String line : more) {
      head.append(line).append("\r\n");
    }
    head.append("Content-Length: ").append(body.length()).append("\r\n\r\n").append(body);
    connection.write(head.toString().getBytes(ISO_8859_1));
    return connection.read(question.method() + " " + target + " " + List.of(more));
  }

  /// All that an answer says, but for what differs with each request.
  private static String said(Answer answer, String id) {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.putAll(answer.headers());
    headers.remove("Date");
    headers.remove("X-Request-Id");
    headers.remove("ETag");
    String body = answer.text();
    if (headers.containsKey("Link") && answer.status() == 200) {
      // Page and cursor follow what was created meanwhile; where the next one is must not.
      headers.replaceAll(
          (name, values) ->
              values.stream().map(each -> each.replaceFirst("cursor=[^>&]*", "cursor=")).toList());
      headers.remove("Content-Length");
      body = "";
    } else if (body.startsWith("{\"access_token\"")) {
      JsonNode claims = Jwt.claims(answer.json("access_token").asText());
      headers.remove("Content-Length");
      body = claims.get("iss") + " " + claims.get("aud");
    } else if (body.contains("\"clientSecret\":\"clt_")) {
      body = "";
    }
    return (answer.status() + "\n" + headers + "\n" + body).replace(id, "ID");
  }

  private void spoof(TestServer server, Tally tally) {
    Customer abc = server.newCustomer();
    List<String> spoofs = spoofs();
    try (RawHttp connection = RawHttp.connect(server.uri())) {
      String own = server.uri().getAuthority();
      for (Question question : questions(server, abc)) {
        String first = Names.unique("made");
        String expected = said(ask(connection, question, first, own, question.path()), first);
        List<String[]> tries = new ArrayList<>();
        for (String spoof : spoofs) {
          tries.add(new String[] {own, question.path(), spoof});
        }
        tries.add(spoofedBy(EVIL, question.path(), spoofs.toArray(String[]::new)));
        for (String host : new String[] {EVIL, EVIL + ":444", "[2001:db8::1]", "127.0.0.1:1"}) {
          tries.add(new String[] {host, question.path()});
          tries.add(new String[] {host, "http://" + host + question.path()});
          tries.add(new String[] {host, "https://" + host + question.path()});
        }
        for (String[] each : tries) {
          if (tally.scale() == Scale.BRIEF && skipped(tally, each.length)) {
            continue;
          }
          String id = Names.unique("made");
          String[] more = Arrays.copyOfRange(each, 2, each.length);
          Answer answer = ask(connection, question, id, each[0], each[1], more);
          tally.badInput();
          if (!said(answer, id).equals(expected)
              || (answer.headers() + answer.text()).contains(EVIL)) {
            tally.wrong("another answer than " + expected + "\n" + answer);
          }
        }
      }
    }
  }

  private int turn;

  /// The short form tries a quarter, other ones for each question, and always all at once.
  private boolean skipped(Tally tally, int length) {
    return tally.scale() == Scale.BRIEF && length < 10 && turn++ % 4 != 0;
  }

  private static String[] spoofedBy(String host, String path, String... lines) {
    String[] all = new String[lines.length + 2];
    all[0] = host;
    all[1] = path;
    System.arraycopy(lines, 0, all, 2, lines.length);
    return all;
  }

  @Test
  void nobodyTellsTheServerWhoItIs(Tally tally) {
    try (TestServer server = TestServer.start()) {
      spoof(server, tally);
    }
  }

  @Test
  void itsProxyDoesNotEither(Tally tally) {
    try (TestServer server =
        TestServer.start("--behind-proxy", "127.0.0.0/8", "--issuer", "https://id.example.com/a")) {
      spoof(server, tally);
    }
  }
}
