package io.clientele.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What was measured on.
///
/// @param processor its model
/// @param cores that this process may use
/// @param memory of the machine
/// @param kernel its release
/// @param java that servers and load generators ran on
public record Machine(String processor, int cores, String memory, String kernel, String java) {

  public static Machine current() throws IOException {
    return new Machine(
        find("/proc/cpuinfo", "model name\\s*: (.*)"),
        Runtime.getRuntime().availableProcessors(),
        String.format(
            Locale.ROOT,
            "%.0f GB",
            Long.parseLong(find("/proc/meminfo", "MemTotal:\\s*(\\d+) kB")) * 1024 / 1e9),
        "Linux " + System.getProperty("os.version") + ", " + System.getProperty("os.arch"),
        System.getProperty("java.vendor.version", "") + " " + Runtime.version());
  }

  private static String find(String file, String pattern) throws IOException {
    Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(Path.of(file)));
    return matcher.find() ? matcher.group(1).strip() : "unknown";
  }
}
