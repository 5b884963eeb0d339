package io.clientele.bench.participant;

import io.clientele.bench.process.Workshop;
import java.io.IOException;

/// A server that issues tokens, and is measured.
public interface Participant {

  /// With its version.
  String name();

  /// How it is set up and started, one sentence for the document.
  String settings();

  /// Starts it, with a client that may fetch tokens; fetches it first if it is not here. Its tokens
  /// have been checked when this returns.
  RunningServer start(Workshop workshop) throws IOException, InterruptedException;
}
