package io.clientele.trust.history;

import static io.clientele.trust.history.Traffic.newName;
import static io.clientele.trust.history.Traffic.oneIn;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Http;
import io.clientele.harness.KeepAlive;
import io.clientele.trust.history.Change.Effect;
import io.clientele.trust.history.History.Kind;
import io.clientele.trust.history.Population.Held;
import io.clientele.trust.history.Population.Owner;
import io.clientele.trust.history.Population.Program;
import io.clientele.trust.history.Population.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// One thread of the traffic: does deeds, gets tokens and uses them, and writes down when each
/// request began and when its answer was there.
final class Actor implements AutoCloseable {

  /// What costs a slow hash is done so much more seldom.
  private static final int SLOW_ONE_IN = 32;

  /// What it counts into.
  record Counts(LongAdder operations, LongAdder unavailable, Queue<String> wrong) {}

  private final RandomGenerator random;
  private final History history;
  private final History.Log log;
  private final Population population;
  private final String operatorBasic;
  private final String operatorToken;
  private final List<KeepAlive> connections;
  private final int deedOneIn;
  private final Counts counts;

  /// Of the last request.
  private int node;

  private long begin;
  private long end;

  Actor(
      RandomGenerator random,
      History history,
      Population population,
      Traffic.Operator operator,
      String operatorToken,
      int deedOneIn,
      Counts counts) {
    this.random = random;
    this.history = history;
    this.log = history.newLog();
    this.population = population;
    this.operatorBasic = Http.basic(operator.id(), operator.secret());
    this.operatorToken = operatorToken;
    this.connections = operator.nodes().stream().map(KeepAlive::to).toList();
    this.deedOneIn = deedOneIn;
    this.counts = counts;
  }

  @Override
  public void close() {
    connections.forEach(KeepAlive::close);
  }

  /// One request, or now and then a deed and what follows from it.
  void act() {
    int place = random.nextInt(population.size());
    Owner owner = population.owner(place);
    if (!oneIn(deedOneIn, random)) {
      read(owner, owner.any(random));
      return;
    }
    if (oneIn(8, random)) {
      changeCustomer(place, owner);
    } else {
      changeClient(owner, owner.any(random));
    }
  }

  private KeepAlive anyNode() {
    node = random.nextInt(connections.size());
    return connections.get(node);
  }

  // What is asked.

  private void read(Owner owner, Program program) {
    if (random.nextInt(100) < 40) {
      issue(owner, program, oneIn(8, random));
      return;
    }
    program.anyToken(random).ifPresent(token -> use(program, token));
  }

  private void issue(Owner owner, Program program, boolean old) {
    Optional<Held> any = program.anySecret(random, old);
    if (any.isEmpty()) {
      return;
    }
    Held secret = any.get();
    if (secret.chosen() && !oneIn(SLOW_ONE_IN, random)) {
      return;
    }
    int status = form("/oauth/token", secret.basic(), "grant_type=client_credentials");
    if (status == 503 && (secret.chosen() || connections.size() > 1)) {
      counts.unavailable.increment();
      return;
    }
    if (status != 200 && status != 401) {
      unexpected("a request for a token", status);
      return;
    }
    String text = status == 200 ? connections.get(node).member("access_token") : "";
    int number =
        log.issued(text, begin, end, node, program.gate, program.customerGate, secret.gate());
    if (status == 200) {
      program.keep(new Token(number, text, owner.permission()), random);
    }
  }

  private void use(Program program, Token token) {
    switch (random.nextInt(5)) {
      case 0 -> check(program, token);
      case 1 -> call(program, token);
      default -> introspect(program, token);
    }
  }

  private void introspect(Program program, Token token) {
    int status = form("/oauth/introspect", operatorBasic, "token=" + token.text());
    if (isThere("introspection", status, 200)) {
      boolean active = connections.get(node).text().startsWith("{\"active\":true");
      used(Kind.INTROSPECT, active, program, History.NONE, token);
    }
  }

  private void check(Program program, Token token) {
    int status = form("/oauth/checkToken", operatorBasic, "token=" + token.text());
    if (isThere("checkToken", status, 200, 400)) {
      used(Kind.CHECK, status == 200, program, History.NONE, token);
    }
  }

  /// Looks at itself, as a client whose role may.
  private void call(Program program, Token token) {
    int status = manage("GET", program.path(), token.text(), "");
    if (isThere("a management call", status, 200, 401, 403, 404)) {
      used(Kind.WALL, status != 401, program, History.NONE, token);
      if (status != 401) {
        used(Kind.RIGHT, status != 403, program, token.permission(), token);
      }
    }
  }

