package io.clientele.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.access.GrantStore;
import io.clientele.crypto.CryptoProvider;
import io.clientele.harness.Answer;
import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClientStoreApart extends StoreTestBase {
  private final ClientStore store =
      new ClientStore(
          InstantSource.system(),
          new GrantStore(),
          new SecretStore(InstantSource.system(), CryptoProvider.jdk("a test")));

  private static final ClientFields PLAIN =
      ClientFields.holding(
          Answer.JSON.createObjectNode().set("roles", Answer.JSON.createObjectNode()));

  private static ClientStore.Filter filter(
      String prefix, Optional<RoleName> role, Optional<TenantId> tenant) {
    return new ClientStore.Filter("", 1000, Optional.of(prefix), Optional.empty(), role, tenant);
  }

  private List<ClientId> listed(StoreWorld world, CustomerId customer, ClientStore.Filter filter) {
    return world.read(tx -> store.list(tx, customer, filter)).items().stream()
        .map(Client::id)
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = ClientStore.class,
      value = {"find", "list"})
  void anothersClientsAreNotSeen(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    assertThat(world.<Optional<Client>>read(tx -> store.find(tx, b.customer(), a.client())))
        .isEmpty();
    assertThat(
            listed(
                world, b.customer(), filter(a.client().text(), Optional.empty(), Optional.empty())))
        .isEmpty();
    assertThat(listed(world, b.customer(), filter("", Optional.of(a.role()), Optional.empty())))
        .containsExactly(b.client());
    assertThat(listed(world, b.customer(), filter("", Optional.empty(), Optional.of(a.tenant()))))
        .isEmpty();
    assertThat(
            listed(world, a.customer(), filter("", Optional.of(a.role()), Optional.of(a.tenant()))))
        .containsExactly(a.client());
  }

  /// A page ends after so many that were looked at, and tells the last of them.
  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(of = ClientStore.class, value = "list")
  void anothersClientsAreNotLookedAtEither(Kind kind) {
    StoreWorld world = world(kind);
    Owner b = world.newOwner();
    Owner many = world.newOwner();
    world.write(
        tx ->
            tx.handle()
                .createUpdate(
                    """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
                    INSERT INTO client (client_id, customer_id, version, generation, enabled,
                      default_roles, authentication_methods, created_at, updated_at)
                    SELECT :customer || '-' || i, :customer, 1, 1, TRUE, FALSE, '[]', 1, 1 FROM n
                    """)
                .bind("customer", many.customer().text())
                .execute());
    ClientStore.Filter none =
        filter("", Optional.of(new RoleName("ROLE_NOBODY_HAS")), Optional.empty());

    assertThat(world.read(tx -> store.list(tx, b.customer(), none)).next()).isEmpty();
    assertThat(world.read(tx -> store.list(tx, many.customer(), none)).next()).isPresent();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(of = ClientStore.class, value = "present")
  void ofAnothersClientOnlyThatItsIdIsTakenIsTold(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();
    List<ClientId> ids = List.of(a.client(), a.formerClient(), b.formerClient());

    var present = world.read(tx -> store.present(tx, b.customer(), ids));

    assertThat(present).containsOnlyKeys(ids);
    assertThat(present.values())
        .filteredOn(each -> each.customer().equals(a.customer()))
        .hasSize(2)
        .allMatch(each -> each.former().isEmpty());
    assertThat(present.values())
        .filteredOn(each -> each.customer().equals(b.customer()))
        .singleElement()
        .matches(each -> each.deleted() && !each.former().isEmpty());
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(of = ClientStore.class, value = "insert")
  void anothersIdLivingOrDeletedIsNotTaken(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(
        world,
        a,
        tx -> {
          assertThat(store.insert(tx, b.customer(), a.client(), PLAIN, b.client())).isEmpty();
          assertThat(store.insert(tx, b.customer(), a.formerClient(), PLAIN, b.client())).isEmpty();
        });
    Optional<Client> again =
        world.writeAnd(tx -> store.insert(tx, b.customer(), b.formerClient(), PLAIN, b.client()));
    assertThat(again).get().extracting(Client::version).isEqualTo(2L);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = ClientStore.class,
      value = {"touch", "update", "delete"})
  void anothersClientIsNotChanged(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();
    Client real = world.read(tx -> store.find(tx, a.customer(), a.client())).orElseThrow();
    Client claimed =
        new Client(real.id(), b.customer(), real.version(), real.generation(), real.fields());

    leavesAlone(world, a, tx -> store.touch(tx, b.customer(), a.client(), true));
    leavesAlone(world, a, tx -> store.delete(tx, claimed));
    isRefusedAndLeavesAlone(world, a, tx -> store.update(tx, claimed, PLAIN, true, b.client()));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(of = ClientStore.class, value = "deleteAll")
  void deletingAllOfOneDeletesNoneOfAnother(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(world, a, tx -> store.deleteAll(tx, b.customer()));

    assertThat(world.<Optional<Client>>read(tx -> store.find(tx, b.customer(), b.client())))
        .isEmpty();
  }
}
