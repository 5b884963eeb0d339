package io.clientele.trust.history;

import io.clientele.harness.Http;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The customers and clients that the traffic is about, as the threads that make it know them.
final class Population {

  private static final int CUSTOMERS = 8;

  /// How many clients each has.
  static final int CLIENTS = 8;

  private final AtomicReferenceArray<Owner> owners = new AtomicReferenceArray<>(CUSTOMERS);

  /// A secret, current or ended.
  ///
  /// @param id what the server calls it
  record Held(String id, int gate, String basic, boolean chosen) {}

  record Token(int number, String text, int permission) {}

  /// A customer; another takes its place when it is deleted.
  ///
  /// @param permission the gate of what its role ROLE_WATCH may
  /// @param tenant one that its clients hold their roles on
  /// @param lock held for writing by who changes its tenants, or deletes it
  record Owner(
      String id,
      String tenant,
      int gate,
      int permission,
      List<Program> clients,
      ReadWriteLock lock) {

    String path() {
      return "/oauth/customers/" + id;
    }

    Program any(RandomGenerator random) {
      return clients.get(random.nextInt(clients.size()));
    }
  }

  /// A client. Who replaces it as a whole, or deletes it, holds its lock for writing; who changes
  /// this or that holds it for reading.
  static final class Program {
    final String id;
    final String customer;
    final String tenant;
    final int gate;
    final int customerGate;
    final ReadWriteLock lock = new ReentrantReadWriteLock();
    final List<Held> secrets = new CopyOnWriteArrayList<>();
    private final AtomicReferenceArray<@Nullable Held> ended = new AtomicReferenceArray<>(4);
    private final AtomicReferenceArray<@Nullable Token> tokens = new AtomicReferenceArray<>(8);
    volatile boolean isDeleted;

    /// Whether an answer did not say what it holds now: it is left alone from then on.
    volatile boolean isLost;

    volatile boolean hasMoreRoles;

    Program(String id, String customer, String tenant, int gate, int customerGate) {
      this.id = id;
      this.customer = customer;
      this.tenant = tenant;
      this.gate = gate;
      this.customerGate = customerGate;
    }

    String path() {
      return "/oauth/customers/" + customer + "/clients/" + id;
    }

    /// What creates it, or with `enabled` replaces it.
    String json(boolean enabled, String more) {
      return "{\"clientId\":\""
          + id
          + "\",\"authorizedGrantTypes\":[\"client_credentials\"],"
          + "\"clientAuthenticationMethods\":[\"client_secret_basic\"],"
          + "\"defaultRolesAssignmentEnabled\":false,\"enabled\":"
          + enabled
          + ",\"clientPermissions\":{\"roles\":{\"ROLE_WATCH\":[\""
          + tenant
          + "\"]"
          + (hasMoreRoles ? ",\"ROLE_USER\":[\"" + tenant + "\"]" : "")
          + "}}"
          + more
          + "}";
    }

    Held held(String secretId, int secretGate, String secret) {
      return new Held(secretId, secretGate, Http.basic(id, secret), !secret.startsWith("clt_"));
    }

    /// A secret that is not to pass any more.
    void end(Held held, RandomGenerator random) {
      secrets.remove(held);
      // Each costs a slow hash.
      if (!held.chosen()) {
        ended.set(random.nextInt(ended.length()), held);
      }
    }

    /// A current secret, if there is one now; or one that was ended, if there was one.
    Optional<Held> anySecret(RandomGenerator random, boolean old) {
      Optional<Held> one =
          old ? Optional.ofNullable(ended.get(random.nextInt(ended.length()))) : Optional.empty();
      if (one.isPresent()) {
        return one;
      }
      List<Held> now = List.copyOf(secrets);
      return now.isEmpty() ? Optional.empty() : Optional.of(now.get(random.nextInt(now.size())));
    }

    void keep(Token token, RandomGenerator random) {
      tokens.set(random.nextInt(tokens.length()), token);
    }

    /// A token that it got, maybe long ago.
    Optional<Token> anyToken(RandomGenerator random) {
      return Optional.ofNullable(tokens.get(random.nextInt(tokens.length())));
    }
  }

  int size() {
    return owners.length();
  }

  void put(int place, Owner owner) {
    owners.set(place, owner);
  }

  Owner owner(int place) {
    return owners.get(place);
  }
}
