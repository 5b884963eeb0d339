package io.clientele.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.clientele.access.Holdings;
import io.clientele.access.Role;
import io.clientele.access.TenantSet;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a request says of a client, but its id and secret: the fields of the source's page, in the
/// order of its example.
///
/// @param scope legacy: roles held on all tenants
/// @param clientPermissions `{"roles":{ROLE:[tenantId,…]}}` as sent; null node if absent
/// @param accessTokenValidity seconds; absent for the default
public record ClientFields(
    List<String> scope,
    JsonNode clientPermissions,
    List<String> authorities,
    List<String> resourceIds,
    Optional<String> clientDescription,
    Optional<String> clientName,
    Optional<String> clientEmail,
    List<String> redirectUri,
    OptionalInt accessTokenValidity,
    OptionalInt refreshTokenValidity,
    boolean defaultRolesAssignmentEnabled,
    List<AuthenticationMethod> clientAuthenticationMethods,
    boolean enabled) {

  public ClientFields {
    scope = List.copyOf(scope);
    authorities = List.copyOf(authorities);
    resourceIds = List.copyOf(resourceIds);
    redirectUri = List.copyOf(redirectUri);
    clientAuthenticationMethods = List.copyOf(clientAuthenticationMethods);
  }

  /// Fields of a client made by the server itself: these roles, both methods, no ROLE_API by
  /// default.
  static ClientFields holding(JsonNode clientPermissions) {
    return new ClientFields(
        List.of(),
        clientPermissions,
        List.of(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        false,
        List.of(AuthenticationMethod.BASIC, AuthenticationMethod.POST),
        true);
  }

  /// What `clientPermissions` absent looks like.
  static JsonNode noPermissions() {
    return NullNode.getInstance();
  }

  /// What `clientPermissions` lists.
  Holdings listed() {
    return listed(clientPermissions);
  }

  private static Holdings listed(JsonNode clientPermissions) {
    SortedMap<RoleName, TenantSet> byRole = new TreeMap<>();
    clientPermissions
        .path("roles")
        .properties()
        .forEach(
            entry -> {
              List<TenantId> tenants = new ArrayList<>();
              entry.getValue().forEach(tenant -> tenants.add(new TenantId(tenant.textValue())));
              byRole.put(new RoleName(entry.getKey()), TenantSet.of(tenants));
            });
    return new Holdings(byRole);
  }

  /// What `scope` gives: each role on all tenants.
  Holdings fromScope() {
    return fromScope(scope);
  }

  private static Holdings fromScope(List<String> scope) {
    return Holdings.of(scope.stream().map(RoleName::new).toList(), TenantSet.all());
  }

  /// What ROLE_API by default adds: on the tenants that `clientPermissions` names, whatever the
  /// role; on all tenants if it is absent. Nothing in `operator`, which has no such role.
  Holdings byDefault(CustomerId customer) {
    return defaultRolesAssignmentEnabled ? byDefault(clientPermissions, customer) : Holdings.NONE;
  }

  private static Holdings byDefault(JsonNode clientPermissions, CustomerId customer) {
    if (customer.isOperator()) {
      return Holdings.NONE;
    }
    if (clientPermissions.isNull()) {
      return Holdings.of(List.of(Role.API.roleName()), TenantSet.all());
    }
    Set<TenantId> named = new TreeSet<>();
    clientPermissions
        .path("roles")
        .forEach(tenants -> tenants.forEach(each -> named.add(new TenantId(each.textValue()))));
    return named.isEmpty()
        ? Holdings.NONE
        : Holdings.of(List.of(Role.API.roleName()), TenantSet.of(named));
  }

  /// All that the client holds: listed, from `scope`, and by default.
  Holdings holdings(CustomerId customer) {
    return holdings(clientPermissions, scope, defaultRolesAssignmentEnabled, customer);
  }

  /// All that a client with these fields holds.
  static Holdings holdings(
      JsonNode clientPermissions,
      List<String> scope,
      boolean defaultRolesAssignmentEnabled,
      CustomerId customer) {
    Holdings given = listed(clientPermissions).union(fromScope(scope));
    return defaultRolesAssignmentEnabled
        ? given.union(byDefault(clientPermissions, customer))
        : given;
  }

  /// The names of the fields in which two differ.
  List<String> differences(ClientFields other) {
    List<String> names = new ArrayList<>();
    note(names, "scope", scope.equals(other.scope));
    note(names, "clientPermissions", clientPermissions.equals(other.clientPermissions));
    note(names, "authorities", authorities.equals(other.authorities));
    note(names, "resourceIds", resourceIds.equals(other.resourceIds));
    note(names, "clientDescription", clientDescription.equals(other.clientDescription));
    note(names, "clientName", clientName.equals(other.clientName));
    note(names, "clientEmail", clientEmail.equals(other.clientEmail));
    note(names, "redirectUri", redirectUri.equals(other.redirectUri));
    note(names, "accessTokenValidity", accessTokenValidity.equals(other.accessTokenValidity));
    note(names, "refreshTokenValidity", refreshTokenValidity.equals(other.refreshTokenValidity));
    note(
        names,
        "defaultRolesAssignmentEnabled",
        defaultRolesAssignmentEnabled == other.defaultRolesAssignmentEnabled);
    note(
        names,
        "clientAuthenticationMethods",
        clientAuthenticationMethods.equals(other.clientAuthenticationMethods));
    note(names, "enabled", enabled == other.enabled);
    return names;
  }

  private static void note(List<String> names, String name, boolean same) {
    if (!same) {
      names.add(name);
    }
  }
}
