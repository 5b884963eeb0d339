package io.clientele.trust.history;

import io.clientele.harness.Jwt;
import io.clientele.trust.history.Change.Effect;
import io.clientele.trust.history.History.Attempt;
import io.clientele.trust.history.History.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Decides whether a history can have been: whether something passed in a request that began after
/// a change that had to prevent it was acknowledged, or was refused although nothing stood in its
/// way. What overlaps may have come in either order, and convicts nobody.
///
/// A change takes effect at some moment between the beginning of its request and the end of its
/// answer, on the node that was asked; on another one up to a bound later.
public final class HistoryChecker {

  private static final int MOST_TOLD = 20;

  private final long usesBound;
  private final long issuesBound;

  /// @param uses how long after a change another node may still let a token pass
  /// @param issues how long after a change another node may still issue tokens, which must be dead
  ///   wherever the change is known
  public HistoryChecker(Duration uses, Duration issues) {
    this.usesBound = uses.toNanos();
    this.issuesBound = issues.toNanos();
  }

  /// What came out.
  ///
  /// @param wrong the first of the answers that cannot be right
  /// @param wrongs how many there are
  /// @param hadToFail attempts that had to be refused
  /// @param hadToPass attempts that had to be let pass
  /// @param attempts all, also those that could go either way
  /// @param lag the longest after an acknowledgement on another node that something still passed
  public record Verdict(
      List<String> wrong,
      long wrongs,
      long hadToFail,
      long hadToPass,
      long attempts,
      long changes,
      Duration lag) {}

  /// Judges every attempt.
  public Verdict check(History history) {
    return new Judge(history).judge();
  }

  /// The changes of one gate, each kind by the time of its beginning.
  private record Gate(List<Change> opens, List<Change> shuts, List<Change> kills) {
    Gate() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    List<Change> of(Effect effect) {
      return switch (effect) {
        case OPEN -> opens;
        case SHUT -> shuts;
        case KILL -> kills;
      };
    }
  }

  private final class Judge {
    private final History history;
    private final Gate[] gates;
    private final Attempt[] issued;
    private final Map<Integer, List<Change>> revocations = new HashMap<>();
    private final List<String> told = new ArrayList<>();
    private long wrongs;
    private long hadToFail;
    private long hadToPass;
    private long attempts;
    private long changes;
    private long lag;

    Judge(History history) {
      this.history = history;
      gates = new Gate[history.gates()];
      issued = new Attempt[history.tokens()];
      for (int i = 0; i < gates.length; i++) {
        gates[i] = new Gate();
      }
    }

    Verdict judge() {
      for (History.Log log : history.logs()) {
        for (Change change : log.changes()) {
          gates[change.gate()].of(change.effect()).add(change);
          changes++;
        }
        for (Change change : log.revocations()) {
          revocations.computeIfAbsent(change.gate(), token -> new ArrayList<>()).add(change);
          changes++;
        }
        for (int i = 0; i < log.size(); i++) {
          Attempt attempt = log.attempt(i);
          if (attempt.kind() == Kind.ISSUE && attempt.passed()) {
            issued[attempt.token()] = attempt;
          }
        }
      }
      for (Gate gate : gates) {
        for (Effect effect : Effect.values()) {
          gate.of(effect).sort(Comparator.comparingLong(Change::begin));
        }
      }
      // Each log is in order, and several threads may have revoked the same token.
      revocations.values().forEach(each -> each.sort(Comparator.comparingLong(Change::begin)));
      for (History.Log log : history.logs()) {
        for (int i = 0; i < log.size(); i++) {
          judge(log.attempt(i));
        }
      }
      return new Verdict(
          List.copyOf(told),
          wrongs,
          hadToFail,
          hadToPass,
          attempts,
          changes,
          Duration.ofNanos(lag));
    }