  private void used(Kind kind, boolean passed, Program program, int permission, Token token) {
    log.used(
        kind,
        passed,
        begin,
        end,
        node,
        program.gate,
        program.customerGate,
        permission,
        token.number());
  }

  private boolean isThere(String what, int status, int... allowed) {
    for (int each : allowed) {
      if (each == status) {
        return true;
      }
    }
    if (status == 503 && connections.size() > 1) {
      // It does not know what the other did until a second ago.
      counts.unavailable.increment();
    } else {
      unexpected(what, status);
    }
    return false;
  }

  private void unexpected(String what, int status) {
    counts.wrong.add(what + " is answered " + status + ": " + connections.get(node).shown());
  }

  private int form(String path, String basic, String form) {
    KeepAlive connection = anyNode();
    begin = System.nanoTime();
    int status = connection.form(path, basic, form);
    end = System.nanoTime();
    counts.operations.increment();
    return status;
  }

  private int manage(String method, String path, String token, String json) {
    KeepAlive connection = anyNode();
    begin = System.nanoTime();
    int status = connection.manage(method, path, token, json);
    end = System.nanoTime();
    counts.operations.increment();
    return status;
  }

  // What is done.

  private record Does(Effect effect, int gate) {}

  /// Does a deed as the operator, and writes down what it did, if it did, or may have.
  ///
  /// @return whether it was acknowledged
  private boolean does(String method, String path, String json, Does... effects) {
    int status = manage(method, path, operatorToken, json);
    if (status < 300) {
      write(true, effects);
      return true;
    }
    if (status >= 500) {
      write(false, effects);
    }
    if (status != 404 && status != 409 && (status != 503 || connections.size() == 1)) {
      unexpected(method + " " + path, status);
    }
    return false;
  }

  private void write(boolean certain, Does... effects) {
    for (Does each : effects) {
      log.changed(
          new Change(each.effect, each.gate, begin, certain ? end : Change.NEVER, node, certain));
    }
  }

  /// What a deed did is asked for at once, by the one who knows best that it was acknowledged.
  private void probe(Owner owner, Program program) {
    for (int i = 0; i < 3; i++) {
      program.anyToken(random).ifPresent(token -> introspect(program, token));
    }
    issue(owner, program, false);
    issue(owner, program, true);
  }

  private void changeClient(Owner owner, Program program) {
    if (program.isLost) {
      return;
    }
    switch (random.nextInt(10)) {
      case 0, 1, 2 ->
          locked(program, program.lock.readLock(), () -> disableAndEnable(owner, program));
      case 3 -> locked(program, program.lock.writeLock(), () -> changeRoles(owner, program));
      case 4, 5 -> locked(program, program.lock.readLock(), () -> changeSecrets(owner, program));
      case 6 -> {
        does("PUT", program.path() + "/revoketokens", "", new Does(Effect.KILL, program.gate));
        probe(owner, program);
      }
      case 7 -> revokeOne(owner, program);
      case 8 -> locked(program, program.lock.writeLock(), () -> deleteAndMakeAgain(owner, program));
      default -> {
        if (oneIn(SLOW_ONE_IN, random)) {
          locked(program, program.lock.writeLock(), () -> replaceSecret(owner, program));
        }
      }
    }
  }

  /// Who had the lock before may have lost it.
  private static void locked(Program program, Lock lock, Runnable deed) {
    locked(
        lock,
        () -> {
          if (!program.isLost) {
            deed.run();
          }
        });
  }

  private static void locked(Lock lock, Runnable deed) {
    if (lock.tryLock()) {
      try {
        deed.run();
      } finally {
        lock.unlock();
      }
    }
  }

  private void disableAndEnable(Owner owner, Program program) {
    if (program.isDeleted) {
      return;
    }
    does(
        "PUT",
        program.path(),
        program.json(false, ""),
        new Does(Effect.SHUT, program.gate),
        new Does(Effect.KILL, program.gate));
    probe(owner, program);
    if (oneIn(10, random)) {
      return;
    }
    does("PUT", program.path(), program.json(true, ""), new Does(Effect.OPEN, program.gate));
    probe(owner, program);
  }

  private void changeRoles(Owner owner, Program program) {
    if (program.isDeleted) {
      return;
    }
    program.hasMoreRoles = !program.hasMoreRoles;
    program.isLost =
        !does(
            "PUT",
            program.path(),
            program.json(true, ""),
            new Does(Effect.KILL, program.gate),
            new Does(Effect.OPEN, program.gate));
    probe(owner, program);
  }

