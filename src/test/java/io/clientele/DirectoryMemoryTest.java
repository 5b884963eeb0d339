package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Eventually;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// `--directory-memory` bounds what is remembered of clients.
@WithServer({"--directory-memory", "1"})
class DirectoryMemoryTest {
  private static final Pattern REMEMBERED =
      Pattern.compile("(?m)^clientele_directory_clients(?:\\{.*})? (\\S+)$");
  private static final int MEBIBYTE = 1 << 20;

  /// What a client with one generated secret takes in live heap, by a histogram of 100,000: 375.
  private static final int LEAST = 300;

  private static final int MOST = 1000;

  @Test
  void moreClientsThanFitAreAskedForAndFewerAreRemembered(TestServer server, Customer abc) {
    JsonNode first = askAll(server, abc).get(0);
    for (int i = 1; i < 3; i++) {
      askAll(server, abc);
    }

    Eventually.is(
        "no more are remembered than fit", () -> remembered(server) <= (double) MEBIBYTE / LEAST);
    assertThat(remembered(server)).isGreaterThan((double) MEBIBYTE / MOST);
    // Who was forgotten is read again.
    server.token(first.get("clientId").asText(), first.get("clientSecret").asText());
  }

  /// Creates 1000 clients; each asks for a token.
  private static JsonNode askAll(TestServer server, Customer abc) {
    ArrayNode wanted = Answer.JSON.createArrayNode();
    for (int i = 0; i < 1000; i++) {
      wanted.add(
          Customer.client(Names.unique("client"), Map.of("ROLE_API", List.of(abc.tenant(i % 2)))));
    }
    JsonNode created = abc.post(wanted).expect(201).json();
    created.forEach(
        each -> server.token(each.get("clientId").asText(), each.get("clientSecret").asText()));
    return created;
  }

  private static double remembered(TestServer server) {
    Matcher matcher =
        REMEMBERED.matcher(server.http().get("/metrics", server.operatorToken()).text());
    assertThat(matcher.find()).isTrue();
    return Double.parseDouble(matcher.group(1));
  }
}
