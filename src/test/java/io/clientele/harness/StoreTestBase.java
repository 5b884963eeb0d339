package io.clientele.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.db.Transaction;
import io.clientele.harness.StoreWorld.Kind;
import io.clientele.harness.StoreWorld.Owner;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// For the tests of one store on both databases: does what customer B asks for touch customer A?
/// They stand in the store's package, because its methods do, and are parts of one case of the
/// trust suite: `StoresTest` finds and runs them.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class StoreTestBase {
  @TempDir private static Path directory = Path.of("");

  private final Map<Kind, StoreWorld> worlds = new EnumMap<>(Kind.class);

  /// The database of this kind, the same for all tests of the class.
  protected StoreWorld world(Kind kind) {
    return worlds.computeIfAbsent(kind, each -> StoreWorld.open(each, directory));
  }

  /// Lets a store write, and fails if any row of this customer is another afterwards, also when the
  /// database refuses the deed.
  protected static void leavesAlone(StoreWorld world, Owner owner, Consumer<Transaction> deed) {
    var before = world.rowsOf(owner);
    assertThat(before).hasSize(12);
    world.write(deed);
    assertThat(world.rowsOf(owner)).isEqualTo(before);
  }

  /// The same of a deed that must fail as a whole.
  protected static void isRefusedAndLeavesAlone(
      StoreWorld world, Owner owner, Consumer<Transaction> deed) {
    var before = world.rowsOf(owner);
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> world.write(deed))
        .isInstanceOf(RuntimeException.class);
    assertThat(world.rowsOf(owner)).isEqualTo(before);
  }

  @BeforeEach
  void tellThatItRuns(TestInfo test) {
    DroppedCheck.running(test.getTestMethod());
  }

  @AfterAll
  void closeWorlds() {
    DroppedCheck.running(Optional.empty());
    worlds.values().forEach(StoreWorld::close);
  }
}
