package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Contract 2.5: the words of each refusal, and the order in which they win.
@WithServer
class ClientErrorsTest {
  private static final String DENIED = "Access is denied";

  private static ObjectNode client(String id) {
    return Customer.client(id);
  }

  private static Map<String, List<String>> roles(String role, String... tenants) {
    return Map.of(role, List.of(tenants));
  }

  @Nested
  class S2_5_Errors {
    private final String bad = "{\"clientId\":\"!\",\"nonsense\":1}";

    @Test
    void withoutAToken401SaysBearerAndNothingElse(Customer abc) {
      Answer answer = abc.server().http().get(abc.clients(), "").expect(401);

      assertThat(answer.headers("WWW-Authenticate")).containsExactly("Bearer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."})
    void aBadTokenIsInvalidTokenAndIsNotRepeated(String token, Customer abc) {
      Answer answer =
          abc.server().http().get(abc.clients(), token).expectOAuthError(401, "invalid_token");

      assertThat(answer.header("WWW-Authenticate").orElse(""))
          .startsWith("Bearer error=\"invalid_token\"");
      assertThat(answer.json().fieldNames())
          .toIterable()
          .containsExactly("error", "error_description");
      assertThat(answer.text()).doesNotContain(token);
    }

    @Test
    void anExpiredAndARevokedTokenAreInvalidToken() {
      try (TestServer server = TestServer.start()) {
        Customer abc = server.newCustomer("tenant1");
        Client manager = abc.newClient(roles("ROLE_ADMIN_USER"));
        String revoked = manager.token();
        server.http().put(manager.path() + "/revoketokens", abc.adminToken()).expect(200);
        server.http().get(abc.clients(), revoked).expectOAuthError(401, "invalid_token");

        String old = manager.token();
        server.http().get(abc.clients(), old).expect(200);
        server.clock().advance(Duration.ofSeconds(3601));
        server.http().get(abc.clients(), old).expectOAuthError(401, "invalid_token");
      }
    }

    @Test
    void noTokenWinsOverEverything(TestServer server) {
      server.http().post("/oauth/customers/nobody/clients", "", bad).expect(401);
    }

    @Test
    void noPrivilegeAndAForeignPathWinOverFaults(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      String low = abc.newClient(roles("ROLE_API", abc.tenant(0))).token();

      http.post(abc.clients(), low, bad).expectProblem(403, DENIED);
      http.put(abc.clients("unknown"), low, bad).expectProblem(403, DENIED);
      http.post(xyz.clients(), abc.adminToken(), bad).expectProblem(403, DENIED);
      http.put(xyz.clients(xyz.adminId()), abc.adminToken(), bad).expectProblem(403, DENIED);
      http.post("/oauth/customers/nobody/clients", abc.adminToken(), bad)
          .expectProblem(403, DENIED);
    }

    @Test
    void theOperatorIsToldThatACustomerIsUnknownBeforeFaults(TestServer server) {
      server
          .http()
          .post("/oauth/customers/nobody/clients", server.operatorToken(), bad)
          .expectProblem(404, "Customer 'nobody' not found");
    }

    @Test
    void anUnknownClientWinsOverFaultsAndTooLarge(Customer abc, Customer xyz) {
      Http http = abc.server().http();
      String foreign = xyz.adminId();

      http.put(abc.clients("unknown"), abc.adminToken(), bad)
          .expectProblem(404, "Client with id:'unknown' isn't registered");
      http.put(abc.clients(foreign), abc.adminToken(), bad)
          .expectProblem(404, "Client with id:'" + foreign + "' isn't registered");
      declared(abc, "PUT", abc.clients("unknown"), abc.adminToken(), 1L << 30)
          .expectProblem(404, "Client with id:'unknown' isn't registered");
    }

    @Test
    void faultsWinOverARoleThatTheCallerCannotGive(Customer abc) {
      String manager = abc.newClient(roles("ROLE_ADMIN_USER")).token();
      ObjectNode body = Customer.client(Names.unique("up"), roles("ROLE_ADMIN_CUSTOMER"));

      abc.server().http().post(abc.clients(), manager, body.put("enabled", "x")).expect(400);
      abc.server()
          .http()
          .post(abc.clients(), manager, body.put("enabled", true))
          .expectProblem(403, DENIED);
    }

    @Test
    void faultsWinOverAClientThatTheCallerCannotTakeOver(Customer abc) {
      String manager = abc.newClient(roles("ROLE_ADMIN_USER")).token();

      abc.server().http().put(abc.admin().path(), manager, bad).expect(400);
      abc.server()
          .http()
          .put(abc.admin().path(), manager, client(abc.adminId()))
          .expectProblem(403, DENIED);
    }

    @Test
    void aRoleThatTheCallerCannotGiveWinsOverATakenId(Customer abc) {
      String manager = abc.newClient(roles("ROLE_ADMIN_USER")).token();
      Client taken = abc.newClient();

      abc.server()
          .http()
          .post(abc.clients(), manager, Customer.client(taken.id(), roles("ROLE_ADMIN_CUSTOMER")))
          .expectProblem(403, DENIED);
    }

    @Test
    void aClientThatTheCallerCannotTakeOverWinsOverAStaleIfMatch(Customer abc) {
      String manager = abc.newClient(roles("ROLE_ADMIN_USER")).token();

      abc.server()
          .http()
          .send(
              "PUT",
              abc.admin().path(),
              Map.of("Authorization", "Bearer " + manager, "If-Match", "\"stale\""),
              client(abc.adminId()))
          .expectProblem(403, DENIED);
    }

