package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Caller;
import io.clientele.access.CustomRole;
import io.clientele.access.Gate;
import io.clientele.access.Generations;
import io.clientele.access.Holdings;
import io.clientele.access.Privilege;
import io.clientele.access.RoleCatalogue;
import io.clientele.access.TenantSet;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.WithServer;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/// Contract 2.3 as a small model of plain texts, and random cases in which the guard, and the whole
/// server, must say the same. The seed is told; `-Dclientele.test.seed=N` runs it again.
@WithServer
class DelegationModelTest {
  private static final int CASES = 100_000;
  private static final int WORLDS = 6;
  private static final int DEEDS = 60;

  private static long seed(TestReporter reporter) {
    long seed = Long.getLong("clientele.test.seed", ThreadLocalRandom.current().nextLong());
    reporter.publishEntry("seed", Long.toString(seed));
    return seed;
  }

  /// The model. Tenants are texts, `*` is all of them; privileges are `resource ACTION`.
  private record Model(Map<String, Set<String>> customRoles) {
    private static final String ALL = "*";
    private static final List<String> ACTIONS = List.of("CREATE", "READ", "UPDATE", "DELETE");

    /// What a role carries, in whatever case it was written.
    Set<String> carried(String role) {
      Set<String> carried = new HashSet<>();
      switch (role) {
        case "ROLE_RESOURCE_SERVER" -> carried.add("Auth.Tokens READ");
        case "ROLE_ADMIN_CUSTOMER" ->
            ACTIONS.forEach(action -> carried.add("Auth.Customer " + action));
        case "ROLE_ADMIN_USER" -> {
          ACTIONS.forEach(action -> carried.add("Auth.Customer.Clients " + action));
          ACTIONS.forEach(action -> carried.add("Auth.Customer.Roles " + action));
          carried.add("Auth.Customer.Audit READ");
        }
        default -> carried.addAll(customRoles.getOrDefault(role, Set.of()));
      }
      return carried;
    }

    boolean has(Holder caller, String privilege) {
      return caller.isOperator()
          || caller.roles.keySet().stream()
              .flatMap(role -> carried(role).stream())
              .anyMatch(carried -> covers(carried, privilege));
    }

    /// A right on a parent covers its children; names compare without case.
    private static boolean covers(String carried, String needed) {
      String[] have = carried.toLowerCase(Locale.ROOT).split(" ", -1);
      String[] want = needed.toLowerCase(Locale.ROOT).split(" ", -1);
      List<String> haveSteps = List.of(have[0].split("\\.", -1));
      List<String> wantSteps = List.of(want[0].split("\\.", -1));
      return have[1].equals(want[1])
          && wantSteps.size() >= haveSteps.size()
          && wantSteps.subList(0, haveSteps.size()).equals(haveSteps);
    }

    /// Whether the caller may use this customer's paths with a privilege.
    boolean may(Holder caller, String privilege, String customer) {
      if (caller.narrowed) {
        return false;
      }
      return caller.isOperator()
          || (!customer.equals("operator")
              && caller.customer.equals(customer)
              && has(caller, privilege));
    }

    boolean outranks(Holder caller, String customer, String role) {
      if (caller.isOperator()) {
        return true;
      }
      boolean atHome = caller.customer.equals(customer) && !customer.equals("operator");
      return atHome
          && (caller.roles.containsKey("ROLE_ADMIN_CUSTOMER")
              || (caller.roles.containsKey("ROLE_ADMIN_USER")
                  && !role.equals("ROLE_ADMIN_CUSTOMER")));
    }

    boolean mayGive(Holder caller, String customer, String role, Set<String> tenants) {
      if (caller.narrowed) {
        return false;
      }
      if (outranks(caller, customer, role)) {
        return true;
      }
      if (!caller.customer.equals(customer) || !caller.roles.containsKey(role)) {
        return false;
      }
      Set<String> held = caller.roles.getOrDefault(role, Set.of());
      boolean there = held.contains(ALL) || held.containsAll(tenants);
      return there && carried(role).stream().allMatch(privilege -> has(caller, privilege));
    }

    boolean mayGiveAll(Holder caller, String customer, Map<String, Set<String>> roles) {
      return roles.entrySet().stream()
          .allMatch(each -> mayGive(caller, customer, each.getKey(), each.getValue()));
    }
  }

  /// Somebody who holds roles.
  private record Holder(String customer, Map<String, Set<String>> roles, boolean narrowed) {
    boolean isOperator() {
      return !narrowed && customer.equals("operator") && roles.containsKey("ROLE_OPERATOR");
    }
  }

