package io.clientele.bench.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What figures are called in the document, in its order.
final class Labels {

  static final Map<String, String> PEERS =
      ordered(
          "keycloak", "Keycloak",
          "oidc-provider", "oidc-provider",
          "spring", "Spring, no hashing",
          "spring-bcrypt", "Spring, as delivered");

  static final List<Integer> SIZES = List.of(10_000, 20_000, 100_000, 1_000_000, 10_000_000);

  static final Map<String, String> TOKEN =
      ordered(
          "token.rate", "Clientele, tokens",
          "token.bare-rate", "bare handler, tokens",
          "token.rate-ratio", "ratio",
          "token.cpu", "Clientele, CPU of a token",
          "token.bare-cpu", "bare handler, CPU of a token",
          "token.cpu-ratio", "ratio",
          "signature.cpu", "one ES256 signature alone (JMH)",
          "signature.token-cpu", "CPU of a token beside it",
          "signature.cpu-ratio", "ratio");

  static final Map<String, String> LATENCY =
      ordered(
          "latency.p50", "Clientele, p50",
          "latency.p99", "Clientele, p99",
          "latency.p99.9", "Clientele, p99.9",
          "latency.max", "Clientele, longest",
          "latency.generator-p99", "of which the generator was late itself, p99",
          "latency.bare-p50", "bare handler, p50",
          "latency.bare-p99", "bare handler, p99",
          "latency.bare-p99.9", "bare handler, p99.9",
          "latency.bare-max", "bare handler, longest",
          "latency.bare-generator-p99", "of which the generator was late itself, p99");

  static final Map<String, String> INTROSPECTION =
      ordered(
          "introspection.seen-cpu", "CPU, tokens seen before",
          "introspection.seen-token-cpu", "CPU of a token beside it",
          "introspection.seen-rate", "introspections, seen before",
          "introspection.unseen-cpu", "CPU, never seen before",
          "introspection.unseen-token-cpu", "CPU of a token beside it",
          "introspection.unseen-rate", "introspections, never seen before");

  static final Map<String, String> HUGE =
      ordered(
          "huge.generated", "generated, clients",
          "huge.bytes-per-client", "database, a client",
          "huge.start", "start to the first token",
          "huge.start-with-ten", "the same with ten clients",
          "huge.get-p50", "get one, p50",
          "huge.get-p99", "get one, p99",
          "huge.list-p50", "a page of 100, p50",
          "huge.list-p99", "a page of 100, p99",
          "huge.list-1000-p50", "a page of 1,000, p50",
          "huge.list-1000-p99", "a page of 1,000, p99");

  static final Map<String, String> MEMORY =
      ordered(
          "memory.resident", "resident after load from 10,000 clients",
          "memory.heap", "of which living objects",
          "memory.heap-per-client", "heap of each further client",
          "memory.bounded-growth", "growth with `--directory-memory 16`");

  static final Map<String, String> START =
      ordered(
          "start.first-token", "`./clientele serve`",
          "start.first-token-jvm", "the same JVM without the launcher",
          "start.bare", "bare handler",
          "start.bare-with-cache", "bare handler with an AOT cache");

  static final Map<String, String> MANAGEMENT =
      ordered(
          "management.batches", "creates in batches of 100, 4 connections",
          "management.one-by-one", "creates one by one, 4 connections",
          "management.lost", "acknowledged and lost",
          "management.disk", "the disk's own synced writes",
          "management.get-p50", "get one, p50",
          "management.get-p99", "get one, p99",
          "management.list-p50", "a page of 1,000, p50",
          "management.list-p99", "a page of 1,000, p99");

  static final Map<String, String> CHOSEN =
      ordered(
          "chosen-secrets.cpu", "CPU, chosen secret",
          "chosen-secrets.generated-cpu", "CPU, generated secret",
          "chosen-secrets.cpu-ratio", "ratio",
          "chosen-secrets.rate-ratio", "ratio of tokens a second");

  private Labels() {}

  private static Map<String, String> ordered(String... pairs) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }
}