    @Test
    void aRefusalSaysWhichRoleCannotBeGiven(Customer abc) {
      String manager = abc.newClient(roles("ROLE_ADMIN_USER")).token();

      Answer answer =
          abc.server()
              .http()
              .post(
                  abc.clients(),
                  manager,
                  List.of(
                      client(Names.unique("ok")),
                      Customer.client(Names.unique("up"), roles("ROLE_ADMIN_CUSTOMER"))))
              .expectProblem(403, DENIED);

      assertThat(answer.pointers())
          .containsExactly("/1/clientPermissions/roles/ROLE_ADMIN_CUSTOMER");
    }

    @Test
    void aTakenIdIsToldInTheSameWordsWhoeverOwnsIt(Customer abc, Customer xyz) {
      Client taken = abc.newClient();

      Answer own = abc.post(client(taken.id()));
      Answer foreign = xyz.post(client(taken.id()));

      own.expectProblem(409, "Client '" + taken.id() + "' already exists");
      assertThat(foreign.text()).isEqualTo(own.text());
      assertThat(foreign.status()).isEqualTo(own.status());
    }

    @Test
    void aProblemHasItsMembersInOrderAndTheRequestIdOnlyInTheHeader(Customer abc, Customer xyz) {
      Answer answer = abc.server().http().get(xyz.clients(), abc.adminToken()).expect(403);

      assertThat(answer.json().fieldNames())
          .toIterable()
          .containsExactly("type", "title", "status", "detail", "errorCode", "errorMessage");
      assertThat(answer.json("title").asText()).isEqualTo("Forbidden");
      String requestId = answer.header("X-Request-Id").orElseThrow();
      assertThat(answer.text()).doesNotContain(requestId);
      assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
    }

    @Test
    void eachRequestHasAnIdOfItsOwn(Customer abc) {
      Set<String> ids = new HashSet<>();
      for (int i = 0; i < 5; i++) {
        ids.add(
            abc.server()
                .http()
                .get(abc.clients(), abc.adminToken())
                .header("X-Request-Id")
                .orElseThrow());
      }

      assertThat(ids).hasSize(5);
    }

    @Test
    void theWallsStandBeforeTheBodyIsRead(Customer abc, Customer xyz) {
      // The body that is announced never comes.
      declared(abc, "POST", abc.clients(), "", 100).expect(401);
      declared(abc, "POST", abc.clients(), "nonsense", 100).expect(401);
      declared(abc, "POST", xyz.clients(), abc.adminToken(), 100).expectProblem(403, DENIED);
      declared(abc, "PUT", abc.clients("unknown"), abc.adminToken(), 100).expect(404);
    }

    @Test
    void theWallsWinOverTooLarge(Customer abc, Customer xyz) {
      declared(abc, "POST", abc.clients(), "", 1L << 30).expect(401);
      declared(abc, "POST", xyz.clients(), abc.adminToken(), 1L << 30).expectProblem(403, DENIED);
    }

    @Test
    void moreThanFourMebibytesAreTooLarge(Customer abc) {
      declared(abc, "POST", abc.clients(), abc.adminToken(), (4L << 20) + 1).expect(413);
      declared(abc, "POST", abc.clients(), abc.adminToken(), Long.MAX_VALUE).expect(413);
    }

    @Test
    void aChunkedBodyThatGrowsTooLargeIsToldSo(Customer abc) {
      try (RawHttp connection = RawHttp.connect(abc.server().uri())) {
        connection.write(
            """
            POST %s HTTP/1.1\r
            Host: localhost\r
            Authorization: Bearer %s\r
            Content-Type: application/json\r
            Transfer-Encoding: chunked\r
            \r
            """
                .formatted(abc.clients(), abc.adminToken())
                .getBytes(UTF_8));
        byte[] mebibyte = " ".repeat(1 << 20).getBytes(UTF_8);
        for (int i = 0; i < 4; i++) {
          connection.write("100000\r\n".getBytes(UTF_8));
          connection.write(mebibyte);
          connection.write("\r\n".getBytes(UTF_8));
        }
        connection.write("1\r\n \r\n".getBytes(UTF_8));
        connection.read("POST of 4 MiB and a byte in chunks").expect(413);
      }
    }

    @Test
    void aBodyOfJustFourMebibytesIsRead(Customer abc) {
      String small = client(Names.unique("big")).toString();

      abc.post(small + " ".repeat((4 << 20) - small.length())).expect(201);
    }

    @Test
    void anotherTypeThanJsonIs415(Customer abc) {
      abc.server()
          .http()
          .send(
              "POST",
              abc.clients(),
              Map.of(
                  "Authorization",
                  "Bearer " + abc.adminToken(),
                  "Content-Type",
                  "application/x-www-form-urlencoded"),
              client(Names.unique("form")))
          .expect(415);
    }

    @Test
    void unknownPathsAndMethodsAreToldSo(Customer abc) {
      Http http = abc.server().http().unchecked();

      http.get(abc.path() + "/nothing", abc.adminToken()).expect(404);
      Answer answer =
          http.send("PATCH", abc.clients(), Http.bearer(abc.adminToken()), "{}").expect(405);
      assertThat(answer.header("Allow").orElse("")).contains("GET", "POST");
    }

    private Answer declared(
        Customer customer, String method, String path, String token, long length) {
      List<String> head =
          new ArrayList<>(
              List.of(
                  method + " " + path + " HTTP/1.1",
                  "Host: localhost",
                  "Content-Type: application/json",
                  "Content-Length: " + length));
      Http.bearer(token).forEach((name, value) -> head.add(name + ": " + value));
      return RawHttp.exchange(customer.server().uri(), head, new byte[0]);
    }
  }
}
