package io.clientele.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.http.Json;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.util.Collection;

/// A completed deed. Detail never holds a secret, a digest or a token.
public sealed interface AuditEvent {

  /// What was done, `thing.deed`.
  String action();

  /// The id of what it was done to.
  String object();

  /// What else is worth knowing.
  default ObjectNode detail() {
    return Json.object();
  }

  record CustomerCreated(CustomerId customer, String name, Collection<TenantId> tenants)
      implements AuditEvent {
    @Override
    public String action() {
      return "customer.create";
    }

    @Override
    public String object() {
      return customer.text();
    }

    @Override
    public ObjectNode detail() {
      ObjectNode detail = Json.object().put("name", name);
      detail.set("tenants", Json.strings(tenants));
      return detail;
    }
  }

  record CustomerUpdated(
      CustomerId customer, String name, String status, Collection<TenantId> tenants)
      implements AuditEvent {
    @Override
    public String action() {
      return "customer.update";
    }

    @Override
    public String object() {
      return customer.text();
    }

    @Override
    public ObjectNode detail() {
      ObjectNode detail = Json.object().put("name", name).put("status", status);
      detail.set("tenants", Json.strings(tenants));
      return detail;
    }
  }

  record CustomerDeleted(CustomerId customer) implements AuditEvent {
    @Override
    public String action() {
      return "customer.delete";
    }

    @Override
    public String object() {
      return customer.text();
    }
  }

  record TenantCreated(TenantId tenant, String name) implements AuditEvent {
    @Override
    public String action() {
      return "tenant.create";
    }

    @Override
    public String object() {
      return tenant.text();
    }

    @Override
    public ObjectNode detail() {
      return Json.object().put("name", name);
    }
  }

  record TenantDeleted(TenantId tenant) implements AuditEvent {
    @Override
    public String action() {
      return "tenant.delete";
    }

    @Override
    public String object() {
      return tenant.text();
    }
  }

  record RoleCreated(RoleName role) implements AuditEvent {
    @Override
    public String action() {
      return "role.create";
    }

    @Override
    public String object() {
      return role.text();
    }
  }

  record RoleDeleted(RoleName role) implements AuditEvent {
    @Override
    public String action() {
      return "role.delete";
    }

    @Override
    public String object() {
      return role.text();
    }
  }

  /// What a role carries was changed.
  ///
  /// @param privileges all that it carries now, as `Auth.Customer.Clients READ`
  record RolePermissions(RoleName role, Collection<String> privileges) implements AuditEvent {
    @Override
    public String action() {
      return "role.permissions";
    }

    @Override
    public String object() {
      return role.text();
    }

    @Override
    public ObjectNode detail() {
      ObjectNode detail = Json.object();
      detail.set("privileges", Json.strings(privileges));
      return detail;
    }
  }

  /// A client was created.
  ///
  /// @param roles all that it holds, as `{role: [tenant, …]}`
  record ClientCreated(ClientId client, ObjectNode roles, boolean enabled) implements AuditEvent {
    @Override
    public String action() {
      return "client.create";
    }

    @Override
    public String object() {
      return client.text();
    }

    @Override
    public ObjectNode detail() {
      ObjectNode detail = Json.object().put("enabled", enabled);
      detail.set("roles", roles);
      return detail;
    }
  }

  /// Clients were imported, as one part of a longer import.
  ///
  /// @param clients how many
  /// @param first the first id in byte order
  /// @param last the last one
  /// @param digest SHA-256, hexadecimal, of all their ids in byte order, a line feed after each
  record ClientsImported(
      CustomerId customer, int clients, ClientId first, ClientId last, String digest)
      implements AuditEvent {
    @Override
    public String action() {
      return "client.import";
    }

    @Override
    public String object() {
      return customer.text();
    }

    @Override
    public ObjectNode detail() {
      return Json.object()
          .put("clients", clients)
          .put("first", first.text())
          .put("last", last.text())
          .put("sha256", digest);
    }
  }

