package io.clientele.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import io.clientele.http.Page;
import io.clientele.id.CustomerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RefusalStoreApart extends StoreTestBase {
  private static final RefusalStore.Filter ALL =
      new RefusalStore.Filter(Optional.empty(), OptionalLong.empty(), OptionalLong.empty(), 1_000);

  private final RefusalStore store = new RefusalStore();

  private static RefusalStore.Row row(CustomerId told, long hour, String caller, long count) {
    return new RefusalStore.Row(
        new RefusalCounts.Key(told, hour, caller, "route", "outcome"), count);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = RefusalStore.class,
      value = {"add", "list"})
  void eachIsToldItsOwn(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();
    CustomerId invented = new CustomerId("invented");

    leavesAlone(
        world,
        a,
        tx -> {
          store.add(tx, List.of(row(b.customer(), 1, "caller", 5), row(b.customer(), 2, "x", 1)));
          store.add(tx, List.of(row(b.customer(), 1, "caller", 6), row(invented, 1, "caller", 9)));
        });

    assertThat(world.read(tx -> store.list(tx, b.customer(), ALL)).items())
        .containsExactly(
            new RefusalStore.Refused(2, "x", "route", "outcome", 1),
            new RefusalStore.Refused(1, "caller", "route", "outcome", 7 + 5 + 6));
    assertThat(world.read(tx -> store.list(tx, a.customer(), ALL)).items())
        .containsExactly(new RefusalStore.Refused(1, "caller", "route", "outcome", 7));
    assertThat(world.read(tx -> store.list(tx, invented, ALL)).items()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void pagesLoseAndRepeatNothing(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    // What it was refused stands behind all of A's pages.
    var _ = world.newOwner();
    List<RefusalStore.Row> rows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      rows.add(row(a.customer(), 10 + i / 7, "c" + i % 7, i + 1));
    }
    world.write(tx -> store.add(tx, rows));
    List<RefusalStore.Refused> whole = world.read(tx -> store.list(tx, a.customer(), ALL)).items();
    List<RefusalStore.Refused> paged = new ArrayList<>();
    Optional<String> cursor = Optional.empty();
    boolean more = true;
    while (more) {
      RefusalStore.Filter filter =
          new RefusalStore.Filter(cursor, OptionalLong.empty(), OptionalLong.empty(), 3);
      Page.Part<RefusalStore.Refused> page = world.read(tx -> store.list(tx, a.customer(), filter));
      paged.addAll(page.items());
      cursor = Optional.of(page.items().getLast().cursor());
      assertThat(RefusalStore.isCursor(cursor.get())).isTrue();
      more = page.more();
    }
    assertThat(paged).isEqualTo(whole).hasSize(21);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void oldHoursGoOneAfterTheOther(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    world.write(
        tx ->
            store.add(
                tx,
                List.of(
                    row(a.customer(), -3, "x", 1),
                    row(a.customer(), -3, "y", 1),
                    row(a.customer(), -2, "x", 1))));

    assertThat(world.<Integer>writeAnd(tx -> store.deleteOldestHour(tx, 0))).isEqualTo(2);
    assertThat(world.<Integer>writeAnd(tx -> store.deleteOldestHour(tx, 0))).isEqualTo(1);
    assertThat(world.<Integer>writeAnd(tx -> store.deleteOldestHour(tx, 0))).isZero();
    assertThat(world.read(tx -> store.list(tx, a.customer(), ALL)).items()).hasSize(1);
  }

  /// Whoever is refused with ever other names makes few rows, and no count is lost.
  @Test
  void rowsAreBounded() {
    RefusalCounts counts = new RefusalCounts();
    long sent = 0;
    for (int customer = 0; customer < 20; customer++) {
      CustomerId origin = new CustomerId("c" + customer);
      for (int i = 0; i < 2_000; i++) {
        sent++;
        counts.count(
            new RefusalCounts.Key(new CustomerId("t" + i), 5, "caller", "route", "outcome"),
            origin);
      }
    }
    // Hours in which nothing could be written.
    for (int hour = 6; hour < 36; hour++) {
      for (int i = 0; i < 6_000; i++) {
        sent++;
        CustomerId own = new CustomerId("c" + i / 400);
        counts.count(new RefusalCounts.Key(own, hour, "caller" + i, "route", "outcome"), own);
      }
    }
    var taken = counts.drain();
    assertThat(taken.keySet().stream().filter(key -> key.hour() == 5).count())
        .isLessThanOrEqualTo(RefusalCounts.MOST_OF_ALL + 20);
    assertThat(taken).hasSizeLessThan(20_100);
    assertThat(taken.values().stream().mapToLong(each -> each).sum()).isEqualTo(sent);
    counts.putBack(taken);
    assertThat(counts.drain().values().stream().mapToLong(each -> each).sum()).isEqualTo(sent);
    assertThat(counts.drain()).isEmpty();
  }

  /// Nor does one customer use up what is there for another.
  @Test
  void oneOriginTakesNothingFromAnother() {
    RefusalCounts counts = new RefusalCounts();
    CustomerId loud = new CustomerId("loud");
    CustomerId quiet = new CustomerId("quiet");
    for (int i = 0; i < 10_000; i++) {
      counts.count(new RefusalCounts.Key(loud, 1, "caller" + i, "route", "outcome"), loud);
    }
    RefusalCounts.Key key = new RefusalCounts.Key(quiet, 1, "me", "route", "outcome");
    counts.count(key, quiet);

    var taken = counts.drain();
    assertThat(taken).containsEntry(key, 1L).hasSize(RefusalCounts.MOST_OF_ONE_ORIGIN + 2);
    assertThat(taken)
        .containsEntry(
            new RefusalCounts.Key(loud, 1, RefusalCounts.OTHERS, RefusalCounts.OTHERS, "outcome"),
            10_000L - RefusalCounts.MOST_OF_ONE_ORIGIN);
  }
}
