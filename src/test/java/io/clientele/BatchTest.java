package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A request creates all of its clients or none.
@WithServer
class BatchTest {
  private static List<ObjectNode> batch(int size) {
    String stem = Names.unique("batch");
    List<ObjectNode> batch = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      batch.add(Customer.client(stem + "-" + i));
    }
    return batch;
  }

  private static void onlyTheAdministratorIsThere(Customer customer) {
    Http http = customer.server().http();
    assertThat(
            http.get(customer.clients(), customer.adminToken()).json().findValuesAsText("clientId"))
        .containsExactly(customer.adminId());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 17, 499, 998, 999})
  void oneBadItemOfAThousandCreatesNone(int place, Customer abc) {
    List<ObjectNode> batch = batch(1000);
    batch.get(place).put("accessTokenValidity", 1);

    abc.post(batch).expectFaults("/" + place + "/accessTokenValidity");
    onlyTheAdministratorIsThere(abc);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 499, 999})
  void oneTakenIdOfAThousandCreatesNone(int place, Customer abc, Customer xyz) {
    Client taken = xyz.newClient();
    List<ObjectNode> batch = batch(1000);
    batch.get(place).put("clientId", taken.id());

    abc.post(batch).expectProblem(409, "Client '" + taken.id() + "' already exists");
    onlyTheAdministratorIsThere(abc);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 499, 999})
  void oneRoleTooMuchOfAThousandCreatesNone(int place, Customer abc) {
    String manager = abc.newClient(Map.of("ROLE_ADMIN_USER", List.of())).token();
    Http http = abc.server().http();
    String before = http.get(abc.clients(), abc.adminToken()).text();
    List<ObjectNode> batch = batch(1000);
    batch.set(
        place,
        Customer.client(
            batch.get(place).get("clientId").asText(), Map.of("ROLE_ADMIN_CUSTOMER", List.of())));

    http.post(abc.clients(), manager, batch).expectProblem(403, "Access is denied");
    assertThat(http.get(abc.clients(), abc.adminToken()).text()).isEqualTo(before);
  }

  @Test
  void anIdTwiceInARequestIsAFaultAtTheSecond(Customer abc) {
    List<ObjectNode> batch = batch(10);
    batch.get(7).put("clientId", batch.get(2).get("clientId").asText());

    abc.post(batch).expectFaults("/7/clientId");
    onlyTheAdministratorIsThere(abc);
  }

  @Test
  void everyBadItemIsNamed(Customer abc) {
    List<ObjectNode> batch = batch(1000);
    List<String> pointers = new ArrayList<>();
    for (int i = 0; i < 1000; i += 3) {
      batch.get(i).put("enabled", "yes");
      pointers.add("/" + i + "/enabled");
    }

    abc.post(batch).expectFaults(pointers.toArray(String[]::new));
    onlyTheAdministratorIsThere(abc);
  }

  @Test
  void aRepairedRequestCreatesAllInItsOrderAndARetryCreatesNothing(Customer abc) {
    List<ObjectNode> batch = batch(1000);
    batch.get(999).put("x", 1);
    abc.post(batch).expectFaults("/999/x");
    batch.get(999).remove("x");

    Answer made = abc.post(batch).expect(201);

    List<String> wanted = batch.stream().map(one -> one.get("clientId").asText()).toList();
    assertThat(made.json().findValuesAsText("clientId")).isEqualTo(wanted);
    abc.server()
        .askToken(wanted.getLast(), made.json().get(999).get("clientSecret").asText())
        .expect(200);
    abc.post(batch).expectProblem(409, "Client '" + wanted.getFirst() + "' already exists");
    assertThat(abc.server().http().all(abc.clients(), abc.adminToken())).hasSize(1001);
  }
}
