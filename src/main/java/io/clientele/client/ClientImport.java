package io.clientele.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.client.ClientReader.Draft;
import io.clientele.client.ClientStore.Present;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretDigest;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.Customer;
import io.clientele.customer.CustomerImport;
import io.clientele.customer.CustomerStore;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.http.Fault;
import io.clientele.http.Fields;
import io.clientele.http.Problem;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Customers and clients that come from a file, many at once. All that holds for the requests that
/// make them holds here; the import acts with the operator's rights.
///
/// A part of a file is one transaction: what is there already as its line says is left as it is,
/// the rest is made; if one line is refused, nothing of the part is done.
public final class ClientImport implements AutoCloseable {

  /// Who the audit trail, the grants and the secrets say it was.
  static final String ACTOR = "system";

  private static final int ASKED_AT_ONCE = 500;
  private static final int MOST_SEEN = 10_000;

  /// A line of a file.
  public sealed interface Line {
    /// Its number in the file, from 1.
    long number();
  }

  /// A customer with its tenants.
  record CustomerLine(long number, CustomerImport.Draft draft) implements Line {}

  /// A client.
  ///
  /// @param secret empty if one is to be generated
  /// @param fast its digest, if that costs no more than an HMAC
  record ClientLine(
      long number,
      CustomerId customer,
      Draft draft,
      Optional<Secret> secret,
      Optional<SecretDigest> fast)
      implements Line {}

  /// What is wrong with a line.
  ///
  /// @param number the line's, from 1
  /// @param fault where in the line, and what
  public record LineFault(long number, Fault fault) {}

  /// Lines were refused, and nothing of their part was done.
  public static final class Refused extends RuntimeException {
    @java.io.Serial private static final long serialVersionUID = 1L;

    private final transient List<LineFault> faults;

    Refused(List<LineFault> faults) {
      super(faults.size() + " faults", null, false, false);
      this.faults = List.copyOf(faults);
    }

    public List<LineFault> faults() {
      return faults;
    }
  }

  /// What was done with a part, or with several.
  ///
  /// @param customers made
  /// @param clients made
  /// @param present customers and clients that were there already
  public record Done(long customers, long clients, long present) {
    public static final Done NOTHING = new Done(0, 0, 0);

    public Done plus(Done other) {
      return new Done(
          customers + other.customers, clients + other.clients, present + other.present);
    }
  }

  /// A secret that was generated for a client.
  public record Handed(CustomerId customer, ClientId client, Secret secret) {}

  /// Where generated secrets go: the only place that ever shows them.
  public interface Handout {

    /// The secret that an earlier run generated for this client and could not use any more.
    Optional<Secret> earlier(ClientId client);

    /// Puts secrets where they are safe, before the database says that they exist.
    void hand(List<Handed> secrets);
  }

  private final Database database;
  private final CustomerStore customers;
  private final CustomerImport customerImport;
  private final ClientStore clients;
  private final SecretStore secrets;
  private final ImportStore store;
  private final AuditStore audit;
  private final SecretHasher hasher;
  private final CryptoProvider provider;
  private final ClientReader reader;
  private final Optional<Handout> handout;
  private final ExecutorService slow;

  /// Customers that this import has seen; nobody else changes them where it is alone on its
  /// database.
  private final Map<CustomerId, Customer> seen = new HashMap<>();

  /// @param longestValidity the server's maximum of `accessTokenValidity`, seconds
  /// @param slowHashes how many chosen secrets are hashed at once; as many as the hasher does
  public ClientImport(
      Database database,
      CustomerStore customers,
      CustomerImport customerImport,
      ClientStore clients,
      SecretStore secrets,
      AuditStore audit,
      SecretHasher hasher,
      CryptoProvider provider,
      InstantSource clock,
      int longestValidity,
      int slowHashes,
      Optional<Handout> handout) {
    this.database = database;
    this.customers = customers;
    this.customerImport = customerImport;
    this.clients = clients;
    this.secrets = secrets;
    this.store = new ImportStore(clock, secrets);
    this.audit = audit;
    this.hasher = hasher;
    this.provider = provider;
    this.reader = ClientReader.ofImport(longestValidity);
    this.handout = handout;
    this.slow =
        Executors.newFixedThreadPool(
            slowHashes, Thread.ofPlatform().name("import-hash-", 0).daemon().factory());
  }

