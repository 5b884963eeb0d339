package io.clientele.trust.history;

/// What a deed did to one gate, some time between the beginning of its request and the end of its
/// answer.
///
/// @param gate of [History#newGate]
/// @param begin `System.nanoTime`
/// @param end `System.nanoTime`, when the answer was there; [#NEVER] if there was none
/// @param node the node that was asked
/// @param certain whether it was acknowledged; what may or may not have happened excuses much and
///   convicts of nothing
public record Change(Effect effect, int gate, long begin, long end, int node, boolean certain) {

  /// When an answer was there that never came.
  public static final long NEVER = Long.MAX_VALUE;

  /// What may become of a gate.
  public enum Effect {
    /// From then on it lets pass: a client was made or enabled, a secret added, a customer made
    /// active.
    OPEN,
    /// From then on it lets nobody pass, until it is opened.
    SHUT,
    /// Every token issued behind this gate before is dead for ever. What comes after may pass.
    KILL
  }

  /// Whether it was acknowledged before this moment, with so much time for the node that sees it to
  /// hear of it.
  boolean isKnownBefore(long moment, int seenBy, long bound) {
    return certain && end < moment - (seenBy == node ? 0 : bound);
  }

  /// Whether a node may not have heard of it at this moment.
  boolean mayBeUnknownAt(long moment, int seenBy, long bound) {
    return end == NEVER || end >= moment - (seenBy == node ? 0 : bound);
  }
}
