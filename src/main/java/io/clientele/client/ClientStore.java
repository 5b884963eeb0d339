package io.clientele.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.access.GrantStore;
import io.clientele.access.Holdings;
import io.clientele.access.Role;
import io.clientele.db.Transaction;
import io.clientele.http.Json;
import io.clientele.http.Page;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;

/// Clients. The row of a deleted one stays: its id is reserved for its customer, its version and
/// generation go on if it is made again, and what it held is kept, because who makes it again takes
/// that over.
public final class ClientStore implements io.clientele.customer.CustomersEndpoint.Below {

  /// The kind under which the change log tells of a client and its secrets.
  public static final String CHANGE = "client";

  private static final String COLUMNS =
      """
      client_id, customer_id, version, generation, enabled, default_roles, authentication_methods,
      client_permissions, scope, authorities, resource_ids, redirect_uri, client_name,
      client_description, client_email, access_token_validity, refresh_token_validity
      """;

  /// The roles that act on their whole customer, as an SQL list; names of our own.
  private static final String ON_WHOLE_CUSTOMER =
      Arrays.stream(Role.values())
          .filter(Role::actsOnWholeCustomer)
          .map(role -> "'" + role.roleName() + "'")
          .collect(Collectors.joining(", "));

  private static final int ROWS_AT_ONCE = 100;

  /// How many clients are looked at for one page of those that a filter lets through.
  private static final int MOST_LOOKED_AT = 10_000;

  private final InstantSource clock;
  private final GrantStore grants;
  private final SecretStore secrets;

  public ClientStore(InstantSource clock, GrantStore grants, SecretStore secrets) {
    this.clock = clock;
    this.grants = grants;
    this.secrets = secrets;
  }

  /// Who has an id, living or deleted.
  ///
  /// @param former what a deleted client held
  record Present(CustomerId customer, boolean deleted, Holdings former) {}

  /// What to list.
  ///
  /// @param after ids behind this one in byte order
  /// @param prefix literal beginning of id or name
  record Filter(
      String after,
      int limit,
      Optional<String> prefix,
      Optional<Boolean> enabled,
      Optional<RoleName> role,
      Optional<TenantId> tenant) {

    boolean letsAllThrough() {
      return prefix.isEmpty() && enabled.isEmpty() && role.isEmpty() && tenant.isEmpty();
    }
  }

  /// A part of a list.
  ///
  /// @param next the part behind it begins behind this one; empty if this is the last
  record Listed(List<Client> items, Optional<ClientId> next) {}

  /// The client, if the customer has it and it is not deleted.
  public Optional<Client> find(Transaction tx, CustomerId customer, ClientId client) {
    return tx.handle()
        .createQuery(
            "SELECT "
                + COLUMNS
                + """
                FROM client
                WHERE client_id = :client AND customer_id = :customer AND deleted_at IS NULL
                """)
        .bind("client", client.text())
        .bind("customer", customer.text())
        .map((row, context) -> read(row))
        .findOne();
  }

  /// The client whosever it is, and nobody changes it before this transaction ends: of who asks, a
  /// token says only the id at first.
  public Optional<Client> findAndHold(Transaction tx, ClientId client) {
    return tx.held(CHANGE, client.text(), () -> findByIdAlone(tx, client));
  }

  private static Optional<Client> findByIdAlone(Transaction tx, ClientId client) {
    return tx.handle()
        .createQuery(
            "SELECT "
                + COLUMNS
                + "FROM client WHERE client_id = :client AND deleted_at IS NULL"
                + tx.forShare())
        .bind("client", client.text())
        .map((row, context) -> read(row))
        .findOne();
  }

