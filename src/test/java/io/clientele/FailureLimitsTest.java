package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Failed authentications are limited by presented id and source address (T6 in short); this server
/// allows five a minute.
@WithServer({"--failure-limit", "5"})
class FailureLimitsTest {
  private static final int LIMIT = 5;

  /// What encoding libraries send differs from it.
  private static final String CHOSEN = "YZze8&7EU%xqH3%8+and more";

  private static final String WRONG = "clt_" + "w".repeat(49);

  private final Map<TestServer, Http> clients = new ConcurrentHashMap<>();

  /// Where this test asks from: each has a source of its own, whose failures are its own.
  private final String source = freshSource();

  private static String freshSource() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return "127.1." + random.nextInt(256) + "." + random.nextInt(1, 255);
  }

  private Http http(TestServer server) {
    return clients.computeIfAbsent(server, each -> each.http().from(source));
  }

  private Answer ask(TestServer server, String id, String secret) {
    return ask(http(server), id, secret);
  }

  private static Answer ask(Http http, String id, String secret) {
    return http.form("/oauth/token", Http.basic(id, secret), "grant_type", "client_credentials");
  }

  /// Fails until it is throttled, and says how often that was before; the allowance grows by one
  /// every 12 seconds, which a slow machine may see.
  private static int failuresBefore429(Supplier<Answer> attempt) {
    long started = System.nanoTime();
    for (int failures = 0; failures < 100; failures++) {
      Answer answer = attempt.get();
      if (answer.status() == 429) {
        long grown = 1 + Duration.ofNanos(System.nanoTime() - started).toSeconds() / 12;
        assertThat(failures).isBetween(LIMIT, LIMIT + (int) grown - 1);
        return failures;
      }
      answer.expectOAuthError(401, "invalid_client");
    }
    throw new AssertionError("never throttled");
  }

  private void throttle(TestServer server, String id) {
    failuresBefore429(() -> ask(server, id, WRONG));
  }

  @Nested
  class Failures {
    @Test
    void ofAnExistingIdAreThrottled(TestServer server, Customer abc) {
      throttle(server, abc.newClient().id());
    }

    @Test
    void ofAnIdThatDoesNotExistAreThrottledJustSo(TestServer server) {
      throttle(server, Names.unique("nobody"));
    }

    @Test
    void withAChosenSecretAreThrottledJustSo(TestServer server, Customer abc) {
      Client client =
          abc.create(Customer.client(Names.unique("chosen"), Map.of()).put("clientSecret", CHOSEN));
      String nobody = Names.unique("nobody");

      failuresBefore429(() -> ask(server, client.id(), "not the chosen one"));
      failuresBefore429(() -> ask(server, nobody, "not the chosen one"));
    }

    @Test
    void thatCanBeReadInTwoWaysCountOnce(TestServer server) {
      String nobody = Names.unique("nobody");

      failuresBefore429(() -> ask(server, nobody, "not%20the+chosen+one"));
    }

    @Test
    void ofARightSecretByAWrongMethodCount(TestServer server, Customer abc) {
      ObjectNode wanted = Customer.client(Names.unique("post"), Map.of());
      wanted.putArray("clientAuthenticationMethods").add("client_secret_post");
      Client client = abc.create(wanted);

      failuresBefore429(() -> ask(server, client.id(), client.secret()));
    }

    @Test
    void ofADisabledClientCount(TestServer server, Customer abc) {
      Client client =
          abc.create(Customer.client(Names.unique("disabled"), Map.of()).put("enabled", false));

      failuresBefore429(() -> ask(server, client.id(), client.secret()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/oauth/introspect", "/oauth/checkToken", "/oauth/revoke"})
    void atTheOtherEndpointsAreThrottledToo(String path, TestServer server) {
      String nobody = Names.unique("nobody");

      failuresBefore429(
          () -> http(server).form(path, Http.basic(nobody, WRONG), "token", "not-a-token"));
      ask(server, nobody, WRONG).expect(429);
    }

    @Test
    void ofIdsThatNobodyCanHaveCountAsOne(TestServer server) {
      int[] turn = {0};

      failuresBefore429(() -> ask(server, "not/an/id/" + turn[0]++, WRONG));
    }

    @Test
    void areNotSpreadByAForgedSourceAddress(TestServer server) {
      String nobody = Names.unique("nobody");
      int[] turn = {0};

      failuresBefore429(
          () ->
              http(server)
                  .send(
                      "POST",
                      "/oauth/token?grant_type=client_credentials",
                      Map.of(
                          "Authorization",
                          Http.basic(nobody, WRONG),
                          "X-Forwarded-For",
                          "10.0.0." + turn[0],
                          "Forwarded",
                          "for=10.0.0." + turn[0]++),
                      ""));
    }
  }

  @Nested
  class BeyondTheLimit {
    @Test
    void theAnswerSaysWhenToComeBack(TestServer server) {
      String nobody = Names.unique("nobody");
      throttle(server, nobody);

      Answer answer = ask(server, nobody, WRONG).expectOAuthError(429, "too_many_requests");

      assertThat(Integer.parseInt(answer.header("Retry-After").orElse(""))).isBetween(1, 60);
      assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
      assertThat(answer.header("X-Request-Id")).isPresent();
    }

    @Test
    void theRightGeneratedSecretStillPasses(TestServer server, Customer abc) {
      Client client = abc.newClient();
      throttle(server, client.id());

      for (int i = 0; i < 3 * LIMIT; i++) {
        ask(server, client.id(), client.secret()).expect(200);
      }
      ask(server, client.id(), client.secret().replace("_", "%5F")).expect(200);
      ask(server, client.id(), WRONG).expect(429);
    }

    @Test
    void anotherIdIsNotConcerned(TestServer server, Customer abc) {
      Client client =
          abc.create(Customer.client(Names.unique("chosen"), Map.of()).put("clientSecret", CHOSEN));
      throttle(server, abc.newClient().id());

      ask(server, client.id(), CHOSEN).expect(200);
      ask(server, Names.unique("nobody"), WRONG).expect(401);
    }
  }

  @Nested
  class Successes {
    @Test
    void areNeverCounted(TestServer server, Customer abc) {
      Client generated = abc.newClient();
      Client chosen =
          abc.create(Customer.client(Names.unique("chosen"), Map.of()).put("clientSecret", CHOSEN));

      for (int i = 0; i < 3 * LIMIT; i++) {
        ask(server, generated.id(), generated.secret()).expect(200);
        ask(server, chosen.id(), CHOSEN).expect(200);
      }
      throttle(server, generated.id());
      throttle(server, chosen.id());
    }

    @Test
    void areNotCountedEitherWhenTheSecretIsFormEncoded(TestServer server, Customer abc) {
      Client generated = abc.newClient();
      Client chosen =
          abc.create(Customer.client(Names.unique("chosen"), Map.of()).put("clientSecret", CHOSEN));
      String encoded = URLEncoder.encode(CHOSEN, StandardCharsets.UTF_8);

      for (int i = 0; i < 3 * LIMIT; i++) {
        ask(server, generated.id(), generated.secret().replace("_", "%5F")).expect(200);
        ask(server, chosen.id(), encoded).expect(200);
      }
      throttle(server, generated.id());
      throttle(server, chosen.id());
    }

    @Test
    void areNotCountedEitherWhenTheyMustBeHashedAgain(TestServer server, Customer abc) {
      Client chosen =
          abc.create(Customer.client(Names.unique("chosen"), Map.of()).put("clientSecret", CHOSEN));
      String encoded = URLEncoder.encode(CHOSEN, StandardCharsets.UTF_8);

      for (String secret : List.of(CHOSEN, encoded, CHOSEN, encoded, CHOSEN, encoded, CHOSEN)) {
        // What is remembered of a secret ends with each change of its client.
        server
            .http()
            .put(
                chosen.path(),
                abc.adminToken(),
                Customer.client(chosen.id(), Map.of()).put("clientName", Names.unique("name")))
            .expect(200);
        ask(server, chosen.id(), secret).expect(200);
      }
    }
  }

  @Nested
  class SlowSecrets {
    /// One source with ever other ids must not use up the slow hashes; who was right there before
    /// is not concerned, and nobody elsewhere.
    @Test
    void failRarelyFromOneSourceWhateverTheIds(TestServer server, Customer abc) {
      Client known =
          abc.create(Customer.client(Names.unique("known"), Map.of()).put("clientSecret", CHOSEN));
      Client stranger =
          abc.create(Customer.client(Names.unique("other"), Map.of()).put("clientSecret", CHOSEN));
      ask(server, known.id(), CHOSEN).expect(200);

      Answer refused = ask(server, Names.unique("nobody"), "not the chosen one");
      for (int i = 0; refused.status() == 401 && i < 100; i++) {
        refused = ask(server, Names.unique("nobody"), "not the chosen one");
      }
      refused.expectOAuthError(429, "too_many_requests");

      ask(server, stranger.id(), CHOSEN).expect(429);
      ask(server.http().from(freshSource()), stranger.id(), CHOSEN).expect(200);
      // What is remembered of it is of no use for its new version: it is hashed again.
      server
          .http()
          .put(known.path(), abc.adminToken(), Customer.client(known.id(), Map.of()))
          .expect(200);
      ask(server, known.id(), CHOSEN).expect(200);
      ask(server, known.id(), "not the chosen one").expect(401);
    }

    /// Who creates clients with chosen secrets, as many as can, does not keep others from tokens.
    @Test
    void leaveRoomForTokens(TestServer server, Customer abc, Customer other) throws Exception {
      List<Client> chosen = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        chosen.add(
            abc.create(
                Customer.client(Names.unique("chosen"), Map.of()).put("clientSecret", CHOSEN)));
      }
      String token = other.adminToken();
      AtomicBoolean stop = new AtomicBoolean();
      CountDownLatch busy = new CountDownLatch(1);
      List<Future<?>> creating = new ArrayList<>();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 12; i++) {
          creating.add(
              threads.submit(
                  () -> {
                    while (!stop.get()) {
                      ArrayNode batch = Answer.JSON.createArrayNode();
                      for (int j = 0; j < 20; j++) {
                        batch.add(
                            Customer.client(Names.unique("many"), Map.of())
                                .put("clientSecret", CHOSEN + j));
                      }
                      Answer answer = server.http().post(other.clients(), token, batch);
                      assertThat(answer.status()).isIn(201, 503);
                      if (answer.status() == 503) {
                        busy.countDown();
                      }
                    }
                  }));
        }
        try {
          busy.await();
          // Each must be hashed: nobody asked with it before.
          for (Client client : chosen) {
            ask(server, client.id(), CHOSEN).expect(200);
          }
        } finally {
          stop.set(true);
        }
        for (Future<?> each : creating) {
          each.get();
        }
      }
    }

    /// More than can wait for their hash are sent away; who needs no hash is not held up.
    @Test
    void areSentAwayWhenThereAreTooManyAtOnce(TestServer server, Customer abc) throws Exception {
      Client client = abc.newClient();
      List<Callable<Answer>> slow = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        Http elsewhere = server.http().from(freshSource());
        for (int j = 0; j < LIMIT; j++) {
          slow.add(() -> ask(elsewhere, Names.unique("nobody"), "not the chosen one"));
        }
      }

      List<Future<Answer>> answers;
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        answers = slow.stream().map(threads::submit).toList();
        for (int i = 0; i < 20; i++) {
          ask(server, client.id(), client.secret()).expect(200);
        }
      }

      for (Future<Answer> each : answers) {
        Answer answer = each.get();
        assertThat(answer.status()).isIn(401, 503);
        if (answer.status() == 503) {
          answer.expectOAuthError(503, "temporarily_unavailable");
          assertThat(answer.header("Retry-After")).isPresent();
        }
      }
    }
  }
}
