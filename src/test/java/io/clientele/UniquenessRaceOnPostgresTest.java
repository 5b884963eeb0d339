package io.clientele;

import io.clientele.harness.WithServer;

/// The race for one id on PostgreSQL: the same as on the embedded database.
@WithServer(onPostgres = true)
class UniquenessRaceOnPostgresTest extends UniquenessRaceTest {}
