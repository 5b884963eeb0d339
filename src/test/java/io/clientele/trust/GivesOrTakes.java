package io.clientele.trust;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// On a test of the delegation matrix: it is the row of these routes, by which a role can be given
/// or a client taken over.
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface GivesOrTakes {
  /// `METHOD template`, as the table of routes says it.
  String[] value();
}
