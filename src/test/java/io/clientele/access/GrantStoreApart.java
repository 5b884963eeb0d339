package io.clientele.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import io.clientele.id.ClientId;
import io.clientele.id.RoleName;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GrantStoreApart extends StoreTestBase {
  private final GrantStore store = new GrantStore();

  private static Holdings holding(String role, Owner owner) {
    TreeMap<RoleName, TenantSet> byRole = new TreeMap<>();
    byRole.put(new RoleName(role), TenantSet.of(List.of(owner.tenant())));
    return new Holdings(byRole);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = GrantStore.class,
      value = {"holders", "heldBy", "namedOn"})
  void whatAnothersClientsHoldIsNotSeen(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    assertThat(
            world.<Map<ClientId, TenantSet>>read(tx -> store.holders(tx, b.customer(), a.role())))
        .containsOnlyKeys(b.client());
    assertThat(world.<List<ClientId>>read(tx -> store.heldBy(tx, b.customer(), a.role(), 10)))
        .containsExactly(b.client());
    assertThat(world.<List<ClientId>>read(tx -> store.namedOn(tx, b.customer(), a.tenant(), 10)))
        .isEmpty();
    assertThat(world.<List<ClientId>>read(tx -> store.namedOn(tx, a.customer(), a.tenant(), 10)))
        .containsExactly(a.client());
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(of = GrantStore.class, value = "deleteAll")
  void anothersClientIsNotStripped(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(world, a, tx -> store.deleteAll(tx, b.customer(), a.client()));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = GrantStore.class,
      value = {"insert", "replace"})
  void anothersClientIsGivenNothing(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    for (String role : List.of("ROLE_SAME", "ROLE_OTHER")) {
      isRefusedAndLeavesAlone(
          world,
          a,
          tx -> store.insert(tx, b.customer(), a.client(), holding(role, b), b.client(), 1));
      isRefusedAndLeavesAlone(
          world,
          a,
          tx -> store.replace(tx, b.customer(), a.client(), holding(role, b), b.client(), 1));
    }
    // Not even what it holds already.
    isRefusedAndLeavesAlone(
        world,
        a,
        tx -> store.replace(tx, b.customer(), a.client(), holding("ROLE_SAME", a), b.client(), 1));
    leavesAlone(
        world, a, tx -> store.replace(tx, b.customer(), a.client(), Holdings.NONE, b.client(), 1));
  }
}
