package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.RawHttp;
import io.clientele.trust.Deed.Acknowledgement;
import io.clientele.trust.Deed.Kind;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Asks a server for deeds on one connection, one after the other, and writes down each before it
/// is sent and when it is answered. Its clients are no other worker's, so that it asks one thing of
/// a client at a time. It outlives the servers.
final class DeedWorker {

  static final String CUSTOMER = "crash";
  private static final String TENANT = "crash-tenant";
  private static final int MOST_CLIENTS = 30;
  private static final String CLIENTS = "/oauth/customers/" + CUSTOMER + "/clients";
  private static final String FORM = "grant_type=client_credentials";

  private final AtomicLong numbers;
  private final Random random;
  private final int batch;
  private final Consumer<String> book;
  private final List<Mine> clients = new ArrayList<>();

  /// @param numbers of deeds, all workers'
  /// @param batch how many clients a batch makes
  /// @param book takes a line each: deeds, how they were answered
  DeedWorker(AtomicLong numbers, Random random, int batch, Consumer<String> book) {
    this.numbers = numbers;
    this.random = random;
    this.batch = batch;
    this.book = book;
  }

  /// Makes the customer whose clients all workers make.
  static void makeCustomer(Http http, String token) {
    http.post("/oauth/customers", token, Map.of("id", CUSTOMER, "tenants", List.of(TENANT)))
        .expect(201);
  }

  /// A client that this worker made, as it knows it.
  private static final class Mine {
    private final String id;
    private String secret;
    private String secondId = "";
    private String token = "";

    Mine(String id, String secret) {
      this.id = id;
      this.secret = secret;
    }
  }

  /// The server is not able to do it now, and did nothing.
  private static final class Refused extends RuntimeException {
    @java.io.Serial private static final long serialVersionUID = 1L;

    Refused() {
      super(null, null, false, false);
    }
  }

  /// Asks for deeds until it is told to stop, or the server is gone.
  ///
  /// @param token of the operator
  /// @param goesOn asked before each deed
  /// @param stem names new clients
  void work(URI server, String token, BooleanSupplier goesOn, String stem) {
    try (RawHttp connection = RawHttp.connect(server)) {
      while (goesOn.getAsBoolean()) {
        try {
          one(connection, token, stem);
        } catch (Refused e) {
          Thread.onSpinWait();
        }
      }
    } catch (UncheckedIOException e) {
      // It was killed.
    } catch (RuntimeException e) {
      book.accept("W\t" + e);
    }
  }

  /// Asks for tokens, which are not written down, until the server is gone.
  void askForTokens(URI server) {
    try (RawHttp connection = RawHttp.connect(server)) {
      while (!clients.isEmpty()) {
        Mine any = clients.get(random.nextInt(clients.size()));
        connection.form("/oauth/token", Http.basic(any.id, any.secret), FORM);
      }
    } catch (UncheckedIOException e) {
      // It was killed.
    }
  }

  private void one(RawHttp connection, String token, String stem) {
    int dice = random.nextInt(100);
    if (clients.size() < 5 || dice < 30) {
      create(connection, token, stem, 1);
      return;
    }
    if (dice < 37) {
      create(connection, token, stem, batch);
      return;
    }
    int index = random.nextInt(clients.size());
    Mine mine = clients.get(index);
    // Whoever is in the midst of a deed is known no more.
    clients.remove(index);
    try {
      if (ask(connection, token, mine, dice)) {
        keep(mine);
      }
    } catch (Refused e) {
      keep(mine);
      throw e;
    }
  }

  /// @return whether it can be asked more of this client
  private boolean ask(RawHttp connection, String token, Mine mine, int dice) {
    return switch (dice / 7) {
      case 5 -> disable(connection, token, mine);
      case 6 -> delete(connection, token, mine);
      case 7 -> revokeTokens(connection, token, mine);
      case 8, 9 -> mine.token.isEmpty() ? ask(connection, mine) : revoke(connection, mine);
      case 10, 11 ->
          mine.secondId.isEmpty()
              ? addSecret(connection, token, mine)
              : endSecret(connection, token, mine);
      default -> rename(connection, token, mine);
    };
  }

  private void keep(Mine mine) {
    clients.add(mine);
    if (clients.size() > MOST_CLIENTS) {
      clients.removeFirst();
    }
  }

  private Deed begin(Kind kind, List<String> ids, String argument) {
    Deed deed = new Deed(numbers.incrementAndGet(), kind, ids, argument);
    book.accept(deed.line());
    return deed;
  }

  private void acknowledged(Deed deed, List<String> values) {
    book.accept(new Acknowledgement(deed.number(), values).line());
  }