  private static final List<String> TENANTS = List.of("t1", "t2", "t3");
  private static final List<String> SYSTEM =
      List.of(
          "ROLE_ADMIN_CUSTOMER", "ROLE_ADMIN_USER", "ROLE_ADMIN_TENANT", "ROLE_API", "ROLE_USER");
  private static final List<String> OPERATORS = List.of("ROLE_OPERATOR", "ROLE_RESOURCE_SERVER");
  private static final List<String> CUSTOM = List.of("ROLE_A", "ROLE_B", "ROLE_C");
  private static final List<String> RESOURCES =
      List.of(
          "Auth.Customer",
          "auth.customer.clients",
          "Auth.Customer.Clients",
          "Auth.Customer.Roles",
          "AUTH.CUSTOMER.AUDIT",
          "Auth.Customer.Clients.Deep",
          "Auth.Customer.Clientsx",
          "Files.Customer.Clients",
          "Files");

  private static <T> T one(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static Set<String> privileges(Random random) {
    Set<String> privileges = new TreeSet<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      privileges.add(one(random, RESOURCES) + " " + one(random, Model.ACTIONS));
    }
    return privileges;
  }

  private static Set<String> tenants(Random random, String role) {
    if (random.nextInt(6) == 0) {
      return Set.of(Model.ALL);
    }
    if (actsOnTheWhole(role) && random.nextBoolean()) {
      return Set.of();
    }
    Set<String> some = new TreeSet<>();
    do {
      some.add(one(random, TENANTS));
    } while (random.nextBoolean());
    return some;
  }

  private static boolean actsOnTheWhole(String role) {
    return role.startsWith("ROLE_ADMIN_CUSTOMER")
        || role.startsWith("ROLE_ADMIN_USER")
        || OPERATORS.contains(role);
  }

