package io.clientele;

import io.clientele.harness.WithServer;

/// Customers and tenants on PostgreSQL: the same as on the embedded database.
@WithServer(onPostgres = true)
class CustomersOnPostgresTest extends CustomersTest {}
