package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The test of the tests: what is broken on purpose (the patches under `src/test/planted`) is seen
/// by the case that is there for it. The short form looks whether the patches still apply.
@TrustCase(
    id = "T0",
    title = "Faults planted on purpose, each seen by its case",
    unit = "planted faults",
    required = 4,
    brief = 4,
    seconds = 240)
class PlantedFaultsTest {

  @TempDir Path temporary;

  @Test
  void eachIsSeen(Tally tally) throws Exception {
    if (tally.scale() == Scale.BRIEF) {
      for (PlantedFault fault : PlantedFault.all()) {
        assertThat(fault.whyNotApplicable(temporary.resolve("log"))).as(fault.name()).isEmpty();
        assertThat(Class.forName(fault.seenBy()).getName()).isEqualTo(fault.seenBy());
        tally.done(1);
      }
      tally.measured("whether they apply, and no more");
      return;
    }
    Path sound = PlantedFault.plantNothing(temporary.resolve("sound"));
    Set<String> passed = new TreeSet<>();
    for (PlantedFault fault : PlantedFault.all()) {
      if (passed.add(fault.seenBy())) {
        requirePassed(fault.seenBy(), sound, tally);
      }
      Path directory = temporary.resolve(fault.name());
      TestProcess.Ended ended =
          TestProcess.run(fault.seenBy(), fault.plant(directory), directory.resolve("results"));
      tally.done(1);
      if (ended.failed()) {
        tally.measured(fault.name() + ": " + seen(fault, directory.resolve("results")));
      } else {
        tally.wrong(fault.name() + " is not seen by " + fault.seenBy() + ": " + ended.said());
      }
    }
  }

  private void requirePassed(String testClass, Path sound, Tally tally) throws Exception {
    TestProcess.Ended ended =
        TestProcess.run(testClass, sound, temporary.resolve("sound-" + testClass));
    if (!ended.said().contains(" tests succeeded, 0 failed")) {
      tally.wrong(testClass + " fails without a fault: " + ended.said());
    }
  }

  private static String seen(PlantedFault fault, Path results) {
    String name = fault.seenBy().substring(fault.seenBy().lastIndexOf('.') + 1);
    Path file = results.resolve(name + ".json");
    if (!Files.exists(file)) {
      return "seen by " + name;
    }
    Result result = Result.read(file);
    return result.id()
        + " saw "
        + result.wrongAnswers()
        + " wrong answers, "
        + result.lost()
        + " lost";
  }
}
