package io.clientele.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AuditStoreApart extends StoreTestBase {
  private final AuditStore store = new AuditStore(InstantSource.system());

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = AuditStore.class,
      value = {"write", "list"})
  void eachHasAChainOfItsOwn(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(
        world,
        a,
        tx -> {
          store.write(tx, b.customer(), "actor", new AuditEvent.ClientDeleted(a.client()));
          store.write(
              tx,
              b.customer(),
              "actor",
              List.of(
                  new AuditEvent.TenantDeleted(a.tenant()), new AuditEvent.RoleDeleted(a.role())));
        });

    assertThat(seen(world, b, Optional.empty())).containsExactly(4L, 3L, 2L, 1L);
    assertThat(seen(world, a, Optional.empty())).containsExactly(1L);
    assertThat(seen(world, b, Optional.of(a.client().text()))).containsExactly(2L);
  }

  private List<Long> seen(StoreWorld world, Owner owner, Optional<String> object) {
    AuditStore.Filter filter =
        new AuditStore.Filter(
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            object,
            OptionalLong.empty(),
            OptionalLong.empty(),
            100);
    return world.read(tx -> store.list(tx, owner.customer(), filter)).items().stream()
        .map(AuditStore.Entry::seq)
        .toList();
  }
}
