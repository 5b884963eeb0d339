package io.clientele;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is sent in confidence comes back in no answer and is written in no log line, and each
/// answer can be found in the log by its id. Secrets on the management paths are held by
/// `CanarySecretsTest` of the trust suite.
class AnswersAreSafeTest {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String GRANT = "grant_type=client_credentials";
  private static final Pattern TOKEN = Pattern.compile("eyJ[A-Za-z0-9_-]{10,}");
  private static final Pattern SECRET = Pattern.compile("clt_[A-Za-z0-9]{20,}");

  @TempDir private Path data;
  private ServerProcess server;
  private Http http;
  private String operatorBasic;
  private String operatorSecret;
  private final List<Answer> answers = new ArrayList<>();

  @BeforeEach
  void start() {
    server = ServerProcess.serve(data, "--log-format", "json", "--failure-limit", "1000");
    // Much here is nothing that the API document would describe.
    http = server.http().unchecked();
    JsonNode operator = ServerProcess.operator(data);
    operatorSecret = operator.get("clientSecret").asText();
    operatorBasic = Http.basic(operator.get("clientId").asText(), operatorSecret);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer keep(Answer answer) {
    answers.add(answer);
    return answer;
  }

  private Answer post(String path, Map<String, String> headers, String body) {
    return keep(http.send("POST", path, headers, body));
  }

  private Answer withBasic(String path, String body) {
    return post(path, Map.of("Authorization", operatorBasic, "Content-Type", FORM), body);
  }

  /// Requests that no route sees, with something confidential in each place.
  private void unreadable(String confidential) {
    String header = "Authorization: Bearer " + confidential;
    String target = "/oauth/customers?access_token=" + confidential;
    for (List<String> head :
        List.of(
            List.of("GET " + target + " HTTP/1.1", header),
            List.of("GET " + target + " HTTP/1.1", "Host: a", "Host: b", header),
            List.of("G@T " + target + " HTTP/1.1", "Host: a", header),
            List.of("GET " + target + " HTTP/9.9", "Host: a", header),
            List.of("GET " + target + "\u0001 HTTP/1.1", "Host: a", header),
            List.of("GET /%zz" + target + " HTTP/1.1", "Host: a", header),
            List.of("GET " + target + "&" + "x".repeat(20_000) + " HTTP/1.1", "Host: a"),
            List.of("GET / HTTP/1.1", "Host: a", header, "X: " + "y".repeat(20_000)),
            List.of("GET / HTTP/1.1", "Host: a", header + "\u0001"),
            List.of("GET / HTTP/1.1", "Host: a", header, " folded"),
            List.of("GET / HTTP/1.1", "Host: a", confidential),
            List.of("GET / HTTP/1.1", "Host: " + confidential + "/" + confidential, header),
            List.of("POST / HTTP/1.1", "Host: a", "Content-Length: " + confidential),
            List.of("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: " + confidential),
            List.of("GET / HTTP/1.1", "Host: a", "Expect: " + confidential))) {
      List<String> lines = new ArrayList<>(head);
      lines.add("Connection: close");
      keep(RawHttp.exchange(server.uri(), lines, new byte[0]));
    }
  }

  private String token() {
    Answer answer = http.form("/oauth/token", operatorBasic, "grant_type", "client_credentials");
    return answer.expect(200).json("access_token").asText();
  }

  /// The whole log: lines come in order, so they are all there when the last answer's is.
  private String log() {
    String last = answers.getLast().headers("X-Request-Id").getFirst();
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!server.out().contains(last)) {
      assertThat(System.nanoTime()).as("the line of " + last + " does not come").isLessThan(end);
      LockSupport.parkNanos(10_000_000);
    }
    server.terminate();
    assertThat(server.exitCode()).isZero();
    return server.out() + "\n" + server.err();
  }

