package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// What makes a case fail.
class TallyTest {

  private static Tally tally(long done) {
    Tally tally = new Tally(Scale.BRIEF, 10);
    tally.done(done);
    return tally;
  }

  @Test
  void allThatIsRequiredAndNothingLostOrWrongIsGood() {
    assertThat(tally(10).isGood()).isTrue();
  }

  @Test
  void lessThanRequiredIsAFailure() {
    assertThat(tally(9).isGood()).isFalse();
  }

  @Test
  void oneLostOrWrongIsAFailure() {
    Tally lost = tally(10);
    lost.lost("a client");
    Tally wrong = tally(10);
    wrong.wrong("a 500");

    assertThat(lost.isGood()).isFalse();
    assertThat(wrong.isGood()).isFalse();
    assertThat(wrong.told()).containsExactly("wrong: a 500");
  }
}
