package io.clientele;

import static io.clientele.access.Privilege.AUDIT;
import static io.clientele.access.Privilege.CLIENTS;
import static io.clientele.access.Privilege.CREATE;
import static io.clientele.access.Privilege.CUSTOMER;
import static io.clientele.access.Privilege.DELETE;
import static io.clientele.access.Privilege.METRICS;
import static io.clientele.access.Privilege.READ;
import static io.clientele.access.Privilege.ROLES;
import static io.clientele.access.Privilege.UPDATE;

import io.clientele.access.Call;
import io.clientele.access.Privilege;
import io.clientele.access.Right;
import io.clientele.client.ClientCreationEndpoint;
import io.clientele.client.ClientsEndpoint;
import io.clientele.client.SecretsEndpoint;
import io.clientele.customer.AuditEndpoint;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.customer.PermissionsEndpoint;
import io.clientele.customer.RefusalsEndpoint;
import io.clientele.customer.RolesEndpoint;
import io.clientele.customer.TenantsEndpoint;
import io.clientele.http.HealthEndpoint;
import io.clientele.http.Metrics;
import io.clientele.http.OpenApiEndpoint;
import io.clientele.http.Route;
import io.clientele.key.KeysEndpoint;
import io.clientele.key.MetadataEndpoint;
import io.clientele.token.CheckTokenEndpoint;
import io.clientele.token.IntrospectionEndpoint;
import io.clientele.token.RevocationEndpoint;
import io.clientele.token.TokenEndpoint;
import io.clientele.token.Walls;
import java.util.List;

/// Every URL on one line, with the right it demands on the same line.
public final class Routes {

  private static final int FORM = 64 * 1024;
  private static final int SMALL = 64 * 1024;
  private static final int LARGE = 4 * 1024 * 1024;

  private static final Right CLIENT_SECRET = new Right.ClientSecret();
  private static final Right ANYONE = new Right.Anyone();
  private static final Right OPERATOR = new Right.Operator();

  /// One line of the table.
  ///
  /// @param right what it demands; the test matrices are made from it
  public record Line(Right right, Route route) {

    /// Whether it is one of the management API's, which a wall stands before.
    boolean isManagement() {
      return switch (right) {
        case Right.Operator operator -> true;
        case Right.OnCustomer(Privilege privilege) -> true;
        case Right.Anywhere(Privilege privilege) -> true;
        case Right.Anyone anyone -> false;
        case Right.ClientSecret secret -> false;
      };
    }

    /// `METHOD template`
    @Override
    public String toString() {
      return route.method() + " " + route.template();
    }
  }

  /// What answers.
  record Endpoints(
      TokenEndpoint token,
      IntrospectionEndpoint introspection,
      CheckTokenEndpoint checkToken,
      RevocationEndpoint revocation,
      KeysEndpoint keys,
      MetadataEndpoint metadata,
      ClientCreationEndpoint creation,
      ClientsEndpoint clients,
      SecretsEndpoint secrets,
      CustomersEndpoint customers,
      TenantsEndpoint tenants,
      RolesEndpoint roles,
      PermissionsEndpoint permissions,
      AuditEndpoint audit,
      RefusalsEndpoint refusals,
      HealthEndpoint health,
      Metrics metrics,
      OpenApiEndpoint openApi) {}

  private final Walls walls;

  Routes(Walls walls) {
    this.walls = walls;
  }

