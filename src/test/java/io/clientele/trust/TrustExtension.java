package io.clientele.trust;

import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives the tests of a case their tally, and judges it; see [TrustCase].
final class TrustExtension
    implements ParameterResolver, BeforeAllCallback, AfterEachCallback, AfterAllCallback {

  private static final Namespace OURS = Namespace.create(TrustExtension.class);

  /// The tally of a class, and when its first test began.
  private record Counting(TrustCase it, Tally tally, long began) {}

  @Override
  public void beforeAll(ExtensionContext context) {
    if (isTop(context)) {
      TrustCase it =
          Objects.requireNonNull(context.getRequiredTestClass().getAnnotation(TrustCase.class));
      Scale scale = Scale.current();
      context
          .getStore(OURS)
          .put("counting", new Counting(it, new Tally(scale, scale.required(it)), now()));
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Tally.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return counting(context).tally();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    // What a test asserted and was not so.
    context
        .getExecutionException()
        .ifPresent(
            failure -> counting(context).tally().wrong(context.getDisplayName() + ": " + failure));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (!isTop(context)) {
      return;
    }
    Counting counting = counting(context);
    Tally tally = counting.tally();
    Result result = tally.result(counting.it(), (now() - counting.began()) / 1e9);
    result.write(file(context.getRequiredTestClass(), tally.scale()));
    System.err.println(result.line());
    if (!tally.isGood()) {
      throw new AssertionError(result.line() + "\n" + String.join("\n", tally.told()));
    }
  }

  /// Where the result of a case is written.
  static Path file(Class<?> it, Scale scale) {
    return Path.of(
        System.getProperty("clientele.trust.results", "target/trust/" + scale.word()),
        it.getSimpleName() + ".json");
  }

  private static Counting counting(ExtensionContext context) {
    return Objects.requireNonNull(
        context.getStore(OURS).get("counting", Counting.class), "not within a TrustCase");
  }

  private static boolean isTop(ExtensionContext context) {
    return context.getRequiredTestClass().getEnclosingClass() == null;
  }

  private static long now() {
    return System.nanoTime();
  }
}
