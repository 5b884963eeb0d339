package io.clientele.access;

import java.util.Locale;

/// A right: an action on a resource. A right on a parent covers its children (`Auth.Customer`
/// covers `Auth.Customer.Clients`); names compare without case, so they are kept folded.
///
/// @param resource dotted, lower case; its first step is the service
/// @param action upper case, as a rule CREATE, READ, UPDATE or DELETE
public record Privilege(String resource, String action) {

  /// Introspect tokens of all customers.
  public static final String TOKENS = "Auth.Tokens";

  /// A customer with all that is its own.
  public static final String CUSTOMER = "Auth.Customer";

  public static final String CLIENTS = "Auth.Customer.Clients";
  public static final String ROLES = "Auth.Customer.Roles";
  public static final String AUDIT = "Auth.Customer.Audit";
  public static final String METRICS = "Auth.Metrics";

  public static final String CREATE = "CREATE";
  public static final String READ = "READ";
  public static final String UPDATE = "UPDATE";
  public static final String DELETE = "DELETE";

  public Privilege {
    resource = resource.toLowerCase(Locale.ROOT);
    action = action.toUpperCase(Locale.ROOT);
  }

  /// Whether who holds this may do that.
  public boolean covers(Privilege needed) {
    return action.equals(needed.action) && isAtOrAbove(needed.resource);
  }

  private boolean isAtOrAbove(String other) {
    return other.equals(resource)
        || (other.length() > resource.length()
            && other.startsWith(resource)
            && other.charAt(resource.length()) == '.');
  }

  /// Whether this is a right in this server, and not in some resource server.
  public boolean isOurs() {
    return resource.equals("auth") || resource.startsWith("auth.");
  }

  /// Whether a custom role may carry it: our own rights only at or below `Auth.Customer`.
  public boolean isForCustomRoles() {
    return !isOurs() || new Privilege(CUSTOMER, action).isAtOrAbove(resource);
  }

  @Override
  public String toString() {
    return resource + " " + action;
  }
}
