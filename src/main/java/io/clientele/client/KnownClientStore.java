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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what is needed of clients to authenticate them, with their secrets: this is what the first
/// token of a client waits for. From the rows to the client it goes by way of a few bytes, in which
/// many more clients fit into memory.
///
/// What many clients have in common (their customer's id, what they hold) is one object for all of
/// them, as long as one is in memory.
final class KnownClientStore {

  private static final Logger LOG = LoggerFactory.getLogger(KnownClientStore.class);

  /// In characters of JSON. What is longer is counted as each client's own, and so is not shared.
  private static final int LONGEST_SHARED = 400;

  /// In characters of JSON, of each of three columns.
  private static final int LONGEST_IN_PAGE = 4_000;

  private static final String COLUMNS =
      """
      c.client_id, c.customer_id, c.version, c.generation, c.enabled, c.default_roles,
        c.authentication_methods, c.client_permissions, c.scope, c.resource_ids,
        c.client_email, c.access_token_validity,
        s.secret_id, s.algorithm, s.digest, s.expires_at
      """;

  /// What a client holds, as it stands in its row.
  ///
  /// @param permissions JSON; empty if absent
  /// @param scope JSON; empty if absent
  private record Held(String permissions, String scope, boolean byDefault) {}

  /// A client as its rows are.
  ///
  /// @param packed what `unpack` takes
  record Row(ClientId client, byte[] packed) {}

  /// Some clients, in order of their ids.
  ///
  /// @param last the id up to which was looked; empty if there are no more
  record Page(List<Row> rows, Optional<ClientId> last) {}

  private final Cache<Held, Holdings> holdings =
      Caffeine.newBuilder().executor(Runnable::run).weakValues().build();
  private final Interner<CustomerId> customers = Interner.newWeakInterner();

  /// The client whosever it is, if it is there and not deleted: who authenticates says only an id,
  /// and the customer follows from it.
  Optional<Row> find(Database database, ClientId client) {
    return database.query(
        "SELECT "
            + COLUMNS
            + """
            FROM client c
            LEFT JOIN client_secret s ON s.client_id = c.client_id AND s.revoked_at IS NULL
            WHERE c.client_id = ? AND c.deleted_at IS NULL
            ORDER BY s.secret_id
            """,
        client.text(),
        rows -> {
          Packing packing = new Packing();
          while (rows.next()) {
            packing.add(rows);
          }
          return packing.packed().stream().findFirst();
        });
  }

  /// The next clients of all customers that are not deleted, without those whose texts are long:
  /// there may be some of several megabytes, and they are few.
  ///
  /// @param after an id; empty for the first ones
  Page page(Database database, Optional<ClientId> after, int count) {
    return page(database, after, count, "", Long.MIN_VALUE);
  }

  /// Looks at the next clients, and gives those that used a secret at this time or later.
  ///
  /// @param since epoch milliseconds
  Page pageOfUsed(Database database, Optional<ClientId> after, int count, long since) {
    return page(
        database,
        after,
        count,
        """
        , (SELECT MAX(u.last_used_at) FROM client_secret x
            JOIN secret_use u ON u.secret_id = x.secret_id
            WHERE x.client_id = c.client_id) AS used_at
        """,
        since);
  }

  private static Page page(
      Database database, Optional<ClientId> after, int count, String used, long since) {
    return database.read(
        tx ->
            tx.handle()
                .createQuery(
                    "SELECT "
                        + COLUMNS
                        + used
                        + """
                        FROM (
                          SELECT * FROM client WHERE client_id > :after AND deleted_at IS NULL
                          AND LENGTH(COALESCE(client_permissions, '')) <= :longest
                          AND LENGTH(COALESCE(resource_ids, '')) <= :longest
                          AND LENGTH(COALESCE(scope, '')) <= :longest
                          ORDER BY client_id LIMIT :count
                        ) c
                        LEFT JOIN client_secret s
                          ON s.client_id = c.client_id AND s.revoked_at IS NULL
                        ORDER BY c.client_id, s.secret_id
                        """)
                .bind("after", after.map(ClientId::text).orElse(""))
                .bind("count", count)
                .bind("longest", LONGEST_IN_PAGE)
                .scanResultSet(
                    (rows, context) -> {
                      try (context) {
                        ResultSet row = rows.get();
                        Packing packing = new Packing();
                        String last = "";
                        while (row.next()) {
                          last = row.getString("client_id");
                          if (used.isEmpty() || row.getLong("used_at") >= since) {
                            packing.addIfItCanBeRead(row);
                          }
                        }
                        return new Page(packing.packed(), ClientId.parse(last));
                      }
                    }));
  }

