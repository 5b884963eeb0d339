package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/// A process of its own that asks a server for deeds until it is killed, and keeps its own list of
/// what was acknowledged in a file of its own: what its [DeedWorker]s write down. It lives longer
/// than the servers.
///
/// On standard input it is told `go URI TOKEN MOST STEM`: deeds against this server, at most so
/// many, then only tokens; new clients are named by the stem. On standard output it says `a` after
/// each acknowledgement, when that is in its file, and `stopped` when the server is gone.
final class CrashDriver {

  private static final int THREADS = 4;
  private static final int BATCH = 10;

  private final OutputStream file;

  private CrashDriver(OutputStream file) {
    this.file = file;
  }

  /// @param arguments the file, and a seed
  public static void main(String[] arguments) throws IOException, InterruptedException {
    try (OutputStream file =
            Files.newOutputStream(Path.of(arguments[0]), StandardOpenOption.APPEND);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      CrashDriver driver = new CrashDriver(file);
      AtomicLong numbers = new AtomicLong();
      List<DeedWorker> workers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        Random random = new Random(Long.parseLong(arguments[1]) + i);
        workers.add(new DeedWorker(numbers, random, BATCH, driver::write));
      }
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        String[] words = line.split(" ", -1);
        URI server = URI.create(words[1]);
        AtomicLong left = new AtomicLong(Long.parseLong(words[3]));
        List<Thread> threads = new ArrayList<>();
        for (DeedWorker worker : workers) {
          threads.add(
              Thread.ofPlatform()
                  .start(
                      () -> {
                        worker.work(server, words[2], () -> left.getAndDecrement() > 0, words[4]);
                        worker.askForTokens(server);
                      }));
        }
        for (Thread thread : threads) {
          thread.join();
        }
        driver.say("stopped");
      }
    }
  }

  /// First into the file, then it counts.
  private synchronized void write(String line) {
    try {
      file.write((line + "\n").getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (line.charAt(0) == 'A') {
      say("a");
    }
  }

  private synchronized void say(String word) {
    System.out.println(word);
    System.out.flush();
  }
}
