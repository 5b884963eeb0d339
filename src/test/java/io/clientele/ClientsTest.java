package io.clientele;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Client management through the front door, nested by the sections of the contract. The rules for
/// single fields stand in [ClientFieldsTest], who may give what in `DelegationTest` of the trust
/// suite.
@WithServer
class ClientsTest {
  private static final String DENIED = "Access is denied";
  private static final String CHOSEN = "A chosen secret, 1st";

  private static ObjectNode client(String id) {
    return Customer.client(id);
  }

  private static Map<String, List<String>> roles(String role, String... tenants) {
    return Map.of(role, List.of(tenants));
  }

  private static List<String> ids(JsonNode array) {
    return array.findValuesAsText("clientId");
  }

  private static Answer withIfMatch(
      Customer customer, String method, String path, String tag, Object body) {
    return customer
        .server()
        .http()
        .send(
            method,
            path,
            Map.of("Authorization", "Bearer " + customer.adminToken(), "If-Match", tag),
            body);
  }

  private static String etag(Answer answer) {
    return answer.header("ETag").orElseThrow(() -> new AssertionError("no ETag\n" + answer));
  }

  @Nested
  class S2_Create {
    @Test
    void anArrayIsAnsweredByAnArrayInTheSameOrder(Customer abc) {
      List<String> ids = List.of(Names.unique("z"), Names.unique("a"), Names.unique("M"));

      Answer answer = abc.post(ids.stream().map(ClientsTest::client).toList()).expect(201);

      assertThat(answer.json().isArray()).isTrue();
      assertThat(ids(answer.json())).isEqualTo(ids);
      assertThat(Set.copyOf(answer.json().findValuesAsText("clientSecret"))).hasSize(3);
      assertThat(answer.header("Location")).isEmpty();
    }

    @Test
    void oneObjectIsAnsweredByOneObjectWithLocationAndETag(Customer abc) {
      String id = Names.unique("one");

      Answer answer = abc.post(client(id)).expect(201);

      assertThat(answer.json("clientId").asText()).isEqualTo(id);
      assertThat(answer.header("Location").orElse("")).endsWith(abc.clients(id));
      assertThat(etag(answer)).matches("\"[^\"]+\"");
      assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
    }

    @Test
    void aThousandInOneRequestAreCreated(Customer abc) {
      List<ObjectNode> thousand = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        thousand.add(client(Names.unique("m" + i)));
      }

      assertThat(abc.post(thousand).expect(201).json()).hasSize(1000);
    }

    @Test
    void anIdWithEachAllowedCharacterHasItsOwnPath(Customer abc) {
      String id = Names.unique("A.z_0~9@b-");
      abc.create(client(id));
      Http http = abc.server().http();

      assertThat(http.get(abc.clients(id), abc.adminToken()).expect(200).json("clientId").asText())
          .isEqualTo(id);
      http.get(abc.clients(id.replace("@", "%40").replace("_", "%5F")), abc.adminToken())
          .expect(200);
    }

