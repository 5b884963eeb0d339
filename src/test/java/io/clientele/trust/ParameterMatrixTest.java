package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Every parameter of every protocol endpoint in every manner in which it can be sent, beside what
/// the contract says of it; and every manner in which the body itself can be something else.
@TrustCase(
    id = "T7",
    title = "Every parameter repeated, empty, unknown, misplaced; other methods and bodies",
    unit = "requests",
    required = 30_000,
    brief = 1_200,
    seconds = 60)
@WithServer
class ParameterMatrixTest {

  private static final String FORM = "application/x-www-form-urlencoded";
  private static final Set<String> CREDENTIALS =
      Set.of("client_id", "client_secret", "client_assertion", "client_assertion_type");

  private static final List<String> HOSTILE =
      List.of(
          "\u0000",
          "a\u0000b",
          " ",
          "\r\n",
          "\u2028",
          "\u202e",
          "\u00e9",
          "\ud83d\ude00",
          "' OR 1=1 --",
          "\";DROP TABLE client;--",
          "${jndi:ldap://127.0.0.1/x}",
          "<script>",
          "../..",
          "%25",
          "%",
          "+",
          "&=",
          "null",
          "[]",
          "{\"a\":1}",
          "x".repeat(10_000),
          "ROLE_ADMIN_CUSTOMER",
          "ROLE_API ROLE_API",
          "*",
          "-1",
          "1e999999999");

  /// How the client authenticates.
  private enum Way {
    BASIC,
    POST
  }

  /// @param required the parameter without which it does nothing
  /// @param inBody whether that counts in the body only
  private record Endpoint(
      String path, String required, String value, boolean inBody, Map<String, String> optional) {}

  /// A parameter as it is sent.
  ///
  /// @param value empty for none
  /// @param raw its bytes as characters
  /// @param readable whether it is form-encoded at all
  private record Pair(String name, String value, String raw, boolean readable) {}

  /// What must be answered.
  ///
  /// @param error empty for 200
  private record Expected(int status, String error) {
    static final Expected FINE = new Expected(200, "");
    static final Expected INVALID = new Expected(400, "invalid_request");
    static final Expected STRANGER = new Expected(401, "invalid_client");
  }

  private Customer abc;
  private Client client;
  private String token;
  private List<Endpoint> endpoints;
  private RawHttp connection;
  private long bad;

  @BeforeEach
  void start(TestServer server, Customer customer) {
    abc = customer;
    client = customer.newClient(Map.of("ROLE_API", customer.tenants()));
    token = client.token();
    connection = RawHttp.connect(server.uri());
    endpoints =
        List.of(
            new Endpoint(
                "/oauth/token",
                "grant_type",
                "client_credentials",
                false,
                Map.of("scope", "ROLE_API", "tenant", customer.tenant(0))),
            new Endpoint(
                "/oauth/introspect",
                "token",
                token,
                true,
                Map.of("token_type_hint", "access_token")),
            new Endpoint(
                "/oauth/checkToken",
                "token",
                token,
                false,
                Map.of("serviceId", "x", "tenantId", customer.tenant(0))),
            // One that is not there: nothing happens, but it is answered in the same way.
            new Endpoint(
                "/oauth/revoke",
                "token",
                token.substring(0, token.length() - 4),
                false,
                Map.of("token_type_hint", "refresh_token")));
  }

