package io.clientele.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Interner;
import io.clientele.access.Holdings;
import io.clientele.crypto.SecretDigest;
import io.clientele.db.Database;
import io.clientele.http.Json;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Reads what is needed of a client to authenticate it, with its secrets, in one query: this is
/// what the first token of a client waits for.
///
/// What many clients have in common (their customer's id, what they hold) is one object for all of
/// them, as long as one is in memory.
final class KnownClientStore {

  /// In characters of JSON. What is longer is counted as each client's own, and so is not shared.
  private static final int LONGEST_SHARED = 400;

  /// What a client holds, as it stands in its row.
  ///
  /// @param permissions JSON; empty if absent
  /// @param scope JSON; empty if absent
  private record Held(String permissions, String scope, boolean byDefault) {}

  /// @param client without its secrets
  private record Row(KnownClient client, Optional<KnownSecret> secret) {}

  private final Cache<Held, Holdings> holdings =
      Caffeine.newBuilder().executor(Runnable::run).weakValues().build();
  private final Interner<CustomerId> customers = Interner.newWeakInterner();

  /// The client whosever it is, if it is there and not deleted: who authenticates says only an id,
  /// and the customer follows from it.
  Optional<KnownClient> find(Database database, ClientId client) {
    List<Row> rows =
        database.query(
            """
            SELECT c.customer_id, c.version, c.generation, c.enabled, c.default_roles,
              c.authentication_methods, c.client_permissions, c.scope, c.resource_ids,
              c.client_email, c.access_token_validity,
              s.secret_id, s.algorithm, s.digest, s.expires_at
            FROM client c
            LEFT JOIN client_secret s ON s.client_id = c.client_id AND s.revoked_at IS NULL
            WHERE c.client_id = ? AND c.deleted_at IS NULL
            ORDER BY s.secret_id
            """,
            client.text(),
            row -> new Row(client(client, row), secret(row)));
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    List<KnownSecret> secrets = rows.stream().flatMap(row -> row.secret.stream()).toList();
    return Optional.of(rows.getFirst().client.with(secrets));
  }

  private KnownClient client(ClientId client, ResultSet row) throws SQLException {
    CustomerId customer = customers.intern(new CustomerId(row.getString("customer_id")));
    String methods = row.getString("authentication_methods");
    Held held =
        new Held(
            text(row, "client_permissions"),
            text(row, "scope"),
            row.getBoolean("default_roles") && !customer.isOperator());
    return new KnownClient(
        client,
        customer,
        row.getLong("version"),
        row.getLong("generation"),
        row.getBoolean("enabled"),
        methods.contains(quoted(AuthenticationMethod.BASIC)),
        methods.contains(quoted(AuthenticationMethod.POST)),
        (int) number(row, "access_token_validity").orElse(KnownClient.DEFAULT_VALIDITY),
        List.of(),
        holdings(held, customer),
        Optional.ofNullable(row.getString("client_email")),
        ClientStore.strings(row, "resource_ids"));
  }

  private static Optional<KnownSecret> secret(ResultSet row) throws SQLException {
    String secretId = row.getString("secret_id");
    return secretId == null
        ? Optional.empty()
        : Optional.of(
            new KnownSecret(
                secretId,
                SecretDigest.decode(row.getString("algorithm"), row.getString("digest")),
                number(row, "expires_at")));
  }

  private static String quoted(AuthenticationMethod method) {
    return '"' + method.wireName() + '"';
  }

  private Holdings holdings(Held held, CustomerId customer) {
    if (held.permissions.length() + held.scope.length() > LONGEST_SHARED) {
      return parse(held, customer);
    }
    Holdings shared = holdings.getIfPresent(held);
    if (shared == null) {
      shared = parse(held, customer);
      holdings.put(held, shared);
    }
    return shared;
  }

  private static Holdings parse(Held held, CustomerId customer) {
    return ClientFields.holdings(
        held.permissions.isEmpty()
            ? ClientFields.noPermissions()
            : Json.parseOurs(held.permissions),
        ClientStore.strings(held.scope),
        held.byDefault,
        customer);
  }

  private static String text(ResultSet row, String column) throws SQLException {
    String text = row.getString(column);
    return text == null ? "" : text;
  }

  private static OptionalLong number(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
