package io.clientele;

import io.clientele.harness.WithServer;

/// What roles carry on PostgreSQL: the same as on the embedded database.
@WithServer(onPostgres = true)
class PermissionsOnPostgresTest extends PermissionsTest {}