  /// Reads a line: `{"customer":{…}}` or `{"customerId":…,"client":{…}}`. Any thread may.
  ///
  /// @param faults where faults are noted
  /// @return empty if there is a fault
  public Optional<Line> read(long number, JsonNode node, List<Fault> faults) {
    int before = faults.size();
    Fields fields = new Fields(node, "", faults);
    Optional<JsonNode> customer = fields.member("customer");
    Optional<JsonNode> client = fields.member("client");
    if (node.isObject() && customer.isPresent() == client.isPresent()) {
      faults.add(new Fault("", "must have either a member customer or a member client"));
    }
    Optional<Line> line =
        client.isPresent()
            ? readClient(number, fields, client.get(), faults)
            : customer
                .flatMap(each -> CustomerImport.read(each, "/customer", faults))
                .map(draft -> new CustomerLine(number, draft));
    fields.refuseUnknown();
    return faults.size() == before ? line : Optional.empty();
  }

  private Optional<Line> readClient(long number, Fields line, JsonNode node, List<Fault> faults) {
    Optional<CustomerId> customer =
        line.requiredText("customerId", 1000).flatMap(CustomerId::parse);
    if (customer.isEmpty() && line.member("customerId").filter(JsonNode::isTextual).isPresent()) {
      line.fault("customerId", "must have the form " + CustomerId.FORM);
    }
    Optional<Draft> draft = reader.read(node, "/client", Optional.empty(), faults);
    if (draft.isEmpty() || customer.isEmpty()) {
      return Optional.empty();
    }
    if (draft.get().id().equals(OperatorAccount.CLIENT)) {
      faults.add(new Fault("/client/clientId", "is reserved"));
    }
    Optional<Secret> secret = draft.get().chosenSecret();
    if (secret.isEmpty() && handout.isEmpty()) {
      faults.add(
          new Fault("/client/clientSecret", "is absent, and there is no file for generated ones"));
    }
    return Optional.of(
        new ClientLine(
            number,
            customer.get(),
            draft.get(),
            secret,
            secret.filter(Secret::hasGeneratedForm).map(this::digest)));
  }

  /// Makes what a part of a file says, in one transaction that is on disk when this returns.
  ///
  /// @throws Refused if a line cannot be; then nothing of the part was done
  /// @throws io.clientele.http.Unavailable if the database is not there, or full
  public Done write(List<Line> part) {
    List<LineFault> faults = new ArrayList<>();
    List<ClientLine> fresh = fresh(part, faults);
    refuseIfAny(faults);
    Map<ClientId, Secret> given = secretsFor(fresh);
    Map<ClientId, SecretDigest> digests = digests(fresh, given);
    Set<ClientLine> toMake = Collections.newSetFromMap(new IdentityHashMap<>());
    toMake.addAll(fresh);
    return database.write(tx -> write(tx, part, toMake, given, digests));
  }

  private static void refuseIfAny(List<LineFault> faults) {
    if (!faults.isEmpty()) {
      faults.sort(Comparator.comparingLong(LineFault::number));
      throw new Refused(faults);
    }
  }

  // ---- What is there already -------------------------------------------------------------------

  /// The clients that are not there yet.
  private List<ClientLine> fresh(List<Line> part, List<LineFault> faults) {
    Map<ClientId, ClientLine> first = new HashMap<>();
    List<ClientLine> unknown = new ArrayList<>();
    for (Line line : part) {
      if (line instanceof ClientLine client) {
        ClientLine before = first.putIfAbsent(client.draft.id(), client);
        if (before == null) {
          unknown.add(client);
        } else if (!isSame(before, client)) {
          faults.add(conflict(client, "is in line " + before.number + " too, and another there"));
        }
      }
    }
    Map<ClientId, Present> present = present(unknown);
    List<ClientLine> fresh = new ArrayList<>();
    List<Future<Optional<LineFault>>> compared = new ArrayList<>();
    for (ClientLine client : unknown) {
      Present there = present.get(client.draft.id());
      if (there == null) {
        fresh.add(client);
      } else {
        compared.add(slow.submit(() -> difference(client, there)));
      }
    }
    compared.forEach(each -> await(each).ifPresent(faults::add));
    return fresh;
  }