    private void judge(Attempt attempt) {
      attempts++;
      long bound = attempt.kind() == Kind.ISSUE ? issuesBound : usesBound;
      Optional<Obstacle> obstacle = obstacle(attempt, bound);
      if (obstacle.isPresent()) {
        hadToFail++;
        if (attempt.passed()) {
          tell(attempt, obstacle.get().words(attempt));
        }
        return;
      }
      if (attempt.passed()) {
        // It may have been told of late, within the bound.
        obstacle(attempt, 0).ifPresent(found -> lag = Math.max(lag, found.age(attempt)));
      }
      if (hadToPass(attempt, bound)) {
        hadToPass++;
        if (!attempt.passed()) {
          tell(attempt, "although nothing stood in its way" + around(attempt));
        }
      }
    }

    /// What happened to its gates last, for who looks for the cause; in µs before it began.
    private String around(Attempt attempt) {
      StringBuilder words = new StringBuilder();
      if (attempt.kind() != Kind.ISSUE) {
        Attempt token = issued[attempt.token()];
        words.append("; issued ").append(interval(token.begin(), token.end(), attempt));
        words.append(" on node ").append(token.node()).append(" as ");
        words.append(history.text(token.token())).append(beside(token, attempt));
        for (Change revocation : revocations.getOrDefault(attempt.token(), List.of())) {
          words.append("; revoked ");
          words.append(interval(revocation.begin(), revocation.end(), attempt));
        }
      }
      for (int gate : List.of(attempt.client(), attempt.customer())) {
        for (Effect effect : Effect.values()) {
          gates[gate].of(effect).stream()
              .filter(change -> change.begin() < attempt.end())
              .reduce((first, second) -> second)
              .ifPresent(
                  last ->
                      words
                          .append("; gate ")
                          .append(gate)
                          .append(' ')
                          .append(effect)
                          .append(' ')
                          .append(interval(last.begin(), last.end(), attempt)));
        }
      }
      return words.toString();
    }

    /// The generations in the tokens that the same client got shortly before and after this one.
    private String beside(Attempt token, Attempt attempt) {
      List<Attempt> all =
          Arrays.stream(issued)
              .filter(each -> each != null && each.client() == token.client())
              .sorted(Comparator.comparingLong(Attempt::begin))
              .toList();
      int at = all.indexOf(token);
      return all.subList(Math.max(0, at - 2), Math.min(all.size(), at + 3)).stream()
          .map(
              each ->
                  "; generations "
                      + Jwt.claims(history.text(each.token())).path("gen")
                      + " in the token issued "
                      + interval(each.begin(), each.end(), attempt))
          .collect(Collectors.joining());
    }

    private static String interval(long begin, long end, Attempt attempt) {
      return (begin - attempt.begin()) / 1_000
          + " to "
          + (end == Change.NEVER ? "?" : Long.toString((end - attempt.begin()) / 1_000))
          + " µs";
    }

    private void tell(Attempt attempt, String why) {
      wrongs++;
      if (told.size() < MOST_TOLD) {
        told.add(attempt + " " + why);
      }
    }

    /// Why it had to be refused, if it had to.
    private Optional<Obstacle> obstacle(Attempt attempt, long bound) {
      Optional<Obstacle> shut =
          shut(attempt.client(), attempt, bound)
              .or(() -> shut(attempt.customer(), attempt, bound))
              .or(() -> shut(attempt.special(), attempt, bound));
      return shut.isPresent() || attempt.kind() == Kind.ISSUE ? shut : killed(attempt, bound);
    }

    /// The gate was shut before, and nothing can have opened it since.
    private Optional<Obstacle> shut(int gate, Attempt attempt, long bound) {
      if (gate == History.NONE) {
        return Optional.empty();
      }
      long since = Long.MIN_VALUE;
      Optional<Change> last = Optional.empty();
      for (Change shut : gates[gate].shuts) {
        if (shut.begin() >= attempt.begin()) {
          break;
        }
        if (shut.isKnownBefore(attempt.begin(), attempt.node(), bound)) {
          since = shut.begin();
          last = Optional.of(shut);
        }
      }
      for (Change open : gates[gate].opens) {
        if (open.begin() >= attempt.end()) {
          break;
        }
        if (open.end() >= since) {
          return Optional.empty();
        }
      }
      return Optional.of(new Obstacle(last, "gate " + gate + " was shut"));
    }

