package io.clientele.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The CPU time of a process with all its threads and the processes it started, as the kernel
/// counts it (`proc(5)`: `utime` and `stime` of `/proc/PID/stat`).
final class CpuTime {

  /// `USER_HZ`, which Linux holds at 100 on every architecture that we run on.
  private static final long TICKS_A_SECOND = 100;

  private CpuTime() {}

  /// @return microseconds since the process began, in steps of 10,000
  static long microsOf(ProcessHandle process) {
    try (Stream<ProcessHandle> below = process.descendants()) {
      return Stream.concat(Stream.of(process), below).mapToLong(each -> ticks(each.pid())).sum()
          * (1_000_000 / TICKS_A_SECOND);
    }
  }

  private static long ticks(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      // The second field is the program's name in parentheses, which may hold blanks.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the CPU time of process " + pid, e);
    }
  }
}
