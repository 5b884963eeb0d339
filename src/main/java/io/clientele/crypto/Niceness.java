package io.clientele.crypto;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Threads that give way to others when processors are short. Java's own priorities do nothing on
/// Linux, where each thread has a niceness of its own (setpriority(2), "C library/kernel
/// differences"). Elsewhere threads stay as they are.
public final class Niceness {

  /// Of nice(1), for all but the threads that serve many connections: of a processor that both
  /// want, such a thread gets a ninth of what one of those gets. Who asks for a token and is in
  /// memory goes first. More would starve deeds where other programs take the processors.
  public static final int BESIDE = 10;

  private static final Logger LOG = LoggerFactory.getLogger(Niceness.class);
  private static final int PRIO_PROCESS = 0;
  private static final int THIS_THREAD = 0;

  /// It would be refused again, and said again for each request: as where the whole program was
  /// begun with a higher niceness, which only root may lower.
  private static final AtomicBoolean REFUSED = new AtomicBoolean();

  private Niceness() {}

  /// Found when the first such thread starts: a server without slow hashes does not pay for it.
  private static final class SetPriority {
    static final Optional<MethodHandle> HANDLE = find();

    // The launcher lets the program call native functions.
    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> find() {
      if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
        return Optional.empty();
      }
      Linker linker = Linker.nativeLinker();
      Optional<MemorySegment> function = linker.defaultLookup().find("setpriority");
      return function.map(
          address ->
              linker.downcallHandle(
                  address,
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT)));
    }
  }

  /// @param niceness 0 to 19, the most yielding
  /// @param threads makes the threads
  public static ThreadFactory of(int niceness, ThreadFactory threads) {
    return work ->
        threads.newThread(
            () -> {
              lower(niceness);
              work.run();
            });
  }

  /// Has the thread that runs this give way; if it is a virtual one, the thread that carries it.
  public static void lower(int niceness) {
    if (REFUSED.get()) {
      return;
    }
    try {
      if (SetPriority.HANDLE.isPresent()) {
        int failed =
            (int) SetPriority.HANDLE.get().invokeExact(PRIO_PROCESS, THIS_THREAD, niceness);
        if (failed != 0 && REFUSED.compareAndSet(false, true)) {
          LOG.warn("threads do not give way: setpriority is refused");
        }
      }
    } catch (Throwable e) {
      // A thread that is not nice does its work all the same.
      if (REFUSED.compareAndSet(false, true)) {
        LOG.warn("threads do not give way", e);
      }
    }
  }
}