  private void changeSecrets(Owner owner, Program program) {
    if (program.isDeleted) {
      return;
    }
    int gate = history.newGate();
    if (does("POST", program.path() + "/secrets", "", new Does(Effect.OPEN, gate))) {
      KeepAlive answer = connections.get(node);
      program.secrets.add(program.held(answer.member("id"), gate, answer.member("clientSecret")));
    }
    issue(owner, program, false);
    program
        .anySecret(random, false)
        .filter(
            old ->
                does(
                    "DELETE",
                    program.path() + "/secrets/" + old.id(),
                    "",
                    new Does(Effect.SHUT, old.gate())))
        .ifPresent(old -> program.end(old, random));
    probe(owner, program);
  }

  private void revokeOne(Owner owner, Program program) {
    Optional<Held> secret = program.anySecret(random, false).filter(each -> !each.chosen());
    Optional<Token> any = program.anyToken(random);
    if (secret.isEmpty() || any.isEmpty()) {
      return;
    }
    Token token = any.get();
    int status = form("/oauth/revoke", secret.get().basic(), "token=" + token.text());
    if (status == 200 || status >= 500) {
      boolean certain = status == 200;
      log.revoked(
          new Change(
              Effect.KILL, token.number(), begin, certain ? end : Change.NEVER, node, certain));
    }
    if (status != 200 && status != 401 && (status != 503 || connections.size() == 1)) {
      unexpected("a revocation", status);
    }
    for (int i = 0; i < 2; i++) {
      introspect(program, token);
    }
    probe(owner, program);
  }

  private void deleteAndMakeAgain(Owner owner, Program program) {
    List<Held> secrets = List.copyOf(program.secrets);
    List<Does> effects = new ArrayList<>();
    effects.add(new Does(Effect.SHUT, program.gate));
    effects.add(new Does(Effect.KILL, program.gate));
    secrets.forEach(each -> effects.add(new Does(Effect.SHUT, each.gate())));
    if (!program.isDeleted) {
      if (!does("DELETE", program.path(), "", effects.toArray(Does[]::new))) {
        return;
      }
      program.isDeleted = true;
      secrets.forEach(each -> program.end(each, random));
      probe(owner, program);
    }
    int gate = history.newGate();
    if (does(
        "POST",
        "/oauth/customers/" + program.customer + "/clients",
        program.json(true, ""),
        new Does(Effect.OPEN, program.gate),
        new Does(Effect.OPEN, gate))) {
      String secret = connections.get(node).member("clientSecret");
      program.secrets.add(program.held(onlySecret(program), gate, secret));
      program.isDeleted = false;
    }
    probe(owner, program);
  }

  /// With a chosen one, which is slow; then with a generated one again.
  private void replaceSecret(Owner owner, Program program) {
    if (program.isDeleted) {
      return;
    }
    String secret = newName("chosen for this");
    int gate = history.newGate();
    List<Held> before = List.copyOf(program.secrets);
    List<Does> effects = new ArrayList<>();
    effects.add(new Does(Effect.OPEN, gate));
    effects.add(new Does(Effect.OPEN, program.gate));
    effects.add(new Does(Effect.KILL, program.gate));
    before.forEach(each -> effects.add(new Does(Effect.SHUT, each.gate())));
    int status =
        manage(
            "PUT",
            program.path(),
            operatorToken,
            program.json(true, ",\"clientSecret\":\"" + secret + "\""));
    if (status >= 500) {
      // Mostly because slow hashes are taken, but who knows.
      write(false, effects.toArray(Does[]::new));
      counts.unavailable.increment();
      return;
    }
    if (status != 200) {
      isThere("a PUT with a secret", status, 404);
      return;
    }
    write(true, effects.toArray(Does[]::new));
    before.forEach(each -> program.end(each, random));
    Held chosen = program.held(onlySecret(program), gate, secret);
    program.secrets.add(chosen);
    probe(owner, program);
    changeSecrets(owner, program);
  }

