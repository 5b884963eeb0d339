package io.clientele.trust;

import io.clientele.harness.WithServer;

/// The race for one id on PostgreSQL: the same as on the embedded database.
@TrustCase(
    id = "T20",
    title = "the same on PostgreSQL",
    unit = "rounds",
    required = 1_000,
    brief = 20,
    seconds = 60)
@WithServer(onPostgres = true)
class UniquenessRaceOnPostgresTest extends UniquenessRaceTest {}
