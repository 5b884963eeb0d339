package io.clientele.cli;

import io.clientele.client.ClientImport;
import io.clientele.client.ClientImport.Done;
import io.clientele.client.ClientImport.Line;
import io.clientele.client.ClientImport.LineFault;
import io.clientele.client.ClientImport.Refused;
import io.clientele.http.Fault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// One run of an import: a thread reads and checks the lines of the next part while the last one is
/// written. It ends at the border of a part, whatever ends it.
public final class Import {

  /// Lines in a transaction: enough that the commit costs little beside them, and that the pages of
  /// an index take several rows each.
  private static final int PART = 10_000;

  /// Bytes of a file in a transaction: lines may be long.
  private static final int LARGEST_PART = 16 * 1024 * 1024;

  private static final int MOST_FAULTS = 100;
  private static final int PARTS_AHEAD = 2;

  /// How a run ended.
  ///
  /// @param lines imported, from the first on
  /// @param end why it ended
  public record Outcome(Done done, long lines, End end) {

    /// Whether all lines are imported.
    public boolean isComplete() {
      return end instanceof End.Complete;
    }

    /// What people should be told.
    public List<String> words(Progress progress) {
      List<String> words = new ArrayList<>();
      switch (end) {
        case End.Complete complete -> words.add(imported(progress));
        case End.Stopped stopped -> {
          words.add("Stopped. " + imported(progress));
          words.add("Run the import again for the rest.");
        }
        case End.Refusal(List<LineFault> faults) -> {
          faults.stream()
              .limit(MOST_FAULTS)
              .forEach(
                  each ->
                      words.add(
                          "line "
                              + each.number()
                              + (each.fault().pointer().isEmpty()
                                  ? ""
                                  : ", " + each.fault().pointer())
                              + ": "
                              + each.fault().message()));
          if (faults.size() > MOST_FAULTS) {
            words.add("and " + (faults.size() - MOST_FAULTS) + " more");
          }
          words.add(imported(progress));
          words.add(
              "Nothing behind that was. Correct what is told above and run the import again.");
        }
        case End.Failure failure -> {
          words.add(imported(progress));
          words.add("Nothing behind that was. Run the import again when the cause is gone.");
        }
      }
      return words;
    }

    private String imported(Progress progress) {
      return "%s imported: %s and %s made, %s there already. %s"
          .formatted(
              lines == 0 ? "Nothing was" : "The first " + Progress.count(lines, "line") + " are",
              Progress.count(done.customers(), "customer"),
              Progress.count(done.clients(), "client"),
              Progress.count(done.present(), "line"),
              progress.time(done.clients()));
    }
  }

  /// Why a run ended.
  public sealed interface End {
    /// All lines are imported.
    record Complete() implements End {}

    /// It was asked to stop.
    record Stopped() implements End {}

    /// Lines were refused; none of their part was imported.
    record Refusal(List<LineFault> faults) implements End {}

    /// It broke; nothing of the part under way was imported.
    record Failure(Exception cause) implements End {}
  }

  /// Lines that are written together, or why there are no more.
  private record Part(
      List<Line> lines, List<LineFault> faults, Optional<Exception> failure, long position) {}

  private final ClientImport target;
  private final Lines source;
  private final CountDownLatch stop;
  private final BlockingQueue<Part> parts = new ArrayBlockingQueue<>(PARTS_AHEAD);

  /// How far the source is read; the reader's own.
  private long position;

  /// @param stop at zero: the run is to end when the part under way is written
  public Import(ClientImport target, Lines source, CountDownLatch stop) {
    this.target = target;
    this.source = source;
    this.stop = stop;
  }

  private boolean stopping() {
    return stop.getCount() == 0;
  }

  /// Imports all lines.
  public Outcome run(Progress progress) {
    Thread reader = Thread.ofPlatform().name("import-reader").daemon().start(this::readAll);
    Done done = Done.NOTHING;
    long lines = 0;
    try {
      while (!stopping()) {
        Part part = parts.take();
        if (part.failure.isPresent()) {
          return new Outcome(done, lines, new End.Failure(part.failure.get()));
        }
        if (!part.faults.isEmpty()) {
          return new Outcome(done, lines, new End.Refusal(part.faults));
        }
        if (part.lines.isEmpty()) {
          return new Outcome(done, lines, new End.Complete());
        }
        done = done.plus(target.write(part.lines));
        lines += part.lines.size();
        progress.reached(part.position, done);
      }
      return new Outcome(done, lines, new End.Stopped());
    } catch (Refused e) {
      return new Outcome(done, lines, new End.Refusal(e.faults()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome(done, lines, new End.Stopped());
    } catch (RuntimeException e) {
      return new Outcome(done, lines, new End.Failure(e));
    } finally {
      reader.interrupt();
    }
  }

  private void readAll() {
    try {
      boolean more = true;
      while (more && !stopping()) {
        Part part = readPart();
        parts.put(part);
        more = part.faults.isEmpty() && !part.lines.isEmpty();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      handOn(new Part(List.of(), List.of(), Optional.of(e), 0));
    }
  }

  private void handOn(Part last) {
    try {
      // Who takes the parts may have ended for another reason.
      while (!stopping() && !parts.offer(last, 1, TimeUnit.SECONDS)) {
        Thread.onSpinWait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Part readPart() throws IOException {
    List<Line> lines = new ArrayList<>();
    List<LineFault> faults = new ArrayList<>();
    long begin = position;
    while (lines.size() < PART && position - begin < LARGEST_PART && faults.size() < MOST_FAULTS) {
      Optional<Lines.Raw> raw = source.next();
      if (raw.isEmpty()) {
        break;
      }
      long number = raw.get().number();
      List<Fault> wrong = new ArrayList<>(raw.get().faults());
      if (wrong.isEmpty()) {
        target.read(number, raw.get().root(), wrong).ifPresent(lines::add);
      }
      wrong.forEach(each -> faults.add(new LineFault(number, each)));
      position = raw.get().position();
    }
    return new Part(lines, faults, Optional.empty(), position);
  }
}