  /// A page of a customer's clients in byte order of their ids. A filter that lets few of many
  /// through may leave few on a page, or none, with more behind it.
  Listed list(Transaction tx, CustomerId customer, Filter filter) {
    Optional<ClientId> end =
        filter.letsAllThrough() ? Optional.empty() : lastToLookAt(tx, customer, filter.after);
    List<String> conditions = new ArrayList<>();
    conditions.add("c.customer_id = :customer AND c.deleted_at IS NULL AND c.client_id > :after");
    if (end.isPresent()) {
      conditions.add("c.client_id <= :end");
    }
    if (filter.prefix.isPresent()) {
      conditions.add(
          "(substr(c.client_id, 1, :length) = :prefix OR substr(c.client_name, 1, :length) ="
              + " :prefix)");
    }
    if (filter.enabled.isPresent()) {
      conditions.add("c.enabled = :enabled");
    }
    // With a limit, SQLite asks for each client. Without, it makes one join of the two, and looks
    // for
    // the grants of each client among those of all that are looked at.
    if (filter.role.isPresent()) {
      conditions.add(
          """
          EXISTS (SELECT 1 FROM client_grant g
            WHERE g.customer_id = :customer AND g.client_id = c.client_id AND g.role = :role
            LIMIT 1)
          """);
    }
    if (filter.tenant.isPresent()) {
      conditions.add(
          """
          EXISTS (SELECT 1 FROM client_grant g
            WHERE g.customer_id = :customer AND g.client_id = c.client_id
            AND (g.tenant_id IN (:tenant, '*') OR g.role IN (%s))
            LIMIT 1)
          """
              .formatted(ON_WHOLE_CUSTOMER));
    }
    Query query =
        tx.handle()
            .createQuery(
                """
                SELECT <columns> FROM client c WHERE <conditions>
                ORDER BY c.client_id LIMIT :limit
                """)
            .define("columns", COLUMNS)
            .define("conditions", String.join(" AND ", conditions))
            .bind("customer", customer.text())
            .bind("after", filter.after)
            .bind("limit", filter.limit + 1)
            .setFetchSize(ROWS_AT_ONCE);
    end.ifPresent(id -> query.bind("end", id.text()));
    filter.prefix.ifPresent(
        prefix ->
            query.bind("prefix", prefix).bind("length", prefix.codePointCount(0, prefix.length())));
    filter.enabled.ifPresent(enabled -> query.bind("enabled", enabled));
    filter.role.ifPresent(role -> query.bind("role", role.text()));
    filter.tenant.ifPresent(tenant -> query.bind("tenant", tenant.text()));
    Page.Part<Client> part =
        query
            .map((row, context) -> new Page.Item<>(read(row), characters(row)))
            .withStream(clients -> Page.take(clients.iterator(), filter.limit));
    return new Listed(part.items(), part.more() ? Optional.of(part.items().getLast().id()) : end);
  }

  /// The client after which so many were looked at; empty if there are not so many.
  private static Optional<ClientId> lastToLookAt(
      Transaction tx, CustomerId customer, String after) {
    return tx.handle()
        .createQuery(
            """
            SELECT client_id FROM client WHERE customer_id = :customer AND client_id > :after
            ORDER BY client_id LIMIT 1 OFFSET :looked
            """)
        .bind("customer", customer.text())
        .bind("after", after)
        .bind("looked", MOST_LOOKED_AT - 1)
        .map((row, context) -> new ClientId(row.getString("client_id")))
        .findOne();
  }

  /// Which of these ids are or were in use, by whomever. Who asks has locked its customer, and so
  /// its own rows; another's is taken for ever. Rows of others are not locked, or anybody could
  /// keep their deeds waiting.
  Map<ClientId, Present> present(Transaction tx, CustomerId asking, Collection<ClientId> ids) {
    Map<ClientId, Present> present = new HashMap<>();
    if (ids.isEmpty()) {
      return present;
    }
    tx.handle()
        .createQuery(
            """
            SELECT client_id, customer_id, deleted_at IS NOT NULL AS deleted, former_grants
            FROM client WHERE client_id IN (<ids>)
            """)
        .bindList("ids", ids.stream().map(ClientId::text).toList())
        .map(
            (row, context) -> {
              CustomerId owner = new CustomerId(row.getString("customer_id"));
              String former = row.getString("former_grants");
              // Another customer's is told to be taken, and nothing else of it.
              Holdings held =
                  former == null || !owner.equals(asking)
                      ? Holdings.NONE
                      : Holdings.fromJson(Json.parseOurs(former));
              return Map.entry(
                  new ClientId(row.getString("client_id")),
                  new Present(owner, row.getBoolean("deleted"), held));
            })
        .forEach(entry -> present.put(entry.getKey(), entry.getValue()));
    return present;
  }

