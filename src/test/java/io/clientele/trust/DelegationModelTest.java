package io.clientele.trust;

import static io.clientele.trust.DelegationModel.ACTIONS;
import static io.clientele.trust.DelegationModel.ALL;
import static io.clientele.trust.DelegationModel.CUSTOM;
import static io.clientele.trust.DelegationModel.OPERATORS;
import static io.clientele.trust.DelegationModel.RESOURCES;
import static io.clientele.trust.DelegationModel.SYSTEM;
import static io.clientele.trust.DelegationModel.TENANTS;
import static io.clientele.trust.DelegationModel.actsOnTheWhole;
import static io.clientele.trust.DelegationModel.one;
import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.access.Caller;
import io.clientele.access.CustomRole;
import io.clientele.access.Gate;
import io.clientele.access.Generations;
import io.clientele.access.Holdings;
import io.clientele.access.Privilege;
import io.clientele.access.RoleCatalogue;
import io.clientele.access.TenantSet;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import io.clientele.trust.DelegationModel.Holder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Random cases in which the guard must say what [DelegationModel] says. The seed is told;
/// `-Dclientele.test.seed=N` runs it again.
@TrustCase(
    id = "T16",
    title = "Delegation: the guard against a model",
    unit = "random cases",
    required = 1_000_000,
    brief = 50_000,
    seconds = 60)
class DelegationModelTest {

  private static Set<String> privileges(Random random) {
    Set<String> privileges = new TreeSet<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      privileges.add(one(random, RESOURCES) + " " + one(random, ACTIONS));
    }
    return privileges;
  }

  private static Set<String> tenants(Random random, String role) {
    if (random.nextInt(6) == 0) {
      return Set.of(ALL);
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
    return tenants.contains(ALL)
        ? TenantSet.all()
        : TenantSet.of(tenants.stream().map(TenantId::new).toList());
  }

  private static Holdings holdings(Map<String, Set<String>> roles) {
    SortedMap<RoleName, TenantSet> byRole = new TreeMap<>();
    roles.forEach((role, tenants) -> byRole.put(new RoleName(role), tenantSet(tenants)));
    return new Holdings(byRole);
  }

  private static RoleCatalogue catalogue(String customer, DelegationModel model) {
    List<CustomRole> custom = new ArrayList<>();
    if (!customer.equals("operator")) {
      model
          .customRoles()
          .forEach(
              (role, privileges) ->
                  custom.add(
                      new CustomRole(
                          new RoleName(role),
                          DelegationDoorTest.document(privileges).get("servicePermissions"))));
    }
    return new RoleCatalogue(new CustomerId(customer), custom);
  }

  private static Caller caller(Holder holder, DelegationModel model) {
    Holdings holdings = holdings(holder.roles());
    return new Caller(
        new ClientId("caller"),
        new CustomerId(holder.customer()),
        new Generations(1, 1),
        holdings,
        holder.narrowed(),
        holdings,
        catalogue(holder.customer(), model).privileges(holdings.roles()));
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
  void theGuardSaysWhatTheModelSays(Tally tally) {
    long seed = DelegationModel.seed();
    tally.measured("seed " + seed);
    Random random = new Random(seed);
    Map<String, Long> outcomes = new HashMap<>();
    while (tally.done() < tally.required()) {
      guess(random, "seed " + seed + ", case " + tally.done(), outcomes, tally);
      tally.done(1);
    }
    // Neither answer is a rare one.
    assertThat(outcomes.values()).allMatch(count -> count > tally.done() / 20).hasSize(4);
  }

  private static DelegationModel model(Random random) {
    Map<String, Set<String>> custom = new TreeMap<>();
    CUSTOM.forEach(role -> custom.put(role, said(privileges(random))));
    return new DelegationModel(custom);
  }

  private static void guess(Random random, String words, Map<String, Long> outcomes, Tally tally) {
    DelegationModel model = model(random);
    // What roles would carry once somebody has written it: also more than the writer holds.
    DelegationModel written = random.nextInt(3) == 0 ? model(random) : model;
    Holder holder = holder(random);
    Caller caller = caller(holder, model);
    String customer = one(random, List.of("abc", "abc", "xyz", "operator"));
    List<String> roles = new ArrayList<>(customer.equals("operator") ? OPERATORS : SYSTEM);
    if (!customer.equals("operator")) {
      roles.addAll(CUSTOM);
    }
    String role =
        !holder.roles().isEmpty() && random.nextBoolean()
            ? one(random, List.copyOf(holder.roles().keySet()))
            : one(random, roles);
    Set<String> tenants = tenants(random, role);
    String resource = one(random, RESOURCES);
    String action = one(random, ACTIONS);
    RoleCatalogue catalogue = catalogue(customer, written);

    boolean mayGive =
        Gate.mayGive(
            caller, new CustomerId(customer), new RoleName(role), tenantSet(tenants), catalogue);
    boolean may = Gate.may(caller, new Privilege(resource, action), new CustomerId(customer));
    boolean takable =
        Gate.notTakable(
                caller, new CustomerId(customer), holdings(Map.of(role, tenants)), catalogue, "")
            .isEmpty();

    if (mayGive != model.mayGive(holder, customer, role, tenants, written.carried(role))) {
      tally.wrong(
          words + ": " + holder + " " + model + " in " + customer + " gives " + role + tenants);
    }
    if (takable != mayGive) {
      tally.wrong(
          words + ": " + holder + " " + model + " in " + customer + " takes " + role + tenants);
    }
    if (may != model.may(holder, resource + " " + action, customer)) {
      tally.wrong(
          words + ": " + holder + " " + model + " in " + customer + " uses " + resource + action);
    }
    outcomes.merge("give " + mayGive, 1L, Long::sum);
    outcomes.merge("may " + may, 1L, Long::sum);
  }
}