  private static String percent(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(UTF_8)) {
      encoded.append("%%%02X".formatted(b & 0xff));
    }
    return encoded.toString();
  }

  private static String plain(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(UTF_8)) {
      boolean unreserved = b > 0x20 && b < 0x7f && "%&=+#\"<>[]{}|\\^`".indexOf(b) < 0;
      encoded.append(unreserved ? Character.toString(b) : "%%%02x".formatted(b & 0xff));
    }
    return encoded.toString();
  }

  private static Pair pair(String name, String value) {
    return new Pair(name, value, plain(name) + "=" + plain(value), true);
  }

  private static Pair encoded(String name, String value) {
    return new Pair(name, value, percent(name) + "=" + percent(value), true);
  }

  /// Without a value, with and without the sign for one.
  private static Pair empty(String name, boolean sign) {
    return new Pair(name, "", plain(name) + (sign ? "=" : ""), true);
  }

  private static Pair broken(String raw) {
    return new Pair("", "", raw, false);
  }

  private List<Pair> base(Endpoint endpoint, Way way) {
    List<Pair> pairs = new ArrayList<>(List.of(pair(endpoint.required(), endpoint.value())));
    if (way == Way.POST) {
      pairs.add(pair("client_id", client.id()));
      pairs.add(pair("client_secret", client.secret()));
    }
    return pairs;
  }

  /// The parameters that an endpoint knows, others', and one that nobody knows, with a value that
  /// is fine.
  private Map<String, String> parameters(Endpoint endpoint) {
    Map<String, String> all = new LinkedHashMap<>();
    for (Endpoint each : endpoints) {
      all.put(each.required(), each.value());
      all.putAll(each.optional());
    }
    all.put(endpoint.required(), endpoint.value());
    all.put("client_id", client.id());
    all.put("client_secret", client.secret());
    all.put("client_assertion", "x.y.z");
    all.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    all.put("resource", "https://api.example.com");
    all.put("unknown", "1");
    all.put("a b\u00e9&=", "2");
    return all;
  }

  /// The contract, section 3, in its order.
  private Expected expected(Endpoint endpoint, Way way, List<Pair> body, List<Pair> query) {
    if (Stream.concat(body.stream(), query.stream()).anyMatch(each -> !each.readable())) {
      return Expected.INVALID;
    }
    Map<String, String> inBody = new LinkedHashMap<>();
    Map<String, String> all = new LinkedHashMap<>();
    for (Pair each : query) {
      if (!each.value().isEmpty()
          && (CREDENTIALS.contains(each.name()) || all.put(each.name(), each.value()) != null)) {
        return Expected.INVALID;
      }
    }
    for (Pair each : body) {
      if (!each.value().isEmpty()) {
        inBody.put(each.name(), each.value());
        if (all.put(each.name(), each.value()) != null) {
          return Expected.INVALID;
        }
      }
    }
    Optional<Expected> stranger = authentication(way, inBody);
    if (stranger.isPresent()) {
      return stranger.get();
    }
    String value = (endpoint.inBody() ? inBody : all).get(endpoint.required());
    if (value == null) {
      return Expected.INVALID;
    }
    return switch (endpoint.path()) {
      case "/oauth/token" -> issued(value, all);
      case "/oauth/checkToken" ->
          value.equals(token) ? Expected.FINE : new Expected(400, "invalid_token");
      default -> Expected.FINE;
    };
  }

  private Optional<Expected> authentication(Way way, Map<String, String> inBody) {
    boolean assertion =
        inBody.containsKey("client_assertion") || inBody.containsKey("client_assertion_type");
    boolean secret = inBody.containsKey("client_secret");
    if (way == Way.BASIC) {
      boolean another = !inBody.getOrDefault("client_id", client.id()).equals(client.id());
      return assertion || secret || another ? Optional.of(Expected.INVALID) : Optional.empty();
    }
    if (assertion) {
      return Optional.of(secret ? Expected.INVALID : Expected.STRANGER);
    }
    boolean right =
        client.id().equals(inBody.get("client_id"))
            && client.secret().equals(inBody.get("client_secret"));
    return right ? Optional.empty() : Optional.of(Expected.STRANGER);
  }

  private Expected issued(String grant, Map<String, String> all) {
    if (!grant.equals("client_credentials")) {
      return new Expected(400, "unsupported_grant_type");
    }
    boolean roles = true;
    for (String role : all.getOrDefault("scope", "").split(" ", -1)) {
      roles &= role.isEmpty() || role.equals("ROLE_API");
    }
    String tenant = all.getOrDefault("tenant", abc.tenant(0));
    if (roles && !abc.tenants().contains(tenant)) {
      return new Expected(400, "invalid_target");
    }
    return roles ? Expected.FINE : new Expected(400, "invalid_scope");
  }

  private String head(String method, String target, Way way, String... lines) {
    StringBuilder head =
        new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n");
    if (way == Way.BASIC) {
      head.append("Authorization: ").append(client.basic()).append("\r\n");
    }
    for (String line : lines) {
      head.append(line).append("\r\n");
    }
    return head.toString();
  }

  private static String raw(List<Pair> pairs) {
    return String.join("&", pairs.stream().map(Pair::raw).toList());
  }

  private Answer exchange(TestServer server, String head, byte[] body) {
    byte[] start = (head + "Content-Length: " + body.length + "\r\n\r\n").getBytes(ISO_8859_1);
    byte[] all = new byte[start.length + body.length];
    System.arraycopy(start, 0, all, 0, start.length);
    System.arraycopy(body, 0, all, start.length, body.length);
    connection.write(all);
    Answer answer = connection.read(head + "\n" + new String(body, ISO_8859_1));
    if (answer.headers("Connection").contains("close")) {
      connection.close();
      connection = RawHttp.connect(server.uri());
    }
    return answer;
  }

  private void tryOne(
      TestServer server,
      Endpoint endpoint,
      Way way,
      List<Pair> body,
      List<Pair> query,
      Tally tally) {
    String target = query.isEmpty() ? endpoint.path() : endpoint.path() + "?" + raw(query);
    String head = head("POST", target, way, "Content-Type: " + FORM);
    Answer answer = exchange(server, head, raw(body).getBytes(ISO_8859_1));
    judge(server, expected(endpoint, way, body, query), answer, tally);
  }

  /// Status, error, form, and nothing told that was sent in confidence.
  private void judge(TestServer server, Expected expected, Answer answer, Tally tally) {
    tally.done(1);
    if (answer.status() != expected.status()) {
      tally.wrong(expected + " expected, got " + answer);
      return;
    }
    if (expected.error().isEmpty()) {
      return;
    }
    tally.badInputs(1);
    String text = answer.text();
    boolean ours =
        answer.json().path("error").asText().equals(expected.error())
            && answer.json().size() == 2
            && answer
                .json()
                .path("error_description")
                .asText()
                .matches("[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]+")
            && answer.headers("Cache-Control").contains("no-store")
            && answer.header("X-Request-Id").isPresent()
            && (answer.status() == 401) == answer.header("WWW-Authenticate").isPresent();
    if (!ours
        || text.contains(client.secret())
        || text.contains(token)
        || text.contains("Exception")
        || text.contains("SELECT")) {
      tally.wrong("an error of another form: " + answer);
    }
    if (bad++ % 16 == 0) {
      String head = head("POST", "/oauth/token", Way.BASIC, "Content-Type: " + FORM);
      Answer next = exchange(server, head, "grant_type=client_credentials".getBytes(UTF_8));
      if (next.status() != 200) {
        tally.wrong("the next good request is answered " + next);
      }
    }
  }

  /// One parameter in one manner, beside what is needed.
  private record Manner(List<Pair> body, List<Pair> query) {}

  private List<Manner> manners(Endpoint endpoint, Way way, String name, String value) {
    List<Pair> base = base(endpoint, way);
    List<Pair> without = base.stream().filter(each -> !each.name().equals(name)).toList();
    Pair right = pair(name, value);
    Pair other = pair(name, value + "x");
    List<Manner> all = new ArrayList<>();
    all.add(new Manner(without, List.of()));
    all.add(new Manner(and(without, right), List.of()));
    all.add(new Manner(and(without, encoded(name, value)), List.of()));
    all.add(new Manner(without, List.of(right)));
    all.add(new Manner(without, List.of(encoded(name, value))));
    all.add(new Manner(and(without, right, right), List.of()));
    all.add(new Manner(and(without, right, other), List.of()));
    all.add(new Manner(and(without, other, right), List.of()));
    all.add(new Manner(and(without, right, encoded(name, value)), List.of()));
    all.add(new Manner(and(without, right), List.of(right)));
    all.add(new Manner(and(without, right), List.of(other)));
    all.add(new Manner(without, List.of(right, right)));
    all.add(new Manner(without, List.of(right, other)));
    for (boolean sign : new boolean[] {true, false}) {
      Pair none = empty(name, sign);
      all.add(new Manner(and(without, none), List.of()));
      all.add(new Manner(and(without, none, none), List.of()));
      all.add(new Manner(and(without, none, right), List.of()));
      all.add(new Manner(and(without, right, none), List.of()));
      all.add(new Manner(without, List.of(none)));
      all.add(new Manner(and(without, right), List.of(none)));
      all.add(new Manner(and(without, none), List.of(right)));
    }
    for (String unknown :
        new String[] {
          name.toUpperCase(Locale.ROOT),
          name + "[]",
          name + "[0]",
          " " + name,
          name + " ",
          name + "\u0000",
          "\ufeff" + name
        }) {
      all.add(new Manner(and(without, pair(unknown, value)), List.of()));
      all.add(new Manner(and(without, right, pair(unknown, value + "x")), List.of()));
      all.add(new Manner(without, List.of(pair(unknown, value))));
    }
    for (String escape :
        new String[] {"%", "%4", "%zz", "%c3%28", "%ff", "%c0%80", "%ed%a0%80", "a%"}) {
      Pair broken = broken(plain(name) + "=" + escape);
      all.add(new Manner(and(without, broken), List.of()));
      all.add(new Manner(and(base, broken(plain(name) + escape + "=1")), List.of()));
      all.add(new Manner(without, List.of(broken)));
    }
    all.add(new Manner(and(without, broken(plain(name) + "=\u00e9")), List.of()));
    all.add(new Manner(and(base, broken("\u00e9=1")), List.of()));
    all.add(new Manner(and(without, new Pair("", "", "&&=&=x&", true), right), List.of()));
    for (String hostile : HOSTILE) {
      all.add(new Manner(and(without, pair(name, hostile)), List.of()));
      all.add(new Manner(without, List.of(pair(name, hostile))));
    }
    return all;
  }

  private static List<Pair> and(List<Pair> pairs, Pair... more) {
    return Stream.concat(pairs.stream(), Stream.of(more)).toList();
  }

  @Test
  void everyParameterInEveryManner(TestServer server, Tally tally) {
    long seed = ThreadLocalRandom.current().nextLong();
    Random random = new Random(seed);
    long turn = random.nextInt(16);
    for (Endpoint endpoint : endpoints) {
      for (Way way : Way.values()) {
        for (Map.Entry<String, String> each : parameters(endpoint).entrySet()) {
          for (Manner manner : manners(endpoint, way, each.getKey(), each.getValue())) {
            if (tally.scale() != Scale.BRIEF || turn++ % 16 == 0) {
              tryOne(server, endpoint, way, manner.body(), manner.query(), tally);
            }
          }
        }
      }
    }
    if (tally.scale() != Scale.BRIEF || tally.done() < tally.required() / 2) {
      long wanted = tally.scale() == Scale.BRIEF ? tally.required() * 3 / 5 : tally.required();
      while (tally.done() < wanted) {
        several(server, random, tally);
      }
    }
    tally.measured("seed " + seed);
  }

  /// Several parameters, each in a manner of its own.
  private void several(TestServer server, Random random, Tally tally) {
    Endpoint endpoint = endpoints.get(random.nextInt(endpoints.size()));
    Way way = Way.values()[random.nextInt(2)];
    List<Pair> body = new ArrayList<>();
    List<Pair> query = new ArrayList<>();
    for (Pair each : base(endpoint, way)) {
      int place = random.nextInt(20);
      if (place == 1) {
        query.add(each);
      } else if (place > 1) {
        body.add(each);
      }
    }
    List<Map.Entry<String, String>> names = List.copyOf(parameters(endpoint).entrySet());
    for (int more = random.nextInt(4); more > 0; more--) {
      Map.Entry<String, String> each = names.get(random.nextInt(names.size()));
      String value =
          random.nextInt(3) == 0 ? HOSTILE.get(random.nextInt(HOSTILE.size())) : each.getValue();
      Pair pair =
          switch (random.nextInt(6)) {
            case 0 -> empty(each.getKey(), random.nextBoolean());
            case 1 -> encoded(each.getKey(), value.length() > 1_000 ? "x" : value);
            default -> pair(each.getKey(), value);
          };
      List<Pair> place = random.nextInt(3) == 0 && value.length() < 2_000 ? query : body;
      place.add(random.nextInt(place.size() + 1), pair);
    }
    tryOne(server, endpoint, way, body, query, tally);
  }

  private static byte[] zipped(byte[] bytes) {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return zipped.toByteArray();
  }

  @Test
  void aBodyOfAnotherKindIsRefused(TestServer server, Tally tally) {
    for (Endpoint endpoint : endpoints) {
      for (Way way : Way.values()) {
        String good = raw(base(endpoint, way));
        byte[] body = good.getBytes(ISO_8859_1);
        String json = "{\"" + endpoint.required() + "\":\"" + endpoint.value() + "\"}";
        String multipart =
            """
            --x\r
            Content-Disposition: form-data; name="grant_type"\r
            \r
            client_credentials\r
            --x--\r
            """;
        for (String type :
            new String[] {
              "application/json",
              "text/plain",
              "application/xml",
              "multipart/form-data; boundary=x",
              "multipart/form-data",
              FORM + "-not",
              "x-www-form-urlencoded",
              FORM + "; charset=ISO-8859-1",
              FORM + "; charset=utf-16",
              FORM + "; charset=utf-7",
              FORM + ";charset=\"latin1\"",
              FORM + "; charset=utf-8; charset=latin1",
              FORM + ", application/json",
              "*/*",
              ""
            }) {
          String head = head("POST", endpoint.path(), way, "Content-Type: " + type);
          for (byte[] each :
              List.of(body, json.getBytes(UTF_8), multipart.getBytes(UTF_8), zipped(body))) {
            judge(server, Expected.INVALID, exchange(server, head, each), tally);
          }
        }
        String untyped = head("POST", endpoint.path(), way);
        judge(server, Expected.INVALID, exchange(server, untyped, body), tally);
        String twice =
            head("POST", endpoint.path(), way, "Content-Type: " + FORM, "Content-Type: " + FORM);
        judge(server, Expected.INVALID, exchange(server, twice, body), tally);
        for (String type :
            new String[] {
              FORM,
              FORM + ";charset=UTF-8",
              FORM + "; charset=\"utf-8\"",
              FORM.toUpperCase(Locale.ROOT)
            }) {
          String head = head("POST", endpoint.path(), way, "Content-Type: " + type);
          judge(server, Expected.FINE, exchange(server, head, body), tally);
        }
        for (String encoding : new String[] {"gzip", "deflate", "br", "identity", "x", ""}) {
          String head =
              head(
                  "POST",
                  endpoint.path(),
                  way,
                  "Content-Type: " + FORM,
                  "Content-Encoding: " + encoding);
          for (byte[] each : List.of(body, zipped(body))) {
            judge(server, Expected.INVALID, exchange(server, head, each), tally);
          }
        }
        String head = head("POST", endpoint.path(), way, "Content-Type: " + FORM);
        Expected without = expected(endpoint, way, List.of(), List.of());
        judge(server, without, exchange(server, head, json.getBytes(UTF_8)), tally);
        judge(server, without, exchange(server, head, multipart.getBytes(UTF_8)), tally);
        for (byte[] each :
            List.of(zipped(body), good.getBytes(UTF_16), ("\ufeff" + good).getBytes(UTF_8))) {
          judge(server, Expected.INVALID, exchange(server, head, each), tally);
        }
      }
    }
  }

  @Test
  void anotherMethodIsRefused(TestServer server, Tally tally) {
    List<String> methods =
        List.of(
            "GET",
            "POST",
            "PUT",
            "DELETE",
            "PATCH",
            "OPTIONS",
            "TRACE",
            "BREW",
            "post",
            "get",
            "Post",
            "PROPFIND",
            "QUERY",
            "POSTX");
    Map<String, String> allowed = new LinkedHashMap<>();
    endpoints.forEach(each -> allowed.put(each.path(), "POST"));
    for (String path :
        List.of(
            "/oauth/jwks",
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration")) {
      allowed.put(path, "GET, HEAD");
      for (String query : List.of("x", "x=1&x=2", "%zz", "grant_type=", "a[]=1&%00=%00", "=&&=")) {
        String head = head("GET", path + "?" + query, Way.POST);
        judge(server, Expected.FINE, exchange(server, head, new byte[0]), tally);
      }
    }
    allowed.forEach(
        (path, right) -> {
          Set<String> rights = new HashSet<>(List.of(right.split(", ")));
          for (String method : methods) {
            if (rights.contains(method)) {
              continue;
            }
            for (Way way : Way.values()) {
              for (byte[] body : List.of(new byte[0], "grant_type=x&token=y".getBytes(UTF_8))) {
                String head = head(method, path, way, "Content-Type: " + FORM);
                Answer answer = exchange(server, head, body);
                judge(server, new Expected(405, "invalid_request"), answer, tally);
                if (!answer.headers("Allow").equals(List.of(right))) {
                  tally.wrong("405 without Allow: " + answer);
                }
              }
            }
          }
        });
  }
}