    @Test
    void idsAreComparedByteForByte(Customer abc) {
      String id = Names.unique("case");
      abc.create(client(id));

      abc.post(client(id.toUpperCase(Locale.ROOT))).expect(201);
      abc.server()
          .http()
          .get(abc.clients("C" + id.substring(1)), abc.adminToken())
          .expectProblem(404, "Client with id:'C" + id.substring(1) + "' isn't registered");
    }
  }

  @Nested
  class S2_Read {
    @Test
    void aClientIsReadWithoutItsSecret(Customer abc) {
      Client made = abc.newClient();

      Answer answer = abc.server().http().get(made.path(), abc.adminToken()).expect(200);

      assertThat(answer.text()).doesNotContain(made.secret()).doesNotContain("clientSecret");
      assertThat(etag(answer)).isNotEmpty();
      assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
    }

    @Test
    void theListIsAPlainArrayInByteOrderWithoutSecrets(Customer abc) {
      List<String> ids = new ArrayList<>(List.of(abc.adminId()));
      for (String stem : List.of("b", "B", "a.x", "a-x", "a_x", "a~x", "a@x", "0", "ab")) {
        ids.add(abc.create(client(Names.unique(stem))).id());
      }

      Answer answer = abc.server().http().get(abc.clients(), abc.adminToken()).expect(200);

      assertThat(answer.json().isArray()).isTrue();
      assertThat(ids(answer.json())).isEqualTo(ids.stream().sorted().toList());
      assertThat(answer.text()).doesNotContain("clientSecret");
      assertThat(answer.header("Link")).isEmpty();
      assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
    }

    @Test
    void pagesLeadThroughAllClientsOnceAndInOrder(Customer abc) {
      Set<String> made = new HashSet<>(Set.of(abc.adminId()));
      for (int i = 0; i < 10; i++) {
        made.add(abc.create(client(Names.unique("p"))).id());
      }
      Http http = abc.server().http();

      List<String> seen = new ArrayList<>();
      int pages = 0;
      Optional<String> next = Optional.of(abc.clients() + "?limit=3");
      while (next.isPresent()) {
        Answer page = http.get(next.get(), abc.adminToken()).expect(200);
        assertThat(page.json().size()).isBetween(1, 3);
        seen.addAll(ids(page.json()));
        next = http.next(page);
        pages++;
      }

      assertThat(pages).isEqualTo(4);
      assertThat(seen).isEqualTo(made.stream().sorted().toList());
    }

    @Test
    void aPageThatEndsWithTheListHasNoNext(Customer abc) {
      abc.newClient();
      Http http = abc.server().http();

      Answer page = http.get(abc.clients() + "?limit=2", abc.adminToken()).expect(200);

      assertThat(page.json()).hasSize(2);
      assertThat(http.next(page)).isEmpty();
    }

    @Test
    void aCursorSurvivesTheEndOfTheClientItNames(Customer abc) {
      List<String> made = new ArrayList<>();
      for (String stem : List.of("c1", "c2", "c3")) {
        made.add(abc.create(client(Names.unique(stem))).id());
      }
      Http http = abc.server().http();
      Answer first = http.get(abc.clients() + "?q=c&limit=2", abc.adminToken()).expect(200);
      String next = http.next(first).orElseThrow();

      http.delete(abc.clients(made.get(1)), abc.adminToken()).expect(200);

      assertThat(ids(http.get(next, abc.adminToken()).expect(200).json()))
          .containsExactly(made.get(2));
    }

    @Test
    void pagesKeepTheirFilter(Customer abc) {
      for (String stem : List.of("fa1", "fb1", "fa2", "fb2", "fa3")) {
        abc.create(client(Names.unique(stem)));
      }

      List<JsonNode> all =
          abc.server().http().all(abc.clients() + "?q=fa&limit=1", abc.adminToken());

      assertThat(all).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "x", "1e2", "99999999999999999999"})
    void aBadLimitIsAFault(String limit, Customer abc) {
      abc.server()
          .http()
          .get(abc.clients() + "?limit=" + limit, abc.adminToken())
          .expectFaults("?limit");
    }

    @Test
    void aBadValueOfAFilterIsAFault(Customer abc) {
      abc.server()
          .http()
          .get(abc.clients() + "?enabled=yes", abc.adminToken())
          .expectFaults("?enabled");
    }

    @Test
    void qIsALiteralPrefixOfTheId(Customer abc) {
      String tail = Names.unique("x");
      for (String id : List.of("q_1" + tail, "qA1" + tail, "Q_1" + tail, "xq_1" + tail)) {
        abc.create(client(id));
      }

      assertThat(list(abc, "?q=q_")).containsExactly("q_1" + tail);
      assertThat(list(abc, "?q=q_1" + tail)).containsExactly("q_1" + tail);
      assertThat(list(abc, "?q=q_1" + tail + "x")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"100%", "100%_", "50_", "\\", "'", "\"", "ä", "*", "--"})
    void qIsALiteralPrefixOfTheNameWithoutWildcards(String prefix, Customer abc) {
      String match = abc.create(client(Names.unique("n")).put("clientName", prefix + "x")).id();
      abc.create(client(Names.unique("n")).put("clientName", "100x50y" + prefix));
      abc.create(client(Names.unique("n")).put("clientName", "50x"));

      assertThat(list(abc, "?q=" + URLEncoder.encode(prefix, UTF_8))).containsExactly(match);
    }

    @Test
    void enabledRoleAndTenantFilter(Customer abc) {
      String t1 = abc.tenant(0);
      String t2 = abc.tenant(1);
      String one = abc.newClient(roles("ROLE_API", t1)).id();
      String two = abc.newClient(roles("ROLE_USER", t1, t2)).id();
      String off =
          abc.create(
                  Customer.client(Names.unique("off"), roles("ROLE_USER", t2))
                      .put("enabled", false))
              .id();

      assertThat(list(abc, "?enabled=false")).containsExactly(off);
      assertThat(list(abc, "?enabled=true")).containsExactlyInAnyOrder(one, two, abc.adminId());
      assertThat(list(abc, "?role=ROLE_API")).containsExactly(one);
      assertThat(list(abc, "?role=ROLE_USER")).containsExactlyInAnyOrder(two, off);
      // Who acts on the whole customer acts on each tenant.
      assertThat(list(abc, "?tenant=" + t1)).containsExactlyInAnyOrder(one, two, abc.adminId());
      assertThat(list(abc, "?tenant=" + t2 + "&role=ROLE_USER&enabled=true")).containsExactly(two);
      assertThat(list(abc, "?role=ROLE_ADMIN_USER")).isEmpty();
    }

    private List<String> list(Customer customer, String query) {
      Http http = customer.server().http();
      return ids(http.get(customer.clients() + query, customer.adminToken()).expect(200).json());
    }
  }

  @Nested
  class S2_ETag {
    @Test
    void isTheSameOnEveryAnswerUntilSomethingIsWritten(Customer abc) {
      Http http = abc.server().http();
      Answer created = abc.post(client(Names.unique("tag"))).expect(201);
      String path = abc.clients(created.json("clientId").asText());

      assertThat(etag(http.get(path, abc.adminToken()).expect(200))).isEqualTo(etag(created));
      assertThat(etag(http.get(path, abc.adminToken()).expect(200))).isEqualTo(etag(created));
    }

    @Test
    void everyWriteRaisesIt(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      Client made = abc.newClient();
      ObjectNode body = client(made.id());
      Set<String> tags = new HashSet<>();
      tags.add(etag(http.get(made.path(), admin)));

      tags.add(etag(http.put(made.path(), admin, body.put("clientName", "n")).expect(200)));
      http.put(made.path() + "/revoketokens", admin).expect(200);
      tags.add(etag(http.get(made.path(), admin)));
      JsonNode second = http.post(made.path() + "/secrets", admin, "").expect(201).json();
      tags.add(etag(http.get(made.path(), admin)));
      http.delete(made.path() + "/secrets/" + second.get("id").asText(), admin).expect(200);
      tags.add(etag(http.get(made.path(), admin)));

      assertThat(tags).hasSize(5);
    }

    @Test
    void isNeverRepeatedAfterARecreation(Customer abc) {
      Http http = abc.server().http();
      Set<String> tags = new HashSet<>();
      String id = Names.unique("again");
      for (int round = 0; round < 3; round++) {
        tags.add(etag(abc.post(client(id)).expect(201)));
        tags.add(
            etag(
                http.put(abc.clients(id), abc.adminToken(), client(id).put("clientName", "n"))
                    .expect(200)));
        http.delete(abc.clients(id), abc.adminToken()).expect(200);
      }

      assertThat(tags).hasSize(6);
    }

    @Test
    void aStaleIfMatchRefusesPutAndDeleteAndChangesNothing(Customer abc) {
      Http http = abc.server().http();
      Client made = abc.newClient();
      String old = etag(http.get(made.path(), abc.adminToken()));
      ObjectNode body = Customer.client(made.id(), Map.of());
      http.put(made.path(), abc.adminToken(), body.put("clientName", "new")).expect(200);

      withIfMatch(abc, "PUT", made.path(), old, body.put("clientName", "lost")).expect(412);
      withIfMatch(abc, "DELETE", made.path(), old, "").expect(412);
      withIfMatch(abc, "DELETE", made.path(), "\"nonsense\"", "").expect(412);

      Answer now = http.get(made.path(), abc.adminToken()).expect(200);
      assertThat(now.json("clientName").asText()).isEqualTo("new");
    }

    @Test
    void theCurrentOneOneOfAListAndAnAsteriskMatch(Customer abc) {
      Http http = abc.server().http();
      Client made = abc.newClient();
      ObjectNode body = Customer.client(made.id(), Map.of());
      String current = etag(http.get(made.path(), abc.adminToken()));

      Answer put = withIfMatch(abc, "PUT", made.path(), current, body).expect(200);
      withIfMatch(abc, "PUT", made.path(), "\"x\", " + etag(put), body).expect(200);
      withIfMatch(abc, "PUT", made.path(), "*", body).expect(200);
      withIfMatch(abc, "DELETE", made.path(), etag(http.get(made.path(), abc.adminToken())), "")
          .expect(200);
    }
  }

  @Nested
  class S2_Delete {
    @Test
    void aDeletedClientIsGoneAndItsTokensAreDead(Customer abc) {
      TestServer server = abc.server();
      Client made = abc.newClient(roles("ROLE_API", abc.tenant(0)));
      String token = made.token();

      Answer answer = server.http().delete(made.path(), abc.adminToken()).expect(200);

      assertThat(answer.text()).isEqualTo("{\"status\":\"success\"}");
      assertThat(server.isActive(token)).isFalse();
      server.askToken(made.id(), made.secret()).expectOAuthError(401, "invalid_client");
      server
          .http()
          .get(made.path(), abc.adminToken())
          .expectProblem(404, "Client with id:'" + made.id() + "' isn't registered");
      server.http().delete(made.path(), abc.adminToken()).expect(404);
    }

    @Test
    void aRecreatedClientHasAnotherSecretAndRevivesNoToken(Customer abc) {
      TestServer server = abc.server();
      Client first = abc.newClient();
      String token = first.token();
      server.http().delete(first.path(), abc.adminToken()).expect(200);

      Client second = abc.create(Customer.client(first.id(), Map.of()));

      assertThat(second.secret()).isNotEqualTo(first.secret());
      assertThat(server.isActive(token)).isFalse();
      server.askToken(first.id(), first.secret()).expectOAuthError(401, "invalid_client");
      assertThat(server.isActive(second.token())).isTrue();
    }

    @Test
    void aDeletedIdStaysReservedForItsCustomer(Customer abc, Customer xyz) {
      Client gone = abc.newClient();
      abc.server().http().delete(gone.path(), abc.adminToken()).expect(200);

      xyz.post(client(gone.id())).expectProblem(409, "Client '" + gone.id() + "' already exists");
      abc.post(client(gone.id())).expect(201);
    }
  }

  @Nested
  class S2_Tokens {
    @Test
    void revokeTokensKillsEveryTokenIssuedBeforeAndNoneAfter(Customer abc) {
      TestServer server = abc.server();
      Client made = abc.newClient();
      List<String> before = List.of(made.token(), made.token());

      Answer answer =
          server.http().put(made.path() + "/revoketokens", abc.adminToken()).expect(200);

      assertThat(answer.text()).isEqualTo("{\"status\":\"success\"}");
      assertThat(before).noneMatch(server::isActive);
      assertThat(server.isActive(made.token())).isTrue();
    }

    @Test
    void multitokensCountsTheTokensNowAlive(Customer abc) {
      TestServer server = abc.server();
      Client made = abc.newClient();
      Client other = abc.newClient();
      String path = made.path() + "/multitokens";
      assertThat(server.http().get(path, abc.adminToken()).expect(200).text())
          .isEqualTo("{\"status\":\"enabled\",\"tokensCount\":0}");

      for (int i = 0; i < 3; i++) {
        made.token();
      }
      other.token();
      assertThat(count(abc, path)).isEqualTo(3);

      server.http().put(made.path() + "/revoketokens", abc.adminToken()).expect(200);
      assertThat(count(abc, path)).isZero();
      made.token();
      assertThat(count(abc, path)).isEqualTo(1);
    }

    private int count(Customer customer, String path) {
      return customer
          .server()
          .http()
          .get(path, customer.adminToken())
          .expect(200)
          .json("tokensCount")
          .asInt();
    }
  }

  @Nested
  class S2_CallersRights {
    @Test
    void aTokenNarrowedToATenantHasNoManagementRight(Customer abc) {
      TestServer server = abc.server();
      String narrowed =
          server
              .askToken(abc.adminId(), abc.adminSecret(), "tenant", abc.tenant(0))
              .expect(200)
              .json("access_token")
              .asText();

      server.http().get(abc.clients(), narrowed).expectProblem(403, DENIED);
    }

    @Test
    void aTokenNarrowedByScopeHasOnlyTheRightsOfThoseRoles(Customer abc) {
      TestServer server = abc.server();
      Client two =
          abc.newClient(Map.of("ROLE_ADMIN_USER", List.of(), "ROLE_USER", List.of(abc.tenant(0))));
      String user =
          server
              .askToken(two.id(), two.secret(), "scope", "ROLE_USER")
              .expect(200)
              .json("access_token")
              .asText();
      String admin =
          server
              .askToken(two.id(), two.secret(), "scope", "ROLE_ADMIN_USER")
              .expect(200)
              .json("access_token")
              .asText();

      server.http().get(abc.clients(), user).expectProblem(403, DENIED);
      server.http().get(abc.clients(), admin).expect(200);
    }

    @Test
    void aRoleTakenAwayCountsNoLongerEvenInASparedToken(Customer abc) {
      TestServer server = abc.server();
      Client manager = abc.newClient(roles("ROLE_ADMIN_USER"));
      String token = manager.token();
      server.http().get(abc.clients(), token).expect(200);

      server
          .http()
          .put(
              manager.path() + "?skipTokenRevocation=true",
              abc.adminToken(),
              Customer.client(manager.id(), Map.of()))
          .expect(200);

      assertThat(server.isActive(token)).isTrue();
      server.http().get(abc.clients(), token).expectProblem(403, DENIED);
    }

    @Test
    void aCustomRoleCountsWithThePrivilegesItCarriesNow(Customer abc) {
      Http http = abc.server().http();
      String admin = abc.adminToken();
      String role = Names.uniqueRole();
      http.post(abc.path() + "/roles", admin, List.of(role)).expect(201);
      Client holder = abc.newClient(roles(role, abc.tenant(1)));
      String token = holder.token();
      http.get(abc.clients(), token).expectProblem(403, DENIED);

      http.put(
              abc.path() + "/roles/permissions/" + role,
              admin,
              """
              {"roleName":"%s","servicePermissions":[{"id":"auth","resourcePermissions":[
                {"id":"customer.CLIENTS","allowedPrivileges":["READ"]}]}]}\
              """
                  .formatted(role))
          .expect(200);

      http.get(abc.clients(), token).expect(200);
      http.get(holder.path() + "/secrets", token).expect(200);
      http.post(abc.clients(), token, client(Names.unique("no"))).expectProblem(403, DENIED);
      http.put(holder.path(), token, client(holder.id())).expectProblem(403, DENIED);
      http.put(holder.path() + "/revoketokens", token).expectProblem(403, DENIED);
      http.delete(holder.path(), token).expectProblem(403, DENIED);
      http.post(holder.path() + "/secrets", token, "").expectProblem(403, DENIED);
      http.get(abc.path() + "/audit", token).expectProblem(403, DENIED);
      http.get(abc.path() + "/roles", token).expectProblem(403, DENIED);

      http.delete(abc.path() + "/roles/permissions/" + role, admin).expect(200);
      http.get(abc.clients(), token).expectProblem(403, DENIED);
    }

    @Test
    void ROLE_ADMIN_USERManagesClientsAndROLE_API_ROLE_USER_ROLE_ADMIN_TENANTDoNot(Customer abc) {
      Http http = abc.server().http();
      String manager = abc.newClient(roles("ROLE_ADMIN_USER")).token();
      http.post(abc.clients(), manager, client(Names.unique("by"))).expect(201);
      http.get(abc.path() + "/audit", manager).expect(200);

      for (String role : List.of("ROLE_API", "ROLE_USER", "ROLE_ADMIN_TENANT")) {
        String token = abc.newClient(roles(role, abc.tenant(0))).token();
        http.get(abc.clients(), token).expectProblem(403, DENIED);
        http.post(abc.clients(), token, client(Names.unique("by"))).expectProblem(403, DENIED);
      }
    }
  }

  @Nested
  class S2_2_RoleApi {
    private JsonNode claims(Client client) {
      return Jwt.claims(client.token());
    }

    @Test
    void itIsHeldOnTheTenantsThatThePermissionsName(Customer abc) {
      ObjectNode body =
          Customer.client(Names.unique("api"), roles("ROLE_USER", abc.tenant(1)))
              .put("defaultRolesAssignmentEnabled", true);

      JsonNode held = claims(abc.create(body)).get("role_tenants");

      assertThat(held.toString())
          .isEqualTo(
              "{\"ROLE_API\":[\"%s\"],\"ROLE_USER\":[\"%s\"]}"
                  .formatted(abc.tenant(1), abc.tenant(1)));
    }

    @Test
    void itIsHeldOnAllTenantsWhenPermissionsAreAbsent(Customer abc) {
      Client client = abc.create(client(Names.unique("api")));

      assertThat(claims(client).get("role_tenants").toString()).isEqualTo("{\"ROLE_API\":[\"*\"]}");
    }

    @Test
    void noRolesNameNoTenantAndGetNone(Customer abc) {
      ObjectNode body =
          Customer.client(Names.unique("none"), Map.of())
              .put("defaultRolesAssignmentEnabled", true);

      JsonNode claims = claims(abc.create(body));

      assertThat(claims.path("role_tenants").size()).isZero();
      assertThat(claims.path("roles").size()).isZero();
    }

    @Test
    void withFalseTheClientHoldsOnlyWhatIsListed(Customer abc) {
      JsonNode held = claims(abc.newClient(roles("ROLE_USER", abc.tenant(0)))).get("role_tenants");

      assertThat(held.toString()).isEqualTo("{\"ROLE_USER\":[\"%s\"]}".formatted(abc.tenant(0)));
    }

    @Test
    void itIsNotShownInThePermissions(Customer abc) {
      ObjectNode body =
          Customer.client(Names.unique("api"), roles("ROLE_USER", abc.tenant(0)))
              .put("defaultRolesAssignmentEnabled", true);

      JsonNode shown = abc.post(body).expect(201).json("clientPermissions");

      assertThat(shown).isEqualTo(body.get("clientPermissions"));
    }

    @Test
    void scopeIsHeldOnAllTenantsOfTheCustomer(Customer abc) {
      ObjectNode body = client(Names.unique("scope")).put("defaultRolesAssignmentEnabled", false);
      body.putArray("scope").add("ROLE_USER");

      Client client = abc.create(body);

      assertThat(claims(client).get("role_tenants").toString())
          .isEqualTo("{\"ROLE_USER\":[\"*\"]}");
    }

    @Test
    void allTenantsAreThoseAtTheTimeOfUse(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.create(client(Names.unique("later")));
      String tenant = Names.unique("later");
      server
          .askToken(client.id(), client.secret(), "tenant", tenant)
          .expectOAuthError(400, "invalid_target");

      server
          .http()
          .post(abc.path() + "/tenants", server.operatorToken(), Map.of("id", tenant))
          .expect(201);

      String token =
          server
              .askToken(client.id(), client.secret(), "tenant", tenant)
              .expect(200)
              .json("access_token")
              .asText();
      assertThat(Jwt.claims(token).get("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"%s\"]}".formatted(tenant));
    }
  }

  @Nested
  class S2_4_Update {
    private Answer put(Client client, Object body) {
      Customer customer = client.customer();
      return customer.server().http().put(client.path(), customer.adminToken(), body);
    }

    @Test
    void omittedOptionalFieldsGoBackToTheirDefaults(Customer abc) {
      ObjectNode full =
          Customer.client(Names.unique("full"), roles("ROLE_API", abc.tenant(0)))
              .put("clientName", "A name")
              .put("clientDescription", "A description")
              .put("clientEmail", "someone@example.org")
              .put("accessTokenValidity", 120)
              .put("refreshTokenValidity", 7)
              .put("enabled", false);
      full.putArray("scope").add("ROLE_USER");
      full.putArray("authorities").add("a");
      full.putArray("resourceIds").add("r");
      full.putArray("redirectUri").add("https://example.org/");
      Client client = abc.create(full);
      ObjectNode least = client(client.id());
      least.remove("clientId");

      JsonNode now = put(client, least).expect(200).json();

      assertThat(now.get("clientId").asText()).isEqualTo(client.id());
      for (String field :
          List.of(
              "clientName",
              "clientDescription",
              "clientEmail",
              "accessTokenValidity",
              "refreshTokenValidity",
              "clientPermissions")) {
        assertThat(now.get(field).isNull()).as(field).isTrue();
      }
      for (String field : List.of("scope", "authorities", "resourceIds")) {
        assertThat(now.get(field).toString()).as(field).isEqualTo("[]");
      }
      assertThat(now.get("redirectUri").toString()).isEqualTo("[\"http://localhost\"]");
      assertThat(now.get("enabled").asBoolean()).isTrue();
      assertThat(now.get("defaultRolesAssignmentEnabled").asBoolean()).isTrue();
    }

    @Test
    void anOmittedSecretIsKeptAndNotShown(Customer abc) {
      Client client = abc.newClient();

      Answer answer = put(client, client(client.id()).put("clientName", "n")).expect(200);

      assertThat(answer.json().has("clientSecret")).isFalse();
      assertThat(client.token()).isNotEmpty();
    }

    @Test
    void requiredFieldsAreRequired(Customer abc) {
      put(abc.newClient(), "{}")
          .expectFaults("/authorizedGrantTypes", "/clientAuthenticationMethods");
    }

    @Test
    void anotherClientIdThanThePathsIsAFault(Customer abc) {
      put(abc.newClient(), client(Names.unique("other"))).expectFaults("/clientId");
    }

    @Test
    void anArrayIsAFault(Customer abc) {
      Client client = abc.newClient();

      put(client, List.of(client(client.id()))).expect(400);
    }

    @Test
    void aChangeOfRolesKillsTheTokens(Customer abc) {
      Client client = abc.newClient(roles("ROLE_API", abc.tenant(0)));
      TestServer server = abc.server();
      String token = client.token();

      put(client, Customer.client(client.id(), roles("ROLE_API", abc.tenant(1)))).expect(200);

      assertThat(server.isActive(token)).isFalse();
      token = client.token();
      assertThat(Jwt.claims(token).get("role_tenants").toString())
          .isEqualTo("{\"ROLE_API\":[\"%s\"]}".formatted(abc.tenant(1)));

      put(client, client(client.id())).expect(200);
      assertThat(server.isActive(token)).isFalse();
    }

    @Test
    void aSecretInAPutReplacesAllAndKillsTheTokens(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.newClient();
      String token = client.token();

      Answer answer =
          put(client, Customer.client(client.id(), Map.of()).put("clientSecret", CHOSEN))
              .expect(200);

      assertThat(answer.json("clientSecret").asText()).isEqualTo(CHOSEN);
      assertThat(server.isActive(token)).isFalse();
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
      server.askToken(client.id(), CHOSEN).expect(200);
      assertThat(server.http().get(client.path(), abc.adminToken()).text()).doesNotContain(CHOSEN);
    }

    @Test
    void aDisabledClientIsOutAtOnceAndEnablingRevivesNoToken(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.newClient();
      String token = client.token();
      ObjectNode body = Customer.client(client.id(), Map.of());

      put(client, body.put("enabled", false)).expect(200);
      assertThat(server.isActive(token)).isFalse();
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");

      put(client, body.put("enabled", true)).expect(200);
      assertThat(server.isActive(token)).isFalse();
      assertThat(server.isActive(client.token())).isTrue();
    }

    @Test
    void otherChangesKillNoToken(Customer abc) {
      Client client = abc.newClient();
      String token = client.token();
      ObjectNode body =
          Customer.client(client.id(), Map.of())
              .put("clientName", "n")
              .put("clientDescription", "d")
              .put("clientEmail", "e@example.org")
              .put("accessTokenValidity", 60);

      put(client, body).expect(200);

      assertThat(abc.server().isActive(token)).isTrue();
    }

    @Test
    void skipTokenRevocationSparesTheTokens(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.newClient(roles("ROLE_API", abc.tenant(0)));
      String token = client.token();

      server
          .http()
          .put(
              client.path() + "?skipTokenRevocation=true",
              abc.adminToken(),
              Customer.client(client.id(), roles("ROLE_API", abc.tenant(1)))
                  .put("clientSecret", CHOSEN))
          .expect(200);

      assertThat(server.isActive(token)).isTrue();
      server.askToken(client.id(), client.secret()).expectOAuthError(401, "invalid_client");
    }

    @Test
    void skipTokenRevocationNeverSparesADisabledClient(Customer abc) {
      TestServer server = abc.server();
      Client client = abc.newClient();
      String token = client.token();

      server
          .http()
          .put(
              client.path() + "?skipTokenRevocation=true",
              abc.adminToken(),
              Customer.client(client.id(), Map.of()).put("enabled", false))
          .expect(200);

      assertThat(server.isActive(token)).isFalse();
    }

    @Test
    void aRefusedPutChangesNothing(Customer abc) {
      Http http = abc.server().http();
      Client client = abc.newClient(roles("ROLE_API", abc.tenant(0)));
      String token = client.token();
      Answer before = http.get(client.path(), abc.adminToken());

      put(
              client,
              Customer.client(client.id(), roles("ROLE_USER", abc.tenant(1), "nowhere"))
                  .put("clientSecret", CHOSEN)
                  .put("enabled", false))
          .expect(400);

      Answer after = http.get(client.path(), abc.adminToken());
      assertThat(after.text()).isEqualTo(before.text());
      assertThat(etag(after)).isEqualTo(etag(before));
      assertThat(abc.server().isActive(token)).isTrue();
    }

    @Test
    void anUnknownClientIsNotCreated(Customer abc) {
      String id = Names.unique("unknown");

      abc.server()
          .http()
          .put(abc.clients(id), abc.adminToken(), client(id))
          .expectProblem(404, "Client with id:'" + id + "' isn't registered");
    }
  }
}