  /// Makes a client, or makes a deleted one of this customer again, with its grants.
  ///
  /// @return empty if the id is in use, or is or was another customer's
  Optional<Client> insert(
      Transaction tx, CustomerId customer, ClientId client, ClientFields fields, ClientId by) {
    tx.changed(CHANGE, client.text());
    SqlStatement<?> insert =
        tx.handle()
            .createQuery(
                """
                INSERT INTO client (client_id, customer_id, version, generation, enabled, default_roles,
                  authentication_methods, client_permissions, scope, authorities, resource_ids,
                  redirect_uri, client_name, client_description, client_email, access_token_validity,
                  refresh_token_validity, created_at, updated_at)
                VALUES (:client, :customer, 1, 1, :enabled, :defaultRoles, :methods, :permissions, :scope,
                  :authorities, :resourceIds, :redirectUri, :name, :description, :email, :validity,
                  :refreshValidity, :now, :now)
                ON CONFLICT (client_id) DO UPDATE SET version = client.version + 1,
                  generation = client.generation + 1, enabled = excluded.enabled,
                  default_roles = excluded.default_roles,
                  authentication_methods = excluded.authentication_methods,
                  client_permissions = excluded.client_permissions, scope = excluded.scope,
                  authorities = excluded.authorities, resource_ids = excluded.resource_ids,
                  redirect_uri = excluded.redirect_uri, client_name = excluded.client_name,
                  client_description = excluded.client_description,
                  client_email = excluded.client_email,
                  access_token_validity = excluded.access_token_validity,
                  refresh_token_validity = excluded.refresh_token_validity,
                  created_at = excluded.created_at, updated_at = excluded.updated_at,
                  deleted_at = NULL, former_grants = NULL
                WHERE client.customer_id = excluded.customer_id AND client.deleted_at IS NOT NULL
                RETURNING version, generation
                """)
            .bind("client", client.text())
            .bind("customer", customer.text())
            .bind("now", clock.millis());
    bindFields(insert, fields);
    Optional<Client> made =
        ((Query) insert)
            .map(
                (row, context) ->
                    new Client(
                        client,
                        customer,
                        row.getLong("version"),
                        row.getLong("generation"),
                        fields))
            .findOne();
    made.ifPresent(
        each -> grants.insert(tx, customer, client, each.holdings(), by, clock.millis()));
    return made;
  }

  /// Replaces a client's fields and grants.
  ///
  /// @param kill whether its tokens die
  /// @return the client as it is now
  Client update(Transaction tx, Client before, ClientFields fields, boolean kill, ClientId by) {
    tx.changed(CHANGE, before.id().text());
    SqlStatement<?> update =
        tx.handle()
            .createQuery(
                """
                UPDATE client SET version = version + 1, generation = generation + :kill,
                  enabled = :enabled, default_roles = :defaultRoles,
                  authentication_methods = :methods, client_permissions = :permissions,
                  scope = :scope, authorities = :authorities, resource_ids = :resourceIds,
                  redirect_uri = :redirectUri, client_name = :name,
                  client_description = :description, client_email = :email,
                  access_token_validity = :validity, refresh_token_validity = :refreshValidity,
                  updated_at = :now
                WHERE client_id = :client AND customer_id = :customer AND deleted_at IS NULL
                RETURNING version, generation
                """)
            .bind("client", before.id().text())
            .bind("customer", before.customer().text())
            .bind("kill", kill ? 1L : 0L)
            .bind("now", clock.millis());
    bindFields(update, fields);
    Client now =
        ((Query) update)
            .map(
                (row, context) ->
                    new Client(
                        before.id(),
                        before.customer(),
                        row.getLong("version"),
                        row.getLong("generation"),
                        fields))
            .one();
    if (!now.holdings().equals(before.holdings())) {
      grants.replace(tx, now.customer(), now.id(), now.holdings(), by, clock.millis());
    }
    return now;
  }

  /// Notes a write that touches no field: of its secrets, or of its tokens.
  ///
  /// @param kill whether its tokens die
  public void touch(Transaction tx, CustomerId customer, ClientId client, boolean kill) {
    tx.changed(CHANGE, client.text());
    tx.handle()
        .createUpdate(
            """
            UPDATE client SET version = version + 1, generation = generation + :kill,
              updated_at = :now
            WHERE client_id = :client AND customer_id = :customer AND deleted_at IS NULL
            """)
        .bind("kill", kill ? 1L : 0L)
        .bind("now", clock.millis())
        .bind("client", client.text())
        .bind("customer", customer.text())
        .execute();
  }

  /// Deletes a client: its tokens die, its secrets and grants go, its id stays reserved.
  void delete(Transaction tx, Client client) {
    tx.changed(CHANGE, client.id().text());
    grants.deleteAll(tx, client.customer(), client.id());
    secrets.revokeAll(tx, client.customer(), client.id());
    tx.handle()
        .createUpdate(
            """
            UPDATE client SET version = version + 1, generation = generation + 1, deleted_at = :now,
              former_grants = :former, client_name = NULL, client_description = NULL,
              client_email = NULL
            WHERE client_id = :client AND customer_id = :customer AND deleted_at IS NULL
            """)
        .bind("now", clock.millis())
        .bind("former", Json.text(client.holdings().toJson()))
        .bind("client", client.id().text())
        .bind("customer", client.customer().text())
        .execute();
  }

  /// Deletes every client of a customer that is being deleted itself.
  @Override
  public void deleteAll(Transaction tx, CustomerId customer) {
    String after = "";
    while (true) {
      Listed page =
          list(
              tx,
              customer,
              new Filter(
                  after,
                  1000,
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty()));
      page.items().forEach(client -> delete(tx, client));
      if (page.next().isEmpty()) {
        return;
      }
      after = page.next().get().text();
    }
  }

