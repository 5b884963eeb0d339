package io.clientele;

import io.clientele.access.GrantStore;
import io.clientele.access.RoleStore;
import io.clientele.audit.AuditStore;
import io.clientele.client.ClientCreationEndpoint;
import io.clientele.client.ClientDirectory;
import io.clientele.client.ClientImport;
import io.clientele.client.ClientStore;
import io.clientele.client.CurrentCallers;
import io.clientele.client.Demonstration;
import io.clientele.client.OperatorAccount;
import io.clientele.client.SecretStore;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.MasterKey;
import io.clientele.crypto.PrivateFile;
import io.clientele.crypto.SecretHasher;
import io.clientele.customer.CustomerImport;
import io.clientele.customer.CustomerStore;
import io.clientele.customer.CustomersEndpoint;
import io.clientele.db.Database;
import io.clientele.key.KeyStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// What makes one installation out of a database and a directory: the database opened, the master
/// key, the pepper, the operator.
final class Installation {

  private static final String DATABASE_FILE = "clientele.db";
  private static final String MASTER_KEY_FILE = "master.key";
  private static final String OPERATOR_FILE = "operator.json";
  private static final String PEPPER = "pepper";
  private static final int PEPPER_BYTES = 32;

  private Installation() {}

  /// The embedded database.
  static Path databaseFile(Settings settings) {
    return settings.data().resolve(DATABASE_FILE);
  }

  static Path masterKeyFile(Settings settings) {
    return settings.masterKeyFile().orElseGet(() -> settings.data().resolve(MASTER_KEY_FILE));
  }

