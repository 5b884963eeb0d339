package io.clientele.trust.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.trust.history.Change.Effect;
import io.clientele.trust.history.History.Kind;
import io.clientele.trust.history.HistoryChecker.Verdict;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The judge of histories, on histories written by hand. Times are microseconds; client, customer
/// and secret are there from time 0 to 1 on.
class HistoryCheckerTest {

  private static final Duration BOUND = Duration.ofNanos(100_000);
  private static final Duration ISSUES_BOUND = Duration.ofNanos(500_000);

  private final History history = new History();
  private final History.Log log = history.newLog();
  private final int client = history.newGate();
  private final int customer = history.newGate();
  private final int secret = history.newGate();

  @BeforeEach
  void make() {
    for (int gate : new int[] {client, customer, secret}) {
      did(Effect.OPEN, gate, 0, 1);
    }
  }

  private static long at(long micros) {
    return micros * 1_000;
  }

  private void did(Effect effect, int gate, long begin, long end) {
    did(effect, gate, begin, end, 0);
  }

  private void did(Effect effect, int gate, long begin, long end, int node) {
    log.changed(new Change(effect, gate, at(begin), at(end), node, true));
  }

  /// No answer came.
  private void mayHaveDone(Effect effect, int gate, long begin) {
    log.changed(new Change(effect, gate, at(begin), Change.NEVER, 0, false));
  }

  private int issued(boolean passed, long begin, long end) {
    return issued(passed, begin, end, 0);
  }

  private int issued(boolean passed, long begin, long end, int node) {
    String text = passed ? "e30.e30." : "";
    return log.issued(text, at(begin), at(end), node, client, customer, secret);
  }

  private void used(int token, boolean passed, long begin, long end) {
    used(token, passed, begin, end, 0);
  }

  private void used(int token, boolean passed, long begin, long end, int node) {
    log.used(
        Kind.INTROSPECT, passed, at(begin), at(end), node, client, customer, History.NONE, token);
  }

  private Verdict verdict() {
    return new HistoryChecker(BOUND, ISSUES_BOUND).check(history);
  }

  private void isGood() {
    assertThat(verdict().wrong()).isEmpty();
    assertThat(verdict().wrongs()).isZero();
  }

  private void isWrong(String words) {
    assertThat(verdict().wrongs()).isEqualTo(1);
    assertThat(verdict().wrong().getFirst()).contains(words);
  }

  @Nested
  class Issuing {
    @Test
    void anOpenClientGetsTokens() {
      issued(true, 10, 11);
      isGood();
      assertThat(verdict().hadToPass()).isEqualTo(1);
      assertThat(verdict().hadToFail()).isZero();
    }

    @Test
    void anOpenClientMayNotBeRefused() {
      issued(false, 10, 11);
      isWrong("was refused although nothing stood in its way");
    }

    @Test
    void oneThatIsNotThereYetMayBeRefused() {
      issued(false, 1, 5);
      isGood();
    }

    @Test
    void aTokenAfterTheClientWasDisabledIsWrong() {
      did(Effect.SHUT, client, 10, 20);
      issued(true, 21, 22);
      isWrong("acknowledged 1 µs before its request began");
    }

    @Test
    void aTokenAfterTheCustomerWasSuspendedIsWrong() {
      did(Effect.SHUT, customer, 10, 20);
      issued(true, 30, 31);
      isWrong("gate " + customer + " was shut");
    }

    @Test
    void aTokenForASecretThatWasEndedIsWrong() {
      did(Effect.SHUT, secret, 10, 20);
      issued(true, 30, 31);
      isWrong("gate " + secret + " was shut");
    }

    @Test
    void aTokenForASecretThatNeverWasIsWrong() {
      log.issued("e30.e30.", at(5), at(6), 0, client, customer, history.newGate());
      isWrong("was shut");
    }

    @Test
    void aRequestThatBeganBeforeTheAcknowledgementMayPassOrNot() {
      did(Effect.SHUT, client, 10, 20);
      issued(true, 19, 40);
      issued(false, 19, 40);
      issued(true, 11, 12);
      issued(false, 11, 12);
      issued(true, 5, 15);
      issued(false, 5, 15);
      isGood();
      assertThat(verdict().hadToPass()).isZero();
      assertThat(verdict().hadToFail()).isZero();
    }

    @Test
    void aRequestThatEndedBeforeTheChangeBeganHadToPass() {
      did(Effect.SHUT, client, 10, 20);
      issued(false, 8, 9);
      isWrong("nothing stood in its way");
    }

