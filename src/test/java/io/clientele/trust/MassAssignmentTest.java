package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.CustomerRows;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// No field that is not in the contract is taken, whatever it is called inside: in each object of
/// each body that is read.
@TrustCase(
    id = "T17",
    title = "Unknown and internal fields in each object of each body that is read",
    unit = "fields",
    required = 20_000,
    brief = 3_000,
    seconds = 120)
@WithServer
class MassAssignmentTest {
  private static final List<String> KNOWN =
      List.of(
          "clientId",
          "authorizedGrantTypes",
          "clientAuthenticationMethods",
          "clientPermissions",
          "clientSecret",
          "accessTokenValidity",
          "enabled",
          "defaultRolesAssignmentEnabled",
          "clientName",
          "clientDescription",
          "clientEmail",
          "scope",
          "authorities",
          "resourceIds",
          "redirectUri",
          "refreshTokenValidity");

  private static final List<String> INTERNAL =
      List.of(
          "id",
          "customer",
          "customerId",
          "tenant",
          "tenants",
          "tenantId",
          "role",
          "roles",
          "grant",
          "grants",
          "givenBy",
          "givenAt",
          "version",
          "generation",
          "gen",
          "etag",
          "seq",
          "sequence",
          "createdAt",
          "createdBy",
          "updatedAt",
          "updatedBy",
          "deletedAt",
          "deleted",
          "suspended",
          "status",
          "secret",
          "secrets",
          "secretId",
          "secretDigest",
          "digest",
          "hash",
          "algorithm",
          "salt",
          "pepper",
          "hint",
          "expiresAt",
          "lastUsedAt",
          "revokedAt",
          "privileges",
          "permissions",
          "servicePermissions",
          "resourcePermissions",
          "allowedPrivileges",
          "operator",
          "isOperator",
          "admin",
          "isAdmin",
          "superuser",
          "owner",
          "rank",
          "caller",
          "actor",
          "audit",
          "iss",
          "sub",
          "aud",
          "exp",
          "iat",
          "jti",
          "kid",
          "key",
          "keys",
          "issuer",
          "audience",
          "groups",
          "user",
          "username",
          "password",
          "email",
          "name",
          "description",
          "encrypted",
          "locked",
          "accountNonLocked",
          "autoApprove",
          "autoapprove",
          "additionalInformation",
          "scopes",
          "grantTypes",
          "grant_types",
          "redirectUris",
          "registeredRedirectUri",
          "token",
          "tokens",
          "tokensCount",
          "multitokens",
          "revoketokens",
          "errors",
          "errorCode",
          "type",
          "class",
          "@class",
          "@type",
          "$type",
          "$ref",
          "$schema",
          "__proto__",
          "constructor",
          "prototype",
          "toString",
          "hashCode",
          "getClass",
          "",
          " ",
          ".",
          "/",
          "~",
          "*",
          "0",
          "-1",
          "null",
          "true");

