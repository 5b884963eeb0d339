package io.clientele.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RevocationStoreApart extends StoreTestBase {
  private static final long LATER = 9_000_000_000L;

  private final RevocationStore store = new RevocationStore();

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = RevocationStore.class,
      value = {"insert", "living"})
  void eachCountsItsOwn(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    assertThat(world.<Long>read(tx -> store.living(tx, b.customer(), a.client(), 1))).isZero();
    leavesAlone(
        world,
        a,
        tx -> {
          assertThat(store.insert(tx, b.customer(), b.client(), a.jti(), LATER, 1)).isFalse();
          assertThat(store.insert(tx, b.customer(), b.client(), b.jti() + "2", LATER, 1)).isTrue();
        });
    assertThat(world.<Long>read(tx -> store.living(tx, b.customer(), b.client(), 1))).isEqualTo(2);
    assertThat(world.<Long>read(tx -> store.living(tx, a.customer(), a.client(), 1))).isEqualTo(1);
  }
}
