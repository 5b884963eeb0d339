package io.clientele.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Secret;
import io.clientele.crypto.SecretDigest;
import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SecretStoreApart extends StoreTestBase {
  private final CryptoProvider provider = CryptoProvider.jdk("a test");
  private final SecretStore store = new SecretStore(InstantSource.system(), provider);

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(of = SecretStore.class, value = "list")
  void anothersSecretsAreNotSeen(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    assertThat(world.<List<StoredSecret>>read(tx -> store.list(tx, b.customer(), a.client())))
        .isEmpty();
    assertThat(world.<List<StoredSecret>>read(tx -> store.list(tx, a.customer(), a.client())))
        .extracting(StoredSecret::id)
        .containsExactly(a.secret());
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(
      of = SecretStore.class,
      value = {"revoke", "revokeAll"})
  void anothersSecretsAreNotEnded(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    leavesAlone(
        world,
        a,
        tx -> {
          store.revoke(tx, b.customer(), a.client(), a.secret());
          store.revoke(tx, b.customer(), b.client(), a.secret());
          store.revokeAll(tx, b.customer(), a.client());
          store.revokeAll(tx, b.customer(), b.client());
        });
    assertThat(world.<List<StoredSecret>>read(tx -> store.list(tx, b.customer(), b.client())))
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(of = SecretStore.class, value = "insert")
  void anothersClientIsGivenNoSecret(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();

    isRefusedAndLeavesAlone(
        world,
        a,
        tx ->
            store.insert(
                tx,
                b.customer(),
                a.client(),
                Secret.generate(provider.random()),
                new SecretDigest.Hmac(new byte[32]),
                b.client(),
                OptionalLong.empty()));
  }
}
