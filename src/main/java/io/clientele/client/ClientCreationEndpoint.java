package io.clientele.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Callers;
import io.clientele.access.Gate;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.client.ClientReader.Draft;
import io.clientele.client.ClientStore.Present;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretDigest;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.Customer;
import io.clientele.customer.CustomerStore;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Faults;
import io.clientele.http.Json;
import io.clientele.http.Percent;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// `POST /oauth/customers/{customerId}/clients`: an administrator creates clients, many at once or
/// one, all or nothing. The order of checks is the contract's: faults, then what the caller cannot
/// give or take over, then what is taken.
public final class ClientCreationEndpoint {

  private static final int MOST_CLIENTS = 1000;
  private static final int MOST_CHOSEN_SECRETS = 20;

  private final Database database;
  private final ClientStore clients;
  private final SecretStore secrets;
  private final AuditStore audit;
  private final Callers callers;
  private final SecretHasher hasher;
  private final CryptoProvider provider;
  private final ClientReader reader;
  private final ClientRules rules;

  /// @param longestValidity the server's maximum of `accessTokenValidity`, seconds
  public ClientCreationEndpoint(
      Database database,
      ClientStore clients,
      SecretStore secrets,
      CustomerStore customers,
      AuditStore audit,
      Callers callers,
      SecretHasher hasher,
      CryptoProvider provider,
      int longestValidity) {
    this.database = database;
    this.clients = clients;
    this.secrets = secrets;
    this.audit = audit;
    this.callers = callers;
    this.hasher = hasher;
    this.provider = provider;
    this.reader = new ClientReader(longestValidity);
    this.rules = new ClientRules(customers, clients);
  }

  /// A client that was made, and the secret that is shown this once.
  private record Made(Client client, Secret secret) {}

  /// One client of the request, as it was sent.
  private record Item(JsonNode node, String pointer) {}

  private record NewSecret(Secret secret, SecretDigest digest) {}

  /// `POST …/clients`: an array of clients, or one; all or nothing.
  public Response create(Call call) {
    Json.Document document = Json.parse(call.request());
    boolean isArray = document.root().isArray();
    List<Draft> drafts = readAll(call, document, isArray);
    boolean slow = drafts.stream().anyMatch(draft -> draft.chosenSecret().isPresent());
    if (slow) {
      // Slow hashes are for requests that would succeed without them.
      database.read(
          tx -> {
            Customer customer = rules.find(tx, call.customer());
            check(tx, callers.asOf(tx, call), customer, drafts);
            return customer;
          });
    }
    Map<ClientId, NewSecret> newSecrets = new HashMap<>();
    for (Draft draft : drafts) {
      Secret secret = draft.chosenSecret().orElseGet(() -> Secret.generate(provider.random()));
      newSecrets.put(draft.id(), new NewSecret(secret, digest(secret)));
    }
    List<Made> made =
        database.write(
            tx -> {
              Caller caller = callers.asOf(tx, call);
              Customer customer = rules.lock(tx, call.customer());
              check(tx, caller, customer, drafts);
              return insert(tx, caller, customer.id(), drafts, newSecrets);
            });
    return created(call, made, isArray);
  }

  private List<Draft> readAll(Call call, Json.Document document, boolean isArray) {
    List<Fault> faults = new Faults(document.faults());
    if (isArray && (document.root().isEmpty() || document.root().size() > MOST_CLIENTS)) {
      faults.add(new Fault("", "must hold 1 to " + MOST_CLIENTS + " clients"));
      throw Problem.faults(faults);
    }
    List<Item> items = new ArrayList<>();
    for (int i = 0; isArray && i < document.root().size(); i++) {
      items.add(new Item(document.root().get(i), "/" + i));
    }
    if (!isArray) {
      items.add(new Item(document.root(), ""));
    }
    List<Draft> drafts = new ArrayList<>();
    for (Item item : items) {
      reader.read(item.node, item.pointer, Optional.empty(), faults).ifPresent(drafts::add);
    }
    checkTogether(items, faults);
    if (!faults.isEmpty()) {
      // All at once: also what depends on the customer.
      Customer customer = database.read(tx -> rules.find(tx, call.customer()));
      items.forEach(item -> ClientReader.checkAgainst(customer, item.node, item.pointer, faults));
      throw Problem.faults(faults);
    }
    return drafts;
  }

  /// Notes what is wrong with the items only because they stand in one request.
  private static void checkTogether(List<Item> items, List<Fault> faults) {
    Set<String> seen = new HashSet<>();
    int chosen = 0;
    for (Item item : items) {
      String id = item.node.path("clientId").textValue();
      if (id != null && !seen.add(id)) {
        faults.add(new Fault(Fault.below(item.pointer, "clientId"), "the client is repeated"));
      }
      if (item.node.path("clientSecret").isTextual() && ++chosen == MOST_CHOSEN_SECRETS + 1) {
        faults.add(
            new Fault(
                Fault.below(item.pointer, "clientSecret"),
                "a request may choose at most " + MOST_CHOSEN_SECRETS + " secrets"));
      }
    }
  }

