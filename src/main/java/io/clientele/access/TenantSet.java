package io.clientele.access;

import io.clientele.id.TenantId;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// The tenants a role is held on: all of the customer, now and later, or some.
public sealed interface TenantSet {

  /// How all tenants are written in tokens and rows.
  String ALL_MARK = "*";

  /// All tenants of the customer at the time of use.
  record All() implements TenantSet {}

  /// These tenants.
  ///
  /// @param tenants in byte order, without repetition
  record Some(List<TenantId> tenants) implements TenantSet {}

  /// All tenants of the customer at the time of use.
  static TenantSet all() {
    return new All();
  }

  /// No tenant.
  static TenantSet none() {
    return new Some(List.of());
  }

  /// These tenants.
  static TenantSet of(Collection<TenantId> tenants) {
    return new Some(List.copyOf(new TreeSet<>(tenants)));
  }

  /// What either holds.
  default TenantSet union(TenantSet other) {
    if (this instanceof Some(var mine) && other instanceof Some(var others)) {
      SortedSet<TenantId> both = new TreeSet<>(mine);
      both.addAll(others);
      return new Some(List.copyOf(both));
    }
    return all();
  }

  /// What both hold.
  default TenantSet intersection(TenantSet other) {
    return switch (this) {
      case All all -> other;
      case Some(var mine) ->
          switch (other) {
            case All all -> this;
            case Some(var others) -> {
              Set<TenantId> both = new HashSet<>(others);
              yield new Some(mine.stream().filter(both::contains).toList());
            }
          };
    };
  }

  /// Whether everything in the other is in this.
  default boolean covers(TenantSet other) {
    return switch (this) {
      case All all -> true;
      case Some(var mine) ->
          switch (other) {
            case All all -> false;
            case Some(var others) -> new HashSet<>(mine).containsAll(others);
          };
    };
  }

  /// Whether this tenant, which is one of the customer's, is among them.
  default boolean holds(TenantId tenant) {
    return switch (this) {
      case All all -> true;
      case Some(var mine) -> mine.contains(tenant);
    };
  }

  /// As written in tokens: `["*"]` or the ids.
  default List<String> written() {
    return switch (this) {
      case All all -> List.of(ALL_MARK);
      case Some(var mine) -> mine.stream().map(TenantId::text).toList();
    };
  }

  /// Reads what `written` wrote.
  static TenantSet read(Collection<String> written) {
    return written.contains(ALL_MARK) ? all() : of(written.stream().map(TenantId::new).toList());
  }
}
