package io.clientele.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// On a top-level test class: one server for all its tests, nested ones too. Tests take it as a
/// parameter of type [TestServer] or [Http]; one of type [Customer] is a fresh customer with two
/// tenants for each parameter.
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ServerExtension.class)
public @interface WithServer {
  /// More arguments for the server.
  String[] value() default {};

  /// Whether it works on an empty database of [PostgresServer].
  boolean onPostgres() default false;
}
