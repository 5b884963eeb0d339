package io.clientele.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// On a test: these methods of a store are the ones it holds to "customer B sees and changes
/// nothing of A".
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface StoreMethods {
  /// The store.
  Class<?> of();

  /// Names of its methods.
  String[] value();
}