    @Test
    void itIsOpenAgainWhenItWasOpenedAfter() {
      did(Effect.SHUT, client, 10, 20);
      did(Effect.OPEN, client, 30, 40);
      issued(false, 21, 22);
      issued(true, 50, 51);
      isGood();
      issued(false, 52, 53);
      isWrong("nothing stood in its way");
    }

    @Test
    void whileItIsOpenedItMayPassOrNot() {
      did(Effect.SHUT, client, 10, 20);
      did(Effect.OPEN, client, 30, 40);
      issued(true, 31, 32);
      issued(false, 31, 32);
      issued(true, 25, 35);
      issued(false, 35, 45);
      isGood();
    }

    @Test
    void openingThatEndedBeforeTheShuttingBeganDoesNotCount() {
      did(Effect.OPEN, client, 5, 9);
      did(Effect.SHUT, client, 10, 20);
      issued(true, 30, 31);
      isWrong("was shut");
    }

    @Test
    void openingAndShuttingAtOnceLeaveItEitherWay() {
      did(Effect.OPEN, client, 10, 30);
      did(Effect.SHUT, client, 20, 40);
      issued(true, 50, 51);
      issued(false, 52, 53);
      isGood();
    }

    @Test
    void aLaterShuttingDecidesWhatTwoAtOnceLeftOpen() {
      did(Effect.OPEN, client, 10, 30);
      did(Effect.SHUT, client, 20, 40);
      did(Effect.SHUT, client, 50, 60);
      issued(true, 70, 71);
      isWrong("was shut");
    }

    @Test
    void aLongOpeningAfterTwoShuttingsExcuses() {
      did(Effect.SHUT, client, 10, 20);
      did(Effect.OPEN, client, 15, 100);
      did(Effect.SHUT, client, 30, 40);
      issued(true, 50, 51);
      isGood();
    }

    @Test
    void whatMayHaveBeenDoneConvictsNobodyAndExcuses() {
      mayHaveDone(Effect.SHUT, client, 10);
      issued(true, 20, 21);
      issued(false, 30, 31);
      isGood();
      did(Effect.SHUT, client, 40, 41);
      mayHaveDone(Effect.OPEN, client, 35);
      issued(true, 50, 51);
      issued(false, 50, 51);
      isGood();
    }
  }

  @Nested
  class Using {
    @Test
    void aTokenLivesUntilItIsKilled() {
      int token = issued(true, 10, 11);
      used(token, true, 12, 13);
      isGood();
      assertThat(verdict().hadToPass()).isEqualTo(2);
      used(token, false, 14, 15);
      isWrong("was refused although nothing stood in its way");
    }

    @Test
    void aTokenThatWasKilledIsDead() {
      int token = issued(true, 10, 11);
      did(Effect.KILL, client, 20, 30);
      used(token, false, 31, 32);
      isGood();
      assertThat(verdict().hadToFail()).isEqualTo(1);
      used(token, true, 31, 32);
      isWrong("the token was killed");
    }

    @Test
    void aTokenOfAKilledCustomerIsDead() {
      int token = issued(true, 10, 11);
      did(Effect.KILL, customer, 20, 30);
      used(token, true, 31, 32);
      isWrong("the token was killed");
    }

    @Test
    void openingRevivesNoToken() {
      int token = issued(true, 10, 11);
      did(Effect.SHUT, client, 20, 30);
      did(Effect.KILL, client, 20, 30);
      did(Effect.OPEN, client, 40, 50);
      used(token, false, 60, 61);
      isGood();
      used(token, true, 60, 61);
      isWrong("the token was killed");
    }

    @Test
    void oneThatIsUsedWhileItIsKilledMayPassOrNot() {
      int token = issued(true, 10, 11);
      did(Effect.KILL, client, 20, 30);
      used(token, true, 29, 40);
      used(token, false, 29, 40);
      used(token, true, 15, 25);
      used(token, false, 15, 25);
      isGood();
    }

    @Test
    void oneThatIsIssuedWhileItsClientIsKilledMayLiveOrNot() {
      did(Effect.KILL, client, 20, 30);
      int early = issued(true, 10, 25);
      int late = issued(true, 28, 40);
      used(early, true, 50, 51);
      used(early, false, 50, 51);
      used(late, true, 50, 51);
      used(late, false, 50, 51);
      isGood();
    }

    @Test
    void oneThatIsIssuedAfterTheKillingLives() {
      did(Effect.KILL, client, 20, 30);
      int token = issued(true, 31, 32);
      used(token, true, 40, 41);
      isGood();
      used(token, false, 40, 41);
      isWrong("nothing stood in its way");
    }

