package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A secret is in one answer, the first, and nowhere else: no later answer, no log, no metric, no
/// file, no backup. Nor is a token.
@TrustCase(
    id = "T18",
    title = "Canary secrets: in the first answer and nowhere else",
    unit = "secrets",
    required = 10_000,
    brief = 310,
    seconds = 180)
class CanarySecretsTest {
  private static final int CHOSEN = 10;
  private static final String CUSTOMER = "/oauth/customers/canaries";
  private static final String CLIENTS = CUSTOMER + "/clients";

  /// What was made, and what was said later.
  private static final class World {
    final Http http;
    final String operator;
    final Tally tally;
    final Canaries canaries = new Canaries();
    final Map<String, String> secrets = new LinkedHashMap<>();
    final Set<String> found = new TreeSet<>();
    int answers;
    int tokens;

    World(Http http, String operator, Tally tally) {
      this.http = http;
      this.operator = operator;
      this.tally = tally;
    }

    void secret(String id, String secret) {
      secrets.put(id, secret);
      canaries.add("secret of " + id, secret, secret.startsWith("clt_") ? 4 : 0);
      tally.done(1);
    }

    /// An answer that may hold nothing.
    Answer later(Answer answer) {
      answers++;
      look("an answer " + answer.status(), answer.text());
      look("headers of an answer", answer.headers().toString());
      if (answer.status() >= 500) {
        tally.wrong(answer.toString());
      }
      return answer;
    }

    /// A token that was issued: its signature is its own.
    void token(Answer answer) {
      String token = answer.expect(200).json("access_token").asText();
      canaries.add("token " + tokens++, token.substring(token.lastIndexOf('.') + 1), 0);
    }

    void look(String where, String text) {
      look(where, text.getBytes(UTF_8));
    }

    void look(String where, byte[] bytes) {
      canaries.in(bytes).forEach(what -> found.add(what + " in " + where));
    }
  }

  @Test
  void noSecretIsFoundAfterItsFirstAnswer(@TempDir Path directory, Tally tally) throws IOException {
    Path data = directory.resolve("data");
    World world;
    String log;
    try (ServerProcess server =
        ServerProcess.serve(data, "--log-format", "json", "--failure-limit", "1000000")) {
      Http http = server.http();
      JsonNode operator = ServerProcess.operator(data);
      String secret = operator.get("clientSecret").asText();
      String token = server.token(operator.get("clientId").asText(), secret);
      world = new World(http, token, tally);
      world.canaries.add("the operator's secret", secret, 4);
      world.canaries.add("the operator's token", token.substring(token.lastIndexOf('.') + 1), 0);
      http.post("/oauth/customers", token, Map.of("id", "canaries")).expect(201);
      create(world);
      use(world, server.uri());
      askAround(world);
      lookIntoFiles(world, data, "files while it runs");
      backup(world, data, directory.resolve("saved.zip"));

      server.terminate();
      assertThat(server.exitCode()).isZero();
      log = server.out() + "\n" + server.err();
    }
    assertThat(log).contains("/oauth/token").contains(world.secrets.keySet().iterator().next());
    world.look("the log", log);
    lookIntoFiles(world, data, "files afterwards");
    world.found.forEach(tally::wrong);
    tally.measured(
        String.format(
            java.util.Locale.ROOT,
            "%,d tokens looked for as well; %,d later answers, %,d kB of log",
            world.tokens,
            world.answers,
            log.length() >> 10));
  }

