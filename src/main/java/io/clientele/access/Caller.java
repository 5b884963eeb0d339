package io.clientele.access;

import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.util.Set;

/// Who asks: a client, with what its token says *and* it still holds, and the privileges that gives
/// now.
///
/// @param client whose token it is
/// @param customer the client's
/// @param generations of the client and the customer, as the token carries them
/// @param inToken the roles in the token
/// @param narrowed whether the token was narrowed to one tenant; it then has no right here
/// @param holdings the roles in the token that the client still holds
/// @param privileges what those carry now
public record Caller(
    ClientId client,
    CustomerId customer,
    Generations generations,
    Holdings inToken,
    boolean narrowed,
    Holdings holdings,
    Set<Privilege> privileges) {

  public Caller {
    privileges = Set.copyOf(privileges);
  }

  /// Whether the caller may do all.
  public boolean isOperator() {
    return !narrowed && customer.isOperator() && holdings.has(Role.OPERATOR);
  }

  /// Whether the caller holds a right, on whatever customer it counts.
  public boolean holds(Privilege privilege) {
    if (narrowed) {
      return false;
    }
    return isOperator() || privileges.stream().anyMatch(each -> each.covers(privilege));
  }
}
