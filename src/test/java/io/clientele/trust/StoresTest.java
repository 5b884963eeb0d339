package io.clientele.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectIteration;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.harness.DroppedCheck;
import io.clientele.harness.DroppedCheck.Place;
import io.clientele.harness.StoreMethods;
import io.clientele.harness.StoreTestBase;
import io.clientele.harness.StoreWorld;
import io.clientele.id.CustomerId;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// One test for each method of each store: customer B sees and changes nothing of A. The tests
/// stand beside the stores (`…StoreApart`) and are run from here, on both databases; here stands
/// that none is missing, and that they notice when a statement forgets its check.
@TrustCase(
    id = "T15",
    title = "Customer B asks each store method for what is A's; each SQL check is dropped in turn",
    unit = "methods and planted faults",
    required = 115,
    brief = 87,
    seconds = 60)
class StoresTest {

  /// Which of the runs of a test is on SQLite.
  private static final int SQLITE =
      List.of(StoreWorld.Kind.values()).indexOf(StoreWorld.Kind.SQLITE);

  /// In the short form.
  private static final int FEW_FAULTS = 3;

  /// Checks that another one stands behind: to drop such a one alone does no harm, so no test can
  /// tell. What the statement holds, and why.
  private static final Map<String, String> DOUBLED =
      Map.of(
          "EXISTS (SELECT 1 FROM client_grant g",
              "a client's grants are of its own customer, by a foreign key: the checks are one",
          " FOR UPDATE", "the same statement as SQLite gets it is tried");

  /// What belongs to no customer, and why.
  private static final Map<String, String> OF_NO_CUSTOMER =
      Map.ofEntries(
          Map.entry("KnownClientStore.find", "who authenticates says only an id"),
          Map.entry("KnownClientStore.page", "a node's memory of all clients"),
          Map.entry("KnownClientStore.pageOfUsed", "a node's memory of all clients"),
          Map.entry("ClientStore.findAndHold", "who asks, in the deed's transaction"),
          Map.entry("ClientStore.enabledOperators", "of customer operator only"),
          Map.entry("CustomerStore.page", "the operator's list of all customers"),
          Map.entry("AuditStore.forEachLink", "the operator's check of all chains"),
          Map.entry("AuditStore.chainsWithoutEvents", "the operator's check of all chains"),
          Map.entry("AuditStore.withOlder", "by time"),
          Map.entry("AuditStore.retention", "the installation's"),
          Map.entry("AuditStore.lockRetention", "the installation's"),
          Map.entry("AuditStore.noteRetention", "the installation's"),
          Map.entry("RefusalStore.deleteOldestHour", "by time"),
          Map.entry("KeyStore.endAll", "the installation's"),
          Map.entry("KeyStore.hasNone", "the installation's"),
          Map.entry("KeyStore.hasSealedValues", "the installation's"),
          Map.entry("KeyStore.unseal", "the installation's"),
          Map.entry("KeyStore.sealIfAbsent", "the installation's"),
          Map.entry("KeyStore.list", "the installation's"),
          Map.entry("KeyStore.lock", "the installation's"),
          Map.entry("KeyStore.insert", "the installation's"),
          Map.entry("KeyStore.retire", "the installation's"),
          Map.entry("KeyStore.forgetPrivate", "the installation's"),
          Map.entry("KeyStore.noteLongestToken", "the installation's"),
          Map.entry("KeyStore.longestToken", "the installation's"),
          Map.entry("RevocationStore.all", "a node's memory of all tokens"),
          Map.entry("RevocationStore.deleteExpired", "by time"),
          Map.entry("ServerStateStore.setIfAbsent", "the installation's"),
          Map.entry("ServerStateStore.has", "the installation's"),
          Map.entry("UsageStore.deleteExpired", "by time"));

  private static Set<JavaMethod> methods() {
    return new ClassFileImporter()
        .importPackages("io.clientele").stream()
            .filter(type -> type.getSimpleName().endsWith("Store"))
            .map(JavaClass::getMethods)
            .flatMap(Set::stream)
            .filter(method -> !method.getModifiers().contains(JavaModifier.PRIVATE))
            .filter(method -> !method.getModifiers().contains(JavaModifier.SYNTHETIC))
            .filter(
                method ->
                    method.getRawParameterTypes().stream().anyMatch(StoresTest::isWhereItReads))
            .collect(Collectors.toSet());
  }

  /// A single query may be a transaction by itself.
  private static boolean isWhereItReads(JavaClass type) {
    return type.isEquivalentTo(Transaction.class) || type.isEquivalentTo(Database.class);
  }

  private static String name(JavaMethod method) {
    return method.getOwner().getSimpleName() + "." + method.getName();
  }

  private static Set<String> tested() {
    Set<String> tested = new TreeSet<>();
    new ClassFileImporter()
        .importPackages("io.clientele").stream()
            .map(JavaClass::getMethods)
            .flatMap(Set::stream)
            .filter(method -> method.isAnnotatedWith(StoreMethods.class))
            .map(method -> method.getAnnotationOfType(StoreMethods.class))
            .forEach(
                named -> {
                  for (String method : named.value()) {
                    tested.add(named.of().getSimpleName() + "." + method);
                  }
                });
    return tested;
  }