  /// What the server calls its one secret; empty if it does not say so.
  private String onlySecret(Program program) {
    int status = manage("GET", program.path() + "/secrets", operatorToken, "");
    if (status != 200) {
      return "";
    }
    try {
      JsonNode all = Answer.JSON.readTree(connections.get(node).text());
      return all.path(0).path("id").asText();
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private void changeCustomer(int place, Owner owner) {
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> locked(owner.lock().readLock(), () -> suspendAndActivate(owner));
      case 3, 4, 5 -> locked(owner.lock().writeLock(), () -> makeAndDeleteTenant(owner));
      case 6, 7, 8 -> takeAndGivePermission(owner);
      default -> {
        if (oneIn(3, random)) {
          locked(owner.lock().writeLock(), () -> deleteCustomer(place, owner));
        }
      }
    }
  }

  private void probe(Owner owner) {
    for (int i = 0; i < 3; i++) {
      probe(owner, owner.any(random));
    }
  }

  private static String status(Owner owner, String status) {
    return "{\"status\":\"" + status + "\",\"tenants\":[\"" + owner.tenant() + "\"]}";
  }

  private void suspendAndActivate(Owner owner) {
    does(
        "PUT",
        owner.path(),
        status(owner, "suspended"),
        new Does(Effect.SHUT, owner.gate()),
        new Does(Effect.KILL, owner.gate()));
    probe(owner);
    does("PUT", owner.path(), status(owner, "active"), new Does(Effect.OPEN, owner.gate()));
    probe(owner);
  }

  private void makeAndDeleteTenant(Owner owner) {
    String tenant = newName("short-lived");
    if (does("POST", owner.path() + "/tenants", "{\"id\":\"" + tenant + "\"}")) {
      probe(owner);
      does("DELETE", owner.path() + "/tenants/" + tenant, "", new Does(Effect.KILL, owner.gate()));
      probe(owner);
    }
  }

  private void takeAndGivePermission(Owner owner) {
    String path = owner.path() + "/roles/permissions/ROLE_WATCH";
    Does take = new Does(Effect.SHUT, owner.permission());
    does("DELETE", path, "", take);
    tryPermission(owner);
    givePermission(owner);
    tryPermission(owner);
  }

  private void givePermission(Owner owner) {
    does(
        "PUT",
        owner.path() + "/roles/permissions/ROLE_WATCH",
        "{\"servicePermissions\":[{\"id\":\"Auth\",\"resourcePermissions\":[{\"id\":"
            + "\"Customer.Clients\",\"allowedPrivileges\":[\"READ\"]}]}]}",
        new Does(Effect.OPEN, owner.permission()));
  }

  private void tryPermission(Owner owner) {
    for (int i = 0; i < 4; i++) {
      Program program = owner.any(random);
      program.anyToken(random).ifPresent(token -> call(program, token));
    }
  }

  private void deleteCustomer(int place, Owner owner) {
    if (!population.owner(place).id().equals(owner.id())) {
      return;
    }
    boolean done =
        does(
            "DELETE",
            owner.path(),
            "",
            new Does(Effect.SHUT, owner.gate()),
            new Does(Effect.KILL, owner.gate()));
    if (done) {
      probe(owner);
      newOwner(place);
      probe(owner);
    }
  }

  /// A customer with its role, and its clients.
  void newOwner(int place) {
    String id = newName("customer");
    String tenant = newName("tenant");
    int gate = history.newGate();
    List<Program> programs = new ArrayList<>();
    Owner owner =
        new Owner(id, tenant, gate, history.newGate(), programs, new ReentrantReadWriteLock());
    untilDone(
        () ->
            does(
                "POST",
                "/oauth/customers",
                "{\"id\":\"" + id + "\",\"tenants\":[\"" + tenant + "\"]}",
                new Does(Effect.OPEN, gate)));
    untilDone(() -> does("POST", owner.path() + "/roles", "[\"ROLE_WATCH\"]"));
    givePermission(owner);
    for (int i = 0; i < Population.CLIENTS; i++) {
      Program program = new Program(newName("client"), id, tenant, history.newGate(), gate);
      int secretGate = history.newGate();
      untilDone(
          () ->
              does(
                  "POST",
                  owner.path() + "/clients",
                  program.json(true, ""),
                  new Does(Effect.OPEN, program.gate),
                  new Does(Effect.OPEN, secretGate)));
      String secret = connections.get(node).member("clientSecret");
      program.secrets.add(program.held(onlySecret(program), secretGate, secret));
      programs.add(program);
    }
    population.put(place, owner);
  }

  /// Another node may not know yet what was made on this one.
  private static void untilDone(BooleanSupplier deed) {
    for (int i = 0; i < 1_000; i++) {
      if (deed.getAsBoolean()) {
        return;
      }
    }
    throw new IllegalStateException("cannot be done");
  }
}