  private static void create(World world) {
    long generated = world.tally.required() - CHOSEN;
    int batchSize = world.tally.scale() == Scale.BRIEF ? 100 : 1000;
    Http http = world.tally.scale() == Scale.BRIEF ? world.http : world.http.unchecked();
    while (world.secrets.size() < generated) {
      List<ObjectNode> clients = new ArrayList<>();
      for (int i = 0; i < Math.min(batchSize, generated - world.secrets.size()); i++) {
        clients.add(Customer.client(Names.unique("canary")));
      }
      Answer first = http.post(CLIENTS, world.operator, clients).expect(201);
      Set<String> made = new HashSet<>();
      for (JsonNode one : first.json()) {
        world.secret(one.get("clientId").asText(), one.get("clientSecret").asText());
        made.add("secret of " + one.get("clientId").asText());
      }
      // The search finds what is there.
      assertThat(world.canaries.in(first.text()).containsAll(made)).isTrue();
      world.look("the headers of the first answer", first.headers().toString());
    }
    for (int i = 0; i < CHOSEN; i++) {
      String id = Names.unique("chosen");
      String secret = "Canary+%21 " + Names.unique("thought") + Names.unique("of");
      ObjectNode client = Customer.client(id).put("clientSecret", secret);
      // Who chose it is told it once, too.
      http.post(CLIENTS, world.operator, client).expect(201);
      world.secret(id, secret);
    }
  }

  /// Sends the secrets in all right and wrong ways that a client may think of.
  private static void use(World world, URI uri) {
    Http careless = world.http.unchecked();
    String grant = "grant_type=client_credentials";
    int turn = 0;
    RawHttp connection = RawHttp.connect(uri);
    for (Map.Entry<String, String> one : new LinkedHashMap<>(world.secrets).entrySet()) {
      String id = one.getKey();
      String secret = one.getValue();
      String basic = Http.basic(id, secret);
      String encoded = URLEncoder.encode(secret, UTF_8);
      world.tally.badInputs(1);
      switch (turn++ % 12) {
        case 0 -> world.token(connection.form("/oauth/token", basic, grant));
        case 1 ->
            world.token(
                connection.form(
                    "/oauth/token", "", grant + "&client_id=" + id + "&client_secret=" + encoded));
        case 2 ->
            world
                .later(
                    careless.send(
                        "POST",
                        "/oauth/token?" + grant + "&client_id=" + id + "&client_secret=" + encoded,
                        Map.of(),
                        ""))
                .expect(400);
        case 3 -> world.later(connection.form("/oauth/token", basic, "grant_type=" + encoded));
        case 4 ->
            world.later(
                connection.form("/oauth/token", basic, grant + "&client_secret=" + encoded));
        case 5 -> world.later(careless.get(CLIENTS, secret).expect(401));
        case 6 ->
            world.later(careless.get(CLIENTS + "/x?client_secret=" + encoded, world.operator));
        case 7 -> world.later(connection.form("/oauth/introspect", basic, "token=" + encoded));
        case 8 -> world.later(connection.form("/oauth/token", Http.basic(id, secret + "x"), grant));
        case 9 -> inWrongPlaces(world, careless, id, secret);
        case 10 -> tokenInWrongPlaces(world, careless, connection, basic);
        default -> {
          world.token(connection.form("/oauth/token", basic, grant));
          String path = CLIENTS + "/" + id + "/secrets";
          world.later(careless.get(path, world.operator).expect(200));
          String second =
              careless.post(path, world.operator, "").expect(201).json("clientSecret").asText();
          world.secret(id, second);
        }
      }
    }
    connection.close();
  }

  /// Where a careless administrator's program may put it: what is wrong with a body is told, not
  /// what stands in it.
  private static void inWrongPlaces(World world, Http careless, String id, String secret) {
    String path = CLIENTS + "/" + id;
    ObjectNode twice = Customer.client(Names.unique("x"));
    twice.put("clientSecret", secret.substring(0, 8)).put("accessTokenValidity", secret);
    world.later(careless.post(CLIENTS, world.operator, twice).expect(400));
    // Of the generated form, it cannot be chosen.
    if (secret.startsWith("clt_")) {
      ObjectNode chosen = Customer.client(id).put("clientSecret", secret);
      world.later(careless.put(path, world.operator, chosen).expect(400));
    }
    world.later(
        careless
            .post(path + "/secrets", world.operator, Map.of("clientSecret", secret, "x", secret))
            .expect(400));
    world.later(
        careless.post(CLIENTS, world.operator, "{\"clientSecret\":\"" + secret + "\"").expect(400));
    String unknown = path + "/secrets/" + URLEncoder.encode(secret, UTF_8).replace("+", "%20");
    Answer deleted = careless.delete(unknown, world.operator);
    // An encoded `%` is no path at all.
    world.later(deleted.expect(secret.startsWith("clt_") ? 404 : 400));
  }

