package io.clientele.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import io.clientele.id.CustomerId;
import java.time.InstantSource;
import java.util.ArrayList;
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

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = AuditStore.class,
      value = {"expire", "forEachLinkOf", "hasChain"})
  void whatExpiresOfOneExpiresOfNoOther(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    CustomerId b = new CustomerId(a.customer() + "-b");
    // Before B in every order, with as much that is old.
    CustomerId c = new CustomerId(a.customer() + "-a");
    for (CustomerId each : List.of(b, c)) {
      world.write(
          tx ->
              store.write(
                  tx,
                  each,
                  "actor",
                  List.of(
                      new AuditEvent.TenantDeleted(a.tenant()),
                      new AuditEvent.TenantDeleted(a.tenant()),
                      new AuditEvent.TenantDeleted(a.tenant()))));
    }
    long later = InstantSource.system().millis() + 1_000;

    leavesAlone(world, a, tx -> assertThat(store.expire(tx, b, later).removed()).isEqualTo(2));

    assertThat(links(world, b)).containsExactly(3L, 4L);
    assertThat(links(world, c)).containsExactly(1L, 2L, 3L);
    assertThat(links(world, a.customer())).containsExactly(1L);
    assertThat(world.<Boolean>read(tx -> store.hasChain(tx, b))).isTrue();
    assertThat(world.<Boolean>read(tx -> store.hasChain(tx, new CustomerId("none")))).isFalse();
    // The rows of A were not chained as they should be: they stay.
    leavesAlone(
        world,
        a,
        tx -> {
          assertThat(store.expire(tx, a.customer(), later).removed()).isZero();
          assertThat(store.expire(tx, new CustomerId("none"), later).removed()).isZero();
        });
  }

  private List<Long> links(StoreWorld world, CustomerId customer) {
    List<Long> numbers = new ArrayList<>();
    world.<Boolean>read(
        tx -> {
          store.forEachLinkOf(tx, customer, link -> numbers.add(link.seq()));
          return true;
        });
    return numbers;
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
