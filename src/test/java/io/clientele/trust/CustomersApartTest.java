package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.Routes;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Contract 2.5: another customer's path, existing or not, is one and the same 403. `{c}` stands
/// for a customer, `{id}` for a client, `{s}` for a secret, `{r}` for a role, `{t}` for a tenant.
@TrustCase(
    id = "T14",
    title = "What is another customer's and what is not there get one answer",
    unit = "requests",
    required = 240,
    brief = 240,
    seconds = 20)
@WithServer
class CustomersApartTest {
  private record Route(String method, String path, String body) {}

  private static final List<Route> ROUTES =
      List.of(
          new Route("POST", "/oauth/customers/{c}/clients", "{\"clientId\":\"{id}\"}"),
          new Route("POST", "/oauth/customers/{c}/clients", "not json"),
          new Route("POST", "/oauth/customers/{c}/clients", ""),
          new Route("GET", "/oauth/customers/{c}/clients", ""),
          new Route("GET", "/oauth/customers/{c}/clients?limit=x&q={id}", ""),
          new Route("GET", "/oauth/customers/{c}/clients/{id}", ""),
          new Route("PUT", "/oauth/customers/{c}/clients/{id}", "{\"enabled\":false}"),
          new Route("PUT", "/oauth/customers/{c}/clients/{id}", "not json"),
          new Route("DELETE", "/oauth/customers/{c}/clients/{id}", ""),
          new Route("PUT", "/oauth/customers/{c}/clients/{id}/revoketokens", ""),
          new Route("GET", "/oauth/customers/{c}/clients/{id}/multitokens", ""),
          new Route("GET", "/oauth/customers/{c}/clients/{id}/secrets", ""),
          new Route("POST", "/oauth/customers/{c}/clients/{id}/secrets", ""),
          new Route("DELETE", "/oauth/customers/{c}/clients/{id}/secrets/{s}", ""),
          new Route("GET", "/oauth/customers/{c}", ""),
          new Route("PUT", "/oauth/customers/{c}", "{\"id\":\"{c}\",\"status\":\"suspended\"}"),
          new Route("DELETE", "/oauth/customers/{c}", ""),
          new Route("GET", "/oauth/customers/{c}/tenants", ""),
          new Route("POST", "/oauth/customers/{c}/tenants", "{\"id\":\"{t}x\"}"),
          new Route("DELETE", "/oauth/customers/{c}/tenants/{t}", ""),
          new Route("GET", "/oauth/customers/{c}/roles", ""),
          new Route("POST", "/oauth/customers/{c}/roles", "[\"ROLE_NEW\"]"),
          new Route("PUT", "/oauth/customers/{c}/roles", "[]"),
          new Route("DELETE", "/oauth/customers/{c}/roles/{r}", ""),
          new Route("GET", "/oauth/customers/{c}/roles/permissions", ""),
          new Route(
              "POST",
              "/oauth/customers/{c}/roles/permissions",
              "{\"roleName\":\"{r}\",\"servicePermissions\":[]}"),
          new Route("GET", "/oauth/customers/{c}/roles/permissions/{r}", ""),
          new Route(
              "PUT", "/oauth/customers/{c}/roles/permissions/{r}", "{\"servicePermissions\":[]}"),
          new Route("DELETE", "/oauth/customers/{c}/roles/permissions/{r}", ""),
          new Route("GET", "/oauth/customers/{c}/audit", ""),
          new Route("GET", "/oauth/customers/{c}/audit/refusals", ""));

  static Stream<Arguments> routes() {
    return ROUTES.stream().map(route -> Arguments.of(route.method(), route.path(), route.body()));
  }

  @Test
  void everyRouteOfACustomerIsAmongThem(TestServer server) {
    Set<String> wanted = new TreeSet<>();
    for (Routes.Line line : server.routes()) {
      String template = line.route().template();
      if (template.startsWith("/oauth/customers/{customerId}")) {
        wanted.add(line.route().method() + " " + template);
      }
    }
    Set<String> tried = new TreeSet<>();
    for (Route route : ROUTES) {
      String path = route.path().replaceFirst("\\?.*", "");
      tried.add(
          route.method()
              + " "
              + fill(path, "{customerId}", "{clientId}", "{secretId}", "{role}", "{tenantId}"));
    }
    assertThat(tried).isEqualTo(wanted);
  }

  /// Something of each kind that a customer can have.
  private record Belongings(
      Customer customer, Client client, String secret, String role, String tenant) {
    static Belongings of(Customer customer) {
      Http http = customer.server().http();
      String role = Names.uniqueRole();
      http.post(customer.path() + "/roles", customer.adminToken(), List.of(role)).expect(201);
      Client client = customer.newClient(Map.of("ROLE_API", List.of(customer.tenant(0))));
      String secret =
          http.get(client.path() + "/secrets", customer.adminToken())
              .json()
              .get(0)
              .get("id")
              .asText();
      http.post(client.path() + "/secrets", customer.adminToken(), "").expect(201);
      return new Belongings(customer, client, secret, role, customer.tenant(1));
    }

    String in(String template) {
      return fill(template, customer.id(), client.id(), secret, role, tenant);
    }

    /// All that the owner can see, but for its audit and the times of use.
    List<String> everything() {
      Http http = customer.server().http();
      String admin = customer.adminToken();
      return Stream.of(
              customer.path(),
              customer.clients(),
              client.path() + "/secrets",
              client.path() + "/multitokens",
              customer.path() + "/roles",
              customer.path() + "/roles/permissions")
          .map(path -> http.get(path, admin).expect(200).text())
          // Uses are counted in memory and written every few seconds.
          .map(text -> text.replaceAll("\"lastUsedAt\":(null|\"[^\"]*\")", ""))
          .toList();
    }
  }

