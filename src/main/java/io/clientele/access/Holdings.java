package io.clientele.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.http.Json;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The roles that somebody holds, each with its tenants.
///
/// @param byRole in byte order of the roles
public record Holdings(SortedMap<RoleName, TenantSet> byRole) {

  public static final Holdings NONE = new Holdings(new TreeMap<>());

  public Holdings {
    byRole = Collections.unmodifiableSortedMap(new TreeMap<>(byRole));
  }

  public boolean has(Role role) {
    return byRole.containsKey(role.roleName());
  }

  public boolean isEmpty() {
    return byRole.isEmpty();
  }

  public Collection<RoleName> roles() {
    return byRole.keySet();
  }

  /// All of these roles on the same tenants.
  public static Holdings of(Collection<RoleName> roles, TenantSet tenants) {
    SortedMap<RoleName, TenantSet> byRole = new TreeMap<>();
    roles.forEach(role -> byRole.put(role, tenants));
    return new Holdings(byRole);
  }

  /// What either holds: roles in one or both, each on the tenants in either.
  public Holdings union(Holdings other) {
    SortedMap<RoleName, TenantSet> either = new TreeMap<>(byRole);
    other.byRole.forEach((role, tenants) -> either.merge(role, tenants, TenantSet::union));
    return new Holdings(either);
  }

  /// What both hold: roles in both, each on the tenants in both.
  public Holdings intersection(Holdings other) {
    SortedMap<RoleName, TenantSet> both = new TreeMap<>();
    byRole.forEach(
        (role, tenants) -> {
          TenantSet others = other.byRole.get(role);
          if (others == null) {
            return;
          }
          TenantSet common = tenants.intersection(others);
          boolean nothingInCommon =
              common.equals(TenantSet.none())
                  && !tenants.equals(TenantSet.none())
                  && !others.equals(TenantSet.none())
                  && !Role.of(role).map(Role::actsOnWholeCustomer).orElse(false);
          if (!nothingInCommon) {
            both.put(role, common);
          }
        });
    return new Holdings(both);
  }

  /// What is held on one tenant of the customer; a role that acts on the whole customer is held on
  /// each.
  public Holdings on(TenantId tenant) {
    SortedMap<RoleName, TenantSet> there = new TreeMap<>();
    byRole.forEach(
        (role, tenants) -> {
          if (tenants.holds(tenant) || Role.of(role).map(Role::actsOnWholeCustomer).orElse(false)) {
            there.put(role, new TenantSet.Some(List.of(tenant)));
          }
        });
    return new Holdings(there);
  }

  /// Of these only the roles named.
  public Holdings only(Collection<RoleName> roles) {
    SortedMap<RoleName, TenantSet> kept = new TreeMap<>(byRole);
    kept.keySet().retainAll(roles);
    return new Holdings(kept);
  }

  /// `{ROLE: [tenant, …]}`, `["*"]` for all tenants.
  public ObjectNode toJson() {
    ObjectNode json = Json.object();
    byRole.forEach((role, tenants) -> json.set(role.text(), Json.strings(tenants.written())));
    return json;
  }

  /// Reads what `toJson` wrote.
  public static Holdings fromJson(JsonNode json) {
    SortedMap<RoleName, TenantSet> byRole = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      List<String> written = new ArrayList<>();
      entry.getValue().forEach(each -> written.add(each.textValue()));
      byRole.put(new RoleName(entry.getKey()), TenantSet.read(written));
    }
    return new Holdings(byRole);
  }
}