  private static Set<Class<?>> classes() {
    return new ClassFileImporter()
        .importPackages("io.clientele").stream()
            .filter(type -> type.isAssignableTo(StoreTestBase.class))
            .filter(type -> !type.getModifiers().contains(JavaModifier.ABSTRACT))
            .map(JavaClass::reflect)
            .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /// Runs tests, and counts them by the methods of stores that they name.
  private static final class Run implements TestExecutionListener {
    private final List<String> failures = new ArrayList<>();
    private final Set<String> methods = new TreeSet<>();

    static Run of(Collection<? extends DiscoverySelector> tests) {
      Run run = new Run();
      LauncherFactory.create()
          .execute(
              LauncherDiscoveryRequestBuilder.request().selectors(List.copyOf(tests)).build(), run);
      return run;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      result
          .getThrowable()
          .ifPresent(failure -> failures.add(test.getDisplayName() + ": " + failure));
      if (test.isTest() && test.getSource().orElseThrow() instanceof MethodSource source) {
        Optional.ofNullable(source.getJavaMethod().getAnnotation(StoreMethods.class))
            .ifPresent(
                named -> {
                  for (String method : named.value()) {
                    methods.add(
                        named.of().getSimpleName() + "." + method + " " + test.getDisplayName());
                  }
                });
      }
    }
  }

  private static final AtomicReference<Optional<Run>> WHOLE =
      new AtomicReference<>(Optional.empty());

  /// All of them, run once.
  private static Run whole() {
    Run run =
        WHOLE
            .get()
            .orElseGet(() -> Run.of(classes().stream().map(type -> selectClass(type)).toList()));
    WHOLE.set(Optional.of(run));
    return run;
  }

  @Test
  void anotherCustomerSeesAndChangesNothing(Tally tally) {
    Run run = whole();

    tally.done(run.methods.size());
    tally.wrong(run.failures);
    assertThat(run.methods).hasSize(tested().size() * StoreWorld.Kind.values().length);
  }

  /// The same tests with a fault planted: each of them must be noticed.
  @Test
  void aStatementThatForgetsTheCustomerIsNoticed(Tally tally) {
    assertThat(whole().failures).isEmpty();
    List<Map.Entry<Place, Set<Method>>> places = new ArrayList<>(DroppedCheck.seen().entrySet());
    long seed = Long.getLong("clientele.test.seed", ThreadLocalRandom.current().nextLong());
    places.sort(Comparator.comparing(each -> each.getKey().toString()));
    Collections.shuffle(places, new Random(seed));
    long noticed = 0;
    for (Map.Entry<Place, Set<Method>> each : places) {
      Place place = each.getKey();
      if (DOUBLED.keySet().stream().anyMatch(place.sql()::contains)) {
        continue;
      }
      if (tally.scale() == Scale.BRIEF && noticed == FEW_FAULTS) {
        break;
      }
      if (isNoticed(place, each.getValue())) {
        noticed++;
        tally.done(1);
        tally.faultsSurvived(1);
      } else {
        tally.wrong(
            "nobody notices that check "
                + place.number()
                + " is dropped from "
                + place.sql().replaceAll("\\s+", " "));
      }
    }
    tally.measured(
        noticed + " of " + places.size() + " SQL checks dropped and noticed, seed " + seed);
  }

  private static boolean isNoticed(Place place, Set<Method> tests) {
    AtomicBoolean noticed = new AtomicBoolean();
    DroppedCheck.without(
        place,
        () ->
            noticed.set(
                !Run.of(
                        tests.stream()
                            .map(
                                test ->
                                    selectIteration(
                                        selectMethod(test.getDeclaringClass(), test), SQLITE))
                            .toList())
                    .failures
                    .isEmpty()));
    return noticed.get();
  }

  @Test
  void everyMethodOfAStoreIsNamedByATestOrBelongsToNoCustomer() {
    Set<String> all = methods().stream().map(StoresTest::name).collect(Collectors.toSet());
    Set<String> accounted = tested();
    accounted.addAll(OF_NO_CUSTOMER.keySet());

    assertThat(all).hasSizeGreaterThan(30);
    assertThat(accounted).isEqualTo(new TreeSet<>(all));
  }

  @Test
  void whatBelongsToNoCustomerTakesNone() {
    assertThat(methods())
        .filteredOn(method -> OF_NO_CUSTOMER.containsKey(name(method)))
        .allMatch(
            method ->
                method.getRawParameterTypes().stream()
                    .noneMatch(type -> type.isEquivalentTo(CustomerId.class)));
  }

  @Test
  void theTransactionComesFirstAndTheCustomerSecond() {
    assertThat(methods())
        .allMatch(method -> isWhereItReads(method.getRawParameterTypes().getFirst()))
        .allMatch(
            method -> {
              int at = indexOfCustomer(method);
              return at < 0 || at == 1;
            });
  }

  private static int indexOfCustomer(JavaMethod method) {
    for (int i = 0; i < method.getRawParameterTypes().size(); i++) {
      if (method.getRawParameterTypes().get(i).isEquivalentTo(CustomerId.class)) {
        return i;
      }
    }
    return -1;
  }
}
