package io.clientele.bench.participant;

/// What a client presents at the token endpoint.
public record ClientSecret(String client, String secret) {}
