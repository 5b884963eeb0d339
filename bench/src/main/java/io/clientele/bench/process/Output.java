package io.clientele.bench.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a process writes to one of its pipes: read to the end, so that it never waits for us; lines
/// are counted, the last ones kept, and one that is waited for is found.
final class Output {

  private static final int KEPT = 8192;

  private final InputStream in;
  private final AtomicLong lines = new AtomicLong();
  private final CompletableFuture<Matcher> found = new CompletableFuture<>();
  private final StringBuilder tail = new StringBuilder();
  private final @Nullable Pattern awaited;

  /// @param awaited the line that `await` waits for; empty if none is
  Output(InputStream in, Optional<Pattern> awaited, String name) {
    this.in = in;
    this.awaited = awaited.orElse(null);
    Thread.ofPlatform().name(name).daemon().start(this::read);
  }

  private void read() {
    byte[] buffer = new byte[64 * 1024];
    try {
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        lines.addAndGet(count(buffer, length));
        keep(buffer, length);
      }
    } catch (IOException e) {
      // The process was ended, and its pipe with it.
    }
    found.completeExceptionally(new IOException("the output ended"));
  }

  private static long count(byte[] buffer, int length) {
    long count = 0;
    for (int i = 0; i < length; i++) {
      if (buffer[i] == '\n') {
        count++;
      }
    }
    return count;
  }

  private synchronized void keep(byte[] buffer, int length) {
    int from = Math.max(0, length - KEPT);
    tail.append(new String(buffer, from, length - from, StandardCharsets.UTF_8));
    if (tail.length() > KEPT) {
      tail.delete(0, tail.length() - KEPT);
    }
    if (awaited != null && !found.isDone()) {
      Matcher matcher = awaited.matcher(tail);
      if (matcher.find()) {
        found.complete(matcher);
      }
    }
  }

  /// The line that was waited for.
  Matcher await(Duration patience) throws IOException, InterruptedException {
    try {
      return found.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("nothing like '" + awaited + "' in " + patience.toSeconds() + " s", e);
    }
  }

  /// How many lines were written so far.
  long lines() {
    return lines.get();
  }

  /// What was written last.
  synchronized String tail() {
    return tail.toString();
  }
}