  private static List<JsonNode> requestLines(String log) {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : log.lines().filter(each -> each.startsWith("{\"at\"")).toList()) {
      try {
        lines.add(Answer.JSON.readTree(line));
      } catch (JsonProcessingException e) {
        throw new AssertionError(line, e);
      }
    }
    return lines;
  }

  private void holdsNothing(String text) {
    assertThat(TOKEN.matcher(text).results().map(MatchResult::group)).isEmpty();
    assertThat(SECRET.matcher(text).results().map(MatchResult::group)).isEmpty();
    assertThat(text).doesNotContain(operatorSecret.substring(4));
    assertThat(text)
        .doesNotContain(operatorBasic.substring("Basic ".length(), operatorBasic.length() - 4));
  }

  @Test
  void noTokenIsRepeatedOrLogged() {
    String token = token();
    String bad = token.substring(0, token.length() - 3) + "AAA";

    for (String each : List.of(token, bad)) {
      for (String path : List.of("/oauth/introspect", "/oauth/checkToken", "/oauth/revoke")) {
        withBasic(path, "token=" + each + "x");
        withBasic(path + "?token=" + each + "x", "");
        withBasic(path, "token=" + each + "&token=" + each);
        withBasic(path, "token_type_hint=" + each);
        post(path, Map.of("Authorization", "Bearer " + each), "");
        post(path, Map.of("Content-Type", "text/plain"), each);
      }
      withBasic("/oauth/introspect", "token=" + each);
      withBasic("/oauth/checkToken", "token=" + each);
      withBasic("/oauth/token", "grant_type=" + each);
      withBasic("/oauth/token", GRANT + "&scope=" + each);
      withBasic("/oauth/token", GRANT + "&tenant=" + each);
      withBasic("/oauth/token?access_token=" + each, GRANT + "&x=%zz");
      post(
          "/oauth/token",
          Map.of("Content-Type", FORM),
          GRANT + "&client_id=" + each + "&client_secret=" + each);
      post("/oauth/token", Map.of("Authorization", Http.basic(each, each)), GRANT);
      post("/oauth/customers?access_token=" + each, Map.of(), "");
      keep(http.get("/oauth/customers?access_token=" + each + "&limit=x", each));
      keep(http.get("/oauth/customers/operator/clients?cursor=x&limit=" + each, each));
      keep(http.get("/metrics?x=" + each, each));
      keep(http.get("/nothing/here?token=" + each, each));
      keep(http.send("GET", "/oauth/customers", Map.of("Authorization", each), ""));
      keep(http.send("GET", "/oauth/customers", Map.of("Authorization", "Basic " + each), ""));
      keep(http.send("GET", "/health/ready", Map.of("User-Agent", each, "Cookie", each), ""));
      unreadable(each);
    }
    withBasic("/oauth/revoke", "token=" + token);
    keep(http.get("/oauth/customers", token)).expect(401);

    assertThat(answers).hasSizeGreaterThan(60);
    for (Answer answer : answers) {
      assertThat(answer.status()).as(answer.toString()).isNotIn(500, 503);
      if (answer.status() != 200 || !answer.text().contains("access_token")) {
        holdsNothing(answer.text());
      }
      holdsNothing(answer.headers().toString());
    }
    holdsNothing(log());
  }

  @Test
  void noSecretIsRepeatedOrLogged() {
    String wrong = "clt_" + "Wrong".repeat(9) + "Wron";
    String chosen = "My+own%20secret: 1st";
    http.post(
            "/oauth/customers/operator/clients",
            token(),
            Customer.client("chosen", Map.of()).put("clientSecret", chosen))
        .expect(201);

    for (String secret : List.of(operatorSecret, wrong, chosen)) {
      String encoded = URLEncoder.encode(secret, UTF_8);
      unreadable(encoded);
      for (String path : List.of("/oauth/token", "/oauth/introspect", "/oauth/revoke")) {
        post(
            path,
            Map.of("Content-Type", FORM),
            "client_id=nobody&client_secret=" + encoded + "&token=" + encoded);
        post(path + "?client_secret=" + encoded, Map.of(), "");
        post(path, Map.of("Authorization", Http.basic("nobody", secret)), "");
        post(path, Map.of("Authorization", "Basic " + encoded), "");
        post(
            path,
            Map.of("Authorization", operatorBasic, "Content-Type", FORM),
            "client_secret=" + encoded);
        post(path, Map.of("Content-Type", "application/json"), "{\"client_secret\":\"" + secret);
      }
      withBasic("/oauth/token", GRANT + "&scope=" + encoded);
      withBasic("/oauth/token", GRANT + "&tenant=" + encoded);
      withBasic("/oauth/token", "grant_type=" + encoded);
      keep(http.get("/oauth/customers?x=" + encoded, encoded));
    }
    post(
        "/oauth/token",
        Map.of("Authorization", Http.basic("chosen", chosen), "Content-Type", FORM),
        GRANT + "&scope=ROLE_NOT_HELD");

    for (Answer answer : answers) {
      assertThat(answer.status()).as(answer.toString()).isNotIn(500, 503);
      holdsNothing(answer.text());
      assertThat(answer.text() + answer.headers()).doesNotContain(chosen).doesNotContain("Wrong");
    }
    String log = log();
    holdsNothing(log);
    assertThat(log)
        .doesNotContain(chosen)
        .doesNotContain(URLEncoder.encode(chosen, UTF_8))
        .doesNotContain("Wrong");
  }

  @Test
  void eachAnswerHasAnIdByWhichItIsFoundInTheLog() {
    String token = token();
    withBasic("/oauth/token", GRANT).expect(200);
    withBasic("/oauth/token", "").expect(400);
    post("/oauth/token", Map.of(), "").expect(401);
    withBasic("/oauth/introspect", "token=" + token).expect(200);
    withBasic("/oauth/checkToken", "token=x").expect(400);
    withBasic("/oauth/token", "x=" + "y".repeat(70_000)).expect(413);
    keep(http.get("/oauth/token", "")).expect(405);
    keep(http.get("/oauth/jwks", "")).expect(200);
    keep(http.get("/.well-known/openid-configuration", "")).expect(200);
    keep(http.get("/oauth/customers", "")).expect(401);
    keep(http.get("/oauth/customers", "x")).expect(401);
    keep(http.get("/oauth/customers", token)).expect(200);
    keep(http.get("/oauth/customers/none", token)).expect(404);
    keep(http.post("/oauth/customers", token, "{")).expect(400);
    keep(http.get("/nothing/here", token)).expect(404);
    keep(http.get("/health/live", "")).expect(200);
    keep(http.send("GET", "/health/live", Map.of("X-Request-Id", "chosen-by-me"), "")).expect(200);
    for (List<String> unreadable :
        List.of(
            List.of("GET / HTTP/1.1"),
            List.of("GET /oauth/jwks HTTP/1.1", "Host: a", "Host: b"),
            List.of("G@T /oauth/jwks HTTP/1.1", "Host: a"),
            List.of("GET /oauth/jwks HTTP/1.1", "Host: a", " folded: x"),
            List.of("GET /oauth/jwks HTTP/1.1", "Host: a", "X: " + "y".repeat(20_000)))) {
      int status = keep(RawHttp.exchange(server.uri(), unreadable, new byte[0])).status();
      assertThat(status).isBetween(400, 431);
    }

    List<String> ids = new ArrayList<>();
    for (Answer answer : answers) {
      assertThat(answer.headers("X-Request-Id")).as(answer.toString()).hasSize(1);
      String id = answer.headers("X-Request-Id").getFirst();
      assertThat(id).matches("[A-Za-z0-9_-]{8,64}").isNotEqualTo("chosen-by-me");
      assertThat(answer.text()).doesNotContain(id);
      ids.add(id);
    }
    assertThat(ids).doesNotHaveDuplicates();
    List<JsonNode> lines = requestLines(log());
    for (int i = 0; i < ids.size(); i++) {
      String id = ids.get(i);
      List<JsonNode> mine =
          lines.stream().filter(line -> line.path("request_id").asText().equals(id)).toList();
      assertThat(mine).as(answers.get(i).toString()).hasSize(1);
      assertThat(mine.getFirst().get("status").asInt()).isEqualTo(answers.get(i).status());
    }
    // One more was the token at the beginning.
    assertThat(lines).hasSize(answers.size() + 1);
  }

  @Test
  void whateverIsSentALineStaysALine() {
    String token = token();
    List<String> evil =
        List.of(
            "x\r\n{\"at\":\"forged\"}",
            "x\n2026-11-23 forged",
            "\u001b[2J\u001b[31mred",
            "${jndi:ldap://127.0.0.1/x}",
            "\",\"status\":200,\"x\":\"",
            "\\\",\\u0022",
            "\u2028\u2029\u0085é✗",
            "{}%n%s%d",
            "x".repeat(5_000));

    for (String each : evil) {
      String encoded = URLEncoder.encode(each, UTF_8);
      String asBasic =
          "Basic " + Base64.getEncoder().encodeToString((each + ":" + each).getBytes(UTF_8));
      post("/oauth/token", Map.of("Authorization", asBasic), GRANT);
      post(
          "/oauth/token",
          Map.of("Content-Type", FORM),
          GRANT + "&client_id=" + encoded + "&client_secret=x");
      withBasic("/oauth/token", GRANT + "&scope=" + encoded);
      withBasic("/oauth/introspect", "token=" + encoded);
      keep(http.get("/oauth/customers/" + encoded.replace("+", "%20") + "/clients", token));
      keep(http.get("/" + encoded.replace("+", "%20") + "?" + encoded, token));
      if (each.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
        keep(
            http.send(
                "GET",
                "/health/live",
                Map.of("User-Agent", each, "traceparent", each, "X-Forwarded-For", each),
                ""));
      }
    }
    keep(
        RawHttp.exchange(
            server.uri(),
            List.of("GET /\u001b[31m HTTP/1.1", "Host: a", "Connection: close"),
            "".getBytes(ISO_8859_1)));

    for (Answer answer : answers) {
      assertThat(answer.status()).as(answer.toString()).isNotIn(500, 503);
    }
    String log = log();
    assertThat(requestLines(log)).hasSize(answers.size() + 1);
    assertThat(log).doesNotContain("\u001b").doesNotContain("{\"at\":\"forged\"}");
    for (String line : server.out().lines().toList()) {
      assertThat(line).startsWith("{").endsWith("}");
    }
  }
}