  private SecretDigest digest(Secret secret) {
    try {
      return hasher.digest(secret);
    } catch (SecretHasher.Busy e) {
      throw Problem.notNow("Too many slow secrets at once", 1);
    }
  }

  /// Throws what stands in the way of creating these, all of one kind at once.
  private void check(Transaction tx, Caller caller, Customer customer, List<Draft> drafts) {
    List<Fault> faults = new Faults();
    drafts.forEach(
        draft -> ClientReader.checkAgainst(customer, draft.item(), draft.pointer(), faults));
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    Map<ClientId, Present> present =
        clients.present(tx, customer.id(), drafts.stream().map(Draft::id).toList());
    List<Fault> denied = new ArrayList<>();
    List<Draft> taken = new ArrayList<>();
    for (Draft draft : drafts) {
      denied.addAll(ClientRules.notGivable(caller, customer, draft));
      Present there = present.get(draft.id());
      if (there == null) {
        continue;
      }
      if (there.deleted() && there.customer().equals(customer.id())) {
        denied.addAll(
            Gate.notTakable(
                caller, customer.id(), there.former(), customer.roles(), draft.pointer()));
      } else {
        taken.add(draft);
      }
    }
    if (!denied.isEmpty()) {
      throw Problem.accessDenied(denied);
    }
    refuseTaken(taken);
  }

  private static void refuseTaken(List<Draft> taken) {
    if (!taken.isEmpty()) {
      throw Problem.of(
          409,
          "Client '" + taken.getFirst().id() + "' already exists",
          taken.stream()
              .map(
                  draft ->
                      new Fault(
                          Fault.below(draft.pointer(), "clientId"),
                          "Client '" + draft.id() + "' already exists"))
              .toList());
    }
  }

  private List<Made> insert(
      Transaction tx,
      Caller caller,
      CustomerId customer,
      List<Draft> drafts,
      Map<ClientId, NewSecret> newSecrets) {
    // In one order for everyone, so that two batches never wait for each other in a circle.
    List<Draft> ordered = new ArrayList<>(drafts);
    ordered.sort(Comparator.comparing(Draft::id));
    Map<ClientId, Made> made = new HashMap<>();
    List<Draft> taken = new ArrayList<>();
    for (Draft draft : ordered) {
      NewSecret secret = newSecrets.get(draft.id());
      Optional<Client> client =
          clients.insert(tx, customer, draft.id(), draft.fields(), caller.client());
      if (client.isEmpty() || secret == null) {
        taken.add(draft);
        continue;
      }
      secrets.insert(
          tx,
          customer,
          draft.id(),
          secret.secret,
          secret.digest,
          caller.client(),
          OptionalLong.empty());
      made.put(draft.id(), new Made(client.get(), secret.secret));
    }
    refuseTaken(taken);
    List<Made> inOrder =
        drafts.stream()
            .flatMap(draft -> Optional.ofNullable(made.get(draft.id())).stream())
            .toList();
    audit.write(
        tx,
        customer,
        caller.client().text(),
        inOrder.stream().map(each -> createdEvent(each.client)).toList());
    return inOrder;
  }

  private static AuditEvent createdEvent(Client client) {
    return new AuditEvent.ClientCreated(
        client.id(), client.holdings().toJson(), client.fields().enabled());
  }

  private static Response created(Call call, List<Made> made, boolean isArray) {
    ArrayNode array = Json.array();
    made.forEach(each -> array.add(each.client.toJson(Optional.of(each.secret))));
    Response response = Response.json(201, isArray ? array : array.get(0));
    if (made.size() > 1) {
      return response;
    }
    Client only = made.getFirst().client;
    return response
        .with(
            "Location",
            "/oauth/customers/"
                + Percent.encode(call.customer().text())
                + "/clients/"
                + Percent.encode(only.id().text()))
        .with("ETag", only.etag());
  }

  /// Makes a client outside any request: the operator's at first start, and those of the
  /// demonstration. Its id must be free.
  ///
  /// @param roles `{"roles":{ROLE:[tenantId,…]}}`
  public void make(
      Transaction tx,
      CustomerId customer,
      ClientId id,
      JsonNode roles,
      Secret secret,
      ClientId by) {
    Client client = clients.insert(tx, customer, id, ClientFields.holding(roles), by).orElseThrow();
    secrets.insert(tx, customer, id, secret, digest(secret), by, OptionalLong.empty());
    audit.write(tx, customer, by.text(), createdEvent(client));
  }
}
