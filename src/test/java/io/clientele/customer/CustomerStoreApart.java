package io.clientele.customer;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.access.RoleStore;
import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CustomerStoreApart extends StoreTestBase {
  private final CustomerStore store =
      new CustomerStore(InstantSource.system(), new RoleStore(InstantSource.system()));

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = CustomerStore.class,
      value = {"find", "lock", "tenants"})
  void whatIsFoundOfOneIsItsOwn(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();
    List<Tenant> own = List.of(new Tenant(b.tenant(), "name"));

    Customer found = world.read(tx -> store.find(tx, b.customer())).orElseThrow();
    Customer locked = world.writeAnd(tx -> store.lock(tx, b.customer())).orElseThrow();

    assertThat(found.tenants()).isEqualTo(own);
    assertThat(locked.tenants()).isEqualTo(own);
    assertThat(world.<List<Tenant>>read(tx -> store.tenants(tx, b.customer()))).isEqualTo(own);
    assertThat(found.hasTenant(a.tenant())).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = CustomerStore.class,
      value = {"insert", "update", "raiseGeneration", "delete", "changed"})
  void whatIsDoneToOneIsDoneToNoOther(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(
        world,
        a,
        tx -> {
          assertThat(store.insert(tx, a.customer(), "taken", Customer.Status.SUSPENDED)).isFalse();
          store.update(tx, b.customer(), "other", Customer.Status.SUSPENDED);
          store.raiseGeneration(tx, b.customer());
          store.changed(tx, b.customer());
          store.delete(tx, b.customer());
        });

    assertThat(world.<Optional<Customer>>read(tx -> store.find(tx, b.customer()))).isEmpty();
    assertThat(world.<Optional<Customer>>read(tx -> store.find(tx, a.customer()))).isPresent();
    assertThat(
            world.<Boolean>writeAnd(
                tx -> store.insert(tx, b.customer(), "b", Customer.Status.ACTIVE)))
        .isFalse();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = CustomerStore.class,
      value = {"insertTenant", "renameTenant", "deleteTenant"})
  void anothersTenantsLivingOrDeletedAreOutOfReach(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(
        world,
        a,
        tx -> {
          assertThat(store.insertTenant(tx, b.customer(), new Tenant(a.tenant(), "mine")))
              .isFalse();
          assertThat(store.insertTenant(tx, b.customer(), new Tenant(a.formerTenant(), "mine")))
              .isFalse();
          store.renameTenant(tx, b.customer(), new Tenant(a.tenant(), "mine"));
          assertThat(store.deleteTenant(tx, b.customer(), a.tenant())).isFalse();
          assertThat(store.deleteTenant(tx, b.customer(), a.formerTenant())).isFalse();
        });

    assertThat(
            world.<Boolean>writeAnd(
                tx -> store.insertTenant(tx, b.customer(), new Tenant(b.formerTenant(), "again"))))
        .isTrue();
  }
}