    /// The token had died before, or was never to live.
    private Optional<Obstacle> killed(Attempt attempt, long bound) {
      Attempt token = issued[attempt.token()];
      return kill(revocations.getOrDefault(attempt.token(), List.of()), token, attempt, bound)
          .or(() -> kill(gates[attempt.client()].kills, token, attempt, bound))
          .or(() -> kill(gates[attempt.customer()].kills, token, attempt, bound))
          .or(() -> issuedBehind(attempt.client(), token, attempt, bound))
          .or(() -> issuedBehind(attempt.customer(), token, attempt, bound));
    }

    private Optional<Obstacle> kill(
        List<Change> kills, Attempt token, Attempt attempt, long bound) {
      for (Change kill : kills) {
        if (kill.begin() >= attempt.begin()) {
          break;
        }
        if (kill.begin() > token.end()
            && kill.isKnownBefore(attempt.begin(), attempt.node(), bound)) {
          return Optional.of(new Obstacle(Optional.of(kill), "the token was killed"));
        }
      }
      return Optional.empty();
    }

    /// It was issued while the gate was shut, by a node that did not know that yet: so it carries
    /// what was true before, and is dead wherever the change is known.
    private Optional<Obstacle> issuedBehind(int gate, Attempt token, Attempt attempt, long bound) {
      return shut(gate, token, 0)
          .filter(
              found ->
                  found.change.isPresent()
                      && found.change.get().isKnownBefore(attempt.begin(), attempt.node(), bound))
          .map(
              found -> new Obstacle(found.change, "the token was issued by a node that is behind"));
    }

    private boolean hadToPass(Attempt attempt, long bound) {
      if (attempt.kind() == Kind.RIGHT) {
        // Refused or not, its token was found living.
        return isOpen(attempt.special(), attempt, bound);
      }
      return isOpen(attempt.client(), attempt, bound)
          && isOpen(attempt.customer(), attempt, bound)
          && (attempt.kind() == Kind.ISSUE
              ? isOpen(attempt.special(), attempt, bound)
              : lives(attempt, bound));
    }

    /// The gate was opened before, and nothing can have shut it since.
    private boolean isOpen(int gate, Attempt attempt, long bound) {
      long since = Long.MIN_VALUE;
      boolean opened = false;
      for (Change open : gates[gate].opens) {
        if (open.begin() >= attempt.begin()) {
          break;
        }
        if (open.isKnownBefore(attempt.begin(), attempt.node(), bound)) {
          since = open.begin();
          opened = true;
        }
      }
      if (!opened) {
        return false;
      }
      for (Change shut : gates[gate].shuts) {
        if (shut.begin() >= attempt.end()) {
          break;
        }
        if (shut.end() >= since) {
          return false;
        }
      }
      return true;
    }

    /// Nothing can have killed the token, and what was done before it was issued was known to who
    /// issued it and to who judged it.
    private boolean lives(Attempt attempt, long bound) {
      Attempt token = issued[attempt.token()];
      return !mayHaveDied(
              revocations.getOrDefault(attempt.token(), List.of()), token, attempt, bound)
          && !mayHaveDied(gates[attempt.client()].kills, token, attempt, bound)
          && !mayHaveDied(gates[attempt.customer()].kills, token, attempt, bound);
    }

    private boolean mayHaveDied(List<Change> kills, Attempt token, Attempt attempt, long bound) {
      for (Change kill : kills) {
        if (kill.begin() >= attempt.end()) {
          break;
        }
        if (kill.mayBeUnknownAt(token.begin(), token.node(), issuesBound)
            || kill.mayBeUnknownAt(attempt.begin(), attempt.node(), bound)) {
          return true;
        }
      }
      return false;
    }
  }

  /// @param change empty if the gate was never opened
  private record Obstacle(Optional<Change> change, String what) {

    long age(Attempt attempt) {
      return change.isEmpty() ? 0 : attempt.begin() - change.get().end();
    }

    String words(Attempt attempt) {
      return "although "
          + what
          + ", which was acknowledged "
          + age(attempt) / 1_000
          + " µs before its request began";
    }
  }
}
