package io.clientele;

import io.clientele.harness.WithServer;

/// All or nothing on PostgreSQL: the same as on the embedded database.
@WithServer(onPostgres = true)
class BatchOnPostgresTest extends BatchTest {}