  /// Makes bytes of rows that come in order of clients, one for each secret.
  private static final class Packing {
    private final List<Row> rows = new ArrayList<>(1);
    private String current = "";
    private boolean isLeftOut;
    private PackedClient.Writer writer = new PackedClient.Writer();

    /// @throws IllegalArgumentException if the row says what this program does not know

    void add(ResultSet row) throws SQLException {
      String client = row.getString("client_id");
      if (!client.equals(current)) {
        end();
        current = client;
        addClient(row);
      }
      addSecret(row);
    }

    /// One that cannot be read is left out: who asks for it will be told.
    void addIfItCanBeRead(ResultSet row) throws SQLException {
      try {
        add(row);
      } catch (IllegalArgumentException e) {
        LOG.warn("client {} cannot be read: {}", current, e.getMessage());
        isLeftOut = true;
      }
    }

    private void addClient(ResultSet row) throws SQLException {
      String methods = row.getString("authentication_methods");
      String email = row.getString("client_email");
      writer.text(row.getString("customer_id"));
      writer.number(row.getLong("version"));
      writer.number(row.getLong("generation"));
      writer.flag(row.getBoolean("enabled"));
      writer.flag(methods.contains(quoted(AuthenticationMethod.BASIC)));
      writer.flag(methods.contains(quoted(AuthenticationMethod.POST)));
      writer.number(number(row, "access_token_validity").orElse(KnownClient.DEFAULT_VALIDITY));
      writer.text(row.getString("client_permissions"));
      writer.text(row.getString("scope"));
      writer.flag(row.getBoolean("default_roles"));
      writer.text(row.getString("resource_ids"));
      writer.flag(email != null);
      writer.text(email);
    }

    private void addSecret(ResultSet row) throws SQLException {
      String secret = row.getString("secret_id");
      if (secret == null) {
        return;
      }
      writer.text(secret);
      writer.number(number(row, "expires_at"));
      SecretDigest digest =
          SecretDigest.decode(row.getString("algorithm"), row.getString("digest"));
      switch (digest) {
        case SecretDigest.Hmac(byte[] bytes) -> {
          writer.flag(true);
          writer.bytes(bytes);
        }
        case SecretDigest.Argon2id argon2id -> {
          writer.flag(false);
          writer.text(argon2id.encoded());
        }
      }
    }

    private void end() {
      if (!current.isEmpty() && !isLeftOut) {
        rows.add(new Row(new ClientId(current), writer.written()));
      }
      writer = new PackedClient.Writer();
      isLeftOut = false;
    }

    /// All of them; none can be added any more.
    List<Row> packed() {
      end();
      return rows;
    }
  }

  /// The client of a row.
  KnownClient unpack(Row packed) {
    PackedClient.Reader row = new PackedClient.Reader(packed.packed);
    CustomerId customer = customers.intern(new CustomerId(row.text()));
    long version = row.number();
    long generation = row.number();
    boolean enabled = row.flag();
    boolean mayUseBasic = row.flag();
    boolean mayUsePost = row.flag();
    int validity = (int) row.number();
    Held held = new Held(row.text(), row.text(), row.flag() && !customer.isOperator());
    List<String> resourceIds = ClientStore.strings(row.text());
    boolean hasEmail = row.flag();
    String email = row.text();
    List<KnownSecret> secrets = new ArrayList<>(1);
    while (!row.isAtEnd()) {
      secrets.add(
          new KnownSecret(
              row.text(),
              row.optionalNumber(),
              row.flag()
                  ? new SecretDigest.Hmac(row.bytes())
                  : SecretDigest.decode(SecretDigest.Argon2id.ALGORITHM, row.text())));
    }
    return new KnownClient(
        packed.client,
        customer,
        version,
        generation,
        enabled,
        mayUseBasic,
        mayUsePost,
        validity,
        secrets,
        holdings(held, customer),
        hasEmail ? Optional.of(email) : Optional.empty(),
        resourceIds);
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

  private static OptionalLong number(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