  private Answer expect(int status, Deed deed, Answer answer) {
    if (answer.status() == 503 && answer.header("Retry-After").isPresent()) {
      book.accept("R\t" + deed.number());
      throw new Refused();
    }
    if (answer.status() != status) {
      throw new IllegalStateException(answer.toString().replaceAll("\\s+", " "));
    }
    return answer;
  }

  private void create(RawHttp connection, String token, String stem, int count) {
    List<String> ids = new ArrayList<>();
    ArrayNode body = Answer.JSON.createArrayNode();
    String name = stem + "-" + numbers.incrementAndGet();
    for (int i = 0; i < count; i++) {
      String id = name + "." + i;
      ids.add(id);
      body.add(representation(id, "new", true));
    }
    Deed deed = begin(Kind.CREATE, ids, "new");
    JsonNode made =
        expect(201, deed, connection.json("POST", CLIENTS, token, body.toString())).json();
    List<String> secrets = new ArrayList<>();
    made.forEach(each -> secrets.add(each.get("clientSecret").asText()));
    acknowledged(deed, secrets);
    for (int i = 0; i < count; i++) {
      keep(new Mine(ids.get(i), secrets.get(i)));
    }
  }

  private static ObjectNode representation(String id, String name, boolean enabled) {
    return Customer.client(id).put("clientName", name).put("enabled", enabled);
  }

  private String put(RawHttp connection, String token, Deed deed, String name, boolean enabled) {
    return expect(
            200,
            deed,
            connection.json(
                "PUT",
                CLIENTS + "/" + deed.client(),
                token,
                representation(deed.client(), name, enabled).toString()))
        .header("ETag")
        .orElse("none");
  }

  private boolean rename(RawHttp connection, String token, Mine mine) {
    String name = "name-" + random.nextInt(1_000_000);
    Deed deed = begin(Kind.RENAME, List.of(mine.id), name);
    acknowledged(deed, List.of(put(connection, token, deed, name, true)));
    return true;
  }

  private boolean disable(RawHttp connection, String token, Mine mine) {
    Deed deed = begin(Kind.DISABLE, List.of(mine.id), "disabled");
    acknowledged(deed, List.of(put(connection, token, deed, "disabled", false)));
    return false;
  }

  private boolean delete(RawHttp connection, String token, Mine mine) {
    Deed deed = begin(Kind.DELETE, List.of(mine.id), "-");
    expect(200, deed, connection.json("DELETE", CLIENTS + "/" + mine.id, token, ""));
    acknowledged(deed, List.of());
    return false;
  }

  private boolean revokeTokens(RawHttp connection, String token, Mine mine) {
    Deed deed = begin(Kind.REVOKE_TOKENS, List.of(mine.id), "-");
    expect(200, deed, connection.json("PUT", CLIENTS + "/" + mine.id + "/revoketokens", token, ""));
    acknowledged(deed, List.of());
    mine.token = "";
    return true;
  }

  private boolean addSecret(RawHttp connection, String token, Mine mine) {
    Deed deed = begin(Kind.ADD_SECRET, List.of(mine.id), "-");
    JsonNode made =
        expect(201, deed, connection.json("POST", CLIENTS + "/" + mine.id + "/secrets", token, ""))
            .json();
    mine.secondId = made.get("id").asText();
    acknowledged(deed, List.of(mine.secondId, made.get("clientSecret").asText()));
    return true;
  }

  private boolean endSecret(RawHttp connection, String token, Mine mine) {
    Deed deed = begin(Kind.END_SECRET, List.of(mine.id), mine.secondId);
    expect(
        200,
        deed,
        connection.json(
            "DELETE", CLIENTS + "/" + mine.id + "/secrets/" + mine.secondId, token, ""));
    acknowledged(deed, List.of());
    mine.secondId = "";
    return true;
  }

  private boolean ask(RawHttp connection, Mine mine) {
    Deed deed = begin(Kind.TOKEN, List.of(mine.id), "-");
    mine.token =
        expect(200, deed, connection.form("/oauth/token", Http.basic(mine.id, mine.secret), FORM))
            .json("access_token")
            .asText();
    acknowledged(deed, List.of(mine.token));
    return true;
  }

  private boolean revoke(RawHttp connection, Mine mine) {
    Deed deed = begin(Kind.REVOKE, List.of(mine.id), mine.token);
    expect(
        200,
        deed,
        connection.form(
            "/oauth/revoke",
            Http.basic(mine.id, mine.secret),
            "token=" + URLEncoder.encode(mine.token, UTF_8)));
    acknowledged(deed, List.of());
    mine.token = "";
    return true;
  }
}
