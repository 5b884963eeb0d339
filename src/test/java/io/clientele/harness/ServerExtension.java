package io.clientele.harness;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives tests the server of their class; see [WithServer].
final class ServerExtension implements ParameterResolver {
  private static final Namespace OURS = Namespace.create(ServerExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TestServer.class || type == Customer.class || type == Http.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    TestServer server = server(context);
    Class<?> type = parameter.getParameter().getType();
    if (type == TestServer.class) {
      return server;
    }
    if (type == Http.class) {
      return server.http();
    }
    return server.newCustomer("tenant1", "tenant2");
  }

  private static TestServer server(ExtensionContext context) {
    ExtensionContext top = context;
    while (top.getParent().isPresent() && top.getParent().get().getTestClass().isPresent()) {
      top = top.getParent().get();
    }
    WithServer wanted = top.getRequiredTestClass().getAnnotation(WithServer.class);
    List<String> arguments = new ArrayList<>();
    if (wanted != null) {
      arguments.addAll(List.of(wanted.value()));
      if (wanted.onPostgres()) {
        arguments.addAll(List.of("--database", PostgresServer.newDatabase()));
      }
    }
    return top.getStore(OURS)
        .computeIfAbsent(
            "server", key -> TestServer.start(arguments.toArray(String[]::new)), TestServer.class);
  }
}
