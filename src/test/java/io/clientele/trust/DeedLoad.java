package io.clientele.trust;

import io.clientele.harness.Eventually;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/// Several [DeedWorker]s in this process, and what they wrote down.
final class DeedLoad {

  private static final Duration LONGEST_WAIT = Duration.ofMinutes(3);

  /// A write and how it was answered.
  private record Write(long beganMicros, boolean acknowledged) {}

  private final List<DeedWorker> workers = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();
  private final Map<Long, Long> begun = new HashMap<>();
  private final List<Write> writes = new ArrayList<>();
  private AtomicBoolean goesOn = new AtomicBoolean();

  /// @param batch how many clients a batch makes
  DeedLoad(int threads, int batch, Random random) {
    AtomicLong numbers = new AtomicLong();
    for (int i = 0; i < threads; i++) {
      workers.add(new DeedWorker(numbers, new Random(random.nextLong()), batch, this::book));
    }
  }

  /// Now, in microseconds since 1970.
  static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  private synchronized void book(String line) {
    lines.add(line);
    switch (line.charAt(0)) {
      case 'D' -> {
        Deed deed = Deed.read(line);
        if (deed.writes()) {
          begun.put(deed.number(), micros());
        }
      }
      case 'A', 'R' -> {
        Long began = begun.remove(Long.parseLong(line.split("\t", 3)[1]));
        if (began != null) {
          writes.add(new Write(began, line.charAt(0) == 'A'));
        }
      }
      default -> {
        // The history tells of it.
      }
    }
  }

  /// Begins to ask this server.
  ///
  /// @param stem names new clients
  void go(URI server, String token, String stem) {
    AtomicBoolean on = new AtomicBoolean(true);
    goesOn = on;
    for (DeedWorker worker : workers) {
      threads.add(Thread.ofPlatform().start(() -> worker.work(server, token, on::get, stem)));
    }
  }

  /// Waits until so many more writes were acknowledged.
  void awaitAcknowledged(int more) {
    await("writes are acknowledged", more, Write::acknowledged);
  }

  /// Waits until so many more writes were refused.
  void awaitRefused(int more) {
    await("writes are refused", more, write -> !write.acknowledged);
  }

  /// Waits until so many more writes were answered.
  void awaitAnswered(int more) {
    await("writes are answered", more, write -> true);
  }

  private void await(String what, int more, Predicate<Write> which) {
    long from = count(which);
    Eventually.within(LONGEST_WAIT, what, () -> isOver() || count(which) >= from + more);
    if (count(which) < from + more) {
      throw new AssertionError("nobody writes any more: " + what + "\n" + lastLines());
    }
  }

  private synchronized List<String> lastLines() {
    return List.copyOf(lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  private boolean isOver() {
    return threads.stream().noneMatch(Thread::isAlive);
  }

  private synchronized long count(Predicate<Write> which) {
    return writes.stream().filter(which).count();
  }

  /// How many writes were acknowledged that had begun after this.
  long acknowledgedOfThoseBegunAfter(long micros) {
    return count(write -> write.acknowledged && write.beganMicros > micros);
  }

  /// Lets every worker end its deed, or find that the server is gone.
  void stop() throws InterruptedException {
    goesOn.set(false);
    for (Thread thread : threads) {
      thread.join();
    }
    threads.clear();
  }

  /// All that was written down so far.
  synchronized List<String> written() {
    return List.copyOf(lines);
  }

  /// Gives away what was written down; nobody works meanwhile.
  synchronized void moveTo(DeedHistory history) {
    lines.forEach(history::take);
    lines.clear();
    begun.clear();
    writes.clear();
  }
}
