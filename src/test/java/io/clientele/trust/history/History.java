package io.clientele.trust.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// What was done and answered, compactly: 10⁶ attempts take about 50 MB, and the texts of their
/// tokens some hundred more. Each thread writes into a [Log] of its own; read it when all are done.
///
/// What a request must pass are **gates**: a client, its customer, a secret, the permission of a
/// role, each a number. A **token** is an attempt to get one that succeeded; it stands behind the
/// gates of its client and customer.
public final class History {

  /// In the place of a gate or token where there is none.
  public static final int NONE = -1;

  /// What was attempted.
  public enum Kind {
    /// A token was asked for, with a secret.
    ISSUE("a token issued"),
    /// `/oauth/introspect`
    INTROSPECT("introspection"),
    /// `/oauth/checkToken`
    CHECK("checkToken"),
    /// A management request with a token, which was let in or answered 401.
    WALL("a management call"),
    /// A management request with a living token, which had the right or was answered 403.
    RIGHT("a right");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  /// One attempt.
  ///
  /// @param token the token that was used, or that was got; `NONE` for a refusal to issue one
  /// @param special the secret's gate, or the permission's; `NONE` if there is none
  record Attempt(
      Kind kind,
      boolean passed,
      long begin,
      long end,
      int node,
      int client,
      int customer,
      int special,
      int token) {

    @Override
    public String toString() {
      return kind.words
          + " on node "
          + node
          + " of client gate "
          + client
          + ", token "
          + token
          + (passed ? " passed" : " was refused");
    }
  }

  private static final List<Kind> KINDS = List.of(Kind.values());

  private final AtomicInteger gates = new AtomicInteger();
  private final AtomicInteger tokens = new AtomicInteger();
  private final Map<Integer, String> texts = new ConcurrentHashMap<>();
  private final List<Log> logs = new ArrayList<>();

  /// A number for something that lets pass or does not. It is shut until a change opens it.
  public int newGate() {
    return gates.getAndIncrement();
  }

  /// A log for one thread.
  public Log newLog() {
    Log log = new Log();
    synchronized (logs) {
      logs.add(log);
    }
    return log;
  }

  int gates() {
    return gates.get();
  }

  int tokens() {
    return tokens.get();
  }

  /// The text of a token: the judge does not read it, but who looks for the cause of a wrong answer
  /// does.
  String text(int token) {
    return texts.getOrDefault(token, "");
  }

  List<Log> logs() {
    synchronized (logs) {
      return List.copyOf(logs);
    }
  }

  /// What one thread did.
  public final class Log {
    private static final int NUMBERS = 6;

    private long[] times = new long[2 * 1024];
    private int[] numbers = new int[NUMBERS * 1024];
    private int size;
    private final List<Change> changes = new ArrayList<>();
    private final List<Change> revocations = new ArrayList<>();

    private Log() {}

    /// A token was asked for.
    ///
    /// @param text of the token; empty if it was refused
    /// @return the number of the token; `NONE` if it was refused
    public int issued(
        String text, long begin, long end, int node, int client, int customer, int secret) {
      boolean passed = !text.isEmpty();
      int token = passed ? tokens.getAndIncrement() : NONE;
      if (passed) {
        texts.put(token, text);
      }
      add(new Attempt(Kind.ISSUE, passed, begin, end, node, client, customer, secret, token));
      return token;
    }

    /// A token was used.
    ///
    /// @param permission its gate for a [Kind#RIGHT]; else `NONE`
    public void used(
        Kind kind,
        boolean passed,
        long begin,
        long end,
        int node,
        int client,
        int customer,
        int permission,
        int token) {
      add(new Attempt(kind, passed, begin, end, node, client, customer, permission, token));
    }

    /// A deed was done, or may have been.
    public void changed(Change change) {
      changes.add(change);
    }

    /// One token alone was killed, or may have been.
    ///
    /// @param change with the number of the token in the place of a gate
    public void revoked(Change change) {
      revocations.add(change);
    }

    private void add(Attempt attempt) {
      if (2 * size == times.length) {
        times = Arrays.copyOf(times, 2 * times.length);
        numbers = Arrays.copyOf(numbers, 2 * numbers.length);
      }
      times[2 * size] = attempt.begin;
      times[2 * size + 1] = attempt.end;
      int at = NUMBERS * size;
      numbers[at] = KINDS.indexOf(attempt.kind) << 1 | (attempt.passed ? 1 : 0);
      numbers[at + 1] = attempt.node;
      numbers[at + 2] = attempt.client;
      numbers[at + 3] = attempt.customer;
      numbers[at + 4] = attempt.special;
      numbers[at + 5] = attempt.token;
      size++;
    }

    int size() {
      return size;
    }

    Attempt attempt(int index) {
      int at = NUMBERS * index;
      return new Attempt(
          KINDS.get(numbers[at] >> 1),
          (numbers[at] & 1) == 1,
          times[2 * index],
          times[2 * index + 1],
          numbers[at + 1],
          numbers[at + 2],
          numbers[at + 3],
          numbers[at + 4],
          numbers[at + 5]);
    }

    List<Change> changes() {
      return changes;
    }

    List<Change> revocations() {
      return revocations;
    }
  }
}
