package io.clientele;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.ServerProcess;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A secret is in one answer, the first, and nowhere else: no later answer, no log, no metric, no
/// file.
class CanarySecretsTest {
  private static final Pattern GENERATED = Pattern.compile("clt_[A-Za-z0-9]{49}");
  private static final Pattern TOKEN = Pattern.compile("eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]+\\.");
  private static final int GENERATED_SECRETS = 300;

  @Test
  void noSecretIsFoundAfterItsFirstAnswer(@TempDir Path data) throws IOException {
    Map<String, String> secrets = new LinkedHashMap<>();
    List<Answer> later = new ArrayList<>();
    String operatorSecret;
    String log;
    try (ServerProcess server = ServerProcess.serve(data, "--log-format", "json")) {
      Http http = server.http();
      JsonNode operator = ServerProcess.operator(data);
      operatorSecret = operator.get("clientSecret").asText();
      String token = server.token(operator.get("clientId").asText(), operatorSecret);
      String path = "/oauth/customers/canaries";
      http.post("/oauth/customers", token, Map.of("id", "canaries")).expect(201);
      create(http, path, token, secrets);

      use(http, path, token, secrets, later);
      Set<String> all = Set.copyOf(secrets.values());
      later.add(http.get(path + "/clients", token));
      later.add(http.get(path + "/audit?limit=1000", token));
      later.add(http.get("/metrics", token));
      later.add(http.get("/openapi.yaml", ""));
      for (String id : secrets.keySet()) {
        later.add(http.get(path + "/clients/" + id, token));
      }
      for (Answer answer : later) {
        assertThat(found(answer.text(), all, secrets)).as(answer.toString()).isEmpty();
        assertThat(found(answer.headers().toString(), all, secrets)).isEmpty();
      }
      assertThat(found(files(data), all, secrets)).as("files while it runs").isEmpty();

      server.terminate();
      assertThat(server.exitCode()).isZero();
      log = server.out() + "\n" + server.err();
    }
    Set<String> all = new HashSet<>(secrets.values());
    all.add(operatorSecret);
    assertThat(log).contains("/oauth/token");
    assertThat(found(log, all, secrets)).as("log").isEmpty();
    assertThat(TOKEN.matcher(log).find()).as("a token in the log").isFalse();
    assertThat(found(files(data), all, secrets)).as("files afterwards").isEmpty();
  }

  private static void create(Http http, String path, String token, Map<String, String> secrets) {
    for (int batch = 0; batch < GENERATED_SECRETS / 100; batch++) {
      List<ObjectNode> clients = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        clients.add(Customer.client(Names.unique("canary")));
      }
      Answer first = http.post(path + "/clients", token, clients).expect(201);
      first
          .json()
          .forEach(
              one -> secrets.put(one.get("clientId").asText(), one.get("clientSecret").asText()));
      // The search finds what is there.
      assertThat(found(first.text(), Set.copyOf(secrets.values()), Map.of())).hasSize(100);
    }
    for (int i = 0; i < 10; i++) {
      String id = Names.unique("chosen");
      String secret = "Canary+%21 " + Names.unique("chosen");
      http.post(path + "/clients", token, Customer.client(id).put("clientSecret", secret))
          .expect(201);
      secrets.put(id, secret);
    }
  }

  /// Sends the secrets in all right and wrong ways that a client may think of.
  private static void use(
      Http http, String path, String token, Map<String, String> secrets, List<Answer> later) {
    int turn = 0;
    for (Map.Entry<String, String> one : new LinkedHashMap<>(secrets).entrySet()) {
      String id = one.getKey();
      String secret = one.getValue();
      String basic = Http.basic(id, secret);
      Http careless = http.unchecked();
      switch (turn++ % 10) {
        case 0 -> http.form("/oauth/token", basic, "grant_type", "client_credentials").expect(200);
        case 1 ->
            http.form(
                    "/oauth/token",
                    "",
                    "grant_type",
                    "client_credentials",
                    "client_id",
                    id,
                    "client_secret",
                    secret)
                .expect(200);
        case 2 ->
            later.add(
                careless
                    .send(
                        "POST",
                        "/oauth/token?grant_type=client_credentials&client_id="
                            + id
                            + "&client_secret="
                            + URLEncoder.encode(secret, UTF_8),
                        Map.of(),
                        "")
                    .expect(400));
        case 3 -> later.add(careless.form("/oauth/token", basic, "grant_type", secret));
        case 4 ->
            later.add(
                careless.form(
                    "/oauth/token",
                    basic,
                    "grant_type",
                    "client_credentials",
                    "client_secret",
                    secret));
        case 5 -> later.add(careless.get(path + "/clients", secret).expect(401));
        case 6 ->
            later.add(
                careless.get(
                    path + "/clients/x?client_secret=" + URLEncoder.encode(secret, UTF_8), token));
        case 7 -> later.add(careless.form("/oauth/introspect", basic, "token", secret));
        case 8 ->
            later.add(
                careless.form(
                    "/oauth/token",
                    Http.basic(id, secret + "x"),
                    "grant_type",
                    "client_credentials"));
        default -> {
          http.form("/oauth/token", basic, "grant_type", "client_credentials").expect(200);
          later.add(http.get(path + "/clients/" + id + "/secrets", token).expect(200));
          String second =
              http.post(path + "/clients/" + id + "/secrets", token, "")
                  .expect(201)
                  .json("clientSecret")
                  .asText();
          secrets.put(id, second);
        }
      }
    }
  }

  private static String files(Path data) throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> paths = Files.walk(data)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        if (!path.getFileName().toString().equals("operator.json")) {
          all.append(new String(Files.readAllBytes(path), ISO_8859_1)).append('\n');
        }
      }
    }
    return all.toString();
  }

  /// Which of the secrets stand in the text: as they are, form-encoded, or in a Basic header.
  private static Set<String> found(String text, Set<String> secrets, Map<String, String> owners) {
    Set<String> found = new HashSet<>();
    Matcher matcher = GENERATED.matcher(text);
    while (matcher.find()) {
      if (secrets.contains(matcher.group())) {
        found.add(matcher.group());
      }
    }
    for (String secret : secrets) {
      if (!secret.startsWith("clt_")
          && (text.contains(secret) || text.contains(URLEncoder.encode(secret, UTF_8)))) {
        found.add(secret);
      }
    }
    owners.forEach(
        (id, secret) -> {
          String basic =
              Base64.getEncoder()
                  .withoutPadding()
                  .encodeToString((id + ":" + secret).getBytes(UTF_8));
          if (text.contains(basic.substring(0, basic.length() - 2))) {
            found.add("Basic of " + id);
          }
        });
    return found;
  }
}
