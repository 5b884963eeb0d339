package io.clientele.bench.participant;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.bench.load.Call;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What a Clientele's operator does over its management API, to prepare a measurement.
public final class Management implements AutoCloseable {

  private static final int BATCH = 1000;
  private static final Pattern IN_MEMORY =
      Pattern.compile("(?m)^clientele_directory_clients(?:\\{.*})? (\\S+)$");

  /// When nothing was read into memory for so long, no more is.
  private static final Duration PRELOAD_ENDED = Duration.ofSeconds(3);

  private final ClienteleServer server;
  private final Http http = new Http();
  private final String token;

  public Management(ClienteleServer server) throws IOException, InterruptedException {
    this.server = server;
    this.token = http.json(server.token(server.operator())).path("access_token").asText();
  }

  /// The operator's access token.
  public String token() {
    return token;
  }

  public void createCustomer(String customer, String tenant)
      throws IOException, InterruptedException {
    http.json(
        post(
            "/oauth/customers",
            """
            {"id":"%s","name":"%s","tenants":["%s"]}\
            """
                .formatted(customer, customer, tenant)));
  }

  /// A client with two roles on `tenant1`, and a generated secret.
  public ClientSecret createClient(String customer, String client)
      throws IOException, InterruptedException {
    return created(http.json(post(clients(customer), client(client, ""))));
  }

  /// The same with a secret of the caller's choice.
  public ClientSecret createClient(String customer, String client, String secret)
      throws IOException, InterruptedException {
    http.json(post(clients(customer), client(client, ",\"clientSecret\":\"" + secret + "\"")));
    return new ClientSecret(client, secret);
  }

  /// Many clients, whose ids are the prefix and a number from 0.
  public List<ClientSecret> createClients(String customer, String prefix, int count)
      throws IOException, InterruptedException {
    List<ClientSecret> created = new ArrayList<>(count);
    for (int from = 0; from < count; from += BATCH) {
      String body = batch(prefix, from, Math.min(count, from + BATCH));
      http.json(post(clients(customer), body)).forEach(each -> created.add(created(each)));
    }
    return created;
  }

  /// The body that creates clients `from` to `to` (exclusive).
  public static String batch(String prefix, int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> client(prefix + i, ""))
        .collect(Collectors.joining(",", "[", "]"));
  }

  /// The body that creates one client.
  public static String one(String id) {
    return client(id, "");
  }

  /// How many clients a customer has, as the list says, page after page.
  public int count(String customer) throws IOException, InterruptedException {
    int count = 0;
    String cursor = "";
    while (true) {
      JsonNode page =
          http.json(Call.bearer("GET", server.port(), clients(customer) + cursor, token, ""));
      count += page.size();
      if (page.size() < BATCH) {
        return count;
      }
      cursor = "?cursor=" + page.get(page.size() - 1).path("clientId").asText();
    }
  }

  /// Waits until the server has read into memory what it reads before it is asked for it.
  ///
  /// @return seconds from the start of its process until the last client was there
  public double awaitPreload() throws IOException, InterruptedException {
    double most = -1;
    long changed = System.nanoTime();
    while (System.nanoTime() - changed < PRELOAD_ENDED.toNanos()) {
      double now = clientsInMemory();
      if (now > most) {
        most = now;
        changed = System.nanoTime();
      }
      Thread.sleep(100);
    }
    return (changed - server.process().startedNanos()) / 1e9;
  }

  private double clientsInMemory() throws IOException, InterruptedException {
    String metrics = http.text(Call.bearer("GET", server.port(), "/metrics", token, ""));
    Matcher matcher = IN_MEMORY.matcher(metrics);
    if (!matcher.find()) {
      throw new IOException("the metrics do not tell how many clients are in memory");
    }
    return Double.parseDouble(matcher.group(1));
  }

  private static String clients(String customer) {
    return "/oauth/customers/" + customer + "/clients";
  }

  private Call post(String path, String json) {
    return Call.bearer("POST", server.port(), path, token, json);
  }

  private static String client(String id, String more) {
    return """
    {"clientId":"%s","authorizedGrantTypes":["client_credentials"],\
    "clientAuthenticationMethods":["client_secret_basic"],\
    "clientPermissions":{"roles":{"ROLE_ADMIN_TENANT":["tenant1"]}}%s}\
    """
        .formatted(id, more);
  }

  private static ClientSecret created(JsonNode client) {
    return new ClientSecret(client.path("clientId").asText(), client.path("clientSecret").asText());
  }

  @Override
  public void close() {
    http.close();
  }
}
