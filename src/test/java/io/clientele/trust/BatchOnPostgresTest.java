package io.clientele.trust;

import io.clientele.harness.WithServer;

/// All or nothing on PostgreSQL: the same as on the embedded database.
@TrustCase(
    id = "T21",
    title = "the same on PostgreSQL",
    unit = "batches",
    required = 1_060,
    brief = 45,
    seconds = 180)
@WithServer(onPostgres = true)
class BatchOnPostgresTest extends BatchTest {}
