package io.clientele.client;

import io.clientele.http.Unavailable;
import io.clientele.id.ClientId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads clients into the directory after a start, so that what follows a restart is not a crowd of
/// queries: all clients, and if they do not fit, those that used a secret within the last day. It
/// keeps out of the way: a few clients at a time, and as long a pause as they took.
public final class DirectoryPreload implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DirectoryPreload.class);

  /// Those who waited for the start come first.
  private static final Duration HEAD_START = Duration.ofSeconds(1);

  private static final Duration BEFORE_NEXT_TRY = Duration.ofSeconds(5);
  private static final Duration LONGEST_END = Duration.ofSeconds(10);
  private static final Duration RECENTLY = Duration.ofDays(1);
  private static final int PAGE = 100;

  private final ClientDirectory directory;
  private final InstantSource clock;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread =
      Thread.ofPlatform().name("directory-preload").daemon().unstarted(this::run);

  public DirectoryPreload(ClientDirectory directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /// Begins, beside everything else.
  public void start() {
    thread.start();
  }

  private void run() {
    try {
      if (isClosingWithin(HEAD_START)) {
        return;
      }
      if (!readAllThatFit()) {
        readUsed();
      }
      if (closing.getCount() > 0) {
        LOG.info("{} clients are in memory", directory.size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("clients are not read before they ask; each is when it does", e);
    }
  }

  /// @return whether these are all
  private boolean readAllThatFit() throws InterruptedException {
    Optional<ClientId> after = Optional.empty();
    do {
      after = readAfter(after, OptionalLong.empty());
    } while (after.isPresent() && directory.hasRoom());
    return after.isEmpty();
  }

  /// They push out those that were read and did not ask.
  private void readUsed() throws InterruptedException {
    OptionalLong since = OptionalLong.of(clock.millis() - RECENTLY.toMillis());
    Optional<ClientId> after = Optional.empty();
    do {
      after = readAfter(after, since);
    } while (after.isPresent());
  }

  /// @return the id to go on after; empty if there are no more, or the server stops
  private Optional<ClientId> readAfter(Optional<ClientId> after, OptionalLong since)
      throws InterruptedException {
    while (true) {
      long begin = System.nanoTime();
      try {
        Optional<ClientId> reached = directory.preload(after, PAGE, since);
        Duration taken = Duration.ofNanos(System.nanoTime() - begin);
        return isClosingWithin(taken) ? Optional.empty() : reached;
      } catch (Unavailable e) {
        LOG.debug("clients are read later", e);
        if (isClosingWithin(BEFORE_NEXT_TRY)) {
          return Optional.empty();
        }
      }
    }
  }

  private boolean isClosingWithin(Duration time) throws InterruptedException {
    return closing.await(time.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// Ends it, whatever it has reached.
  @Override
  public void close() {
    closing.countDown();
    try {
      if (thread.isAlive() && !thread.join(LONGEST_END)) {
        LOG.warn("{} did not end in time", thread.getName());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
