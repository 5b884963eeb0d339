package io.clientele;

import io.clientele.harness.WithServer;

/// Counts of refusals on PostgreSQL: the same as on the embedded database.
@WithServer(onPostgres = true)
class RefusalsOnPostgresTest extends RefusalsTest {}
