-- One text for SQLite and PostgreSQL. Times are epoch milliseconds; identifiers sort by their bytes (${bytewise}).
-- Short rows stand in the index of their key on SQLite (${inKey}).
-- Rows of what is deleted stay where an id must never come back to life in other hands.

CREATE TABLE customer (
  customer_id TEXT ${bytewise} NOT NULL PRIMARY KEY,
  name        TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  generation  BIGINT NOT NULL,            -- raised whenever every token of the customer must die
  created_at  BIGINT NOT NULL,
  deleted_at  BIGINT
);

CREATE TABLE tenant (
  tenant_id   TEXT ${bytewise} NOT NULL PRIMARY KEY,
  customer_id TEXT ${bytewise} NOT NULL REFERENCES customer (customer_id),
  name        TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  deleted_at  BIGINT
);
CREATE INDEX tenant_of_customer ON tenant (customer_id, tenant_id);

CREATE TABLE custom_role (
  customer_id         TEXT ${bytewise} NOT NULL REFERENCES customer (customer_id),
  role                TEXT ${bytewise} NOT NULL,
  service_permissions TEXT NOT NULL,      -- JSON, as sent
  created_at          BIGINT NOT NULL,
  PRIMARY KEY (customer_id, role)
);

CREATE TABLE client (
  client_id              TEXT ${bytewise} NOT NULL PRIMARY KEY,
  customer_id            TEXT ${bytewise} NOT NULL REFERENCES customer (customer_id),
  version                BIGINT NOT NULL, -- raised by every write, its secrets included; the ETag
  generation             BIGINT NOT NULL, -- raised whenever its tokens must die; kept after deletion
  enabled                BOOLEAN NOT NULL,
  default_roles          BOOLEAN NOT NULL,
  authentication_methods TEXT NOT NULL,   -- JSON, as sent
  client_permissions     TEXT,            -- JSON, as sent; NULL if absent
  scope                  TEXT,            -- JSON, as sent; NULL if empty
  authorities            TEXT,
  resource_ids           TEXT,
  redirect_uri           TEXT,
  client_name            TEXT,
  client_description     TEXT,
  client_email           TEXT,
  access_token_validity  BIGINT,          -- seconds
  refresh_token_validity BIGINT,
  created_at             BIGINT NOT NULL,
  updated_at             BIGINT NOT NULL,
  deleted_at             BIGINT,
  former_grants          TEXT             -- JSON {role: [tenant, …]}: what a deleted client held
);
CREATE UNIQUE INDEX client_of_customer ON client (customer_id, client_id);

-- What a client holds, one row a pair. tenant_id '*' is all tenants of the customer, '' a role without a list.
CREATE TABLE client_grant (
  client_id   TEXT ${bytewise} NOT NULL,
  role        TEXT ${bytewise} NOT NULL,
  tenant_id   TEXT ${bytewise} NOT NULL,
  customer_id TEXT ${bytewise} NOT NULL,
  given_by    TEXT NOT NULL,
  given_at    BIGINT NOT NULL,
  PRIMARY KEY (customer_id, client_id, role, tenant_id),
  FOREIGN KEY (customer_id, client_id) REFERENCES client (customer_id, client_id)
)${inKey};
CREATE INDEX client_grant_of_tenant ON client_grant (customer_id, tenant_id, client_id);
CREATE INDEX client_grant_of_role ON client_grant (customer_id, role, client_id);

CREATE TABLE client_secret (
  client_id    TEXT ${bytewise} NOT NULL,
  secret_id    TEXT NOT NULL,             -- of no other client either
  customer_id  TEXT ${bytewise} NOT NULL,
  algorithm    TEXT NOT NULL,
  digest       TEXT NOT NULL,
  hint         TEXT NOT NULL,             -- the last four characters
  created_at   BIGINT NOT NULL,
  created_by   TEXT NOT NULL,
  expires_at   BIGINT,
  revoked_at   BIGINT,
  PRIMARY KEY (client_id, secret_id),
  FOREIGN KEY (customer_id, client_id) REFERENCES client (customer_id, client_id)
)${inKey};

-- When a secret was last right; written at every flush of the counters, and so apart, in short rows.
CREATE TABLE secret_use (
  secret_id    TEXT NOT NULL PRIMARY KEY,
  last_used_at BIGINT NOT NULL
)${inKey};

CREATE TABLE token_count (
  client_id           TEXT ${bytewise} NOT NULL,
  client_generation   BIGINT NOT NULL,
  customer_generation BIGINT NOT NULL,
  expiry_minute       BIGINT NOT NULL,    -- epoch minutes, rounded up
  tokens              BIGINT NOT NULL,
  PRIMARY KEY (client_id, client_generation, customer_generation, expiry_minute)
)${inKey};
CREATE INDEX token_count_expiry ON token_count (expiry_minute);

CREATE TABLE revoked_token (
  jti         TEXT NOT NULL PRIMARY KEY,
  client_id   TEXT ${bytewise} NOT NULL,
  customer_id TEXT ${bytewise} NOT NULL,
  expires_at  BIGINT NOT NULL,
  revoked_at  BIGINT NOT NULL
);
CREATE INDEX revoked_token_of_client ON revoked_token (client_id, expires_at);
CREATE INDEX revoked_token_expiry ON revoked_token (expires_at);

CREATE TABLE signing_key (
  kid            TEXT NOT NULL PRIMARY KEY,  -- RFC 7638 thumbprint
  algorithm      TEXT NOT NULL,
  public_key     TEXT NOT NULL,              -- X.509 SubjectPublicKeyInfo, base64
  sealed_private TEXT NOT NULL,              -- PKCS #8 under the master key; '' once removed
  created_at     BIGINT NOT NULL,
  signs_from     BIGINT NOT NULL,
  retired_at     BIGINT,
  removed_at     BIGINT
);

CREATE TABLE sealed_value (
  name   TEXT NOT NULL PRIMARY KEY,
  sealed TEXT NOT NULL
);

-- Facts about the installation that one row decides.
CREATE TABLE server_state (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE audit_event (
  customer_id TEXT ${bytewise} NOT NULL,
  seq         BIGINT NOT NULL,            -- without a gap per customer
  at          BIGINT NOT NULL,
  actor       TEXT NOT NULL,
  action      TEXT NOT NULL,
  object      TEXT NOT NULL,
  hashed      TEXT NOT NULL,              -- the exact text that was hashed; holds the hash of the one before
  hash        TEXT NOT NULL,              -- SHA-256 of it, hexadecimal
  PRIMARY KEY (customer_id, seq)
);

-- The end of each customer's chain; its row is locked until the deed commits.
CREATE TABLE audit_head (
  customer_id TEXT ${bytewise} NOT NULL PRIMARY KEY,
  seq         BIGINT NOT NULL,
  hash        TEXT NOT NULL
);

-- What changed, in order of commit: seq comes from a counter row that stays locked until the commit.
CREATE TABLE change_log (
  seq  BIGINT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  key  TEXT NOT NULL,
  at   BIGINT NOT NULL
)${inKey};
CREATE TABLE counter (
  name  TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('change', 0);
