package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.clientele.db.Database;
import io.clientele.db.Transaction;
import io.clientele.harness.StoreMethods;
import io.clientele.id.CustomerId;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// One test for each method of each store: customer B sees and changes nothing of A. The tests
/// stand beside the stores (`…StoreTest`); here stands that none is missing.
class StoresTest {
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
          Map.entry("AuditStore.customersWithoutEvents", "the operator's check of all chains"),
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
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.clientele")
            .stream()
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
            .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
            .importPackages("io.clientele")
            .stream()
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
