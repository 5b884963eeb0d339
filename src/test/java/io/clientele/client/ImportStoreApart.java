package io.clientele.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.SecretDigest;
import io.clientele.harness.Answer;
import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import io.clientele.id.ClientId;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ImportStoreApart extends StoreTestBase {
  private final SecretStore secrets =
      new SecretStore(InstantSource.system(), CryptoProvider.jdk("a test"));
  private final ImportStore store = new ImportStore(InstantSource.system(), secrets);

  private static ImportStore.Row row(Owner customer, ClientId client) {
    return new ImportStore.Row(
        client,
        customer.customer(),
        ClientFields.holding(
            Answer.JSON.createObjectNode().set("roles", Answer.JSON.createObjectNode())),
        "hint",
        new SecretDigest.Hmac(new byte[32]));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  @StoreMethods(of = ImportStore.class, value = "insert")
  void anothersClientIsNotMadeAgainNorChanged(Kind kind) {
    StoreWorld world = world(kind);
    Owner a = world.newOwner();
    Owner b = world.newOwner();
    ClientId mine = new ClientId(b.client().text() + "-2");

    isRefusedAndLeavesAlone(
        world, a, tx -> store.insert(tx, List.of(row(b, mine), row(b, a.client())), "b"));
    isRefusedAndLeavesAlone(
        world, a, tx -> store.insert(tx, List.of(row(b, mine), row(b, a.formerClient())), "b"));
    leavesAlone(world, a, tx -> store.insert(tx, List.of(row(b, mine)), "b"));

    assertThat(world.<List<StoredSecret>>read(tx -> secrets.list(tx, b.customer(), mine)))
        .extracting(StoredSecret::createdBy)
        .containsExactly("b");
  }
}
