package io.clientele.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/// Rows as bytes: what is got is what was put last, nothing is got after it was dropped, and there
/// are never more than fit.
class PackedRowsTest {
  private static final int MEBIBYTE = 1 << 20;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(Optional<byte[]> row) {
    return row.map(each -> new String(each, StandardCharsets.ISO_8859_1)).orElse("none");
  }

  private static String row(RandomGenerator random) {
    return Integer.toString(random.nextInt(1000)).repeat(random.nextInt(1, 60));
  }

  private static void put(PackedRows rows, String key, String row) {
    rows.put(bytes(key), bytes(row), rows.mark(bytes(key)));
  }

  /// Any order of deeds, beside a map that does the same: with room for all, nothing is missing.
  @RepeatedTest(10)
  void withRoomItIsAMap(RepetitionInfo repetition) {
    RandomGenerator random = new java.util.SplittableRandom(repetition.getCurrentRepetition());
    PackedRows rows = new PackedRows(16 * MEBIBYTE);
    Map<String, String> model = new HashMap<>();
    for (int i = 0; i < 40_000; i++) {
      String key = "k" + random.nextInt(3_000);
      int deed = random.nextInt(1_000);
      if (deed == 0) {
        rows.dropAll();
        model.clear();
      } else if (deed < 250) {
        rows.drop(bytes(key));
        model.remove(key);
      } else if (deed < 600) {
        String row = row(random);
        put(rows, key, row);
        model.put(key, row);
      }
      assertThat(text(rows.get(bytes(key)))).isEqualTo(model.getOrDefault(key, "none"));
    }
    assertThat(rows.size()).isEqualTo(model.size());
    model.forEach((key, row) -> assertThat(text(rows.get(bytes(key)))).isEqualTo(row));
  }

  /// The same with far more than fit: what is there is right.
  @RepeatedTest(10)
  void withoutRoomSomeAreMissingAndNoneIsWrong(RepetitionInfo repetition) {
    RandomGenerator random = new java.util.SplittableRandom(repetition.getCurrentRepetition());
    PackedRows rows = new PackedRows(MEBIBYTE);
    Map<String, String> model = new HashMap<>();
    int found = 0;
    for (int i = 0; i < 60_000; i++) {
      String key = "k" + random.nextInt(30_000);
      if (random.nextInt(10) == 0) {
        rows.drop(bytes(key));
        model.remove(key);
      } else if (random.nextInt(3) > 0) {
        String row = row(random);
        put(rows, key, row);
        model.put(key, row);
      }
      String got = text(rows.get(bytes(key)));
      if (!got.equals("none")) {
        found++;
        assertThat(got).isEqualTo(model.get(key));
      }
    }
    assertThat(rows.hasRoom()).isFalse();
    assertThat(rows.size()).isBetween(2_000L, (long) MEBIBYTE / 60);
    assertThat(found).isGreaterThan(30_000);
  }

  @Test
  void whatSomebodyAsksForStaysWhenOthersCome() {
    PackedRows rows = new PackedRows(MEBIBYTE);
    put(rows, "asked", "x".repeat(100));
    put(rows, "idle", "x".repeat(100));
    for (int i = 0; i < 100_000; i++) {
      put(rows, "k" + i, "x".repeat(100));
      if (i % 100 == 0) {
        assertThat(rows.get(bytes("asked"))).isPresent();
      }
    }
    assertThat(rows.get(bytes("idle"))).isEmpty();
    assertThat(rows.get(bytes("k99999"))).isPresent();
  }

  /// What is written again and again leaves room for what is written once.
  @Test
  void rowsThatChangeOftenPushNobodyOut() {
    PackedRows rows = new PackedRows(MEBIBYTE);
    for (int i = 0; i < 1_000; i++) {
      put(rows, "idle" + i, "x".repeat(100));
    }
    for (int i = 0; i < 200_000; i++) {
      put(rows, "k" + i % 100, "x".repeat(100) + i);
    }
    long idle =
        IntStream.range(0, 1_000).filter(i -> rows.get(bytes("idle" + i)).isPresent()).count();
    assertThat(idle).isGreaterThan(900);
  }

  /// What is there already takes no more room when it comes again.
  @Test
  void theSameRowAgainIsNoNewOne() {
    PackedRows rows = new PackedRows(MEBIBYTE);
    for (int i = 0; i < 100_000; i++) {
      put(rows, "k" + i % 1_000, "x".repeat(100));
    }
    assertThat(rows.size()).isEqualTo(1_000);
    assertThat(rows.hasRoom()).isTrue();
  }

