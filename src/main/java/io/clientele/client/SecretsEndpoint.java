package io.clientele.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Call;
import io.clientele.access.Caller;
import io.clientele.access.Callers;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretDigest;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.CustomerStore;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Faults;
import io.clientele.http.Fields;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import io.clientele.http.Response;
import io.clientele.http.Times;
import io.clientele.id.ClientId;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// `…/clients/{clientId}/secrets`: two secrets usable at once, so that one is changed without an
/// outage. Neither adding nor ending one kills tokens.
public final class SecretsEndpoint {

  private static final int MOST_USABLE = 2;

  private final Database database;
  private final ClientStore clients;
  private final SecretStore secrets;
  private final ClientRules rules;
  private final AuditStore audit;
  private final Callers callers;
  private final SecretHasher hasher;
  private final CryptoProvider provider;
  private final InstantSource clock;

  public SecretsEndpoint(
      Database database,
      ClientStore clients,
      SecretStore secrets,
      CustomerStore customers,
      AuditStore audit,
      Callers callers,
      SecretHasher hasher,
      CryptoProvider provider,
      InstantSource clock) {
    this.database = database;
    this.clients = clients;
    this.secrets = secrets;
    this.rules = new ClientRules(customers, clients);
    this.audit = audit;
    this.callers = callers;
    this.hasher = hasher;
    this.provider = provider;
    this.clock = clock;
  }

  private record Wanted(Optional<Secret> chosen, OptionalLong expiresAt) {}

  /// `GET …/secrets`
  public Response list(Call call) {
    ClientId id = ClientRules.pathId(call);
    List<StoredSecret> found =
        database.read(
            tx -> {
              var _ =
                  clients
                      .find(tx, call.customer(), id)
                      .orElseThrow(() -> ClientRules.unknown(id.text()));
              return secrets.list(tx, call.customer(), id);
            });
    ArrayNode array = Json.array();
    found.forEach(secret -> array.add(toJson(secret)));
    return Response.json(200, array);
  }

  private ObjectNode toJson(StoredSecret secret) {
    ObjectNode json =
        Json.object()
            .put("id", secret.id())
            .put("hint", secret.hint())
            .put("createdAt", Times.text(secret.createdAt()))
            .put("createdBy", secret.createdBy());
    putTime(json, "expiresAt", secret.expiresAt());
    putTime(json, "lastUsedAt", secret.lastUsedAt());
    return json.put("status", secret.isUsable(clock.millis()) ? "active" : "expired");
  }

  private static void putTime(ObjectNode json, String name, OptionalLong time) {
    if (time.isPresent()) {
      json.put(name, Times.text(time.getAsLong()));
    } else {
      json.putNull(name);
    }
  }

  /// `POST …/secrets`: adds one and shows it, once.
  public Response create(Call call) {
    Wanted wanted = read(call);
    Optional<SecretDigest.Argon2id> beside = Optional.empty();
    if (wanted.chosen.isPresent()) {
      // Slow hashes are for requests that would succeed without them.
      beside =
          database.read(
              tx -> {
                Client client = rules.takeOver(tx, call, callers.asOf(tx, call));
                List<StoredSecret> usable = usable(tx, call, client.id());
                refuseThird(usable);
                return slowDigest(usable);
              });
    }
    Secret secret = wanted.chosen.orElseGet(() -> Secret.generate(provider.random()));
    SecretDigest digest;
    try {
      digest = hasher.digest(secret, beside);
    } catch (SecretHasher.Busy e) {
      throw Problem.notNow("Too many slow secrets at once", 1);
    }
    StoredSecret made =
        database.write(tx -> insert(tx, call, callers.asOf(tx, call), secret, digest, wanted));
    return Response.json(201, toJson(made).put("clientSecret", secret.reveal()));
  }