  private static String fill(
      String template, String customer, String client, String secret, String role, String tenant) {
    return template
        .replace("{c}", customer)
        .replace("{id}", client)
        .replace("{s}", secret)
        .replace("{r}", role)
        .replace("{t}", tenant);
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("routes")
  void anotherCustomersAdministratorGetsTheSame403ForWhatExistsAndWhatDoesNot(
      String method, String path, String body, Customer victim, Customer stranger, Tally tally) {
    Belongings belongings = Belongings.of(victim);
    String live = belongings.client().token();
    List<String> before = belongings.everything();
    Http http = victim.server().http();
    Map<String, String> token = Http.bearer(stranger.adminToken());

    Answer existing = http.send(method, belongings.in(path), token, belongings.in(body));
    String unknownClient = template(path, victim.id());
    Answer unknown = http.send(method, unknownClient, token, template(body, victim.id()));
    String unknownCustomer = template(path, "nobody");
    Answer nobody = http.send(method, unknownCustomer, token, template(body, "nobody"));
    Answer operator =
        http.send(method, template(path, "operator"), token, template(body, "operator"));

    tally.badInputs(4);
    tally.done(4);
    existing.expectProblem(403, "Access is denied");
    for (Answer other : List.of(unknown, nobody, operator)) {
      assertThat(other.status()).as(other.toString()).isEqualTo(403);
      assertThat(other.text()).isEqualTo(existing.text());
      assertThat(namesOfHeaders(other)).isEqualTo(namesOfHeaders(existing));
    }
    assertThat(belongings.everything()).isEqualTo(before);
    assertThat(victim.server().isActive(live)).isTrue();
  }

  private static String template(String text, String customer) {
    return fill(text, customer, "unknown", "unknown", "ROLE_UNKNOWN", "unknown");
  }

  private static Set<String> namesOfHeaders(Answer answer) {
    Set<String> names = new TreeSet<>(answer.headers().keySet());
    // Says whether the body came in time to be skipped, and nothing of what is behind the wall.
    names.remove("connection");
    return names;
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("routes")
  void withoutATokenEveryRouteAnswersTheSame401(
      String method, String path, String body, Customer victim, Tally tally) {
    Belongings belongings = Belongings.of(victim);
    List<String> before = belongings.everything();
    Http http = victim.server().http();

    Answer existing = http.send(method, belongings.in(path), Map.of(), belongings.in(body));
    Answer nobody = http.send(method, template(path, "nobody"), Map.of(), template(body, "nobody"));

    tally.badInputs(2);
    tally.done(2);
    existing.expect(401);
    assertThat(nobody.status()).isEqualTo(401);
    assertThat(nobody.text()).isEqualTo(existing.text());
    assertThat(belongings.everything()).isEqualTo(before);
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("routes")
  void aClientWithoutPrivilegesGetsTheSame403InItsOwnCustomerToo(
      String method, String path, String body, Customer victim, Tally tally) {
    Belongings belongings = Belongings.of(victim);
    List<String> before = belongings.everything();
    Http http = victim.server().http();
    Map<String, String> token = Http.bearer(belongings.client().token());

    Answer own = http.send(method, belongings.in(path), token, belongings.in(body));
    Answer nobody = http.send(method, template(path, "nobody"), token, template(body, "nobody"));

    tally.badInputs(2);
    tally.done(2);
    own.expectProblem(403, "Access is denied");
    assertThat(nobody.text()).isEqualTo(own.text());
    List<String> after = belongings.everything();
    // The caller's own token is counted.
    assertThat(after.subList(0, 3)).isEqualTo(before.subList(0, 3));
    assertThat(after.subList(4, 6)).isEqualTo(before.subList(4, 6));
  }

  @Test
  void anotherCustomersClientIsUnknownInOnesOwnCustomer(Customer abc, Customer xyz) {
    Client foreign = xyz.newClient();
    Http http = abc.server().http();
    String admin = abc.adminToken();
    String path = abc.clients(foreign.id());
    String words = "Client with id:'" + foreign.id() + "' isn't registered";

    http.get(path, admin).expectProblem(404, words);
    http.put(path, admin, Customer.client(foreign.id())).expectProblem(404, words);
    http.delete(path, admin).expectProblem(404, words);
    http.put(path + "/revoketokens", admin).expectProblem(404, words);
    http.get(path + "/multitokens", admin).expectProblem(404, words);
    http.get(path + "/secrets", admin).expectProblem(404, words);
    http.post(path + "/secrets", admin, "").expectProblem(404, words);
    foreign.token();
  }

  @Test
  void theListShowsOnesOwnClientsOnly(Customer abc, Customer xyz) {
    xyz.newClient();

    Answer list = abc.server().http().get(abc.clients(), abc.adminToken()).expect(200);

    assertThat(list.json().findValuesAsText("clientId")).containsExactly(abc.adminId());
  }

  @Test
  void onlyTheOperatorSeesTheListOfCustomers(Customer abc) {
    Http http = abc.server().http();

    http.get("/oauth/customers", abc.adminToken()).expectProblem(403, "Access is denied");
    http.post("/oauth/customers", abc.adminToken(), Map.of("id", Names.unique("c")))
        .expectProblem(403, "Access is denied");
    http.get(abc.path(), abc.adminToken()).expect(200);
    http.put(abc.path(), abc.adminToken(), Map.of("id", abc.id())).expect(403);
    http.delete(abc.path(), abc.adminToken()).expect(403);
    http.get(abc.path() + "/tenants", abc.adminToken()).expect(403);
    http.get("/oauth/keys", abc.adminToken()).expect(403);
    http.post("/oauth/keys/rotate", abc.adminToken(), "").expect(403);
    http.get("/metrics", abc.adminToken()).expect(403);
  }
}
