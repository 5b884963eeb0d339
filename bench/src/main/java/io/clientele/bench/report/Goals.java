package io.clientele.bench.report;

import java.util.List;

/// What is aimed at, in the order of the document.
final class Goals {

  static final List<Goal> ALL =
      List.of(
          Goal.atLeast("token.rate-ratio", "tokens a second, over the bare handler's", "", 1, 0.85),
          Goal.atMost("token.cpu-ratio", "CPU of a token, over the bare handler's", "", 1, 1.2),
          Goal.atMost(
              "signature.cpu-ratio",
              "CPU of a token, over one ES256 signature alone",
              "",
              2.1,
              2.6),
          Goal.atLeast("keycloak.cpu-ratio", "CPU of a token of Keycloak, over ours", "", 45, 38),
          Goal.atLeast(
              "oidc-provider.cpu-ratio", "CPU of a token of oidc-provider, over ours", "", 10, 8),
          Goal.atLeast(
              "spring.cpu-ratio",
              "CPU of a token of Spring Authorization Server without hashing, over ours",
              "",
              17,
              13),
          Goal.atLeast(
              "spring-bcrypt.cpu-ratio",
              "CPU of a token of Spring Authorization Server as delivered, over ours",
              "",
              1000,
              500),
          Goal.atMost("latency.p50", "latency at a constant 5,000 tokens/s, p50", "ms", 0.5),
          Goal.atMost("latency.p99", "the same, p99", "ms", 3, 8),
          Goal.atMost("latency.p99.9", "the same, p99.9", "ms", 15),
          Goal.atLeast(
              "introspection.seen-ratio",
              "introspection of tokens seen before, over the token endpoint (by CPU)",
              "",
              1.5,
              1.2),
          Goal.atLeast(
              "introspection.unseen-ratio", "the same of tokens never seen before", "", 0.5, 0.4),
          Goal.atMost(
              "growth.1000000-zipf-ratio",
              "CPU of a token with a million clients, Zipf-spread, over a thousand",
              "",
              1.15,
              1.3),
          Goal.atMost(
              "growth.1000000-cold-ratio", "the same, clients that did not ask before", "", 2, 3),
          Goal.atMost(
              "huge.start-ratio",
              "start to first token with ten million clients, over ten (as with ten: within 10 %)",
              "",
              1.1),
          Goal.atMost("huge.list-p99", "of ten million clients, a page of 100, p99", "ms", 5),
          Goal.atMost("huge.get-p99", "of ten million clients, one, p99", "ms", 5),
          Goal.atMost(
              "huge.bytes-per-client",
              "database with ten million clients, a client",
              "bytes",
              1200,
              1600),
          Goal.atMost("memory.resident", "resident memory at 10,000 hot clients", "MB", 200, 240),
          Goal.atMost(
              "memory.heap-per-client", "heap of each further hot client", "bytes", 600, 800),
          Goal.atMost(
              "memory.bounded-growth",
              "heap of a server with `--directory-memory 16` that 110,000 clients asked, over one"
                  + " that one asked as often",
              "MiB",
              16),
          Goal.atMost("start.first-token", "start to the first token", "s", 0.9, 1.3),
          Goal.atLeast(
              "management.batches",
              "durable creates over HTTP, in batches of 100",
              "/s",
              2500,
              1500),
          Goal.atLeast(
              "management.one-by-one", "the same, one by one on 4 connections", "/s", 1000, 400),
          Goal.atMost(
              "chosen-secrets.cpu-ratio",
              "CPU of a token for a chosen secret, over a generated one",
              "",
              1.1,
              1.2));

  private Goals() {}
}
