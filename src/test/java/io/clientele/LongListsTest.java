package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A customer with more clients and events than are looked at for one page.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LongListsTest {

  private static final int CLIENTS = 12_000;

  private final TestServer server = TestServer.start();
  private final Customer abc = server.newCustomer("t");
  private final String stem = Names.unique("client");

  LongListsTest() {
    for (int from = 0; from < CLIENTS; from += 1000) {
      ArrayNode batch = Answer.JSON.createArrayNode();
      IntStream.range(from, from + 1000).forEach(i -> batch.add(Customer.client(id(i), Map.of())));
      abc.post(batch).expect(201);
    }
    abc.create(Customer.client("zzz-" + stem, Map.of("ROLE_USER", List.of(abc.tenant(0)))));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private String id(int number) {
    return "%s-%05d".formatted(stem, number);
  }

  @Test
  void withoutAFilterEachPageIsFull() {
    Http http = server.http();
    String next = abc.clients();
    for (int page = 0; page < 12; page++) {
      Answer answer = http.get(next, abc.adminToken()).expect(200);
      assertThat(answer.json()).hasSize(1000);
      next = http.next(answer).orElseThrow();
    }

    assertThat(http.get(next, abc.adminToken()).expect(200).json()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"?q=zzz-", "?role=ROLE_USER", "?tenant=TENANT", "?limit=1&role=ROLE_USER"})
  void whatAFilterLetsThroughIsFoundBehindEmptyPages(String query) {
    Http http = server.http();
    String list = abc.clients() + query.replace("TENANT", abc.tenant(0));

    // The administrator comes first, and is on every tenant.
    assertThat(http.get(list, abc.adminToken()).expect(200).json().findValuesAsText("clientId"))
        .isSubsetOf(abc.adminId());
    assertThat(http.all(list, abc.adminToken()))
        .last()
        .matches(client -> client.get("clientId").asText().equals("zzz-" + stem));
  }

  @Test
  void aFilterThatLetsAllThroughLosesNoneAndRepeatsNone() {
    assertThat(server.http().all(abc.clients() + "?limit=999&q=" + stem, abc.adminToken()))
        .extracting(client -> client.get("clientId").asText())
        .containsExactlyElementsOf(IntStream.range(0, CLIENTS).mapToObj(this::id).toList());
  }

  @Test
  void anOldEventIsFoundBehindAnEmptyPage() {
    Http http = server.http();
    String list = abc.path() + "/audit?object=" + id(7);

    Answer first = http.get(list, abc.adminToken()).expect(200);

    assertThat(first.json()).isEmpty();
    assertThat(http.next(first)).isPresent();
    assertThat(http.all(list, abc.adminToken())).hasSize(1);
    assertThat(http.all(abc.path() + "/audit?action=client.create", abc.adminToken()))
        .hasSize(CLIENTS + 2);
  }
}
