package io.clientele.bench.load;

import java.io.IOException;
import java.time.Duration;

/// A load generator in a closed loop: each connection sends its next request when the last one is
/// answered.
public interface Load {

  /// As many connections as the generators open.
  int CONNECTIONS = 32;

  /// Sends requests as fast as they are answered, for a while.
  ///
  /// @throws IOException if any answer was no success
  Answered run(Duration duration) throws IOException, InterruptedException;

  /// @param count answers that were a success; there were no others
  /// @param seconds how long it took
  record Answered(long count, double seconds) {}
}
