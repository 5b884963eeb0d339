package io.clientele;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.access.Privilege;
import io.clientele.access.Right;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The table of routes and the API document name the same operations, with the same rights.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutesAreDocumentedTest {

  private static final OpenApiDocument DOCUMENT = OpenApiDocument.load();

  private Server server;

  @BeforeAll
  void start(@TempDir Path data) throws Exception {
    List<String> arguments = List.of("--port", "0", "--data", data.toString());
    server = Server.start(Settings.parse(arguments, Map.of()), InstantSource.system());
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void everyRouteIsDocumentedAndEveryDocumentedOperationIsARoute() {
    List<String> routes = server.routes().stream().map(Routes.Line::toString).toList();

    assertThat(routes).doesNotHaveDuplicates();
    assertThat(new TreeSet<>(routes)).isEqualTo(DOCUMENT.operations());
  }

  @Test
  void theDocumentNamesTheRightThatTheRouteDemands() {
    Map<String, String> demanded =
        server.routes().stream().collect(toMap(Routes.Line::toString, line -> words(line.right())));
    Map<String, String> documented =
        DOCUMENT.operations().stream()
            .collect(toMap(name -> name, name -> folded(DOCUMENT.extension(name, "x-privilege"))));

    assertThat(documented).isEqualTo(demanded);
  }

  @Test
  void theServerGivesOutTheDocument() throws Exception {
    HttpResponse<byte[]> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(server.uri().resolve("/openapi.yaml")).build(),
                HttpResponse.BodyHandlers.ofByteArray());

    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/yaml");
    try (var file = getClass().getResourceAsStream("/openapi.yaml")) {
      assertThat(answer.body()).isEqualTo(Objects.requireNonNull(file).readAllBytes());
    }
  }

  private static String words(Right right) {
    return switch (right) {
      case Right.Anyone() -> "none";
      case Right.ClientSecret() -> "client";
      case Right.Operator() -> "operator";
      case Right.OnCustomer(Privilege privilege) -> privilege.toString();
      case Right.Anywhere(Privilege privilege) -> privilege.toString();
    };
  }

  /// Names of resources compare without case.
  private static String folded(String words) {
    List<String> parts = List.of(words.split(" ", 2));
    return parts.size() == 1 ? words : new Privilege(parts.getFirst(), parts.getLast()).toString();
  }
}
