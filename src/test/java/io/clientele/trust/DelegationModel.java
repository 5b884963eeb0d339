package io.clientele.trust;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Contract 2.3 as a small model of plain texts. Tenants are texts, `*` is all of them; privileges
/// are `resource ACTION`.
///
/// @param customRoles what each carries
record DelegationModel(Map<String, Set<String>> customRoles) {
  static final List<String> TENANTS = List.of("t1", "t2", "t3");
  static final List<String> SYSTEM =
      List.of(
          "ROLE_ADMIN_CUSTOMER", "ROLE_ADMIN_USER", "ROLE_ADMIN_TENANT", "ROLE_API", "ROLE_USER");
  static final List<String> OPERATORS = List.of("ROLE_OPERATOR", "ROLE_RESOURCE_SERVER");
  static final List<String> CUSTOM = List.of("ROLE_A", "ROLE_B", "ROLE_C");
  static final List<String> RESOURCES =
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

  static final String ALL = "*";
  static final List<String> ACTIONS = List.of("CREATE", "READ", "UPDATE", "DELETE");

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
    return mayGive(caller, customer, role, tenants, carried(role));
  }

  /// @param carries what the role carries when it is given, or shall carry from then on
  boolean mayGive(
      Holder caller, String customer, String role, Set<String> tenants, Set<String> carries) {
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
    return there && carries.stream().allMatch(privilege -> has(caller, privilege));
  }

  boolean mayGiveAll(Holder caller, String customer, Map<String, Set<String>> roles) {
    return roles.entrySet().stream()
        .allMatch(each -> mayGive(caller, customer, each.getKey(), each.getValue()));
  }

  /// Somebody who holds roles.
  record Holder(String customer, Map<String, Set<String>> roles, boolean narrowed) {
    boolean isOperator() {
      return !narrowed && customer.equals("operator") && roles.containsKey("ROLE_OPERATOR");
    }
  }

  /// One of these, at random.
  static <T> T one(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  static boolean actsOnTheWhole(String role) {
    return role.startsWith("ROLE_ADMIN_CUSTOMER")
        || role.startsWith("ROLE_ADMIN_USER")
        || OPERATORS.contains(role);
  }

  /// What random cases are made from: `-Dclientele.test.seed=N`, or another one each time.
  static long seed() {
    return Long.getLong("clientele.test.seed", ThreadLocalRandom.current().nextLong());
  }
}
