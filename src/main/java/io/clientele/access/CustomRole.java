package io.clientele.access;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.id.RoleName;
import java.util.LinkedHashSet;
import java.util.Set;

/// A role that a customer added.
///
/// @param name unique over the customer
/// @param servicePermissions the document's member of this name, as it was sent
public record CustomRole(RoleName name, JsonNode servicePermissions) {

  /// What the document grants.
  public Set<Privilege> privileges() {
    Set<Privilege> privileges = new LinkedHashSet<>();
    for (JsonNode service : servicePermissions) {
      for (JsonNode resource : service.path("resourcePermissions")) {
        for (JsonNode action : resource.path("allowedPrivileges")) {
          privileges.add(
              new Privilege(
                  service.path("id").textValue() + "." + resource.path("id").textValue(),
                  action.textValue()));
        }
      }
    }
    return privileges;
  }
}
