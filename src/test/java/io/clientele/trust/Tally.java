package io.clientele.trust;

import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/// What a case of the trust suite did and saw. Any thread may count.
public final class Tally {

  private static final int MOST_TOLD = 20;

  private final Scale scale;
  private final long required;
  private final LongAdder done = new LongAdder();
  private final LongAdder faults = new LongAdder();
  private final LongAdder badInputs = new LongAdder();
  private final LongAdder acknowledged = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final LongAdder wrong = new LongAdder();
  private final AtomicReference<String> load = new AtomicReference<>("");
  private final Queue<String> told = new ConcurrentLinkedQueue<>();
  private final Queue<String> measured = new ConcurrentLinkedQueue<>();

  Tally(Scale scale, long required) {
    this.scale = scale;
    this.required = required;
  }

  /// How much is to be done: for waiting times and numbers of threads that are not `required`.
  public Scale scale() {
    return scale;
  }

  /// How many of what the case counts must be done.
  public long required() {
    return required;
  }

  /// How many are done so far.
  public long done() {
    return done.sum();
  }

  /// This many more of what the case counts are done.
  public void done(long more) {
    done.add(more);
  }

  /// One more hostile input was tried and is done.
  public void badInput() {
    badInputs(1);
    done(1);
  }

  /// So many more hostile inputs were tried.
  public void badInputs(long more) {
    badInputs.add(more);
  }

  /// So many more faults (a kill, a full disk, a failed write) were survived.
  public void faultsSurvived(long more) {
    faults.add(more);
  }

  /// So many more writes that had been acknowledged were looked for.
  public void acknowledgedChecked(long more) {
    acknowledged.add(more);
  }

  /// What went on beside, as in `1,000 requests/s for 60 s`.
  public void load(String held) {
    load.set(held);
  }

  /// A figure that is reported and judges nothing, as in `ready after 1.7 s at most`.
  public void measured(String figure) {
    measured.add(figure);
  }

  /// Something acknowledged is gone.
  public void lost(String what) {
    lost.increment();
    tell("lost: " + what);
  }

  /// An answer that must not be.
  public void wrong(String what) {
    wrong.increment();
    tell("wrong: " + what);
  }

  /// Counts each as a wrong answer.
  public void wrong(Collection<String> all) {
    all.forEach(this::wrong);
  }

  private void tell(String what) {
    if (told.size() < MOST_TOLD) {
      told.add(what);
    }
  }

  /// The first of what was lost or wrong.
  List<String> told() {
    return List.copyOf(told);
  }

  boolean isGood() {
    return lost.sum() == 0 && wrong.sum() == 0 && done.sum() >= required;
  }

  Result result(TrustCase it, double seconds) {
    return new Result(
        it.id(),
        it.title(),
        it.unit(),
        scale.word(),
        required,
        done.sum(),
        load.get(),
        faults.sum(),
        badInputs.sum(),
        acknowledged.sum(),
        lost.sum(),
        wrong.sum(),
        List.copyOf(measured),
        seconds);
  }
}