  private static Set<String> names() {
    Set<String> names = new LinkedHashSet<>(INTERNAL);
    for (String known : KNOWN) {
      names.add(known);
      names.add(known.toUpperCase(Locale.ROOT));
      names.add(known.substring(0, 1).toUpperCase(Locale.ROOT) + known.substring(1));
      names.add(known.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
      names.add(known + " ");
      names.add(known + "\u0000");
      names.add("_" + known);
      names.add(known + "s");
    }
    return names;
  }

  /// An object in a body that some route reads.
  ///
  /// @param pointer of the object in the body
  /// @param known what may stand in it
  private record Place(
      String method,
      String path,
      boolean byOperator,
      String body,
      String pointer,
      Set<String> known) {

    Set<String> unknown() {
      Set<String> unknown = names();
      unknown.removeAll(known);
      assertThat(unknown).hasSizeGreaterThanOrEqualTo(200);
      return unknown;
    }

    /// The body with this in that object.
    JsonNode with(String name, JsonNode value) {
      JsonNode whole = json(body);
      ((ObjectNode) whole.at(pointer)).set(name, value);
      return whole;
    }

    String faultAt(String name) {
      return pointer + "/" + name.replace("~", "~0").replace("/", "~1");
    }

    @Override
    public String toString() {
      return method + " " + path + " at '" + pointer + "'";
    }
  }

  private static JsonNode json(String text) {
    try {
      return Answer.JSON.readTree(text);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(text, e);
    }
  }

  private static List<Place> places(Customer abc, Client target, String role) {
    Set<String> client = Set.copyOf(KNOWN);
    Set<String> customer = Set.of("id", "name", "status", "tenants");
    Set<String> tenant = Set.of("id", "name");
    Set<String> document = Set.of("roleName", "servicePermissions");
    String made = Customer.client("made-1").toString();
    String given = Customer.client("made-1", java.util.Map.of()).toString();
    String permissions =
        "{\"roleName\":\""
            + role
            + "\",\"servicePermissions\":[{\"id\":\"Auth\",\"resourcePermissions\":[{\"id\":"
            + "\"Customer.Clients\",\"allowedPrivileges\":[\"READ\"]}]}]}";
    String clients = abc.clients();
    String tenants = abc.path() + "/tenants";
    String documents = abc.path() + "/roles/permissions";
    String one = documents + "/" + role;
    String resource = "/servicePermissions/0/resourcePermissions/0";
    return List.of(
        new Place("POST", clients, false, made, "", client),
        new Place(
            "POST",
            clients,
            false,
            "[" + made + "," + made.replace("made-1", "made-2") + "]",
            "/1",
            client),
        new Place("PUT", target.path(), false, Customer.client(target.id()).toString(), "", client),
        new Place("POST", clients, false, given, "/clientPermissions", Set.of("roles")),
        new Place(
            "POST",
            target.path() + "/secrets",
            false,
            "{}",
            "",
            Set.of("clientSecret", "expiresAt")),
        new Place("POST", "/oauth/customers", true, "{\"id\":\"made-1\"}", "", customer),
        new Place(
            "POST",
            "/oauth/customers",
            true,
            "{\"id\":\"made-1\",\"tenants\":[{\"id\":\"made-1\"}]}",
            "/tenants/0",
            tenant),
        new Place(
            "PUT",
            abc.path(),
            true,
            "{\"tenants\":[\"" + abc.tenant(0) + "\",\"" + abc.tenant(1) + "\"]}",
            "",
            customer),
        new Place(
            "PUT",
            abc.path(),
            true,
            "{\"tenants\":[{\"id\":\"" + abc.tenant(0) + "\"},\"" + abc.tenant(1) + "\"]}",
            "/tenants/0",
            tenant),
        new Place("POST", tenants, true, "{\"id\":\"made-1\"}", "", tenant),
        new Place("POST", tenants, true, "[{\"id\":\"made-1\"}]", "/0", tenant),
        new Place("POST", documents, false, permissions, "", document),
        new Place("POST", documents, false, "[" + permissions + "]", "/0", document),
        new Place(
            "POST",
            documents,
            false,
            permissions,
            "/servicePermissions/0",
            Set.of("id", "resourcePermissions")),
        new Place("PUT", one, false, permissions, "", document),
        new Place("PUT", one, false, permissions, resource, Set.of("id", "allowedPrivileges")));
  }

  private static final List<JsonNode> VALUES =
      List.of(json("1"), json("\"x\""), json("true"), json("null"), json("[]"), json("{\"a\":{}}"));

  /// What is there of a customer, and which customers there are.
  private static List<String> rows(Connection connection, Customer abc) throws SQLException {
    List<String> rows = new ArrayList<>(CustomerRows.of(connection, abc.id()));
    rows.addAll(
        CustomerRows.rows(
            connection, "customers", "SELECT customer_id FROM customer ORDER BY customer_id"));
    return rows;
  }

  @Test
  void eachIsAFaultAndNothingIsStored(Customer abc, Tally tally) throws SQLException {
    TestServer server = abc.server();
    Http http = server.http();
    String role = Names.uniqueRole();
    http.post(abc.path() + "/roles", abc.adminToken(), List.of(role)).expect(201);
    List<Place> places = places(abc, abc.newClient(), role);
    boolean brief = tally.scale() == Scale.BRIEF;
    try (Connection connection = DriverManager.getConnection(server.databaseAddress())) {
      List<String> before = rows(connection, abc);
      int turn = 0;
      for (Place place : places) {
        String token = place.byOperator ? server.operatorToken() : abc.adminToken();
        allAtOnce(http, place, token, tally);
        for (String name : place.unknown()) {
          turn++;
          // In the short form one in twenty alone, with another value each time.
          if (brief && turn % 19 != 0) {
            continue;
          }
          for (JsonNode value : brief ? List.of(VALUES.get(turn % VALUES.size())) : VALUES) {
            refused(brief ? http : http.unchecked(), place, token, name, value, tally);
          }
          if (!rows(connection, abc).equals(before)) {
            tally.wrong("'" + name + "' changes something in " + place);
          }
        }
      }
      assertThat(rows(connection, abc)).isEqualTo(before);
    }
    tally.measured(places.size() + " objects, " + names().size() + " names");
  }

  private static void refused(
      Http http, Place place, String token, String name, JsonNode value, Tally tally) {
    Answer answer =
        http.send(place.method, place.path, Http.bearer(token), place.with(name, value));
    tally.badInput();
    if (answer.status() != 400 || !answer.pointers().equals(List.of(place.faultAt(name)))) {
      tally.wrong("'" + name + "': " + value + " in " + place + ": " + answer);
    }
  }

  private static void allAtOnce(Http http, Place place, String token, Tally tally) {
    JsonNode body = json(place.body);
    Set<String> unknown = place.unknown();
    unknown.forEach(name -> ((ObjectNode) body.at(place.pointer)).put(name, true));

    http.send(place.method, place.path, Http.bearer(token), body)
        .expectFaults(unknown.stream().map(place::faultAt).toArray(String[]::new));
    tally.badInputs(unknown.size());
    tally.done(unknown.size());
  }

  @Test
  void whatAnAnswerAddsIsNotTakenBack(Customer abc) {
    JsonNode created = abc.post(Customer.client(Names.unique("mass"))).expect(201).json();

    abc.server()
        .http()
        .put(abc.clients(created.get("clientId").asText()), abc.adminToken(), created)
        .expectFaults("/clientSecret");
  }
}