  /// Nor does it go with those that came when it first did.
  @RepeatedTest(20)
  void theSameRowAgainStaysWhenOthersCome() {
    PackedRows rows = new PackedRows(MEBIBYTE);
    int count = 0;
    while (rows.hasRoom()) {
      put(rows, "k" + count++, "x".repeat(100));
    }
    List<String> again = IntStream.range(0, count / 20).mapToObj(i -> "k" + i * 10).toList();
    again.forEach(key -> put(rows, key, "x".repeat(100)));
    IntStream.range(0, count / 3).forEach(i -> put(rows, "n" + i, "x".repeat(100)));
    assertThat(again)
        .filteredOn(key -> rows.get(bytes(key)).isPresent())
        .hasSizeGreaterThan(again.size() * 3 / 4);
  }

  @Test
  void allMayBeAskedForAndNewOnesComeAllTheSame() {
    PackedRows rows = new PackedRows(MEBIBYTE);
    for (int i = 0; i < 50_000; i++) {
      put(rows, "k" + i, "x".repeat(100));
      assertThat(rows.get(bytes("k" + i))).isPresent();
    }
  }

  @Test
  void whatWasReadBeforeItsKeyWasDroppedIsNotTaken() {
    PackedRows rows = new PackedRows(MEBIBYTE);
    long before = rows.mark(bytes("a"));
    PackedRows.Marks beforeMany = rows.marks();
    rows.drop(bytes("a"));
    rows.put(bytes("a"), bytes("old"), before);
    rows.put(bytes("a"), bytes("old"), beforeMany.of(bytes("a")));
    assertThat(rows.get(bytes("a"))).isEmpty();
    put(rows, "a", "new");
    assertThat(text(rows.get(bytes("a")))).isEqualTo("new");

    long beforeAll = rows.mark(bytes("a"));
    rows.dropAll();
    rows.put(bytes("a"), bytes("old"), beforeAll);
    assertThat(rows.get(bytes("a"))).isEmpty();
  }

  @Test
  void rowsOfAnyLengthAreGotAsTheyWerePutAndTooLongOnesAreNot() {
    PackedRows rows = new PackedRows(64 * MEBIBYTE);
    byte[] key = bytes("k".repeat(255));
    for (int length : List.of(0, 1, 255, 256, 30_000)) {
      byte[] row = new byte[length];
      Arrays.fill(row, (byte) -1);
      rows.put(key, row, rows.mark(key));
      assertThat(rows.get(key).orElseThrow()).isEqualTo(row);
      rows.put(new byte[0], row, rows.mark(new byte[0]));
      assertThat(rows.get(new byte[0]).orElseThrow()).isEqualTo(row);
    }
    rows.put(bytes("long"), new byte[100_000], rows.mark(bytes("long")));
    assertThat(rows.get(bytes("long"))).isEmpty();
    byte[] longKey = new byte[256];
    rows.put(longKey, new byte[1], rows.mark(longKey));
    assertThat(rows.get(longKey)).isEmpty();
  }

  /// A value changes in a store and is dropped here, while others read it there and put it here:
  /// after the drop nobody gets an older one.
  @Test
  void nobodyGetsWhatIsOutOfDate() throws Exception {
    int keys = 50;
    AtomicLongArray stored = new AtomicLongArray(keys);
    AtomicLongArray acknowledged = new AtomicLongArray(keys);
    PackedRows rows = new PackedRows(MEBIBYTE);
    List<Callable<Long>> all = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      RandomGenerator random = new java.util.SplittableRandom(thread);
      boolean changes = thread == 0;
      all.add(
          () -> {
            long got = 0;
            for (int i = 0; i < 200_000; i++) {
              int key = random.nextInt(keys);
              byte[] name = bytes("key" + key);
              if (changes) {
                long next = stored.incrementAndGet(key);
                rows.drop(name);
                acknowledged.set(key, next);
                continue;
              }
              long least = acknowledged.get(key);
              long mark = rows.mark(name);
              Optional<byte[]> row = rows.get(name);
              if (row.isPresent()) {
                got++;
                assertThat(Long.parseLong(text(row))).isGreaterThanOrEqualTo(least);
              } else {
                rows.put(name, bytes(Long.toString(stored.get(key))), mark);
              }
            }
            return got;
          });
    }
    long got = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(all.size())) {
      for (Future<Long> each : threads.invokeAll(all)) {
        got += each.get();
      }
    }
    assertThat(got).isPositive();
  }
}
