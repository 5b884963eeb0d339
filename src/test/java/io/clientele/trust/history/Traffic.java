package io.clientele.trust.history;

import io.clientele.harness.Http;
import io.clientele.harness.KeepAlive;
import io.clientele.harness.Names;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Many threads that make, change and end clients, secrets, customers and tenants, while all of
/// them ask for tokens and use them; everything is written into a history.
public final class Traffic {

  /// Who asks.
  ///
  /// @param nodes where; each thread asks now this one, now that one
  public record Operator(List<URI> nodes, String id, String secret) {}

  /// How much.
  ///
  /// @param requests about so many, of all threads together
  /// @param deedOneIn of so many times that a thread chooses what to do next, it does a deed once
  public record Load(int threads, long requests, int deedOneIn) {

    /// Mostly tokens, as in the field, but for more deeds.
    public static Load usual(int threads, long requests) {
      return new Load(threads, requests, 60);
    }
  }

  private final Operator operator;
  private final Load load;
  private final String operatorToken;
  private final Population population = new Population();
  private final History history = new History();
  private final LongAdder operations = new LongAdder();
  private final LongAdder unavailable = new LongAdder();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

  private Traffic(Operator operator, Load load) {
    this.operator = operator;
    this.load = load;
    try (KeepAlive connection = KeepAlive.to(operator.nodes.getFirst())) {
      int status =
          connection.form(
              "/oauth/token",
              Http.basic(operator.id, operator.secret),
              "grant_type=client_credentials");
      if (status != 200) {
        throw new IllegalStateException("the operator gets no token: " + status);
      }
      operatorToken = connection.member("access_token");
    }
  }

  /// What was done.
  ///
  /// @param unavailable how many answers were 503
  /// @param wrong answers with a status that must not be
  public record Made(History history, long operations, long unavailable, List<String> wrong) {}

  /// Runs until so many requests are answered.
  ///
  /// @param seed of everything that is chosen at random, but for the order of threads
  public static Made make(Operator operator, Load load, long seed) throws InterruptedException {
    Traffic traffic = new Traffic(operator, load);
    traffic.populate(seed);
    traffic.run(seed);
    return new Made(
        traffic.history,
        traffic.operations.sum(),
        traffic.unavailable.sum(),
        List.copyOf(traffic.wrong));
  }

  private void populate(long seed) {
    try (Actor first = actor(seed)) {
      for (int i = 0; i < population.size(); i++) {
        first.newOwner(i);
      }
    }
  }

  private void run(long seed) throws InterruptedException {
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(load.threads)) {
      for (int i = 1; i <= load.threads; i++) {
        long own = seed + i;
        all.add(
            executor.submit(
                () -> {
                  try (Actor actor = actor(own)) {
                    while (operations.sum() < load.requests) {
                      actor.act();
                    }
                  }
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the traffic stopped", e.getCause());
    }
  }

  private Actor actor(long seed) {
    return new Actor(
        RandomGeneratorFactory.of("L64X128MixRandom").create(seed),
        history,
        population,
        operator,
        operatorToken,
        load.deedOneIn,
        new Actor.Counts(operations, unavailable, wrong));
  }

  /// @return one in so many times true
  static boolean oneIn(int many, RandomGenerator random) {
    return random.nextInt(many) == 0;
  }

  static String newName(String stem) {
    return Names.unique(stem);
  }
}
