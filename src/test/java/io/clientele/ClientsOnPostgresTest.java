package io.clientele;

import io.clientele.harness.WithServer;

/// Client management on PostgreSQL: the same as on the embedded database.
@WithServer(onPostgres = true)
class ClientsOnPostgresTest extends ClientsTest {}