  /// The table.
  List<Line> all(Endpoints to) {
    String customer = "/oauth/customers/{customerId}";
    String client = customer + "/clients/{clientId}";
    String permission = customer + "/roles/permissions/{role}";
    return List.of(
        protocol("POST", "/oauth/token", CLIENT_SECRET, to.token::issue),
        protocol("POST", "/oauth/introspect", CLIENT_SECRET, to.introspection::introspect),
        protocol("POST", "/oauth/checkToken", CLIENT_SECRET, to.checkToken::check),
        protocol("POST", "/oauth/revoke", CLIENT_SECRET, to.revocation::revoke),
        protocol("GET", "/oauth/jwks", ANYONE, to.keys::jwks),
        protocol("GET", "/.well-known/oauth-authorization-server", ANYONE, to.metadata::get),
        protocol("GET", "/.well-known/openid-configuration", ANYONE, to.metadata::get),
        management("POST", customer + "/clients", on(CLIENTS, CREATE), LARGE, to.creation::create),
        management("GET", customer + "/clients", on(CLIENTS, READ), SMALL, to.clients::list),
        management("GET", client, on(CLIENTS, READ), SMALL, to.clients::get),
        management("PUT", client, on(CLIENTS, UPDATE), LARGE, to.clients::replace),
        management("DELETE", client, on(CLIENTS, DELETE), SMALL, to.clients::delete),
        management(
            "PUT", client + "/revoketokens", on(CLIENTS, UPDATE), SMALL, to.clients::revokeTokens),
        management(
            "GET", client + "/multitokens", on(CLIENTS, READ), SMALL, to.clients::countTokens),
        management("GET", client + "/secrets", on(CLIENTS, READ), SMALL, to.secrets::list),
        management("POST", client + "/secrets", on(CLIENTS, UPDATE), SMALL, to.secrets::create),
        management(
            "DELETE",
            client + "/secrets/{secretId}",
            on(CLIENTS, UPDATE),
            SMALL,
            to.secrets::delete),
        management("GET", "/oauth/customers", OPERATOR, SMALL, to.customers::list),
        management("POST", "/oauth/customers", OPERATOR, LARGE, to.customers::create),
        management("GET", customer, on(CUSTOMER, READ), SMALL, to.customers::get),
        management("PUT", customer, OPERATOR, LARGE, to.customers::replace),
        management("DELETE", customer, OPERATOR, SMALL, to.customers::delete),
        management("GET", customer + "/tenants", OPERATOR, SMALL, to.tenants::list),
        management("POST", customer + "/tenants", OPERATOR, LARGE, to.tenants::create),
        management("DELETE", customer + "/tenants/{tenantId}", OPERATOR, SMALL, to.tenants::delete),
        management("GET", customer + "/roles", on(ROLES, READ), SMALL, to.roles::list),
        management("POST", customer + "/roles", on(ROLES, CREATE), LARGE, to.roles::add),
        management("PUT", customer + "/roles", on(ROLES, UPDATE), LARGE, to.roles::replace),
        management(
            "DELETE", customer + "/roles/{role}", on(ROLES, DELETE), SMALL, to.roles::delete),
        management(
            "GET", customer + "/roles/permissions", on(ROLES, READ), SMALL, to.permissions::list),
        management(
            "POST", customer + "/roles/permissions", on(ROLES, CREATE), LARGE, to.permissions::set),
        management("GET", permission, on(ROLES, READ), SMALL, to.permissions::get),
        management("PUT", permission, on(ROLES, UPDATE), LARGE, to.permissions::replace),
        management("DELETE", permission, on(ROLES, DELETE), SMALL, to.permissions::clear),
        management("GET", customer + "/audit", on(AUDIT, READ), SMALL, to.audit::list),
        management("GET", customer + "/audit/refusals", on(AUDIT, READ), SMALL, to.refusals::list),
        management("GET", "/oauth/keys", OPERATOR, SMALL, to.keys::list),
        management("POST", "/oauth/keys/rotate", OPERATOR, SMALL, to.keys::rotate),
        management(
            "GET",
            "/metrics",
            new Right.Anywhere(new Privilege(METRICS, READ)),
            SMALL,
            call -> to.metrics.scrape(call.request())),
        open("GET", "/health/live", to.health::live),
        open("GET", "/health/ready", to.health::ready),
        open("GET", "/openapi.yaml", to.openApi::get));
  }

  /// What the management port serves, which is bound to loopback, to anyone there.
  List<Line> managementPort(Endpoints to) {
    return List.of(
        open("GET", "/metrics", to.metrics::scrape),
        open("GET", "/health/live", to.health::live),
        open("GET", "/health/ready", to.health::ready));
  }

  private static Right on(String resource, String action) {
    return new Right.OnCustomer(new Privilege(resource, action));
  }

  private static Line protocol(String method, String template, Right right, Route.Handler handler) {
    return new Line(right, Route.open(method, template, Route.Voice.PROTOCOL, FORM, handler));
  }

  private static Line open(String method, String template, Route.Handler handler) {
    return new Line(ANYONE, Route.open(method, template, Route.Voice.MANAGEMENT, SMALL, handler));
  }

  private Line management(
      String method, String template, Right right, int bodyLimit, Call.Handler handler) {
    return new Line(
        right,
        new Route(
            method,
            template,
            Route.Voice.MANAGEMENT,
            bodyLimit,
            request -> {
              var _ = walls.pass(request, right);
              // A body may come slowly: what died meanwhile is dead.
              return read -> handler.handle(walls.pass(read, right));
            }));
  }
}
