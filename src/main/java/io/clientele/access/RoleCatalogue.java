package io.clientele.access;

import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The roles of one customer, with the privileges they carry now.
public final class RoleCatalogue {

  private final CustomerId customer;
  private final Map<RoleName, Set<Privilege>> custom;

  /// @param customRoles those that the customer added
  public RoleCatalogue(CustomerId customer, Collection<CustomRole> customRoles) {
    this.customer = customer;
    this.custom = new TreeMap<>();
    customRoles.forEach(role -> custom.put(role.name(), Set.copyOf(role.privileges())));
  }

  /// Whether the customer has this role, the system's or its own.
  public boolean has(RoleName role) {
    return Role.of(role).map(each -> each.existsIn(customer)).orElse(custom.containsKey(role));
  }

  /// What the role carries; nothing for a role that is not there.
  public Set<Privilege> privileges(RoleName role) {
    return Role.of(role)
        .map(each -> each.existsIn(customer) ? each.privileges() : Set.<Privilege>of())
        .orElse(custom.getOrDefault(role, Set.of()));
  }

  /// What all these roles carry together.
  public Set<Privilege> privileges(Collection<RoleName> roles) {
    Set<Privilege> all = new HashSet<>();
    roles.forEach(role -> all.addAll(privileges(role)));
    return all;
  }

  /// Every role of the customer, in byte order.
  public SortedSet<RoleName> names() {
    SortedSet<RoleName> names = new TreeSet<>(custom.keySet());
    Role.in(customer).forEach(role -> names.add(role.roleName()));
    return names;
  }
}