  private static Holder holder(Random random) {
    String customer = one(random, List.of("abc", "abc", "xyz", "operator"));
    List<String> roles = new ArrayList<>(customer.equals("operator") ? OPERATORS : SYSTEM);
    if (!customer.equals("operator")) {
      roles.addAll(CUSTOM);
    }
    Map<String, Set<String>> held = new TreeMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String role = one(random, roles);
      // Rank is dull; most callers have none.
      if (!role.startsWith("ROLE_ADMIN_") || random.nextInt(4) == 0) {
        held.put(role, tenants(random, role));
      }
    }
    return new Holder(customer, held, random.nextInt(12) == 0);
  }

  private static TenantSet tenantSet(Set<String> tenants) {
    return tenants.contains(Model.ALL)
        ? TenantSet.all()
        : TenantSet.of(tenants.stream().map(TenantId::new).toList());
  }

  private static Holdings holdings(Map<String, Set<String>> roles) {
    SortedMap<RoleName, TenantSet> byRole = new TreeMap<>();
    roles.forEach((role, tenants) -> byRole.put(new RoleName(role), tenantSet(tenants)));
    return new Holdings(byRole);
  }

  private static RoleCatalogue catalogue(String customer, Model model) {
    List<CustomRole> custom = new ArrayList<>();
    if (!customer.equals("operator")) {
      model.customRoles.forEach(
          (role, privileges) ->
              custom.add(
                  new CustomRole(
                      new RoleName(role), document(privileges).get("servicePermissions"))));
    }
    return new RoleCatalogue(new CustomerId(customer), custom);
  }

  private static Caller caller(Holder holder, Model model) {
    Holdings holdings = holdings(holder.roles);
    return new Caller(
        new ClientId("caller"),
        new CustomerId(holder.customer),
        new Generations(1, 1),
        holdings,
        holder.narrowed,
        holdings,
        catalogue(holder.customer, model).privileges(holdings.roles()));
  }

  private static ObjectNode document(Set<String> privileges) {
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

  /// The privileges as the document says them (`Files` alone becomes `Files.All`).
  private static Set<String> said(Set<String> privileges) {
    Set<String> said = new TreeSet<>();
    for (String privilege : privileges) {
      said.add(
          privilege.startsWith("Files ") ? privilege.replace("Files ", "Files.All ") : privilege);
    }
    return said;
  }

  @Test
  void theGuardSaysWhatTheModelSays(TestReporter reporter) {
    long seed = seed(reporter);
    Random random = new Random(seed);
    Map<String, Integer> outcomes = new HashMap<>();
    for (int i = 0; i < CASES; i++) {
      Map<String, Set<String>> custom = new TreeMap<>();
      CUSTOM.forEach(role -> custom.put(role, said(privileges(random))));
      Model model = new Model(custom);
      Holder holder = holder(random);
      Caller caller = caller(holder, model);
      String customer = one(random, List.of("abc", "abc", "xyz", "operator"));
      List<String> roles = new ArrayList<>(customer.equals("operator") ? OPERATORS : SYSTEM);
      if (!customer.equals("operator")) {
        roles.addAll(CUSTOM);
      }
      String role =
          !holder.roles.isEmpty() && random.nextBoolean()
              ? one(random, List.copyOf(holder.roles.keySet()))
              : one(random, roles);
      Set<String> tenants = tenants(random, role);
      String privilege = one(random, RESOURCES) + " " + one(random, Model.ACTIONS);
      String words =
          "seed " + seed + ", case " + i + ": " + holder + " " + model + " in " + customer;

      boolean mayGive =
          Gate.mayGive(
              caller,
              new CustomerId(customer),
              new RoleName(role),
              tenantSet(tenants),
              catalogue(customer, model));
      boolean may =
          Gate.may(
              caller,
              new Privilege(privilege.split(" ", -1)[0], privilege.split(" ", -1)[1]),
              new CustomerId(customer));
      boolean takable =
          Gate.notTakable(
                  caller,
                  new CustomerId(customer),
                  holdings(Map.of(role, tenants)),
                  catalogue(customer, model),
                  "")
              .isEmpty();

      assertThat(mayGive)
          .as("%s gives %s on %s", words, role, tenants)
          .isEqualTo(model.mayGive(holder, customer, role, tenants));
      assertThat(takable).as("%s takes over %s on %s", words, role, tenants).isEqualTo(mayGive);
      assertThat(may)
          .as("%s uses %s", words, privilege)
          .isEqualTo(model.may(holder, privilege, customer));
      outcomes.merge("give " + mayGive, 1, Integer::sum);
      outcomes.merge("may " + may, 1, Integer::sum);
    }
    // Neither answer is a rare one.
    assertThat(outcomes.values()).allMatch(count -> count > CASES / 20).hasSize(4);
  }

  /// A client through the front door: what was asked for, and what it holds by contract 2.1 and
  /// 2.2.
  private record Wanted(ObjectNode body, Map<String, Set<String>> holds) {}

  private static final class World {
    final Random random;
    final Customer customer;
    final Http http;
    final Model model = new Model(new TreeMap<>());
    final Map<String, Map<String, Set<String>>> holdings = new TreeMap<>();
    final List<String> targets = new ArrayList<>();
    final List<Map<String, Set<String>>> callers = new ArrayList<>();

    World(Random random, Customer customer) {
      this.random = random;
      this.customer = customer;
      this.http = customer.server().http();
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
                + one(random, Model.ACTIONS));
      }
      return privileges;
    }

    Answer setPrivileges(String role, String token, Set<String> privileges) {
      Answer answer =
          http.put(customer.path() + "/roles/permissions/" + role, token, document(privileges));
      if (answer.status() == 200) {
        model.customRoles.put(role, privileges);
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
        holds.put(role, Set.of(Model.ALL));
      }
      boolean byDefault = random.nextInt(4) == 0;
      body.put("defaultRolesAssignmentEnabled", byDefault);
      if (byDefault && !withPermissions) {
        holds.put("ROLE_API", Set.of(Model.ALL));
      } else if (byDefault && !named.isEmpty()) {
        Set<String> both = new TreeSet<>(named);
        both.addAll(holds.getOrDefault("ROLE_API", Set.of()));
        holds.put("ROLE_API", both.contains(Model.ALL) ? Set.of(Model.ALL) : both);
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
      Wanted wanted = wanted(Names.unique("caller"));
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

    String shown() {
      StringBuilder shown = new StringBuilder();
      for (JsonNode client : http.all(customer.clients(), customer.adminToken())) {
        shown.append(client).append('\n');
      }
      return shown
          .append(http.get(customer.path() + "/roles/permissions", customer.adminToken()).text())
          .toString();
    }
  }

  @Test
  void theServerSaysWhatTheModelSays(
      TestReporter reporter, io.clientele.harness.TestServer server) {
    long seed = seed(reporter);
    Random random = new Random(seed);
    Map<Boolean, Integer> outcomes = new HashMap<>();
    for (int w = 0; w < WORLDS; w++) {
      World world = new World(random, server.newCustomer("tenant1", "tenant2"));
      List<Map.Entry<Holder, String>> callers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        callers.add(world.caller());
        world.target();
      }
      for (int i = 0; i < DEEDS; i++) {
        Map.Entry<Holder, String> caller = one(random, callers);
        String words = "seed " + seed + ", world " + w + ", deed " + i;
        outcomes.merge(deed(world, caller.getKey(), caller.getValue(), words), 1, Integer::sum);
      }
    }
    assertThat(outcomes).containsOnlyKeys(true, false);
    assertThat(outcomes.values()).allMatch(count -> count > WORLDS * DEEDS / 20);
  }

  /// Does something as the caller, and holds what becomes of it against the model.
  private static boolean deed(World world, Holder caller, String token, String words) {
    Random random = world.random;
    Customer customer = world.customer;
    String me = customer.id();
    String target = one(random, world.targets);
    Map<String, Set<String>> has = world.holdings.getOrDefault(target, Map.of());
    String path = customer.clients(target);
    String before = world.shown();
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
    if (allowed) {
      assertThat(answer.status()).as(told).isIn(200, 201);
    } else {
      assertThat(answer.status()).as(told).isEqualTo(403);
      assertThat(world.shown()).as(told).isEqualTo(before);
    }
    return allowed;
  }
}
