package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// No field that is not in the contract is taken, whatever it is called inside.
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
      names.add(known.toUpperCase(Locale.ROOT));
      names.add(known.substring(0, 1).toUpperCase(Locale.ROOT) + known.substring(1));
      names.add(known.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
      names.add(known + " ");
      names.add(known + "\u0000");
      names.add("_" + known);
      names.add(known + "s");
    }
    KNOWN.forEach(names::remove);
    return names;
  }

  private static String pointer(String name) {
    return "/" + name.replace("~", "~0").replace("/", "~1");
  }

  @Test
  void eachUnknownOrInternalFieldIsAFaultInCreateAndReplace(Customer abc) {
    Set<String> names = names();
    assertThat(names).hasSizeGreaterThanOrEqualTo(200);
    Client target = abc.newClient();
    Http http = abc.server().http();
    String before = http.get(target.path(), abc.adminToken()).text();

    for (String name : names) {
      abc.post(Customer.client(Names.unique("mass")).put(name, 1)).expectFaults(pointer(name));
      http.put(target.path(), abc.adminToken(), Customer.client(target.id()).put(name, 1))
          .expectFaults(pointer(name));
    }

    assertThat(http.get(abc.clients(), abc.adminToken()).json()).hasSize(2);
    assertThat(http.get(target.path(), abc.adminToken()).text()).isEqualTo(before);
  }

  @Test
  void allOfThemTogetherAreEachNamed(Customer abc) {
    ObjectNode body = Customer.client(Names.unique("mass"));
    Set<String> names = names();
    names.forEach(name -> body.put(name, true));

    abc.post(body)
        .expectFaults(names.stream().map(MassAssignmentTest::pointer).toArray(String[]::new));
  }

  @Test
  void whatAnAnswerAddsIsNotTakenBack(Customer abc) {
    JsonNode created = abc.post(Customer.client(Names.unique("mass"))).expect(201).json();

    abc.server()
        .http()
        .put(abc.clients(created.get("clientId").asText()), abc.adminToken(), created)
        .expectFaults("/clientSecret");
  }

  @Test
  void customersTenantsAndSecretsTakeNoUnknownFieldEither(Customer abc, TestServer server) {
    Http http = server.http();
    String operator = server.operatorToken();
    Client target = abc.newClient();
    for (String name : List.of("generation", "version", "createdAt", "deleted", "customerId")) {
      http.post("/oauth/customers", operator, Map.of("id", Names.unique("c"), name, 1))
          .expectFaults(pointer(name));
      http.post(abc.path() + "/tenants", operator, Map.of("id", Names.unique("t"), name, 1))
          .expectFaults(pointer(name));
      http.post(target.path() + "/secrets", abc.adminToken(), Map.of(name, 1))
          .expectFaults(pointer(name));
    }
  }
}