  private static void tokenInWrongPlaces(
      World world, Http careless, RawHttp connection, String basic) {
    Answer answer =
        connection.form("/oauth/token", basic, "grant_type=client_credentials").expect(200);
    world.token(answer);
    String token = answer.json("access_token").asText();
    world.later(connection.form("/oauth/introspect", basic, "token=" + token).expect(200));
    world.later(careless.get(CLIENTS + "?access_token=" + token, token).expect(403));
    world.later(connection.form("/oauth/checkToken?token=" + token, basic, ""));
    world.later(connection.form("/oauth/token", basic, "grant_type=" + token).expect(400));
    world.later(connection.form("/oauth/revoke", basic, "token=" + token + "x").expect(200));
    world.later(connection.form("/oauth/revoke", basic, "token=" + token).expect(200));
    world.later(careless.get(CLIENTS, token).expect(401));
  }

  /// All that can be read.
  private static void askAround(World world) {
    Http http = world.http;
    String token = world.operator;
    boolean brief = world.tally.scale() == Scale.BRIEF;
    Http each = brief ? http : http.unchecked();
    for (String list : List.of(CLIENTS, CUSTOMER + "/audit?limit=1000", "/oauth/customers")) {
      java.util.Optional<String> next = java.util.Optional.of(list);
      while (next.isPresent()) {
        Answer page = each.get(next.get(), token).expect(200);
        world.later(page);
        next = http.next(page);
      }
    }
    for (String path :
        List.of(
            CUSTOMER,
            CUSTOMER + "/roles",
            CUSTOMER + "/roles/permissions",
            "/oauth/customers/operator/audit",
            "/oauth/customers/operator/clients",
            "/oauth/keys",
            "/oauth/jwks",
            "/.well-known/oauth-authorization-server",
            "/metrics",
            "/health/ready",
            "/openapi.yaml")) {
      world.later(http.get(path, token).expect(200));
    }
    world.later(
        http.unchecked()
            .send(
                "GET",
                CUSTOMER + "/audit?limit=1000",
                Map.of("Authorization", "Bearer " + token, "Accept", "application/x-ndjson"),
                "")
            .expect(200));
    Set<String> some =
        world.secrets.keySet().stream().limit(brief ? 50 : 2_000).collect(Collectors.toSet());
    for (String id : some) {
      String path = CLIENTS + "/" + id;
      world.later(each.get(path, token).expect(200));
      world.later(each.get(path + "/secrets", token).expect(200));
      world.later(each.put(path + "/revoketokens", token).expect(200));
    }
  }

  private static void backup(World world, Path data, Path file) throws IOException {
    try (ServerProcess backup =
        ServerProcess.run("backup", file.toString(), "--data", data.toString())) {
      assertThat(backup.exitCode()).as(backup.err()).isZero();
      world.look("what backup says", backup.out() + backup.err());
    }
    world.look("the backup", Files.readAllBytes(file));
    long unpacked = 0;
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        byte[] bytes = zip.readAllBytes();
        unpacked += bytes.length;
        world.look(entry.getName() + " of the backup", bytes);
      }
    }
    assertThat(unpacked).isPositive();
  }

  private static void lookIntoFiles(World world, Path data, String words) throws IOException {
    try (Stream<Path> paths = Files.walk(data)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        // Its purpose is to hold the operator's secret.
        if (!path.getFileName().toString().equals("operator.json")) {
          world.look(words + ": " + path.getFileName(), Files.readAllBytes(path));
        }
      }
    }
  }
}
