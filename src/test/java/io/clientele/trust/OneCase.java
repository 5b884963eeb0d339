package io.clientele.trust;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/// Runs test classes in this process, a case in a process of its own: one that hangs or dies takes
/// nothing with it. Exit code 1 if a test failed, or none ran.
final class OneCase {

  private OneCase() {}

  /// @param names of classes
  public static void main(String[] names) throws ClassNotFoundException {
    LauncherDiscoveryRequestBuilder wanted = LauncherDiscoveryRequestBuilder.request();
    for (String name : names) {
      wanted.selectors(selectClass(Class.forName(name)));
    }
    String longest = Scale.current() == Scale.SOAK ? "12 h" : "30 m";
    LauncherDiscoveryRequest request =
        wanted
            .configurationParameter("junit.jupiter.execution.timeout.default", longest)
            .configurationParameter("junit.jupiter.execution.timeout.threaddump.enabled", "true")
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    TestExecutionSummary summary = listener.getSummary();
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    summary.printFailuresTo(err, 30);
    err.println(
        summary.getTestsSucceededCount()
            + " tests succeeded, "
            + summary.getTotalFailureCount()
            + " failed");
    // Threads that a test left may not keep the process.
    System.exit(summary.getTotalFailureCount() == 0 && summary.getTestsFoundCount() > 0 ? 0 : 1);
  }
}
