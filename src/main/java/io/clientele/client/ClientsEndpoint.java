package io.clientele.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Callers;
import io.clientele.access.Gate;
import io.clientele.access.Generations;
import io.clientele.access.Role;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.client.ClientReader.Draft;
import io.clientele.client.ClientStore.Filter;
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
import io.clientele.http.Page;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.id.ClientId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import io.clientele.usage.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/// `/oauth/customers/{customerId}/clients`: a customer's administrators list, read, replace and
/// delete its clients, and kill their tokens. (Creating them is `ClientCreationEndpoint`.)
public final class ClientsEndpoint {

  private final Database database;
  private final ClientStore clients;
  private final SecretStore secrets;
  private final AuditStore audit;
  private final Callers callers;
  private final SecretHasher hasher;
  private final Usage usage;
  private final ClientReader reader;
  private final ClientRules rules;

  /// @param longestValidity the server's maximum of `accessTokenValidity`, seconds
  public ClientsEndpoint(
      Database database,
      ClientStore clients,
      SecretStore secrets,
      CustomerStore customers,
      AuditStore audit,
      Callers callers,
      SecretHasher hasher,
      Usage usage,
      int longestValidity) {
    this.database = database;
    this.clients = clients;
    this.secrets = secrets;
    this.audit = audit;
    this.callers = callers;
    this.hasher = hasher;
    this.usage = usage;
    this.reader = new ClientReader(longestValidity);
    this.rules = new ClientRules(customers, clients);
  }

  /// 404 with the source's words.
  public static Problem unknown(String client) {
    return ClientRules.unknown(client);
  }

  /// `GET …/clients`
  public Response list(Call call) {
    Map<String, String> parameters = call.request().queryParameters();
    List<Fault> faults = new ArrayList<>();
    Page page = Page.read(parameters, text -> ClientId.parse(text).isPresent(), faults);
    Filter filter =
        new Filter(
            page.cursor().orElse(""),
            page.limit(),
            Optional.ofNullable(parameters.get("q")).filter(text -> !text.isEmpty()),
            parse(parameters, "enabled", ClientsEndpoint::bool, "must be true or false", faults),
            parse(parameters, "role", RoleName::parse, "must be a role name", faults),
            parse(parameters, "tenant", TenantId::parse, "must be a tenant id", faults));
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    ClientStore.Listed found = database.read(tx -> clients.list(tx, call.customer(), filter));
    ArrayNode array = Json.array();
    found.items().forEach(client -> array.add(client.toJson(Optional.empty())));
    Response response = Response.json(200, array);
    return found
        .next()
        .map(last -> Page.withNext(response, call.request(), last.text()))
        .orElse(response);
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

  /// `GET …/clients/{clientId}`
  public Response get(Call call) {
    Client client = database.read(tx -> rules.findInPath(tx, call));
    return Response.json(200, client.toJson(Optional.empty())).with("ETag", client.etag());
  }

  /// `PUT …/clients/{clientId}`: full replace.
  public Response replace(Call call) {
    boolean skipRevocation = readSkip(call);
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new Faults(document.faults());
    Optional<Draft> read =
        reader.read(document.root(), "", Optional.of(ClientRules.pathId(call)), faults);
    if (!faults.isEmpty() || read.isEmpty()) {
      // All at once: also what depends on the customer.
      Customer customer = database.read(tx -> rules.find(tx, call.customer()));
      ClientReader.checkAgainst(customer, document.root(), "", faults);
      throw Problem.faults(faults);
    }
    Draft draft = read.get();
    Optional<Secret> secret = draft.chosenSecret();
    if (secret.isPresent()) {
      // Slow hashes are for requests that would succeed without them.
      database.read(
          tx -> {
            Client before = rules.findInPath(tx, call);
            checkReplace(
                tx, call, callers.asOf(tx, call), rules.find(tx, call.customer()), before, draft);
            return before;
          });
    }
    Optional<SecretDigest> digest = secret.map(this::digest);
    Client now =
        database.write(
            tx -> {
              Caller caller = callers.asOf(tx, call);
              Customer customer = rules.lock(tx, call.customer());
              Client before = rules.findInPath(tx, call);
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

  private SecretDigest digest(Secret secret) {
    try {
      return hasher.digest(secret);
    } catch (SecretHasher.Busy e) {
      throw Problem.notNow("Too many slow secrets at once", 1);
    }
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
    List<Fault> faults = new Faults();
    ClientReader.checkAgainst(customer, draft.item(), draft.pointer(), faults);
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    List<Fault> denied = new ArrayList<>(ClientRules.notGivable(caller, customer, draft));
    denied.addAll(Gate.notTakable(caller, customer.id(), before.holdings(), customer.roles(), ""));
    if (!denied.isEmpty()) {
      throw Problem.accessDenied(denied);
    }
    boolean remains =
        draft.fields().enabled() && draft.fields().holdings(customer.id()).has(Role.OPERATOR);
    if (!remains) {
      rules.refuseLastOperator(tx, before);
    }
    ClientRules.refuseStale(call, before);
  }

  /// `DELETE …/clients/{clientId}`
  public Response delete(Call call) {
    database.write(
        tx -> {
          Caller caller = callers.asOf(tx, call);
          Client client = rules.takeOver(tx, call, caller);
          rules.refuseLastOperator(tx, client);
          ClientRules.refuseStale(call, client);
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

  /// `PUT …/clients/{clientId}/revoketokens`: every token issued before is dead.
  public Response revokeTokens(Call call) {
    database.write(
        tx -> {
          Caller caller = callers.asOf(tx, call);
          Client client = rules.takeOver(tx, call, caller);
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
    Found found =
        database.read(tx -> new Found(rules.findInPath(tx, call), rules.find(tx, call.customer())));
    long alive =
        found.client.fields().enabled() && found.customer.isActive()
            ? usage.tokensAlive(
                found.client.id(),
                new Generations(found.client.generation(), found.customer.generation()))
            : 0;
    return Response.json(200, Json.object().put("status", "enabled").put("tokensCount", alive));
  }
}
