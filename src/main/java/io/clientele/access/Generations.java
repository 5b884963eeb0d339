package io.clientele.access;

/// How often all tokens of a client, and all of its customer, were killed. A token carries both
/// (`gen`) and lives only while both are current; no clock is compared.
///
/// @param client the client's generation
/// @param customer its customer's
public record Generations(long client, long customer) {}