  private static boolean isSame(ClientLine one, ClientLine other) {
    return one.customer.equals(other.customer)
        && one.draft.fields().equals(other.draft.fields())
        && one.secret.equals(other.secret);
  }

  private Map<ClientId, Present> present(List<ClientLine> lines) {
    Map<ClientId, Present> present = new HashMap<>();
    for (int i = 0; i < lines.size(); i += ASKED_AT_ONCE) {
      List<ClientId> ids =
          lines.subList(i, Math.min(lines.size(), i + ASKED_AT_ONCE)).stream()
              .map(each -> each.draft.id())
              .toList();
      // Whose they are is compared by whoever asks; the former grants of deleted ones are not used.
      present.putAll(database.read(tx -> clients.present(tx, lines.getFirst().customer, ids)));
    }
    return present;
  }

  private Optional<LineFault> difference(ClientLine line, Present there) {
    if (there.deleted() || !there.customer().equals(line.customer)) {
      return Optional.of(
          conflict(line, "is taken: it is or was another customer's, or was deleted"));
    }
    record Stored(Client client, List<StoredSecret> secrets) {}
    Optional<Stored> stored =
        database.read(
            tx ->
                clients
                    .find(tx, line.customer, line.draft.id())
                    .map(each -> new Stored(each, secrets.list(tx, line.customer, each.id()))));
    if (stored.isEmpty()) {
      return Optional.of(conflict(line, "was deleted meanwhile"));
    }
    List<String> names = stored.get().client.fields().differences(line.draft.fields());
    if (line.secret.isPresent() && !hasSecret(stored.get().secrets, line)) {
      names.add("clientSecret");
    }
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            conflict(line, "is there already, and differs in " + String.join(", ", names)));
  }

  private boolean hasSecret(List<StoredSecret> stored, ClientLine line) {
    return stored.stream()
        .anyMatch(
            each ->
                line.fast.isPresent()
                    ? each.digest().equals(line.fast.get())
                    : matches(line.secret.orElseThrow(), each.digest()));
  }

  private static LineFault conflict(ClientLine line, String why) {
    return new LineFault(
        line.number, new Fault("/client/clientId", "client '" + line.draft.id() + "' " + why));
  }

  // ---- Secrets ---------------------------------------------------------------------------------

  /// The secret of each client; those that are generated now are handed out before anything else is
  /// done.
  private Map<ClientId, Secret> secretsFor(List<ClientLine> fresh) {
    Map<ClientId, Secret> all = new HashMap<>();
    List<Handed> generated = new ArrayList<>();
    for (ClientLine line : fresh) {
      ClientId id = line.draft.id();
      Optional<Secret> known = line.secret.or(() -> handout.flatMap(each -> each.earlier(id)));
      Secret secret = known.orElseGet(() -> Secret.generate(provider.random()));
      if (known.isEmpty()) {
        generated.add(new Handed(line.customer, id, secret));
      }
      all.put(id, secret);
    }
    if (!generated.isEmpty()) {
      handout.orElseThrow().hand(generated);
    }
    return all;
  }

  private Map<ClientId, SecretDigest> digests(List<ClientLine> fresh, Map<ClientId, Secret> given) {
    Map<ClientId, SecretDigest> digests = new HashMap<>();
    Map<ClientId, Future<SecretDigest>> slowOnes = new HashMap<>();
    for (ClientLine line : fresh) {
      ClientId id = line.draft.id();
      Secret secret = secretOf(given, id);
      if (line.fast.isPresent()) {
        digests.put(id, line.fast.get());
      } else if (secret.hasGeneratedForm()) {
        digests.put(id, digest(secret));
      } else {
        slowOnes.put(id, slow.submit(() -> digest(secret)));
      }
    }
    slowOnes.forEach((id, digest) -> digests.put(id, await(digest)));
    return digests;
  }

  private static Secret secretOf(Map<ClientId, Secret> given, ClientId id) {
    return Optional.ofNullable(given.get(id)).orElseThrow();
  }

  private SecretDigest digest(Secret secret) {
    try {
      return hasher.digest(secret);
    } catch (SecretHasher.Busy e) {
      throw new IllegalStateException("more slow hashes than were asked for", e);
    }
  }

  private boolean matches(Secret secret, SecretDigest digest) {
    try {
      return hasher.matches(secret, digest);
    } catch (SecretHasher.Busy e) {
      throw new IllegalStateException("more slow hashes than were asked for", e);
    }
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  // ---- The transaction -------------------------------------------------------------------------

  private Done write(
      Transaction tx,
      List<Line> part,
      Set<ClientLine> toMake,
      Map<ClientId, Secret> given,
      Map<ClientId, SecretDigest> digests) {
    List<LineFault> faults = new ArrayList<>();
    Map<CustomerId, Customer> known = database.isShared() ? new HashMap<>() : seen;
    if (known.size() > MOST_SEEN) {
      known.clear();
    }
    List<ImportStore.Row> rows = new ArrayList<>();
    long made = 0;
    long lines = part.size();
    for (Line line : part) {
      switch (line) {
        case CustomerLine customer -> made += write(tx, customer, known, faults) ? 1 : 0;
        case ClientLine client -> {
          if (toMake.contains(client)) {
            check(tx, client, known, faults);
            rows.add(row(client, given, digests));
          }
        }
      }
    }
    refuseIfAny(faults);
    rows.sort(Comparator.comparing(ImportStore.Row::id));
    store.insert(tx, rows, ACTOR);
    audit(tx, rows);
    return new Done(made, rows.size(), lines - made - rows.size());
  }

  private boolean write(
      Transaction tx, CustomerLine line, Map<CustomerId, Customer> known, List<LineFault> faults) {
    try {
      boolean made = customerImport.write(tx, line.draft, ACTOR);
      known.remove(line.draft.id());
      return made;
    } catch (Problem e) {
      List<Fault> wrong =
          e.faults().isEmpty() ? List.of(new Fault("/customer", e.errorMessage())) : e.faults();
      wrong.forEach(each -> faults.add(new LineFault(line.number, each)));
      return false;
    }
  }

  private void check(
      Transaction tx, ClientLine line, Map<CustomerId, Customer> known, List<LineFault> faults) {
    Optional<Customer> customer = Optional.ofNullable(known.get(line.customer));
    if (customer.isEmpty()) {
      customer = customers.lock(tx, line.customer);
      customer.ifPresent(found -> known.put(line.customer, found));
    }
    if (customer.isEmpty()) {
      faults.add(
          new LineFault(
              line.number, new Fault("/customerId", "Customer '" + line.customer + "' not found")));
      return;
    }
    List<Fault> wrong = new ArrayList<>();
    ClientReader.checkAgainst(customer.get(), line.draft.item(), line.draft.pointer(), wrong);
    wrong.forEach(each -> faults.add(new LineFault(line.number, each)));
  }

  private static ImportStore.Row row(
      ClientLine line, Map<ClientId, Secret> given, Map<ClientId, SecretDigest> digests) {
    ClientId id = line.draft.id();
    return new ImportStore.Row(
        id,
        line.customer,
        line.draft.fields(),
        secretOf(given, id).hint(),
        Optional.ofNullable(digests.get(id)).orElseThrow());
  }

  /// One event a customer and part: what it names is enough to tell whether a client was among
  /// them.
  private void audit(Transaction tx, List<ImportStore.Row> rows) {
    SortedMap<CustomerId, List<ClientId>> byCustomer = new TreeMap<>();
    rows.forEach(
        row -> byCustomer.computeIfAbsent(row.customer(), c -> new ArrayList<>()).add(row.id()));
    byCustomer.forEach(
        (customer, ids) ->
            audit.write(
                tx,
                customer,
                ACTOR,
                new AuditEvent.ClientsImported(
                    customer, ids.size(), ids.getFirst(), ids.getLast(), sha256(ids))));
  }

  private static String sha256(List<ClientId> ids) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ids.forEach(id -> digest.update((id.text() + "\n").getBytes(StandardCharsets.US_ASCII)));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("a JDK without SHA-256", e);
    }
  }

  @Override
  public void close() {
    slow.shutdownNow();
  }
}
