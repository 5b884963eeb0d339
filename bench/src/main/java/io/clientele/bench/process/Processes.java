package io.clientele.bench.process;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Every process that this run started and that may still live: ended when the run ends, however it
/// ends, Ctrl-C included.
public final class Processes implements AutoCloseable {

  private final Set<Process> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /// Starts a process that `close` will end.
  public Process start(ProcessBuilder builder) throws IOException {
    if (closed) {
      throw new IOException("the run is ending");
    }
    Process process = builder.start();
    running.add(process);
    if (closed) {
      end(process);
    }
    return process;
  }

  /// Whether the run ends: what fails from now on fails for that.
  boolean isClosed() {
    return closed;
  }

  /// Ends a process and those it started: asks first, insists after 15 s.
  void end(Process process) {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroy);
    boolean interrupted = false;
    try {
      process.waitFor(15, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    all.forEach(ProcessHandle::destroyForcibly);
    process.onExit().join();
    running.remove(process);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// A process that has ended by itself.
  public void forget(Process process) {
    running.remove(process);
  }

  /// Ends a process as a power cut would.
  void kill(Process process) {
    process.destroyForcibly().onExit().join();
    running.remove(process);
  }

  @Override
  public void close() {
    closed = true;
    List.copyOf(running).forEach(this::end);
  }
}
