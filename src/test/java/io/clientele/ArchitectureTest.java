package io.clientele;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.clientele.http.RequestLog;
import io.clientele.http.WebServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The shape of the program, as ARCHITECTURE.md tells it: root → faces → features → machinery →
/// words, without a cycle.
class ArchitectureTest {
  private static final String ROOT = "io.clientele";
  private static final String[] WORDS = packages("id", "oauth", "crypto");
  private static final String[] MACHINERY = packages("http", "db", "audit");
  private static final String[] FEATURES =
      packages("access", "customer", "client", "key", "token", "usage");
  private static final String[] FACES = packages("console", "cli");

  private static final JavaClasses PROGRAM =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Nested
  class Dependencies {
    @Test
    void noPackageIsPartOfACycle() {
      slices().matching("io.clientele.(*)..").should().beFreeOfCycles().check(PROGRAM);
    }

    @Test
    void everyPackageHasItsPlaceInTheOrder() {
      Set<String> placed =
          Stream.of(WORDS, MACHINERY, FEATURES, FACES)
              .flatMap(Arrays::stream)
              .map(name -> name.replace("..", ""))
              .collect(Collectors.toCollection(HashSet::new));
      placed.add(ROOT);

      assertThat(placed).containsAll(packageNames(PROGRAM));
    }

    @Test
    void wordsKnowOnlyEachOther() {
      onlyKnow(WORDS);
    }

    @Test
    void machineryKnowsNoFeature() {
      onlyKnow(MACHINERY, WORDS);
    }

    @Test
    void featuresKnowNoFace() {
      onlyKnow(FEATURES, MACHINERY, WORDS);
    }

    @Test
    void nothingKnowsTheRootButItself() {
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT)
          .should()
          .dependOnClassesThat(resideInAPackage(ROOT))
          .check(PROGRAM);
    }

    private static void onlyKnow(String[] those, String[]... below) {
      String[] allowed =
          Stream.concat(Stream.of(those), Stream.of(below).flatMap(Arrays::stream))
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAnyPackage(those)
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.clientele..")
                  .and(DescribedPredicate.not(resideInAnyPackage(allowed)))
                  .as("are ours, outside %s", String.join(", ", allowed)))
          .check(PROGRAM);
    }
  }

  @Nested
  class KnowledgeKeptInOnePlace {
    @Test
    void sqlStandsOnlyInDbAndInStores() {
      noClasses()
          .that(
              outside(
                  resideInAPackage("io.clientele.db..")
                      .or(isNamed(name -> name.endsWith("Store")))))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.sql..",
              "javax.sql..",
              "org.jdbi..",
              "org.flywaydb..",
              "com.zaxxer..",
              "org.sqlite..",
              "org.postgresql..")
          .check(PROGRAM);
    }

    /// The audit only ever grows, but for what retention removes: no other class has a statement
    /// that changes it. (Texts stand in a class file as they are.)
    @Test
    void onlyTheAuditStoreWritesTheAudit() throws IOException {
      Pattern writing =
          Pattern.compile("(INSERT INTO|UPDATE|DELETE FROM)\\s+audit_(event|head)\\b");
      Set<String> writers = new HashSet<>();
      for (JavaClass each : PROGRAM) {
        try (InputStream file = each.getSource().orElseThrow().getUri().toURL().openStream()) {
          String constants = new String(file.readAllBytes(), StandardCharsets.ISO_8859_1);
          if (writing.matcher(constants).find()) {
            writers.add(each.getSimpleName());
          }
        }
      }
      assertThat(writers).containsExactly("AuditStore");
    }

    @Test
    void onlyTheWebServerAndItsConnectionsKnowJetty() {
      String http = WebServer.class.getPackageName();
      Set<String> knowing =
          Set.of(WebServer.class.getName(), http + ".Connections", http + ".Http1");
      noClasses()
          .that(outside(isNamed(knowing::contains)))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.eclipse.jetty..")
          .check(PROGRAM);
    }

    @Test
    void timeComesInAsAnInstantSource() {
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT)
          .should()
          .callCodeUnitWhere(
              describe(
                  "it reads the wall clock by itself", call -> readsTheClock(call.getTarget())))
          .check(PROGRAM);
    }

    @Test
    void onlyTheRootTheCommandsAndTheRequestLogSpeakToTheTerminal() {
      noClasses()
          .that(
              outside(
                  resideInAnyPackage(ROOT, "io.clientele.cli..")
                      .or(isNamed(RequestLog.class.getName()::equals))))
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err")
          .check(PROGRAM);
    }

    private static boolean readsTheClock(AccessTarget.CodeUnitCallTarget target) {
      String name = target.getName();
      JavaClass owner = target.getOwner();
      if (owner.isEquivalentTo(System.class)) {
        return name.equals("currentTimeMillis");
      }
      if (owner.isEquivalentTo(Date.class)) {
        return name.equals("<init>") && target.getRawParameterTypes().isEmpty();
      }
      if (owner.isEquivalentTo(Clock.class) || owner.isEquivalentTo(InstantSource.class)) {
        return name.startsWith("system") || name.startsWith("tick");
      }
      // Instant.now(), LocalDate.now(), …; with a clock as argument they are fine.
      return name.equals("now")
          && owner.getPackageName().equals(Instant.class.getPackageName())
          && target.getRawParameterTypes().stream()
              .noneMatch(type -> type.isAssignableTo(Clock.class));
    }
  }

  @Nested
  class Names {
    @Test
    void everyPackageIsNullMarked() {
      JavaClasses all = new ClassFileImporter().importPackages(ROOT);

      assertThat(all.stream().map(JavaClass::getPackage).distinct())
          .allSatisfy(
              each ->
                  assertThat(each.isAnnotatedWith(NullMarked.class)).as(each.getName()).isTrue());
    }

    @Test
    void aNameSaysWhatTheThingIs() {
      noClasses()
          .should()
          .haveNameMatching(".*\\.(util|common|core|impl)\\..*")
          .orShould()
          .haveNameMatching(".*(Manager|Helper|Impl|Utils?)")
          .check(PROGRAM);
    }
  }

  /// True if neither the class nor the one it is nested in fits.
  private static DescribedPredicate<JavaClass> outside(DescribedPredicate<JavaClass> place) {
    return describe("are outside", each -> !place.test(outermost(each)));
  }

  private static DescribedPredicate<JavaClass> isNamed(Predicate<String> fits) {
    return describe("is named", each -> fits.test(each.getName()));
  }

  private static JavaClass outermost(JavaClass each) {
    return each.getEnclosingClass().map(ArchitectureTest::outermost).orElse(each);
  }

  private static String[] packages(String... names) {
    return Stream.of(names).map(name -> ROOT + "." + name + "..").toArray(String[]::new);
  }

  private static Set<String> packageNames(JavaClasses classes) {
    return classes.stream()
        .map(JavaClass::getPackage)
        .map(JavaPackage::getName)
        .collect(Collectors.toSet());
  }
}
