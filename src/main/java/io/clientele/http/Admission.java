package io.clientele.http;

import io.clientele.http.Route.Voice;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Where requests go that may wait, and how many may: what is beyond is refused at once, since to
/// be refused soon is better than to wait for long. Nobody takes all places (`Shares`): before a
/// request is known it counts for its source, a management request that passed its wall for its
/// customer.
public final class Admission {

  /// How many may wait for rows.
  private static final int ROWS = 1_000;

  /// How many may be under way that may wait for anything.
  private static final int ANYTHING = 1_000;

  /// How many deeds may be under way, from their wall to the end of their answer. Enough for many
  /// to share a commit, though one customer alone has half.
  private static final int DEEDS = 256;

  /// How many lists may be made at once: they take memory, and no more of the processors for being
  /// many.
  private static final int LISTS = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 8);

  /// How many may wait for their list. One customer has at most half: so many, and no more, can the
  /// others have to wait for.
  private static final int LOOKS = 64;

  private final Executor readers;
  private final Executor waiting;
  private final Shares rows = new Shares(ROWS);
  private final Shares anything = new Shares(ANYTHING);
  private final Shares deeds = new Shares(DEEDS);
  private final Shares looks = new Shares(LOOKS);
  private final Semaphore lists = new Semaphore(LISTS, true);

  /// @param readers runs what may wait for rows
  /// @param waiting runs what may wait for anything (virtual threads)
  public Admission(Executor readers, Executor waiting) {
    this.readers = readers;
    this.waiting = waiting;
  }

  /// Runs work where the request's patience allows.
  ///
  /// @throws RuntimeException what the caller is told if there is no place
  void run(Runnable work, Voice voice, Request request) {
    boolean isForRows = request.patience() == Patience.ROWS;
    Shares places = isForRows ? rows : anything;
    String source = SourceAddress.network(request.address());
    if (!places.take(source, 1)) {
      throw ErrorResponses.overloaded(voice);
    }
    boolean runs = false;
    try {
      (isForRows ? readers : waiting)
          .execute(
              () -> {
                try {
                  work.run();
                } finally {
                  places.giveBack(source, 1);
                }
              });
      runs = true;
    } catch (RejectedExecutionException e) {
      throw ErrorResponses.overloaded(voice);
    } finally {
      if (!runs) {
        places.giveBack(source, 1);
      }
    }
  }

  /// Takes a place for a management request that passed its wall, until its exchange is done.
  ///
  /// @throws Problem 503 if there is none
  void begin(Request request, Router.Exchange exchange) {
    String customer = request.notes().customer();
    String who = customer.isEmpty() ? SourceAddress.network(request.address()) : customer;
    if (!deeds.take(who, 1)) {
      throw ErrorResponses.overloaded(Voice.MANAGEMENT);
    }
    exchange.whenDone(() -> deeds.giveBack(who, 1));
  }

  /// Has a management request answered, on a thread that may wait. What is open to all (is it
  /// alive?) does not wait for lists.
  ///
  /// @throws Problem 503 if this customer has as many that wait for a list as it may
  Response answer(Route.Handler handler, Request request) {
    String customer = request.notes().customer();
    if (customer.isEmpty() || !request.isSafe()) {
      return handler.handle(request);
    }
    if (!looks.take(customer, 1)) {
      throw ErrorResponses.overloaded(Voice.MANAGEMENT);
    }
    try {
      lists.acquireUninterruptibly();
      try {
        return handler.handle(request);
      } finally {
        lists.release();
      }
    } finally {
      looks.giveBack(customer, 1);
    }
  }

  /// Runs what is done but for its time: it takes no place.
  void later(long nanos, Runnable work) {
    CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS, waiting).execute(work);
  }

  /// How many requests are under way that may wait.
  public long underWay() {
    return rows.taken() + anything.taken();
  }

  /// How many requests were refused for want of a place.
  public long refused() {
    return List.of(rows, anything, deeds, looks).stream().mapToLong(Shares::refused).sum();
  }
}
