package io.clientele.harness;

import java.lang.reflect.Method;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.DefinedAttributeTemplateEngine;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.TemplateEngine;

/// The test of the tests of stores: a fault planted into one statement at a time, which forgets
/// whose rows it may read or write. Static, because JUnit makes the tests that it is planted under.
public final class DroppedCheck {
  private static final Pattern CHECK =
      Pattern.compile("(?:[a-z_]+\\.)?customer_id = (?::customer|excluded\\.customer_id)");

  private static final TemplateEngine BEFORE = new DefinedAttributeTemplateEngine();
  private static final Map<Place, Set<Method>> SEEN = new ConcurrentHashMap<>();
  private static final AtomicReference<Optional<Place>> DROPPED =
      new AtomicReference<>(Optional.empty());
  private static final AtomicReference<Optional<Method>> RUNNING =
      new AtomicReference<>(Optional.empty());

  private DroppedCheck() {}

  /// One check of the customer in one statement.
  ///
  /// @param sql as it is sent to the database, but for its parameters
  /// @param number of the check in it, from 0
  public record Place(String sql, int number) {}

  /// Every check that the tests of stores came by so far, and in which of them.
  public static Map<Place, Set<Method>> seen() {
    return Map.copyOf(SEEN);
  }

  /// Runs something while this check is missing.
  public static void without(Place place, Runnable work) {
    DROPPED.set(Optional.of(place));
    try {
      work.run();
    } finally {
      DROPPED.set(Optional.empty());
    }
  }

  /// From here on this test runs.
  static void running(Optional<Method> test) {
    RUNNING.set(test);
  }

  /// What the handle is asked to do goes through here.
  static void in(Handle handle) {
    handle.getConfig(SqlStatements.class).setTemplateEngine(DroppedCheck::render);
  }

  private static String render(String template, StatementContext context) {
    String sql = BEFORE.render(template, context);
    Matcher checks = CHECK.matcher(sql);
    StringBuilder without = new StringBuilder();
    int number = 0;
    while (checks.find()) {
      Place place = new Place(sql, number++);
      RUNNING.get().ifPresent(test -> noted(place).add(test));
      boolean dropped = DROPPED.get().filter(place::equals).isPresent();
      // What is bound must be used.
      String instead = checks.group().endsWith(":customer") ? ":customer = :customer" : "1 = 1";
      checks.appendReplacement(without, dropped ? instead : "$0");
    }
    return checks.appendTail(without).toString();
  }

  private static Set<Method> noted(Place place) {
    return SEEN.computeIfAbsent(place, key -> ConcurrentHashMap.newKeySet());
  }
}
