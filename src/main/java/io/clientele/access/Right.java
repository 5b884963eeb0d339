package io.clientele.access;

/// What a route demands of who asks; stands on the route's own line.
public sealed interface Right {

  /// Nothing.
  record Anyone() implements Right {}

  /// The handler authenticates a client by its secret (RFC 6749 §2.3).
  record ClientSecret() implements Right {}

  /// ROLE_OPERATOR.
  record Operator() implements Right {}

  /// A privilege on the customer in the path.
  record OnCustomer(Privilege privilege) implements Right {}

  /// A privilege on no customer in particular.
  record Anywhere(Privilege privilege) implements Right {}
}