  /// A client was replaced.
  ///
  /// @param changed the names of the fields that changed
  /// @param roles all that the client holds now, as `{role: [tenant, …]}`
  record ClientUpdated(
      ClientId client,
      Collection<String> changed,
      ObjectNode roles,
      boolean enabled,
      boolean tokensKilled)
      implements AuditEvent {
    @Override
    public String action() {
      return "client.update";
    }

    @Override
    public String object() {
      return client.text();
    }

    @Override
    public ObjectNode detail() {
      ObjectNode detail = Json.object();
      detail.set("changed", Json.strings(changed));
      detail.put("enabled", enabled).put("tokensKilled", tokensKilled);
      detail.set("roles", roles);
      return detail;
    }
  }

  record ClientDeleted(ClientId client) implements AuditEvent {
    @Override
    public String action() {
      return "client.delete";
    }

    @Override
    public String object() {
      return client.text();
    }
  }

  record TokensRevoked(ClientId client) implements AuditEvent {
    @Override
    public String action() {
      return "client.revoke_tokens";
    }

    @Override
    public String object() {
      return client.text();
    }
  }

  record SecretCreated(ClientId client, String secretId) implements AuditEvent {
    @Override
    public String action() {
      return "secret.create";
    }

    @Override
    public String object() {
      return client.text();
    }

    @Override
    public ObjectNode detail() {
      return Json.object().put("secretId", secretId);
    }
  }

  record SecretDeleted(ClientId client, String secretId) implements AuditEvent {
    @Override
    public String action() {
      return "secret.delete";
    }

    @Override
    public String object() {
      return client.text();
    }

    @Override
    public ObjectNode detail() {
      return Json.object().put("secretId", secretId);
    }
  }

  record TokenRevoked(ClientId client, String jti) implements AuditEvent {
    @Override
    public String action() {
      return "token.revoke";
    }

    @Override
    public String object() {
      return client.text();
    }

    @Override
    public ObjectNode detail() {
      return Json.object().put("jti", jti);
    }
  }

  /// A new signing key was published.
  ///
  /// @param reason `scheduled`, `asked` or `compromise`
  record KeyRotated(String kid, String reason) implements AuditEvent {
    @Override
    public String action() {
      return "key.rotate";
    }

    @Override
    public String object() {
      return kid;
    }

    @Override
    public ObjectNode detail() {
      return Json.object().put("reason", reason);
    }
  }

  /// Events at the beginning of a chain were removed, because they were older than events are kept.
  ///
  /// @param events how many
  /// @param lastSeq the number of the last one
  /// @param lastHash its hash, which the first event that is left names as the one before
  /// @param before how old they were: all from before this time, as RFC 3339 says
  record EventsExpired(
      CustomerId customer, long events, long lastSeq, String lastHash, String before)
      implements AuditEvent {

    static final String ACTION = "audit.expire";
    static final String LAST_SEQ = "lastSeq";
    static final String LAST_HASH = "lastHash";

    @Override
    public String action() {
      return ACTION;
    }

    @Override
    public String object() {
      return customer.text();
    }

    @Override
    public ObjectNode detail() {
      return Json.object()
          .put("events", events)
          .put(LAST_SEQ, lastSeq)
          .put(LAST_HASH, lastHash)
          .put("before", before);
    }
  }

  /// The database is one that was restored from a backup.
  ///
  /// @param sha256 of the database in the backup, hexadecimal
  /// @param madeAt when the backup was made, as RFC 3339 says
  record DataRestored(String sha256, String madeAt, boolean tokensKilled) implements AuditEvent {
    @Override
    public String action() {
      return "data.restore";
    }

    @Override
    public String object() {
      return sha256;
    }

    @Override
    public ObjectNode detail() {
      return Json.object().put("madeAt", madeAt).put("tokensKilled", tokensKilled);
    }
  }

  record OperatorCreated(ClientId client) implements AuditEvent {
    @Override
    public String action() {
      return "operator.create";
    }

    @Override
    public String object() {
      return client.text();
    }
  }

  record OperatorReset(ClientId client) implements AuditEvent {
    @Override
    public String action() {
      return "operator.reset";
    }

    @Override
    public String object() {
      return client.text();
    }
  }
}
