package io.clientele.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.Answer;
import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import io.clientele.id.RoleName;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoleStoreApart extends StoreTestBase {
  private final RoleStore store = new RoleStore(InstantSource.system());

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = RoleStore.class,
      value = {"list", "add"})
  void eachListsAndAddsItsOwn(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(
        world,
        a,
        tx -> {
          assertThat(store.add(tx, b.customer(), new RoleName("ROLE_MORE"))).isTrue();
          assertThat(store.add(tx, b.customer(), b.role())).isFalse();
        });

    assertThat(world.<List<CustomRole>>read(tx -> store.list(tx, a.customer())))
        .extracting(CustomRole::name)
        .containsExactly(a.role());
    assertThat(world.<List<CustomRole>>read(tx -> store.list(tx, b.customer()))).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = RoleStore.class,
      value = {"setPermissions", "delete", "deleteAll"})
  void aRoleOfTheSameNameInAnotherCustomerStaysAsItIs(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(
        world,
        a,
        tx ->
            store.setPermissions(
                tx, b.customer(), a.role(), Answer.JSON.createArrayNode().addObject()));
    leavesAlone(world, a, tx -> store.delete(tx, b.customer(), a.role()));
    assertThat(world.<List<CustomRole>>read(tx -> store.list(tx, b.customer()))).isEmpty();
    leavesAlone(
        world,
        a,
        tx -> {
          store.add(tx, b.customer(), b.role());
          store.deleteAll(tx, b.customer());
        });
    assertThat(world.<List<CustomRole>>read(tx -> store.list(tx, b.customer()))).isEmpty();
  }
}
