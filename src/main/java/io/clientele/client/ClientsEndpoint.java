package io.clientele.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Callers;
import io.clientele.access.Gate;
import io.clientele.access.Generations;
import io.clientele.access.Holdings;
import io.clientele.access.Role;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.client.ClientReader.Draft;
import io.clientele.client.ClientStore.Filter;
import io.clientele.client.ClientStore.Present;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretDigest;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.Customer;
import io.clientele.customer.CustomerStore;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Json;
import io.clientele.http.Page;
import io.clientele.http.Percent;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import io.clientele.usage.Usage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/// `/oauth/customers/{customerId}/clients`: a customer's administrators create and keep its
/// clients. This is the source's own API; the order of checks is the contract's: faults, then what
/// the caller cannot give or take over, then what is taken, then a stale version.
public final class ClientsEndpoint {

  private static final int MOST_CLIENTS = 1000;
  private static final int MOST_CHOSEN_SECRETS = 20;

  private final Database database;
  private final ClientStore clients;
  private final SecretStore secrets;
  private final CustomerStore customers;
  private final AuditStore audit;
  private final Callers callers;
  private final SecretHasher hasher;
  private final CryptoProvider provider;
  private final Usage usage;
  private final ClientReader reader;

  /// @param longestValidity the server's maximum of `accessTokenValidity`, seconds
  public ClientsEndpoint(
      Database database,
      ClientStore clients,
      SecretStore secrets,
      CustomerStore customers,
      AuditStore audit,
      Callers callers,
      SecretHasher hasher,
      CryptoProvider provider,
      Usage usage,
      int longestValidity) {
    this.database = database;
    this.clients = clients;
    this.secrets = secrets;
    this.customers = customers;
    this.audit = audit;
    this.callers = callers;
    this.hasher = hasher;
    this.provider = provider;
    this.usage = usage;
    this.reader = new ClientReader(longestValidity);
  }

  /// A client that was made, and the secret that is shown this once.
  private record Made(Client client, Secret secret) {}

  private record NewSecret(Secret secret, SecretDigest digest) {}

