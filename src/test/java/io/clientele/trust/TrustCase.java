package io.clientele.trust;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// On a top-level test class: it is a case of the trust suite. Its tests take the one [Tally] of
/// the class as a parameter and count into it. After the last test the class has failed if anything
/// was lost or wrong, or if less was done than is required.
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TrustExtension.class)
public @interface TrustCase {
  /// `T1` to `T30`, and `T0` for the test of the tests; several classes may be parts of one case.
  String id();

  /// What is tried, in a few words: the name of its row.
  String title();

  /// What `done` counts: a plural, as in `tokens`.
  String unit();

  /// How many the full run must do.
  long required();

  /// How many the short form must do, among all tests.
  long brief();

  /// How many the long form must do; 0 for a case that has none.
  long soak() default 0;

  /// How long the full run takes, about, in seconds on two cores: for the estimate of what is left.
  int seconds() default 30;
}
