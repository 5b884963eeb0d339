package io.clientele.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Role;
import io.clientele.http.Json;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// The lines that `clientele generate` imports: customers, and clients spread over them evenly.
/// Each client holds ROLE_API on one of its customer's tenants, and every second one ROLE_USER on
/// the next tenant. Positions count lines.
public final class Generated implements Lines {

  private final Seed seed;
  private final int customers;
  private final int clients;
  private int customer;
  private int client;
  private long number;

  /// @param customers how many, at least one
  /// @param clients how many in all
  public Generated(Seed seed, int customers, int clients) {
    this.seed = seed;
    this.customers = customers;
    this.clients = clients;
  }

  @Override
  public Optional<Raw> next() {
    if (client == clients && customer == customers) {
      return Optional.empty();
    }
    boolean customerIsNext =
        client == clients || Seed.customerOf(client, clients, customers) >= customer;
    ObjectNode line = customerIsNext ? customerLine(customer++) : clientLine(client++);
    number++;
    return Optional.of(new Raw(number, line, List.of(), number));
  }

  private ObjectNode customerLine(int index) {
    ObjectNode line = Json.object();
    ObjectNode object = line.putObject("customer");
    object.put("id", seed.customerId(index).text()).put("name", "Generated customer " + index);
    ArrayNode tenants = object.putArray("tenants");
    for (int tenant = 0; tenant < Seed.TENANTS; tenant++) {
      tenants.add(seed.tenantId(index, tenant).text());
    }
    return line;
  }

  private ObjectNode clientLine(int index) {
    int owner = Seed.customerOf(index, clients, customers);
    ObjectNode line = Json.object().put("customerId", seed.customerId(owner).text());
    ObjectNode object = line.putObject("client");
    object.put("clientId", seed.clientId(index).text());
    object.put("clientSecret", seed.secret(index).reveal());
    object.put("clientName", "Generated client " + index);
    object.putArray("authorizedGrantTypes").add("client_credentials");
    object
        .putArray("clientAuthenticationMethods")
        .add("client_secret_basic")
        .add("client_secret_post");
    object.put("defaultRolesAssignmentEnabled", false);
    ObjectNode roles = object.putObject("clientPermissions").putObject("roles");
    give(roles, Role.API, owner, index % Seed.TENANTS);
    if (index % 2 == 1) {
      give(roles, Role.USER, owner, (index + 1) % Seed.TENANTS);
    }
    return line;
  }

  private void give(ObjectNode roles, Role role, int owner, int tenant) {
    roles.putArray(role.roleName().text()).add(seed.tenantId(owner, tenant).text());
  }

  @Override
  public OptionalLong end() {
    return OptionalLong.of((long) customers + clients);
  }

  @Override
  public void close() {}
}
