package io.clientele.trust;

import static io.clientele.trust.DelegationModel.CUSTOM;
import static io.clientele.trust.DelegationModel.SYSTEM;
import static io.clientele.trust.DelegationModel.actsOnTheWhole;
import static io.clientele.trust.DelegationModel.one;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.CustomerRows;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import io.clientele.trust.DelegationModel.Holder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Random deeds through the front door, of which the whole server must say what [DelegationModel]
/// says, and do no more. The seed is told; `-Dclientele.test.seed=N` runs it again.
@TrustCase(
    id = "T16",
    title = "Delegation: the whole server against a model",
    unit = "random deeds",
    required = 10_000,
    brief = 200,
    seconds = 120)
@WithServer
class DelegationDoorTest {
  private static final int DEEDS_IN_A_WORLD = 200;

  /// The body that makes a role carry this.
  static ObjectNode document(Set<String> privileges) {
    Map<String, Map<String, List<String>>> services = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String privilege : privileges) {
      String[] words = privilege.split(" ", -1);
      int dot = words[0].indexOf('.');
      String service = dot < 0 ? words[0] : words[0].substring(0, dot);
      String resource = dot < 0 ? "All" : words[0].substring(dot + 1);
      List<String> actions =
          services
              .computeIfAbsent(service, key -> new TreeMap<>(String.CASE_INSENSITIVE_ORDER))
              .computeIfAbsent(resource, key -> new ArrayList<>());
      if (!actions.contains(words[1])) {
        actions.add(words[1]);
      }
    }
    ObjectNode document = Answer.JSON.createObjectNode();
    ArrayNode array = document.putArray("servicePermissions");
    services.forEach(
        (service, resources) -> {
          ArrayNode list = array.addObject().put("id", service).putArray("resourcePermissions");
          resources.forEach(
              (resource, actions) ->
                  actions.forEach(
                      list.addObject().put("id", resource).putArray("allowedPrivileges")::add));
        });
    return document;
  }

  /// A client through the front door: what was asked for, and what it holds by contract 2.1 and
  /// 2.2.
  private record Wanted(ObjectNode body, Map<String, Set<String>> holds) {}

  private static final class World {
    final Random random;
    final Customer customer;
    final Connection connection;
    final Http http;
    final DelegationModel model = new DelegationModel(new TreeMap<>());
    final Map<String, Map<String, Set<String>>> holdings = new TreeMap<>();
    final List<String> targets = new ArrayList<>();
    final List<Map<String, Set<String>>> callers = new ArrayList<>();

    World(Random random, Customer customer, Connection connection, boolean checked) {
      this.random = random;
      this.customer = customer;
      this.connection = connection;
      Http held = customer.server().http();
      this.http = checked ? held : held.unchecked();
      String admin = customer.adminToken();
      http.post(customer.path() + "/roles", admin, CUSTOM).expect(201);
      for (String role : CUSTOM) {
        setPrivileges(role, admin, usefulPrivileges()).expect(200);
        // Each is held by somebody whom no deed below concerns.
        String id = Names.unique("holder");
        String tenant = customer.tenant(random.nextInt(2));
        http.post(customer.clients(), admin, Customer.client(id, Map.of(role, List.of(tenant))))
            .expect(201);
        holdings.put(id, Map.of(role, Set.of(tenant)));
      }
    }

    Set<String> usefulPrivileges() {
      Set<String> privileges = new TreeSet<>();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        privileges.add(
            one(
                    random,
                    List.of(
                        "Auth.Customer.Clients",
                        "Auth.Customer.Clients",
                        "auth.customer.roles",
                        "Auth.Customer"))
                + " "
                + one(random, DelegationModel.ACTIONS));
      }
      return privileges;
    }

    Answer setPrivileges(String role, String token, Set<String> privileges) {
      Answer answer =
          http.put(customer.path() + "/roles/permissions/" + role, token, document(privileges));
      if (answer.status() == 200) {
        model.customRoles().put(role, privileges);
      }
      return answer;
    }

    Wanted wanted(String id) {
      Map<String, Set<String>> holds = new TreeMap<>();
      ObjectNode body = Customer.client(id);
      boolean withPermissions = random.nextInt(4) != 0;
      Set<String> named = new TreeSet<>();
      if (withPermissions) {
        ObjectNode roles = body.putObject("clientPermissions").putObject("roles");
        for (int i = random.nextInt(4); i > 0; i--) {
          String role = one(random, roleNames());
          if (roles.has(role)) {
            continue;
          }
          Set<String> tenants = new TreeSet<>();
          if (!actsOnTheWhole(role) || random.nextBoolean()) {
            tenants.add(customer.tenant(random.nextInt(2)));
            tenants.add(customer.tenant(random.nextInt(2)));
          }
          ArrayNode array = roles.putArray(role);
          tenants.forEach(array::add);
          named.addAll(tenants);
          holds.put(role, tenants);
        }
      }
      if (random.nextInt(5) == 0) {
        String role = one(random, roleNames());
        body.putArray("scope").add(role);
        holds.put(role, Set.of(DelegationModel.ALL));
      }
      boolean byDefault = random.nextInt(4) == 0;
      body.put("defaultRolesAssignmentEnabled", byDefault);
      if (byDefault && !withPermissions) {
        holds.put("ROLE_API", Set.of(DelegationModel.ALL));
      } else if (byDefault && !named.isEmpty()) {
        Set<String> both = new TreeSet<>(named);
        both.addAll(holds.getOrDefault("ROLE_API", Set.of()));
        holds.put(
            "ROLE_API", both.contains(DelegationModel.ALL) ? Set.of(DelegationModel.ALL) : both);
      }
      return new Wanted(body, holds);
    }

    private List<String> roleNames() {
      List<String> names = new ArrayList<>(SYSTEM);
      names.addAll(CUSTOM);
      names.addAll(CUSTOM);
      return names;
    }

    /// A client that calls, with a token; no deed concerns it.
    Map.Entry<Holder, String> caller() {
      return caller(wanted(Names.unique("caller")));
    }

    /// One that may do much, so that in every world something is allowed.
    Map.Entry<Holder, String> administrator() {
      ObjectNode body = Customer.client(Names.unique("administrator"));
      body.put("defaultRolesAssignmentEnabled", false);
      ArrayNode scope = body.putArray("scope").add("ROLE_ADMIN_CUSTOMER");
      CUSTOM.forEach(scope::add);
      Map<String, Set<String>> holds = new TreeMap<>();
      scope.forEach(role -> holds.put(role.asText(), Set.of(DelegationModel.ALL)));
      return caller(new Wanted(body, holds));
    }

    private Map.Entry<Holder, String> caller(Wanted wanted) {
      Client client = customer.create(wanted.body);
      callers.add(wanted.holds);
      return Map.entry(new Holder(customer.id(), wanted.holds, false), client.token());
    }

    List<Set<String>> callersHolding(String role) {
      return callers.stream()
          .filter(held -> held.containsKey(role))
          .map(held -> held.getOrDefault(role, Set.of()))
          .toList();
    }

    void target() {
      Wanted wanted = wanted(Names.unique("target"));
      String id = wanted.body.get("clientId").asText();
      customer.create(wanted.body);
      holdings.put(id, wanted.holds);
      targets.add(id);
    }

    List<String> rows() {
      try {
        return CustomerRows.of(connection, customer.id());
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void theServerSaysWhatTheModelSays(TestServer server, Tally tally) throws SQLException {
    long seed = DelegationModel.seed();
    tally.measured("seed " + seed);
    Random random = new Random(seed);
    Map<Boolean, Long> outcomes = new HashMap<>();
    try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
      while (tally.done() < tally.required()) {
        Customer customer = server.newCustomer("tenant1", "tenant2");
        World world = new World(random, customer, connection, tally.scale() == Scale.BRIEF);
        List<Map.Entry<Holder, String>> callers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
          callers.add(i < 2 ? world.administrator() : world.caller());
          world.target();
        }
        for (int i = 0; i < DEEDS_IN_A_WORLD && tally.done() < tally.required(); i++) {
          Map.Entry<Holder, String> caller = one(random, callers);
          String words = "seed " + seed + ", deed " + tally.done();
          outcomes.merge(
              deed(world, caller.getKey(), caller.getValue(), words, tally), 1L, Long::sum);
          tally.done(1);
        }
      }
    }
    tally.measured(outcomes.getOrDefault(true, 0L) + " of them allowed");
    assertThat(outcomes).containsOnlyKeys(true, false);
    assertThat(outcomes.values()).allMatch(count -> count > tally.done() / 20);
  }

  /// Does something as the caller, and holds what becomes of it against the model.
  private static boolean deed(World world, Holder caller, String token, String words, Tally tally) {
    Random random = world.random;
    Customer customer = world.customer;
    String me = customer.id();
    String target = one(random, world.targets);
    Map<String, Set<String>> has = world.holdings.getOrDefault(target, Map.of());
    String path = customer.clients(target);
    List<String> before = world.rows();
    boolean takable = world.model.mayGiveAll(caller, me, has);
    Answer answer;
    boolean allowed;
    switch (random.nextInt(5)) {
      case 0 -> {
        Wanted wanted = world.wanted(Names.unique("made"));
        String id = wanted.body.get("clientId").asText();
        allowed =
            world.model.may(caller, "Auth.Customer.Clients CREATE", me)
                && world.model.mayGiveAll(caller, me, wanted.holds);
        answer = world.http.post(customer.clients(), token, wanted.body);
        if (allowed) {
          world.targets.add(id);
          world.holdings.put(id, wanted.holds);
        }
      }
      case 1 -> {
        Wanted wanted = world.wanted(target);
        allowed =
            world.model.may(caller, "Auth.Customer.Clients UPDATE", me)
                && takable
                && world.model.mayGiveAll(caller, me, wanted.holds);
        answer = world.http.put(path, token, wanted.body);
        if (allowed) {
          world.holdings.put(target, wanted.holds);
        }
      }
      case 2 -> {
        allowed = world.model.may(caller, "Auth.Customer.Clients UPDATE", me) && takable;
        answer = world.http.put(path + "/revoketokens", token);
      }
      case 3 -> {
        allowed = world.model.may(caller, "Auth.Customer.Clients DELETE", me) && takable;
        answer = world.http.delete(path, token);
        if (allowed) {
          world.targets.remove(target);
          world.holdings.remove(target);
          world.target();
        }
      }
      default -> {
        String role = one(random, CUSTOM);
        Set<String> privileges = world.usefulPrivileges();
        allowed =
            world.model.may(caller, "Auth.Customer.Roles UPDATE", me)
                && privileges.stream().allMatch(each -> world.model.has(caller, each))
                && world.holdings.values().stream()
                    .filter(held -> held.containsKey(role))
                    .allMatch(
                        held ->
                            world.model.mayGive(
                                caller, me, role, held.getOrDefault(role, Set.of())));
        // Callers hold roles too.
        allowed =
            allowed
                && world.callersHolding(role).stream()
                    .allMatch(held -> world.model.mayGive(caller, me, role, held));
        answer = world.setPrivileges(role, token, privileges);
      }
    }
    String told = words + ": " + caller + " " + world.model + " target " + has + "\n" + answer;
    if (answer.status() != (allowed ? (answer.status() == 201 ? 201 : 200) : 403)) {
      tally.wrong(told);
    } else if (!allowed && !world.rows().equals(before)) {
      tally.wrong("refused and done: " + told);
    }
    if (!allowed) {
      tally.badInputs(1);
    }
    return allowed;
  }
}
