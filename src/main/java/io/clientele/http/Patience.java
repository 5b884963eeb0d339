package io.clientele.http;

/// What the thread that runs a request may wait for; each may wait also for what those before it
/// may.
public enum Patience {
  /// Nothing: the thread serves many connections.
  NONE,
  /// Rows of the database, which come soon: the thread is one of few that read there.
  ROWS,
  /// Anything: a slow hash, a commit, other nodes. The thread is the request's own.
  ANYTHING;

  /// Demands that it suffices for what takes as much as this.
  ///
  /// @throws MustWait if it does not
  public void require(Patience needed) {
    if (compareTo(needed) < 0) {
      throw new MustWait(needed);
    }
  }
}