  /// How many enabled clients hold ROLE_OPERATOR.
  long enabledOperators(Transaction tx) {
    return tx.handle()
        .createQuery(
            """
            SELECT COUNT(DISTINCT c.client_id) FROM client_grant g CROSS JOIN client c
            WHERE g.customer_id = 'operator' AND g.role = :role
            AND c.client_id = g.client_id AND c.enabled = :enabled AND c.deleted_at IS NULL
            """)
        .bind("enabled", true)
        .bind("role", Role.OPERATOR.roleName().text())
        .mapTo(Long.class)
        .one();
  }

  private static void bindFields(SqlStatement<?> statement, ClientFields fields) {
    statement
        .bind("enabled", fields.enabled())
        .bind("defaultRoles", fields.defaultRolesAssignmentEnabled())
        .bind("methods", methods(fields));
    bindText(statement, "permissions", permissions(fields));
    bindText(statement, "scope", list(fields.scope()));
    bindText(statement, "authorities", list(fields.authorities()));
    bindText(statement, "resourceIds", list(fields.resourceIds()));
    bindText(statement, "redirectUri", list(fields.redirectUri()));
    bindText(statement, "name", fields.clientName());
    bindText(statement, "description", fields.clientDescription());
    bindText(statement, "email", fields.clientEmail());
    bindNumber(statement, "validity", fields.accessTokenValidity());
    bindNumber(statement, "refreshValidity", fields.refreshTokenValidity());
  }

  /// The column `authentication_methods`.
  static String methods(ClientFields fields) {
    return Json.text(
        Json.strings(
            fields.clientAuthenticationMethods().stream()
                .map(AuthenticationMethod::wireName)
                .toList()));
  }

  /// The column `client_permissions`.
  static Optional<String> permissions(ClientFields fields) {
    return fields.clientPermissions().isNull()
        ? Optional.empty()
        : Optional.of(Json.text(fields.clientPermissions()));
  }

  /// The columns `scope`, `authorities`, `resource_ids` and `redirect_uri`.
  static Optional<String> list(List<String> strings) {
    return strings.isEmpty() ? Optional.empty() : Optional.of(Json.text(Json.strings(strings)));
  }

  private static void bindText(SqlStatement<?> statement, String name, Optional<String> text) {
    if (text.isPresent()) {
      statement.bind(name, text.get());
    } else {
      statement.bindNull(name, Types.VARCHAR);
    }
  }

  private static void bindNumber(SqlStatement<?> statement, String name, OptionalInt number) {
    if (number.isPresent()) {
      statement.bind(name, (long) number.getAsInt());
    } else {
      statement.bindNull(name, Types.BIGINT);
    }
  }

  private static Client read(ResultSet row) throws SQLException {
    String permissions = row.getString("client_permissions");
    ClientFields fields =
        new ClientFields(
            strings(row, "scope"),
            permissions == null ? ClientFields.noPermissions() : Json.parseOurs(permissions),
            strings(row, "authorities"),
            strings(row, "resource_ids"),
            Optional.ofNullable(row.getString("client_description")),
            Optional.ofNullable(row.getString("client_name")),
            Optional.ofNullable(row.getString("client_email")),
            strings(row, "redirect_uri"),
            number(row, "access_token_validity"),
            number(row, "refresh_token_validity"),
            row.getBoolean("default_roles"),
            strings(row, "authentication_methods").stream()
                .map(text -> AuthenticationMethod.parse(text).orElseThrow())
                .toList(),
            row.getBoolean("enabled"));
    return new Client(
        new ClientId(row.getString("client_id")),
        new CustomerId(row.getString("customer_id")),
        row.getLong("version"),
        row.getLong("generation"),
        fields);
  }

  /// Of the columns that may hold many.
  private static int characters(ResultSet row) throws SQLException {
    int sum = 0;
    for (String column :
        List.of("client_permissions", "scope", "authorities", "resource_ids", "redirect_uri")) {
      String text = row.getString(column);
      sum += text == null ? 0 : text.length();
    }
    return sum;
  }

  /// A column that holds a list as JSON, or nothing.
  static List<String> strings(ResultSet row, String column) throws SQLException {
    String text = row.getString(column);
    return strings(text == null ? "" : text);
  }

  /// Reads a list in JSON; an empty text is an empty list.
  static List<String> strings(String text) {
    if (text.isEmpty()) {
      return List.of();
    }
    List<String> strings = new ArrayList<>();
    for (JsonNode each : Json.parseOurs(text)) {
      strings.add(each.textValue());
    }
    return strings;
  }

  private static OptionalInt number(ResultSet row, String column) throws SQLException {
    int value = row.getInt(column);
    return row.wasNull() ? OptionalInt.empty() : OptionalInt.of(value);
  }
}
