package io.clientele;

import io.clientele.harness.WithServer;

/// Secrets of a client on PostgreSQL: the same as on the embedded database.
@WithServer(onPostgres = true)
class ClientSecretsOnPostgresTest extends ClientSecretsTest {}