  /// Opens the database to look only, beside a server that may run.
  static Database openBeside(Settings settings, InstantSource clock) throws StartException {
    try {
      if (settings.database().isPresent()) {
        Settings.DatabaseAddress address = settings.database().get();
        return Database.postgresqlToLook(address.url(), address.user(), address.password(), clock);
      }
      Path file = databaseFile(settings);
      if (Files.notExists(file)) {
        throw new StartException("There is no file " + file + ".");
      }
      return Database.sqliteBeside(file, clock);
    } catch (Database.CannotOpen e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  static Database openDatabase(Settings settings, InstantSource clock) throws StartException {
    try {
      if (settings.database().isPresent()) {
        Settings.DatabaseAddress address = settings.database().get();
        return Database.postgresql(address.url(), address.user(), address.password(), clock);
      }
      Path file = databaseFile(settings);
      refuseIfLost(settings.data(), file);
      if (Files.notExists(file)) {
        // An empty file is an empty database; its mode is handed on to the files that SQLite puts
        // beside it.
        PrivateFile.create(file, new byte[0]);
      }
      return Database.sqlite(file, clock);
    } catch (IOException e) {
      throw new StartException("The data directory " + settings.data() + " cannot be written.", e);
    } catch (Database.CannotOpen e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /// Where an operator or a master key was made there was a database; an empty one in its place
  /// would look like a server that has forgotten everything.
  private static void refuseIfLost(Path data, Path file) throws StartException, IOException {
    boolean isMissing = Files.notExists(file);
    // SQLite takes an empty file for a new database.
    if (!isMissing && (!Files.isRegularFile(file) || Files.size(file) > 0)) {
      return;
    }
    for (String made : List.of(OPERATOR_FILE, MASTER_KEY_FILE)) {
      if (Files.exists(data.resolve(made))) {
        throw new StartException(
            "The database "
                + file
                + (isMissing ? " is missing, but " : " is empty, but ")
                + data.resolve(made)
                + " is there: put it back, restore a backup, or give an empty --data.");
      }
    }
  }

  /// Reads the master key; makes one only for a database that has nothing sealed yet.
  static MasterKey masterKey(Settings settings, Database database, CryptoProvider provider)
      throws StartException {
    Path file = masterKeyFile(settings);
    try {
      Optional<MasterKey> key = MasterKey.read(file, provider.random());
      if (key.isPresent()) {
        return key.get();
      }
      if (database.read(KeyStore::hasSealedValues)) {
        throw new StartException(
            "The master key file "
                + file
                + " is missing. The database was sealed with it: put it back, or restore a"
                + " backup.");
      }
      if (settings.masterKeyFile().isPresent()) {
        throw new StartException(
            "The master key file "
                + file
                + " is missing. Make one with: (umask 077; head -c 32 /dev/urandom | base64 > "
                + file
                + ")");
      }
      return MasterKey.create(file, provider.random());
    } catch (IOException e) {
      throw new StartException("The master key cannot be used: " + e.getMessage(), e);
    }
  }

  /// The pepper; made once for a database.
  static byte[] pepper(Database database, KeyStore keys, CryptoProvider provider)
      throws StartException {
    byte[] fresh = new byte[PEPPER_BYTES];
    provider.random().nextBytes(fresh);
    try {
      if (readPepper(database, keys).isEmpty()) {
        database.write(
            tx -> {
              keys.sealIfAbsent(tx, PEPPER, fresh);
              return PEPPER;
            });
      }
      return readPepper(database, keys).orElseThrow();
    } catch (MasterKey.WrongKey e) {
      throw wrongKey(e);
    }
  }

  private static StartException wrongKey(MasterKey.WrongKey e) {
    return new StartException(
        "The master key is not the one that this database was sealed with ("
            + e.getMessage()
            + "). Give the right one with --master-key-file.",
        e);
  }

  /// Refuses a master key that does not open what is sealed in the database.
  static void requireRightKey(Database database, KeyStore keys) throws StartException {
    try {
      readPepper(database, keys);
    } catch (MasterKey.WrongKey e) {
      throw wrongKey(e);
    }
  }

  private static Optional<byte[]> readPepper(Database database, KeyStore keys)
      throws MasterKey.WrongKey {
    record Outcome(Optional<byte[]> pepper, Optional<MasterKey.WrongKey> failure) {}
    Outcome outcome =
        database.read(
            tx -> {
              try {
                return new Outcome(keys.unseal(tx, PEPPER), Optional.empty());
              } catch (MasterKey.WrongKey e) {
                return new Outcome(Optional.empty(), Optional.of(e));
              }
            });
    if (outcome.failure.isPresent()) {
      throw outcome.failure.get();
    }
    return outcome.pepper;
  }

  /// Makes the operator, and the demonstration if it is asked for.
  ///
  /// @return what the operator should be told
  static List<String> firstStart(
      Settings settings, URI uri, URI issuer, OperatorAccount operator, Demonstration demonstration)
      throws StartException {
    Path file = settings.data().resolve(OPERATOR_FILE);
    URI tokenEndpoint = tokenEndpoint(issuer);
    List<String> words = new ArrayList<>();
    boolean first =
        operator.makeIfFirst(
            file,
            tokenEndpoint,
            tx -> {
              if (settings.demo()) {
                demonstration.make(tx, settings.data(), tokenEndpoint);
              }
            });
    if (first) {
      words.add(
          "First start: the operator's client id and secret are in " + file + " (mode 0600).");
      if (!settings.demo()) {
        words.add("Next, in another terminal, a token for the operator, from file to file:\n");
        words.add(OperatorAccount.lines(settings.data(), uri));
        words.add("and with it a first customer: README.md shows how.");
      }
    }
    if (settings.demo()) {
      if (!first && !demonstration.wasMade()) {
        throw new StartException(
            "--demo makes its customers in an empty data directory only, and "
                + settings.data()
                + " is in use. Start without --demo, or give another --data.");
      }
      words.add(
          "Demonstration: customers ABC and XYZ; credentials in "
              + settings.data().resolve("demo.json")
              + ".");
      words.add("Copy these lines into another terminal:\n");
      words.add(Demonstration.lines(settings.data(), uri));
    }
    return words;
  }

  private static URI tokenEndpoint(URI issuer) {
    String text = issuer.toString();
    return URI.create((text.endsWith("/") ? text : text + "/") + "oauth/token");
  }

  /// Lets an import work, on a data directory that no server holds.
  ///
  /// @param handout where generated secrets go, if there may be any
  static <T> T withImport(
      Settings settings,
      InstantSource clock,
      Optional<ClientImport.Handout> handout,
      Function<ClientImport, T> work)
      throws StartException {
    CryptoProvider provider = CryptoProvider.choose();
    try (DataDirectory _ = DataDirectory.lock(settings.data());
        Database database = openDatabase(settings, clock)) {
      database.expectLargeTransactions();
      KeyStore keys = new KeyStore(masterKey(settings, database, provider));
      AuditStore audit = new AuditStore(clock);
      RoleStore roles = new RoleStore(clock);
      GrantStore grants = new GrantStore();
      CustomerStore customers = new CustomerStore(clock, roles);
      SecretStore secrets = new SecretStore(clock, provider);
      ClientStore clients = new ClientStore(clock, grants, secrets);
      CurrentCallers callers =
          new CurrentCallers(
              new ClientDirectory(database, clients, settings.directoryBytes()), customers);
      CustomersEndpoint customersEndpoint =
          new CustomersEndpoint(database, customers, roles, grants, audit, callers, clients);
      // Nothing else wants these processors.
      int slowHashes = Runtime.getRuntime().availableProcessors();
      try (SecretHasher hasher =
              new SecretHasher(provider, pepper(database, keys, provider), slowHashes);
          ClientImport target =
              new ClientImport(
                  database,
                  customers,
                  new CustomerImport(customers, customersEndpoint, roles, audit),
                  clients,
                  secrets,
                  audit,
                  hasher,
                  provider,
                  clock,
                  settings.maxTokenValidity(),
                  slowHashes,
                  handout)) {
        return work.apply(target);
      }
    } catch (IOException e) {
      throw new StartException("The data directory cannot be used: " + e.getMessage(), e);
    }
  }

  /// Gives the operator a new secret, on a data directory that no server holds.
  ///
  /// @return where the new secret is
  static Path resetOperator(Settings settings, InstantSource clock) throws StartException {
    if (settings.database().isEmpty() && Files.notExists(settings.data().resolve(DATABASE_FILE))) {
      throw neverStarted(settings);
    }
    CryptoProvider provider = CryptoProvider.choose();
    try (DataDirectory _ = DataDirectory.lock(settings.data());
        Database database = openDatabase(settings, clock)) {
      KeyStore keys = new KeyStore(masterKey(settings, database, provider));
      AuditStore audit = new AuditStore(clock);
      RoleStore roles = new RoleStore(clock);
      GrantStore grants = new GrantStore();
      CustomerStore customers = new CustomerStore(clock, roles);
      SecretStore secrets = new SecretStore(clock, provider);
      ClientStore clients = new ClientStore(clock, grants, secrets);
      CurrentCallers callers =
          new CurrentCallers(
              new ClientDirectory(database, clients, settings.directoryBytes()), customers);
      try (SecretHasher hasher =
          new SecretHasher(
              provider, pepper(database, keys, provider), settings.slowHashThreads())) {
        CustomersEndpoint customersEndpoint =
            new CustomersEndpoint(database, customers, roles, grants, audit, callers, clients);
        ClientCreationEndpoint creation =
            new ClientCreationEndpoint(
                database,
                clients,
                secrets,
                customers,
                audit,
                callers,
                hasher,
                provider,
                settings.maxTokenValidity());
        Path file = settings.data().resolve(OPERATOR_FILE);
        URI tokenEndpoint =
            settings
                .issuer()
                .map(Installation::tokenEndpoint)
                .or(() -> OperatorAccount.tokenEndpointIn(file))
                .orElse(tokenEndpoint(URI.create("http://127.0.0.1:" + settings.port())));
        boolean done =
            new OperatorAccount(
                    database,
                    customers,
                    customersEndpoint,
                    clients,
                    creation,
                    secrets,
                    audit,
                    hasher,
                    provider)
                .reset(file, tokenEndpoint);
        if (!done) {
          throw neverStarted(settings);
        }
        return file;
      }
    } catch (IOException e) {
      throw new StartException("The data directory cannot be used: " + e.getMessage(), e);
    }
  }

  private static StartException neverStarted(Settings settings) {
    return new StartException(
        "No operator was ever made in "
            + settings.data()
            + ": start the server once with 'clientele serve', or give another --data"
            + " (and --database, if it is in PostgreSQL).");
  }
}
