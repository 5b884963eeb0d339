package io.clientele.customer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.CustomRole;
import io.clientele.access.RoleCatalogue;
import io.clientele.http.Json;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A customer as it stands: its tenants and its roles with it.
///
/// @param id unique over the server, never used again after deletion
/// @param name for people
/// @param status whether its clients get tokens
/// @param generation raised whenever every token of its clients must die
/// @param tenants in byte order
/// @param customRoles the roles it added, in byte order
/// @param roles all its roles with what they carry
public record Customer(
    CustomerId id,
    String name,
    Status status,
    long generation,
    List<Tenant> tenants,
    List<CustomRole> customRoles,
    RoleCatalogue roles) {

  private static final Comparator<Tenant> BY_ID = Comparator.comparing(Tenant::id);

  /// Whether a customer's clients get tokens.
  public enum Status {
    ACTIVE("active"),
    SUSPENDED("suspended");

    private final String wireName;

    Status(String wireName) {
      this.wireName = wireName;
    }

    public String wireName() {
      return wireName;
    }

    /// Reads the wire name.
    public static Optional<Status> parse(String text) {
      for (Status status : values()) {
        if (status.wireName.equals(text)) {
          return Optional.of(status);
        }
      }
      return Optional.empty();
    }
  }

  public Customer {
    tenants = List.copyOf(tenants);
    customRoles = List.copyOf(customRoles);
  }

  public boolean isActive() {
    return status == Status.ACTIVE;
  }

  public List<TenantId> tenantIds() {
    return tenants.stream().map(Tenant::id).toList();
  }

  public boolean hasTenant(TenantId tenant) {
    return Collections.binarySearch(tenants, new Tenant(tenant, ""), BY_ID) >= 0;
  }

  /// `{"id","name","status","tenants"}`, tenants by their ids.
  ObjectNode toJson() {
    ObjectNode json =
        Json.object().put("id", id.text()).put("name", name).put("status", status.wireName());
    json.set("tenants", Json.strings(tenantIds()));
    return json;
  }
}