    @Test
    void oneAloneIsRevoked() {
      int token = issued(true, 10, 11);
      int other = issued(true, 10, 11);
      log.revoked(new Change(Effect.KILL, token, at(20), at(30), 0, true));
      used(token, false, 40, 41);
      used(other, true, 40, 41);
      isGood();
      used(token, true, 40, 41);
      isWrong("the token was killed");
    }

    @Test
    void oneMayBeRevokedTwiceAndByTwo() {
      int token = issued(true, 10, 11);
      // The one who wrote first into the history did it last.
      log.revoked(new Change(Effect.KILL, token, at(40), at(50), 0, true));
      history.newLog().revoked(new Change(Effect.KILL, token, at(20), at(30), 0, true));
      used(token, false, 31, 32);
      isGood();
      assertThat(verdict().hadToFail()).isEqualTo(1);
      used(token, true, 33, 34);
      isWrong("the token was killed");
    }

    @Test
    void ofADisabledClientNoneLives() {
      int token = issued(true, 5, 15);
      did(Effect.SHUT, client, 10, 20);
      used(token, true, 30, 31);
      isWrong("was shut");
    }

    @Test
    void aKillingThatMayHaveBeenExcusesOnly() {
      int token = issued(true, 10, 11);
      mayHaveDone(Effect.KILL, client, 20);
      used(token, true, 40, 41);
      used(token, false, 40, 41);
      isGood();
    }
  }

  @Nested
  class Rights {
    private final int permission = history.newGate();
    private int token;

    @BeforeEach
    void get() {
      did(Effect.OPEN, permission, 0, 1);
      token = issued(true, 10, 11);
    }

    private void tried(boolean passed, long begin, long end) {
      log.used(Kind.RIGHT, passed, at(begin), at(end), 0, client, customer, permission, token);
    }

    @Test
    void aRightThatWasTakenIsGone() {
      tried(true, 12, 13);
      did(Effect.SHUT, permission, 20, 30);
      tried(false, 40, 41);
      isGood();
      tried(true, 40, 41);
      isWrong("a right");
    }

    @Test
    void aRightThatIsHeldMayNotBeRefused() {
      tried(false, 12, 13);
      isWrong("nothing stood in its way");
    }
  }

  @Nested
  class OnAnotherNode {
    @Test
    void aChangeMayBeUnknownForAsLongAsTheBound() {
      int token = issued(true, 10, 11);
      did(Effect.KILL, client, 20, 30);
      used(token, true, 130, 131, 1);
      used(token, false, 31, 32, 1);
      isGood();
      assertThat(verdict().lag()).isEqualTo(Duration.ofNanos(at(100)));
      used(token, true, 131, 132, 1);
      isWrong("acknowledged 101 µs before");
    }

    @Test
    void aTokenMayBeUnknownThereForAsLongAsTheBound() {
      did(Effect.KILL, client, 20, 30);
      int token = issued(true, 600, 601);
      did(Effect.KILL, client, 610, 620, 1);
      int next = issued(true, 700, 701);
      used(token, true, 605, 606, 1);
      used(next, false, 705, 706, 1);
      isGood();
    }

    @Test
    void aTokenOfANodeThatMayBeBehindMayBeDead() {
      did(Effect.KILL, client, 20, 30);
      int token = issued(true, 31, 32, 1);
      used(token, true, 40, 41);
      used(token, false, 40, 41);
      isGood();
    }

    @Test
    void aTokenIssuedBehindIsDeadWhereTheChangeIsKnown() {
      did(Effect.SHUT, client, 20, 30);
      did(Effect.KILL, client, 20, 30);
      int token = issued(true, 300, 301, 1);
      used(token, false, 310, 311);
      used(token, false, 310, 311, 1);
      isGood();
      did(Effect.OPEN, client, 400, 410);
      used(token, true, 420, 421);
      isWrong("issued by a node that is behind");
    }

    @Test
    void aNodeIssuesNoLongerThanItsBound() {
      did(Effect.SHUT, client, 20, 30);
      issued(true, 529, 530, 1);
      isGood();
      issued(true, 531, 532, 1);
      isWrong("was shut");
    }

    @Test
    void anOpeningThereMayBeUnknownHere() {
      did(Effect.SHUT, client, 20, 30);
      did(Effect.OPEN, client, 40, 50, 1);
      issued(false, 60, 61);
      issued(true, 60, 61);
      isGood();
    }
  }
}
