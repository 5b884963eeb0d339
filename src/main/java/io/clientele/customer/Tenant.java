package io.clientele.customer;

import io.clientele.id.TenantId;

/// A tenant of a customer.
///
/// @param id unique over the server, reserved for its customer for ever
/// @param name for people
public record Tenant(TenantId id, String name) {}
