package io.clientele.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.access.Generations;
import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A clientId is unique over the server, so it says the customer.
class UsageStoreApart extends StoreTestBase {
  private static final Generations FIRST = new Generations(1, 1);

  private final UsageStore store = new UsageStore();

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = UsageStore.class,
      value = {"addTokens", "tokens", "setLastUsed"})
  void whatIsCountedForOneIsCountedForNoOther(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(
        world,
        a,
        tx -> {
          store.addTokens(
              tx,
              List.of(
                  Map.entry(
                      new UsageCounters.Bucket(b.client(), FIRST, 100),
                      new UsageCounters.Tally(7))));
          store.setLastUsed(tx, List.of(Map.entry(b.secret(), new UsageCounters.Tally(5))));
        });

    assertThat(world.<Long>read(tx -> store.tokens(tx, b.client(), FIRST, 1))).isEqualTo(7);
    assertThat(world.<Long>read(tx -> store.tokens(tx, a.client(), FIRST, 1))).isZero();
  }
}
