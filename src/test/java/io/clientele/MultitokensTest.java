package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// How many tokens of a client are alive now.
@WithServer
class MultitokensTest {

  private static Answer ask(Client client) {
    return client
        .server()
        .http()
        .get(client.path() + "/multitokens", client.customer().adminToken())
        .expect(200);
  }

  private static long count(Client client) {
    return ask(client).json("tokensCount").asLong();
  }

  private static List<String> issue(Client client, int count) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens.add(client.token());
    }
    return tokens;
  }

  private static Client living(Customer customer, int seconds) {
    return customer.create(
        Customer.client(Names.unique("counted"), Map.of()).put("accessTokenValidity", seconds));
  }

  @Test
  void theAnswerHasExactlyTheseMembers(Customer abc) {
    Client client = abc.newClient();

    assertThat(ask(client).text()).isEqualTo("{\"status\":\"enabled\",\"tokensCount\":0}");
    issue(client, 3);
    assertThat(ask(client).text()).isEqualTo("{\"status\":\"enabled\",\"tokensCount\":3}");
  }

  @Test
  void eachClientIsCountedByItself(Customer abc) {
    Client one = abc.newClient();
    Client other = abc.newClient();

    issue(one, 4);
    issue(other, 2);

    assertThat(count(one)).isEqualTo(4);
    assertThat(count(other)).isEqualTo(2);
  }

  @Test
  void aRevokedTokenIsNotAlive(TestServer server, Customer abc) {
    Client client = abc.newClient();
    List<String> tokens = issue(client, 5);

    for (int again = 0; again < 2; again++) {
      server.http().form("/oauth/revoke", client.basic(), "token", tokens.getFirst()).expect(200);
    }

    assertThat(count(client)).isEqualTo(4);
  }

  @Test
  void afterRevokeTokensNoneIsAlive(TestServer server, Customer abc) {
    Client client = abc.newClient();
    issue(client, 5);

    server.http().put(client.path() + "/revoketokens", abc.adminToken()).expect(200);

    assertThat(count(client)).isZero();
    issue(client, 2);
    assertThat(count(client)).isEqualTo(2);
  }

  @Test
  void tokensThatDiedWithAChangeAreNotAlive(TestServer server, Customer abc) {
    Client client = abc.newClient();
    issue(client, 3);
    ObjectNode disabled = Customer.client(client.id(), Map.of()).put("enabled", false);

    server.http().put(client.path(), abc.adminToken(), disabled).expect(200);

    assertThat(count(client)).isZero();
  }

  @Test
  void tokensThatWereSparedAreAlive(TestServer server, Customer abc) {
    Client client = abc.newClient();
    issue(client, 3);
    ObjectNode more = Customer.client(client.id(), Map.of("ROLE_API", List.of(abc.tenant(0))));

    server
        .http()
        .put(client.path() + "?skipTokenRevocation=true", abc.adminToken(), more)
        .expect(200);

    assertThat(count(client)).isEqualTo(3);
  }

  @Test
  void tokensThatDiedWithTheCustomersSuspensionAreNotAlive(TestServer server, Customer abc) {
    Client client = abc.newClient();
    issue(client, 3);

    for (String status : List.of("suspended", "active")) {
      server
          .http()
          .put(
              abc.path(),
              server.operatorToken(),
              Map.of("id", abc.id(), "status", status, "tenants", abc.tenants()))
          .expect(200);
    }

    assertThat(
            server
                .http()
                .get(client.path() + "/multitokens", server.operatorToken())
                .json("tokensCount")
                .asLong())
        .isZero();
  }

  @Test
  void anExpiredTokenIsNotAliveAMinuteLaterAtMost() {
    try (TestServer server = TestServer.start()) {
      Customer abc = server.newCustomer("t");
      Client brief = living(abc, 60);
      Client lasting = living(abc, 600);
      issue(brief, 3);
      issue(lasting, 2);
      assertThat(count(brief)).isEqualTo(3);

      server.clock().advance(Duration.ofSeconds(121));

      assertThat(count(brief)).isZero();
      assertThat(count(lasting)).isEqualTo(2);
      issue(brief, 1);
      assertThat(count(brief)).isEqualTo(1);
    }
  }

  @Test
  void theCountOutlivesARestart() {
    try (TestServer server = TestServer.start()) {
      Client client = server.newCustomer("t").newClient();
      issue(client, 7);

      server.restart();

      assertThat(count(client)).isEqualTo(7);
      issue(client, 1);
      assertThat(count(client)).isEqualTo(8);
    }
  }

  @Test
  void aRefusedRequestCountsNothing(TestServer server, Customer abc) {
    Client client = abc.newClient();

    server.askToken(client.id(), client.secret(), "scope", "ROLE_API").expect(400);
    server.askToken(client.id(), "wrong wrong wrong").expect(401);

    assertThat(count(client)).isZero();
  }

  @Test
  void anUnknownClientIs404(TestServer server, Customer abc, Customer xyz) {
    for (String id : List.of("nobody", xyz.adminId())) {
      server
          .http()
          .get(abc.clients(id) + "/multitokens", abc.adminToken())
          .expectProblem(404, "Client with id:'" + id + "' isn't registered");
    }
  }
}
