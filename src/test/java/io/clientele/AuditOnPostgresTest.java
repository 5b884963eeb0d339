package io.clientele;

import io.clientele.harness.WithServer;

/// The audit on PostgreSQL: the same as on the embedded database.
@WithServer(onPostgres = true)
class AuditOnPostgresTest extends AuditTest {}
