package io.clientele.access;

import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The system's roles. A customer may add custom ones of its own.
@SuppressWarnings("ImmutableEnumChecker") // a record of text, and sets made by Set.of and its like
public enum Role {
  OPERATOR("ROLE_OPERATOR", Set.of()),
  RESOURCE_SERVER("ROLE_RESOURCE_SERVER", Set.of(new Privilege(Privilege.TOKENS, Privilege.READ))),
  ADMIN_CUSTOMER("ROLE_ADMIN_CUSTOMER", all(Privilege.CUSTOMER)),
  ADMIN_USER(
      "ROLE_ADMIN_USER",
      union(
          List.of(
              all(Privilege.CLIENTS),
              all(Privilege.ROLES),
              Set.of(new Privilege(Privilege.AUDIT, Privilege.READ))))),
  ADMIN_TENANT("ROLE_ADMIN_TENANT", Set.of()),
  API("ROLE_API", Set.of()),
  USER("ROLE_USER", Set.of());

  private static final Map<RoleName, Role> BY_NAME =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(Role::roleName, Function.identity()));
  private static final Map<String, Role> BY_FOLDED_NAME =
      Arrays.stream(values())
          .collect(Collectors.toUnmodifiableMap(r -> r.roleName().folded(), Function.identity()));
  private static final List<String> RESERVED_PREFIXES =
      List.of("ROLE_ADMIN_CUSTOMER_", "ROLE_ADMIN_USER_", "ROLE_ADMIN_TENANT_");

  private final RoleName roleName;
  private final Set<Privilege> privileges;

  Role(String name, Set<Privilege> privileges) {
    this.roleName = new RoleName(name);
    this.privileges = privileges;
  }

  private static Set<Privilege> all(String resource) {
    return Stream.of(Privilege.CREATE, Privilege.READ, Privilege.UPDATE, Privilege.DELETE)
        .map(action -> new Privilege(resource, action))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Set<Privilege> union(List<Set<Privilege>> sets) {
    return sets.stream().flatMap(Set::stream).collect(Collectors.toUnmodifiableSet());
  }

  public RoleName roleName() {
    return roleName;
  }

  /// What the role may do here; ROLE_OPERATOR may do all and lists nothing.
  public Set<Privilege> privileges() {
    return privileges;
  }

  /// The system's role of this name, if it is one.
  public static Optional<Role> of(RoleName name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /// Whether the role exists in the customer: two in `operator` only, the others everywhere else
  /// only.
  public boolean existsIn(CustomerId customer) {
    return customer.isOperator() == (this == OPERATOR || this == RESOURCE_SERVER);
  }

  /// The system's roles of a customer.
  public static List<Role> in(CustomerId customer) {
    return Arrays.stream(values()).filter(role -> role.existsIn(customer)).toList();
  }

  /// Whether the role acts on its whole customer, now and later, whatever tenants a grant lists.
  public boolean actsOnWholeCustomer() {
    return this == OPERATOR || this == ADMIN_CUSTOMER || this == ADMIN_USER;
  }

  /// Whether a grant of the role may list no tenant.
  public boolean mayListNoTenant() {
    return actsOnWholeCustomer() || this == RESOURCE_SERVER;
  }

  /// Whether a customer may call a role of its own so: not as the system's (ignoring case), and not
  /// as the source calls the administrators of other customers.
  public static boolean mayBeCustom(RoleName name) {
    String folded = name.folded();
    return !BY_FOLDED_NAME.containsKey(folded)
        && RESERVED_PREFIXES.stream()
            .noneMatch(prefix -> folded.startsWith(prefix.toUpperCase(Locale.ROOT)));
  }
}
