package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Http;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever a stranger writes, a line of the log stays one line, and there is one for each request
/// that was answered.
@TrustCase(
    id = "T12",
    title = "Log injection: every line parses, as many lines as answers",
    unit = "inputs",
    required = 20_000,
    brief = 300,
    seconds = 60)
class LogInjectionTest {

  private static final String FORM = "grant_type=client_credentials";
  private static final Pattern ANSWER =
      Pattern.compile(
          "HTTP/1\\.1 (\\d{3})[^\\r]*\\r\\n(?:[^\\r]+\\r\\n)*?X-Request-Id: ([^\\r]*)\\r\\n");

  private static final Set<String> MEMBERS =
      Set.of(
          "at",
          "request_id",
          "trace_id",
          "source",
          "method",
          "route",
          "customer",
          "client",
          "secret_id",
          "status",
          "outcome",
          "reason",
          "microseconds");

  private static final Pattern TEXT_LINE =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z  (\\d{3})  .*  ([0-9a-f]{24})");

  /// What logback writes at a start.
  private static final Pattern TEXT_EVENT = Pattern.compile("\\d{4}-\\S+Z  INFO   \\w+  .*");

  private static final Pattern NO_TEXT = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

  /// Bytes as characters, as they would stand in a header.
  private static List<String> payloads(int port) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "x\r\n{\"at\":\"forged\",\"request_id\":\"forged\"}",
                "x\n2026-11-23T00:00:00.000Z  200  POST forged",
                "x\rforged",
                "x\r\n\r\nforged",
                "\u001b[2J\u001b[31mred\u0007",
                "\u009b31mred",
                "${jndi:ldap://127.0.0.1:" + port + "/x}",
                "${${lower:j}ndi:rmi://127.0.0.1:" + port + "/x}",
                "${env:PATH}${sys:user.home}",
                "\",\"status\":200,\"x\":\"",
                "\"}\n{\"at\":\"",
                "\\\",\\u0022,\\",
                "\\u000a\\n",
                "'}]{[",
                "{}%n%s%d{0}",
                "%0d%0aforged%00",
                "a\u0000b",
                "\b\b\b\t\u000b\f",
                "\u00ff\u00fe\u00c0\u0080",
                "\u00ed\u00a0\u0080\u00f4\u0090\u0080\u0080",
                "\u00e2\u0080\u00a8\u00e2\u0080\u00a9\u00c2\u0085",
                "\u00e2\u0080\u00ae\u00e2\u0081\u00a6gnp\u00e2\u0080\u008f",
                "\u00ef\u00bb\u00bf\u00f0\u009f\u0098\u0080",
                "<script>alert(1)</script>",
                "' OR 1=1 --",
                "../../../../etc/passwd"));
    for (String part : List.of("x", "\"", "\\", "\u001b", "\u00e9", "\r\n")) {
      all.add(part.repeat(4_000 / part.length()));
    }
    return all;
  }

  private static String random(Random random) {
    StringBuilder text = new StringBuilder();
    int length = 1 + random.nextInt(60);
    for (int i = 0; i < length; i++) {
      text.append(
          (char)
              (random.nextInt(3) == 0
                  ? "\r\n\"\\\u001b\u0000${}%".charAt(random.nextInt(10))
                  : random.nextInt(256)));
    }
    return text.toString();
  }

  private static String percent(String payload) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : payload.getBytes(ISO_8859_1)) {
      encoded.append("%%%02x".formatted(b & 0xff));
    }
    return encoded.toString();
  }

  /// As a JSON string; bytes that are no UTF-8 stay as they are.
  private static String json(String payload) {
    StringBuilder text = new StringBuilder("\"");
    for (int i = 0; i < payload.length(); i++) {
      char c = payload.charAt(i);
      if (c < 0x20 || c == '"' || c == '\\') {
        text.append("\\u%04x".formatted((int) c));
      } else {
        text.append(c);
      }
    }
    return text.append('"').toString();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(ISO_8859_1));
  }

  private static String get(String line, String... headers) {
    return request(line, "", headers);
  }

  private static String request(String line, String body, String... headers) {
    String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    return line
        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        + more
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String form(String path, String body, String... headers) {
    List<String> all = new ArrayList<>(List.of(headers));
    all.add("Content-Type: application/x-www-form-urlencoded");
    return request("POST " + path, body, all.toArray(String[]::new));
  }

  /// Where a stranger writes, by name.
  private static Map<String, UnaryOperator<String>> places(String basic, String token) {
    String authorization = "Authorization: " + basic;
    String bearer = "Authorization: Bearer " + token;
    Map<String, UnaryOperator<String>> places = new TreeMap<>();
    places.put("method", it -> get(it + " /oauth/jwks"));
    places.put("path", it -> get("GET /" + it));
    places.put("path of a customer", it -> get("GET /oauth/customers/" + it + "/clients", bearer));
    places.put("path, encoded", it -> get("GET /" + percent(it)));
    places.put("version", it -> get("GET /oauth/jwks HTTP/1.1" + it));
    places.put("query", it -> get("GET /oauth/jwks?" + it));
    places.put("query, encoded", it -> get("GET /oauth/jwks?x=" + percent(it)));
    places.put("customer", it -> get("GET /oauth/customers/" + percent(it) + "/clients", bearer));
    places.put("client", it -> get("GET /oauth/customers/operator/clients/" + percent(it), bearer));
    places.put("role", it -> get("DELETE /oauth/customers/operator/roles/" + percent(it), bearer));
    places.put(
        "filter", it -> get("GET /oauth/customers/operator/clients?q=" + percent(it), bearer));
    places.put(
        "cursor", it -> get("GET /oauth/customers/operator/clients?cursor=" + percent(it), bearer));
    for (String name :
        List.of(
            "User-Agent",
            "traceparent",
            "tracestate",
            "X-Request-Id",
            "X-Forwarded-For",
            "Forwarded",
            "X-Correlation-Id",
            "Referer",
            "Cookie",
            "Host",
            "Accept",
            "If-Match",
            "Content-Type",
            "Content-Encoding",
            "Content-Length",
            "Transfer-Encoding",
            "Expect",
            "Upgrade",
            "Authorization")) {
      places.put("header " + name, it -> get("GET /oauth/jwks", name + ": " + it));
      places.put(
          "header " + name + " of a form", it -> form("/oauth/token", FORM, name + ": " + it));
    }
    places.put("name of a header", it -> get("GET /oauth/jwks", it + ": x"));
    places.put(
        "trace id", it -> get("GET /oauth/jwks", "traceparent: 00-" + it + "-0123456789abcdef-01"));
    places.put(
        "Basic", it -> form("/oauth/token", FORM, "Authorization: Basic " + base64(it + ":" + it)));
    places.put("scheme", it -> form("/oauth/token", FORM, "Authorization: " + it + " x"));
    places.put("Bearer", it -> get("GET /oauth/customers", "Authorization: Bearer " + it));
    places.put(
        "Bearer, encoded",
        it -> get("GET /oauth/customers", "Authorization: Bearer " + base64(it) + ".e30.x"));
    places.put(
        "client_id",
        it -> form("/oauth/token", FORM + "&client_id=" + percent(it) + "&client_secret=x"));
    places.put(
        "client_secret",
        it -> form("/oauth/token", FORM + "&client_id=x&client_secret=clt_" + percent(it)));
    places.put("form", it -> form("/oauth/token", it, authorization));
    places.put(
        "name in a form",
        it -> form("/oauth/token", FORM + "&" + percent(it) + "=1", authorization));
    for (String name : List.of("scope", "tenant")) {
      places.put(
          name, it -> form("/oauth/token", FORM + "&" + name + "=" + percent(it), authorization));
    }
    places.put(
        "grant_type", it -> form("/oauth/token", "grant_type=" + percent(it), authorization));
    for (String path : List.of("introspect", "checkToken", "revoke")) {
      places.put(
          "token of " + path, it -> form("/oauth/" + path, "token=" + percent(it), authorization));
    }
    String clients = "POST /oauth/customers/operator/clients";
    String type = "Content-Type: application/json";
    places.put("JSON", it -> request(clients, it, bearer, type));
    places.put("name in JSON", it -> request(clients, "{" + json(it) + ":1}", bearer, type));
    for (String name : List.of("clientId", "clientName", "clientSecret", "clientEmail", "scope")) {
      places.put(
          name + " in JSON",
          it -> request(clients, "{\"" + name + "\":" + json(it) + "}", bearer, type));
    }
    places.put(
        "a client",
        it ->
            request(
                clients,
                "{\"clientId\":\"it\",\"clientName\":"
                    + json(it)
                    + ",\"clientDescription\":"
                    + json(it)
                    + ",\"authorizedGrantTypes\":[\"client_credentials\"],"
                    + "\"clientAuthenticationMethods\":[\"client_secret_basic\"],"
                    + "\"clientPermissions\":{\"roles\":{"
                    + json(it)
                    + ":[]}}}",
                bearer,
                type));
    places.put(
        "a customer",
        it ->
            request(
                "POST /oauth/customers",
                "{\"id\":" + json(it) + ",\"name\":" + json(it) + "}",
                bearer,
                type));
    places.put("raw bytes", it -> it);
    places.put("raw bytes, ended", it -> it + "\r\n\r\n");
    return places;
  }

  /// One server, what it answered, and its log.
  private static final class Logged {
    private final ServerProcess server;
    private final String basic;
    private final String token;

    /// The status of each answer, by its id.
    private final Map<String, Integer> answers = new TreeMap<>();

    /// How many requests ended without an answer.
    private int unanswered;

    private String last = "";

    Logged(ServerProcess server, Path data) {
      this.server = server;
      server.uri();
      JsonNode operator = ServerProcess.operator(data);
      basic = Http.basic(operator.get("clientId").asText(), operator.get("clientSecret").asText());
      try (RawHttp connection = RawHttp.connect(server.uri())) {
        Answer answer = connection.form("/oauth/token", basic, FORM).expect(200);
        token = answer.json("access_token").asText();
        answers.put(answer.header("X-Request-Id").orElseThrow(), 200);
      }
    }

    void send(String what, String request, Tally tally) {
      String answered;
      try (RawHttp connection = RawHttp.connect(server.uri())) {
        connection.tryWrite(request.getBytes(ISO_8859_1));
        connection.endOutput();
        answered = new String(connection.rest(), ISO_8859_1);
      }
      Matcher matcher = ANSWER.matcher(answered);
      boolean any = false;
      while (matcher.find()) {
        any = true;
        last = Objects.requireNonNull(matcher.group(2));
        int status = Integer.parseInt(Objects.requireNonNull(matcher.group(1)));
        answers.put(last, status);
        if (status >= 500 && status != 501 && status != 505) {
          tally.wrong(status + " to " + what);
        }
      }
      if (!any && !answered.isEmpty()) {
        tally.wrong("an answer without an id to " + what);
      }
      unanswered += any ? 0 : 1;
      tally.badInput();
    }

    List<String> ended(Tally tally) {
      Eventually.is("the line of " + last, () -> server.out().contains(last));
      server.terminate();
      if (server.exitCode() != 0) {
        tally.wrong("exit code " + server.exitCode());
      }
      return server.outLines();
    }

    /// Each line tells of one answer, and each answer has one line.
    void answered(String id, int status, String line, Tally tally) {
      Integer expected = answers.remove(id);
      if (expected == null && unanswered > 0 && line.contains("unreadable")) {
        // Who ends within a head may be gone before its refusal comes.
        unanswered--;
      } else if (expected == null) {
        tally.wrong("a line that belongs to no answer: " + line);
      } else if (expected != status) {
        tally.wrong("a line that says " + status + " instead of " + expected + ": " + line);
      }
    }

    void allHaveLines(Tally tally) {
      answers.forEach((id, status) -> tally.wrong("no line of " + id + ", " + status));
    }
  }

  private static ServerProcess serve(Path data, String format) {
    return ServerProcess.serve(data, "--log-format", format, "--failure-limit", "1000000");
  }

  private static void judgeJson(Logged logged, Tally tally) {
    for (String line : logged.ended(tally)) {
      JsonNode json;
      try {
        json = Answer.JSON.readTree(line);
      } catch (JsonProcessingException e) {
        tally.wrong("no JSON: " + line);
        continue;
      }
      if (json.has("loggerName")) {
        if (!json.path("level").asText().equals("INFO")) {
          tally.wrong("a line of a bug or a warning: " + line);
        }
        continue;
      }
      Set<String> names = new TreeSet<>();
      json.fieldNames().forEachRemaining(names::add);
      if (!MEMBERS.containsAll(names) || !line.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
        tally.wrong("a line with something else in it: " + line);
      }
      logged.answered(json.path("request_id").asText(), json.path("status").asInt(), line, tally);
    }
    logged.allHaveLines(tally);
  }

  private static void judgeText(Logged logged, Tally tally) {
    for (String line : logged.ended(tally)) {
      if (TEXT_EVENT.matcher(line).matches() && !NO_TEXT.matcher(line).find()) {
        continue;
      }
      Matcher matcher = TEXT_LINE.matcher(line);
      if (!matcher.matches() || NO_TEXT.matcher(line).find()) {
        tally.wrong("a line of another form: " + line);
        continue;
      }
      logged.answered(
          Objects.requireNonNull(matcher.group(2)),
          Integer.parseInt(Objects.requireNonNull(matcher.group(1))),
          line,
          tally);
    }
    logged.allHaveLines(tally);
  }

  @Test
  void whateverIsSentALineStaysALine(@TempDir Path first, @TempDir Path second, Tally tally)
      throws IOException {
    long seed = ThreadLocalRandom.current().nextLong();
    Random random = new Random(seed);
    try (ServerSocket trap = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        ServerProcess inJson = serve(first, "json");
        ServerProcess inText = serve(second, "text")) {
      Logged json = new Logged(inJson, first);
      Logged text = new Logged(inText, second);
      List<String> payloads = payloads(trap.getLocalPort());
      long all = 0;
      for (Logged logged : List.of(json, text)) {
        for (Map.Entry<String, UnaryOperator<String>> place :
            places(logged.basic, logged.token).entrySet()) {
          for (int i = 0; i < payloads.size(); i++) {
            if (tally.scale() == Scale.BRIEF && (all++ + seed & 15) != 0) {
              continue;
            }
            String what = place.getKey() + ", payload " + i;
            logged.send(what, place.getValue().apply(payloads.get(i)), tally);
          }
        }
      }
      while (tally.done() < tally.required()) {
        String payload = random(random);
        for (Logged logged : List.of(json, text)) {
          List<Map.Entry<String, UnaryOperator<String>>> places =
              List.copyOf(places(logged.basic, logged.token).entrySet());
          Map.Entry<String, UnaryOperator<String>> place =
              places.get(random.nextInt(places.size()));
          logged.send(
              place.getKey() + ", " + json(payload), place.getValue().apply(payload), tally);
        }
      }
      judgeJson(json, tally);
      judgeText(text, tally);
      trap.setSoTimeout(1);
      try {
        trap.accept().close();
        tally.wrong("the server has followed an address in its log");
      } catch (SocketTimeoutException e) {
        // Nobody came.
      }
    }
    tally.measured("seed " + seed);
  }

  /// The lines of everything but the request log, which a bug may fill with a stranger's words.
  @Test
  void whatAnExceptionSaysStaysALine(Tally tally) throws JoranException {
    for (String format : List.of("json", "text")) {
      LoggerContext context = new LoggerContext();
      context.setMDCAdapter(new LogbackMDCAdapter());
      context.putProperty("clientele.log.format", format);
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(
          Objects.requireNonNull(LogInjectionTest.class.getResource("/logback.xml")));
      ConsoleAppender<ILoggingEvent> appender =
          (ConsoleAppender<ILoggingEvent>)
              context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).getAppender(format);
      for (String payload : payloads(1)) {
        String hostile = new String(payload.getBytes(ISO_8859_1), UTF_8);
        Exception bug =
            new IllegalStateException(hostile, new IllegalArgumentException("b: " + hostile));
        bug.addSuppressed(new RuntimeException(hostile));
        LoggingEvent event =
            new LoggingEvent(
                "io.clientele",
                context.getLogger("io.clientele.http.ErrorResponses"),
                Level.ERROR,
                "request {} failed: " + hostile,
                bug,
                new Object[] {hostile});
        String line = new String(appender.getEncoder().encode(event), UTF_8);
        boolean isLine = line.endsWith("\n") && line.indexOf('\n') == line.length() - 1;
        if (!isLine || !(format.equals("json") ? isJson(line) : isText(line))) {
          tally.wrong(format + " is no line: " + line);
        }
        tally.badInput();
      }
      context.stop();
    }
  }

  private static boolean isText(String line) {
    return !NO_TEXT.matcher(line.strip()).find() && line.contains("IllegalStateException");
  }

  private static boolean isJson(String line) {
    try {
      return Answer.JSON
          .readTree(line)
          .path("throwable")
          .path("className")
          .asText()
          .contains("Ill");
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
