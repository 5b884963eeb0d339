package io.clientele.access;

import io.clientele.http.Fault;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Who may do what, and who may give what. Nothing here reads or remembers: it decides from what it
/// is given. Nobody gives more than they hold.
public final class Gate {

  private Gate() {}

  /// Whether the caller may use paths of this customer with this right.
  public static boolean may(Caller caller, Privilege privilege, CustomerId customer) {
    if (caller.isOperator()) {
      return true;
    }
    // The reserved customer's paths are for the operator only, whatever else its clients hold.
    return !customer.isOperator() && caller.customer().equals(customer) && caller.holds(privilege);
  }

  /// Whether the caller may use a route that demands this right, on the customer in its path.
  public static boolean passes(Caller caller, Right right, CustomerId customer) {
    return switch (right) {
      case Right.Anyone anyone -> true;
      case Right.ClientSecret secret -> true;
      case Right.Operator operator -> caller.isOperator();
      case Right.OnCustomer(Privilege privilege) -> may(caller, privilege, customer);
      case Right.Anywhere(Privilege privilege) -> caller.holds(privilege);
    };
  }

  /// Whether the caller may give a role of this customer on these tenants: it outranks the role, or
  /// holds it on each of them. A custom role is given by rank, or by who holds all that it carries
  /// as well.
  public static boolean mayGive(
      Caller caller, CustomerId customer, RoleName role, TenantSet tenants, RoleCatalogue roles) {
    if (caller.narrowed()) {
      return false;
    }
    if (outranks(caller, customer, role)) {
      return true;
    }
    TenantSet held = caller.holdings().byRole().get(role);
    return caller.customer().equals(customer)
        && held != null
        && held.covers(tenants)
        && roles.privileges(role).stream().allMatch(caller::holds);
  }

  /// Whether the caller's rank alone lets it give the role anywhere in the customer.
  public static boolean outranks(Caller caller, CustomerId customer, RoleName role) {
    if (caller.isOperator()) {
      return true;
    }
    if (caller.narrowed() || !caller.customer().equals(customer) || customer.isOperator()) {
      return false;
    }
    return caller.holdings().has(Role.ADMIN_CUSTOMER)
        || (caller.holdings().has(Role.ADMIN_USER) && !role.equals(Role.ADMIN_CUSTOMER.roleName()));
  }

  /// What of these holdings the caller cannot give, a fault each.
  ///
  /// @param pointer where the role stands in the request
  public static List<Fault> notGivable(
      Caller caller,
      CustomerId customer,
      Holdings given,
      RoleCatalogue roles,
      Function<RoleName, String> pointer) {
    List<Fault> faults = new ArrayList<>();
    given
        .byRole()
        .forEach(
            (role, tenants) -> {
              if (!mayGive(caller, customer, role, tenants, roles)) {
                faults.add(
                    new Fault(
                        pointer.apply(role),
                        "you cannot give "
                            + role
                            + (tenants instanceof TenantSet.All ? " on all tenants" : " there")));
              }
            });
    return faults;
  }

  /// What of a client's holdings keeps the caller from taking it over, a fault each.
  ///
  /// @param pointer where the client stands in the request
  public static List<Fault> notTakable(
      Caller caller, CustomerId customer, Holdings held, RoleCatalogue roles, String pointer) {
    List<Fault> faults = new ArrayList<>();
    held.byRole()
        .forEach(
            (role, tenants) -> {
              if (!mayGive(caller, customer, role, tenants, roles)) {
                faults.add(
                    new Fault(pointer, "the client has " + role + ", which you cannot give"));
              }
            });
    return faults;
  }
}