  /// `POST …/clients`: an array of clients, or one; all or nothing.
  public Response create(Call call) {
    Json.Document document = Json.parse(call.request());
    boolean isArray = document.root().isArray();
    List<Draft> drafts = readAll(document, isArray);
    boolean slow = drafts.stream().anyMatch(draft -> draft.chosenSecret().isPresent());
    if (slow) {
      // Slow hashes are for requests that would succeed without them.
      database.read(
          tx -> {
            Customer customer = find(tx, call.customer());
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
              Customer customer = lock(tx, call.customer());
              check(tx, caller, customer, drafts);
              return insert(tx, caller, customer.id(), drafts, newSecrets);
            });
    return created(call, made, isArray);
  }

  private List<Draft> readAll(Json.Document document, boolean isArray) {
    List<Fault> faults = new ArrayList<>(document.faults());
    List<Draft> drafts = new ArrayList<>();
    if (isArray && (document.root().isEmpty() || document.root().size() > MOST_CLIENTS)) {
      faults.add(new Fault("", "must hold 1 to " + MOST_CLIENTS + " clients"));
      throw Problem.faults(faults);
    }
    if (isArray) {
      for (int i = 0; i < document.root().size(); i++) {
        readOne(document.root().get(i), "/" + i, faults).ifPresent(drafts::add);
      }
    } else {
      readOne(document.root(), "", faults).ifPresent(drafts::add);
    }
    Set<ClientId> seen = new HashSet<>();
    int chosen = 0;
    for (Draft draft : drafts) {
      if (!seen.add(draft.id())) {
        faults.add(new Fault(Fault.below(draft.pointer(), "clientId"), "the client is repeated"));
      }
      if (draft.chosenSecret().isPresent() && ++chosen == MOST_CHOSEN_SECRETS + 1) {
        faults.add(
            new Fault(
                Fault.below(draft.pointer(), "clientSecret"),
                "a request may choose at most " + MOST_CHOSEN_SECRETS + " secrets"));
      }
    }
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    return drafts;
  }

  private Optional<Draft> readOne(JsonNode node, String pointer, List<Fault> faults) {
    return reader.read(node, pointer, Optional.empty(), faults);
  }

  private SecretDigest digest(Secret secret) {
    try {
      return hasher.digest(secret);
    } catch (SecretHasher.Busy e) {
      throw Problem.notNow("Too many slow secrets at once", 1);
    }
  }

  private Customer find(Transaction tx, CustomerId id) {
    return customers.find(tx, id).orElseThrow(() -> CustomersEndpoint.unknown(id.text()));
  }

  private Customer lock(Transaction tx, CustomerId id) {
    return customers.lock(tx, id).orElseThrow(() -> CustomersEndpoint.unknown(id.text()));
  }

  /// Throws what stands in the way of creating these, all of one kind at once.
  private void check(Transaction tx, Caller caller, Customer customer, List<Draft> drafts) {
    List<Fault> faults = new ArrayList<>();
    drafts.forEach(draft -> ClientReader.checkAgainst(customer, draft, faults));
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    Map<ClientId, Present> present =
        clients.present(tx, customer.id(), drafts.stream().map(Draft::id).toList());
    List<Fault> denied = new ArrayList<>();
    List<Draft> taken = new ArrayList<>();
    for (Draft draft : drafts) {
      denied.addAll(notGivable(caller, customer, draft));
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

  /// What of the roles in the draft the caller cannot give, each where the draft says it.
  private static List<Fault> notGivable(Caller caller, Customer customer, Draft draft) {
    ClientFields fields = draft.fields();
    String at = draft.pointer();
    String roles = Fault.below(Fault.below(at, "clientPermissions"), "roles");
    List<Fault> denied =
        new ArrayList<>(
            Gate.notGivable(
                caller,
                customer.id(),
                fields.listed(),
                customer.roles(),
                role -> Fault.below(roles, role.text())));
    Holdings scope = Holdings.NONE;
    for (String role : fields.scope()) {
      scope = scope.and(new RoleName(role), io.clientele.access.TenantSet.all());
    }
    denied.addAll(
        Gate.notGivable(
            caller,
            customer.id(),
            scope,
            customer.roles(),
            role -> Fault.below(at, "scope") + "/" + fields.scope().indexOf(role.text())));
    denied.addAll(
        Gate.notGivable(
            caller,
            customer.id(),
            fields.byDefault(customer.id()),
            customer.roles(),
            role -> Fault.below(at, "defaultRolesAssignmentEnabled")));
    return denied;
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
        inOrder.stream().map(each -> ClientsEndpoint.createdEvent(each.client)).toList());
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

  /// `GET …/clients`
  public Response list(Call call) {
    Map<String, String> parameters = call.request().queryParameters();
    List<Fault> faults = new ArrayList<>();
    Page page = Page.read(parameters, text -> ClientId.parse(text).isPresent(), faults);
    Filter filter =
        new Filter(
            page.cursor().orElse(""),
            page.limit() + 1,
            Optional.ofNullable(parameters.get("q")).filter(text -> !text.isEmpty()),
            parse(parameters, "enabled", ClientsEndpoint::bool, "must be true or false", faults),
            parse(parameters, "role", RoleName::parse, "must be a role name", faults),
            parse(parameters, "tenant", TenantId::parse, "must be a tenant id", faults));
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    List<Client> found = database.read(tx -> clients.list(tx, call.customer(), filter));
    List<Client> shown = found.subList(0, Math.min(found.size(), page.limit()));
    ArrayNode array = Json.array();
    shown.forEach(client -> array.add(client.toJson(Optional.empty())));
    Response response = Response.json(200, array);
    return found.size() > page.limit()
        ? Page.withNext(response, call.request(), shown.getLast().id().text())
        : response;
  }

  private static Optional<Boolean> bool(String text) {
    return switch (text) {
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  private static <T> Optional<T> parse(
      Map<String, String> parameters,
      String name,
      Function<String, Optional<T>> parser,
      String message,
      List<Fault> faults) {
    String text = parameters.get(name);
    if (text == null || text.isEmpty()) {
      return Optional.empty();
    }
    Optional<T> value = parser.apply(text);
    if (value.isEmpty()) {
      faults.add(new Fault("?" + name, message));
    }
    return value;
  }

  /// 404 with the source's words.
  public static Problem unknown(String client) {
    return Problem.of(404, "Client with id:'" + client + "' isn't registered");
  }

  /// The id in the path.
  static ClientId pathId(Call call) {
    String text = call.request().variable("clientId");
    return ClientId.parse(text).orElseThrow(() -> unknown(text));
  }

  private Client findInPath(Transaction tx, Call call) {
    ClientId id = pathId(call);
    return clients.find(tx, call.customer(), id).orElseThrow(() -> unknown(id.text()));
  }

  /// `GET …/clients/{clientId}`
  public Response get(Call call) {
    Client client = database.read(tx -> findInPath(tx, call));
    return Response.json(200, client.toJson(Optional.empty())).with("ETag", client.etag());
  }

  /// `PUT …/clients/{clientId}`: full replace.
  public Response replace(Call call) {
    boolean skipRevocation = readSkip(call);
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new ArrayList<>(document.faults());
    Optional<Draft> read = reader.read(document.root(), "", Optional.of(pathId(call)), faults);
    if (!faults.isEmpty() || read.isEmpty()) {
      throw Problem.faults(faults);
    }
    Draft draft = read.get();
    Optional<Secret> secret = draft.chosenSecret();
    if (secret.isPresent()) {
      // Slow hashes are for requests that would succeed without them.
      database.read(
          tx -> {
            Client before = findInPath(tx, call);
            checkReplace(
                tx, call, callers.asOf(tx, call), find(tx, call.customer()), before, draft);
            return before;
          });
    }
    Optional<SecretDigest> digest = secret.map(this::digest);
    Client now =
        database.write(
            tx -> {
              Caller caller = callers.asOf(tx, call);
              Customer customer = lock(tx, call.customer());
              Client before = findInPath(tx, call);
              checkReplace(tx, call, caller, customer, before, draft);
              boolean changesRoles =
                  !draft.fields().holdings(customer.id()).equals(before.holdings());
              boolean kill =
                  !draft.fields().enabled()
                      || (!skipRevocation && (changesRoles || secret.isPresent()));
              Client after = clients.update(tx, before, draft.fields(), kill, caller.client());
              if (secret.isPresent() && digest.isPresent()) {
                secrets.revokeAll(tx, customer.id(), before.id());
                secrets.insert(
                    tx,
                    customer.id(),
                    before.id(),
                    secret.get(),
                    digest.get(),
                    caller.client(),
                    OptionalLong.empty());
              }
              List<String> changed = before.fields().differences(draft.fields());
              if (secret.isPresent()) {
                changed.add("clientSecret");
              }
              audit.write(
                  tx,
                  customer.id(),
                  caller.client().text(),
                  new AuditEvent.ClientUpdated(
                      after.id(),
                      changed,
                      after.holdings().toJson(),
                      after.fields().enabled(),
                      kill));
              return after;
            });
    return Response.json(200, now.toJson(secret)).with("ETag", now.etag());
  }

  private static boolean readSkip(Call call) {
    String name = "skipTokenRevocation";
    List<Fault> faults = new ArrayList<>();
    Optional<Boolean> skip =
        parse(
            call.request().queryParameters(),
            name,
            ClientsEndpoint::bool,
            "must be true or false",
            faults);
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    return skip.orElse(false);
  }

  private void checkReplace(
      Transaction tx, Call call, Caller caller, Customer customer, Client before, Draft draft) {
    List<Fault> faults = new ArrayList<>();
    ClientReader.checkAgainst(customer, draft, faults);
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    List<Fault> denied = new ArrayList<>(notGivable(caller, customer, draft));
    denied.addAll(Gate.notTakable(caller, customer.id(), before.holdings(), customer.roles(), ""));
    if (!denied.isEmpty()) {
      throw Problem.accessDenied(denied);
    }
    boolean remains =
        draft.fields().enabled() && draft.fields().holdings(customer.id()).has(Role.OPERATOR);
    if (!remains) {
      refuseLastOperator(tx, before);
    }
    refuseStale(call, before);
  }

  /// 409 if the client is the last enabled holder of ROLE_OPERATOR.
  private void refuseLastOperator(Transaction tx, Client client) {
    boolean isOne =
        client.customer().isOperator()
            && client.fields().enabled()
            && client.holdings().has(Role.OPERATOR);
    if (isOne && clients.enabledOperators(tx) <= 1) {
      throw Problem.of(
          409, "Client '" + client.id() + "' is the last enabled holder of ROLE_OPERATOR");
    }
  }

  /// 412 if `If-Match` names other versions only (RFC 9110 §13.1.1).
  private static void refuseStale(Call call, Client client) {
    List<String> headers = call.request().headers("If-Match");
    if (headers.isEmpty()) {
      return;
    }
    boolean matches =
        headers.stream()
            .flatMap(value -> java.util.Arrays.stream(value.split(",", -1)))
            .map(String::strip)
            .anyMatch(tag -> tag.equals("*") || tag.equals(client.etag()));
    if (!matches) {
      throw Problem.of(412, "The client has changed; its version is now " + client.etag());
    }
  }

  /// `DELETE …/clients/{clientId}`
  public Response delete(Call call) {
    database.write(
        tx -> {
          Caller caller = callers.asOf(tx, call);
          Client client = takeOver(tx, call, caller);
          refuseLastOperator(tx, client);
          refuseStale(call, client);
          clients.delete(tx, client);
          audit.write(
              tx,
              call.customer(),
              caller.client().text(),
              new AuditEvent.ClientDeleted(client.id()));
          return client;
        });
    return Response.success();
  }

  /// The client in the path, locked with its customer, if the caller may take it over.
  Client takeOver(Transaction tx, Call call, Caller caller) {
    Customer customer = lock(tx, call.customer());
    Client client = findInPath(tx, call);
    List<Fault> denied =
        Gate.notTakable(caller, customer.id(), client.holdings(), customer.roles(), "");
    if (!denied.isEmpty()) {
      throw Problem.accessDenied(denied);
    }
    return client;
  }

  /// `PUT …/clients/{clientId}/revoketokens`: every token issued before is dead.
  public Response revokeTokens(Call call) {
    database.write(
        tx -> {
          Caller caller = callers.asOf(tx, call);
          Client client = takeOver(tx, call, caller);
          clients.touch(tx, call.customer(), client.id(), true);
          audit.write(
              tx,
              call.customer(),
              caller.client().text(),
              new AuditEvent.TokensRevoked(client.id()));
          return client;
        });
    return Response.success();
  }

  /// `GET …/clients/{clientId}/multitokens`: how many tokens are alive.
  public Response countTokens(Call call) {
    record Found(Client client, Customer customer) {}
    Found found = database.read(tx -> new Found(findInPath(tx, call), find(tx, call.customer())));
    long alive =
        found.client.fields().enabled() && found.customer.isActive()
            ? usage.tokensAlive(
                found.client.id(),
                new Generations(found.client.generation(), found.customer.generation()))
            : 0;
    return Response.json(200, Json.object().put("status", "enabled").put("tokensCount", alive));
  }
}