  private StoredSecret insert(
      Transaction tx, Call call, Caller caller, Secret secret, SecretDigest digest, Wanted wanted) {
    Client client = rules.takeOver(tx, call, caller);
    refuseThird(usable(tx, call, client.id()));
    long now = clock.millis();
    // What has expired makes room in the list.
    secrets.list(tx, call.customer(), client.id()).stream()
        .filter(each -> !each.isUsable(now))
        .forEach(each -> secrets.revoke(tx, call.customer(), client.id(), each.id()));
    String secretId =
        secrets.insert(
            tx, call.customer(), client.id(), secret, digest, caller.client(), wanted.expiresAt);
    clients.touch(tx, call.customer(), client.id(), false);
    audit.write(
        tx,
        call.customer(),
        caller.client().text(),
        new AuditEvent.SecretCreated(client.id(), secretId));
    return secrets.list(tx, call.customer(), client.id()).stream()
        .filter(each -> each.id().equals(secretId))
        .findFirst()
        .orElseThrow();
  }

  private List<StoredSecret> usable(Transaction tx, Call call, ClientId client) {
    long now = clock.millis();
    return secrets.list(tx, call.customer(), client).stream()
        .filter(each -> each.isUsable(now))
        .toList();
  }

  private static Optional<SecretDigest.Argon2id> slowDigest(List<StoredSecret> secrets) {
    return secrets.stream()
        .map(StoredSecret::digest)
        .filter(SecretDigest.Argon2id.class::isInstance)
        .map(SecretDigest.Argon2id.class::cast)
        .findFirst();
  }

  private static void refuseThird(List<StoredSecret> usable) {
    if (usable.size() >= MOST_USABLE) {
      throw Problem.of(409, "The client has two usable secrets; end one first");
    }
  }

  private Wanted read(Call call) {
    if (call.request().body().length == 0) {
      return new Wanted(Optional.empty(), OptionalLong.empty());
    }
    Json.Document document = Json.parse(call.request());
    List<Fault> faults = new Faults(document.faults());
    Fields fields = new Fields(document.root(), "", faults);
    Optional<String> chosen = fields.text("clientSecret", 2000);
    chosen
        .flatMap(text -> ClientReader.weakness(text, Optional.of(ClientRules.pathId(call))))
        .ifPresent(why -> fields.fault("clientSecret", why));
    OptionalLong expiresAt = OptionalLong.empty();
    Optional<String> text = fields.text("expiresAt", 100);
    if (text.isPresent()) {
      expiresAt = Times.parse(text.get());
      if (expiresAt.isEmpty()) {
        fields.fault("expiresAt", "must be a time like 2026-12-31T00:00:00Z");
      } else if (expiresAt.getAsLong() <= clock.millis()) {
        fields.fault("expiresAt", "must lie in the future");
      }
    }
    fields.refuseUnknown();
    if (!faults.isEmpty()) {
      throw Problem.faults(faults);
    }
    return new Wanted(chosen.map(Secret::of), expiresAt);
  }

  /// `DELETE …/secrets/{secretId}`: ends one at once; never the last usable.
  public Response delete(Call call) {
    String secretId = call.request().variable("secretId");
    database.write(
        tx -> {
          Caller caller = callers.asOf(tx, call);
          Client client = rules.takeOver(tx, call, caller);
          List<StoredSecret> all = secrets.list(tx, call.customer(), client.id());
          if (all.stream().noneMatch(each -> each.id().equals(secretId))) {
            // What is in the place of an id may be the secret itself: it is not repeated.
            throw Problem.of(404, "The client has no such secret");
          }
          List<StoredSecret> usable = usable(tx, call, client.id());
          if (usable.size() == 1 && usable.getFirst().id().equals(secretId)) {
            throw Problem.of(409, "This is the client's last usable secret");
          }
          secrets.revoke(tx, call.customer(), client.id(), secretId);
          clients.touch(tx, call.customer(), client.id(), false);
          audit.write(
              tx,
              call.customer(),
              caller.client().text(),
              new AuditEvent.SecretDeleted(client.id(), secretId));
          return client;
        });
    return Response.success();
  }
}
