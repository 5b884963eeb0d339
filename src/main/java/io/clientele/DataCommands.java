package io.clientele;

import io.clientele.audit.AuditChains;
import io.clientele.audit.AuditChains.Head;
import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditExport;
import io.clientele.audit.AuditStore;
import io.clientele.cli.BackupFile;
import io.clientele.cli.HeadsFile;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.MasterKey;
import io.clientele.crypto.PrivateFile;
import io.clientele.db.Database;
import io.clientele.http.Unavailable;
import io.clientele.id.CustomerId;
import io.clientele.key.KeyStore;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// The commands `backup`, `restore`, `audit verify` and `audit export`.
final class DataCommands {

  private static final int MOST_FAULTS_TOLD = 100;
  private static final long PROGRESS_EVERY = Duration.ofSeconds(10).toNanos();

  private final Map<String, String> environment;
  private final PrintStream err;
  private final InstantSource clock = InstantSource.system();
  private int faultsTold;
  private int remarksTold;

  DataCommands(Map<String, String> environment, PrintStream err) {
    this.environment = environment;
    this.err = err;
  }

  /// `clientele backup FILE`
  void backup(List<String> words) throws SettingsException, StartException {
    BackupOptions options = new BackupOptions();
    SettingsFaults faults = new SettingsFaults();
    SettingsSources.read(options, words, environment, faults);
    Settings settings = Settings.from(options.installation, faults);
    refusePostgresql(settings, "pg_dump makes backups of it");
    Path database = Installation.databaseFile(settings);
    Path file = Path.of(options.file).toAbsolutePath();
    Path copy = withEnding(file, ".part");
    Path beside = withEnding(file, ".new");
    try {
      if (Files.notExists(database)) {
        throw new NoSuchFileException(database.toString());
      }
      if (Files.exists(file)) {
        throw new FileAlreadyExistsException(file.toString());
      }
      Path directory = Objects.requireNonNull(file.getParent());
      if (!Files.isDirectory(directory)) {
        throw new StartException("There is no directory " + directory + ".");
      }
      for (Path left : List.of(copy, beside)) {
        if (Files.exists(left)) {
          throw new StartException(
              "There is a file " + left + ", left by a backup that was cut off: delete it.");
        }
        // A signal ends the process without ceremony.
        left.toFile().deleteOnExit();
      }
      PrivateFile.create(copy, new byte[0]);
      try {
        // What is committed from here on may be in the copy or not.
        Instant madeAt = clock.instant();
        int schema = Database.copySqlite(database, copy);
        BackupFile.About about = BackupFile.write(beside, copy, madeAt, Main.version(), schema);
        Files.move(beside, file);
        syncDirectory(directory);
        err.println(
            String.format(
                Locale.ROOT,
                "The backup is in %s: %,d bytes of database as of %s, SHA-256 %s.",
                file,
                about.bytes(),
                about.madeAt(),
                about.sha256()));
        err.println(
            "The master key ("
                + Installation.masterKeyFile(settings)
                + ") is not in it: keep a copy elsewhere.");
      } finally {
        Files.deleteIfExists(copy);
        Files.deleteIfExists(beside);
      }
    } catch (Database.CannotOpen e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw cannot(e);
    }
  }

  /// `clientele restore FILE`
  void restore(List<String> words) throws SettingsException, StartException {
    RestoreOptions options = new RestoreOptions();
    SettingsFaults faults = new SettingsFaults();
    SettingsSources.read(options, words, environment, faults);
    Settings settings = Settings.from(options.installation, faults);
    refusePostgresql(settings, "pg_restore restores it");
    Path database = Installation.databaseFile(settings);
    Path beside = database.resolveSibling(database.getFileName() + ".restoring");
    try {
      if (Files.notExists(Path.of(options.file))) {
        throw new NoSuchFileException(options.file);
      }
      try (DataDirectory _ = DataDirectory.lock(settings.data())) {
        for (Path there : List.of(database, withEnding(database, "-wal"))) {
          if (Files.exists(there)) {
            throw new FileAlreadyExistsException(there.toString());
          }
        }
        // Of a restore that was cut off.
        deleteDatabase(beside);
        try {
          BackupFile.About about = BackupFile.extract(Path.of(options.file), beside);
          makeReady(settings, beside, about, options.keepTokens);
          requireReady(beside, options.keepTokens);
          Files.move(beside, database, StandardCopyOption.ATOMIC_MOVE);
          syncDirectory(settings.data());
          tellRestored(settings, about, options.keepTokens);
        } finally {
          deleteDatabase(beside);
        }
      }
    } catch (IOException e) {
      throw cannot(e);
    }
  }

  private void tellRestored(Settings settings, BackupFile.About about, boolean keepTokens) {
    err.println(
        "The database is as it was at " + about.madeAt() + "; what was done after is gone.");
    err.println(
        keepTokens
            ? "Tokens that were issued before live on."
            : "Tokens that were issued before are dead.");
    err.println(
        "Secrets that were revoked and clients that were disabled after that time work again:"
            + " revoke and disable them anew.");
    if (Files.notExists(Installation.masterKeyFile(settings))) {
      err.println(
          "Its master key is missing: put it into "
              + Installation.masterKeyFile(settings)
              + " (mode 0600) before the server starts.");
    }
  }

  private static Path withEnding(Path file, String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }

  private static void deleteDatabase(Path file) throws IOException {
    for (String ending : List.of("", "-wal", "-shm", "-journal")) {
      Files.deleteIfExists(withEnding(file, ending));
    }
  }

  /// Brings the schema up to date, refuses what the master key does not open, and ends the tokens.
  private void makeReady(Settings settings, Path file, BackupFile.About about, boolean keepTokens)
      throws StartException {
    CryptoProvider provider = CryptoProvider.choose();
    try (Database database = Database.sqlite(file, clock)) {
      Optional<MasterKey> key =
          MasterKey.read(Installation.masterKeyFile(settings), provider.random());
      if (key.isPresent()) {
        Installation.requireRightKey(database, new KeyStore(key.get()));
      }
      database.write(
          tx -> {
            if (!keepTokens) {
              KeyStore.endAll(tx);
            }
            AuditEvent event =
                new AuditEvent.DataRestored(about.sha256(), about.madeAt().toString(), !keepTokens);
            new AuditStore(clock).write(tx, CustomerId.OPERATOR, "system", event);
            return event;
          });
    } catch (Database.CannotOpen e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    } catch (Unavailable e) {
      throw new StartException("The restored database cannot be written: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new StartException("The master key cannot be used: " + e.getMessage(), e);
    }
  }

  /// Reads what was written, from a new connection: all of it must stand in the one file that takes
  /// its place, and nothing in the file may have kept the tokens.
  private void requireReady(Path file, boolean keepTokens) throws StartException {
    boolean isReady;
    try (Database database = Database.sqliteBeside(file, clock)) {
      isReady = keepTokens || database.read(KeyStore::hasNone);
    } catch (Database.CannotOpen e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
    if (!isReady || Files.exists(withEnding(file, "-wal"))) {
      throw new StartException(
          "The restored database could not be written as it must be; is the disk full?");
    }
  }

  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /// `clientele audit verify`
  ///
  /// @return whether nothing is wrong
  boolean verifyAudit(List<String> words) throws SettingsException, StartException {
    AuditOptions options = new AuditOptions();
    SettingsFaults faults = new SettingsFaults();
    SettingsSources.read(options, words, environment, faults);
    Settings settings = Settings.from(options.installation, faults);
    try {
      for (Path out : options.headsOut.stream().toList()) {
        if (Files.exists(out)) {
          throw new FileAlreadyExistsException(out.toString());
        }
      }
      List<Head> known = options.heads.isEmpty() ? List.of() : HeadsFile.read(options.heads.get());
      List<Head> heads = new ArrayList<>();
      AuditChains chains = new AuditChains(known, this::tell, this::remark, heads::add);
      if (options.export.isPresent()) {
        checkExport(options.export.get(), chains);
      } else {
        checkDatabase(settings, chains);
      }
      // What is wrong must not become what later checks hold on to.
      if (options.headsOut.isPresent() && chains.faults() == 0) {
        HeadsFile.write(options.headsOut.get(), heads);
      }
      err.println(
          String.format(
              Locale.ROOT,
              "%,d events of %,d customers: %s%s.",
              chains.events(),
              chains.customers(),
              chains.faults() == 0
                  ? "nothing is missing or changed"
                  : String.format(Locale.ROOT, "%,d faults", chains.faults()),
              chains.removed() == 0
                  ? ""
                  : String.format(
                      Locale.ROOT,
                      "; %,d before them were removed by retention, as the chains tell",
                      chains.removed())));
      return chains.faults() == 0;
    } catch (Unavailable e) {
      throw new StartException("The database cannot be read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw cannot(e);
    }
  }

  private void checkDatabase(Settings settings, AuditChains chains) throws StartException {
    try (Database database = Installation.openBeside(settings, clock)) {
      database.read(
          tx -> {
            chains.check(new AuditStore(clock), tx);
            return chains;
          });
    }
  }

  private static void checkExport(Path file, AuditChains chains) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      AuditExport.check(in, chains);
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private void tell(AuditChains.Fault fault) {
    tell(faultsTold++, fault.toString());
  }

  private void remark(AuditChains.Fault remark) {
    tell(remarksTold++, "remark: " + remark);
  }

  private void tell(int before, String what) {
    if (before < MOST_FAULTS_TOLD) {
      err.println(what);
    } else if (before == MOST_FAULTS_TOLD) {
      err.println("…");
    }
  }

  /// `clientele audit export`
  void exportAudit(List<String> words, PrintStream out) throws SettingsException, StartException {
    AuditExportOptions options = new AuditExportOptions();
    SettingsFaults faults = new SettingsFaults();
    SettingsSources.read(options, words, environment, faults);
    Optional<CustomerId> only = options.customer.flatMap(CustomerId::parse);
    if (options.customer.isPresent() && only.isEmpty()) {
      faults.add("--customer '" + options.customer.get() + "' is no customer's id");
    }
    AuditExport.Format format =
        switch (options.format) {
          case "ndjson" -> AuditExport.Format.NDJSON;
          case "csv" -> AuditExport.Format.CSV;
          default -> {
            faults.add("--format must be ndjson or csv");
            yield AuditExport.Format.NDJSON;
          }
        };
    if (options.out.isEmpty()) {
      faults.add("--out must name a file, or be - for standard output");
    }
    Settings settings = Settings.from(options.installation, faults);
    try (Database database = Installation.openBeside(settings, clock)) {
      if (only.isPresent()
          && !database.read(tx -> new AuditStore(clock).hasChain(tx, only.get()))) {
        throw new StartException("There is no customer " + only.get() + ".");
      }
      if (options.out.equals("-")) {
        OutputStream checked = new CheckedOutput(out);
        export(database, only, format, checked);
        checked.flush();
        return;
      }
      Path file = Path.of(options.out).toAbsolutePath();
      Path part = withEnding(file, ".part");
      if (Files.exists(file)) {
        throw new FileAlreadyExistsException(file.toString());
      }
      if (Files.exists(part)) {
        throw new StartException(
            "There is a file " + part + ", left by an export that was cut off: delete it.");
      }
      // A signal ends the process without ceremony.
      part.toFile().deleteOnExit();
      PrivateFile.create(part, content -> export(database, only, format, content));
      Files.move(part, file);
      syncDirectory(Objects.requireNonNull(file.getParent()));
    } catch (Unavailable e) {
      throw new StartException("The database cannot be read: " + e.getMessage(), e);
    } catch (UncheckedIOException e) {
      throw cannot(Objects.requireNonNull(e.getCause()));
    } catch (IOException e) {
      throw cannot(e);
    }
  }

  private void export(
      Database database,
      Optional<CustomerId> only,
      AuditExport.Format format,
      OutputStream content) {
    AuditExport export = new AuditExport(content, format, new ProgressLines()::exported);
    AuditStore store = new AuditStore(clock);
    database.read(
        tx -> {
          only.ifPresentOrElse(
              customer -> export.write(store, tx, customer), () -> export.write(store, tx));
          return export;
        });
    err.println(
        String.format(
            Locale.ROOT,
            "%,d events of %,d customers exported.",
            export.events(),
            export.customers()));
  }

  /// A line every ten seconds.
  private final class ProgressLines {
    private long last = System.nanoTime();

    void exported(long events) {
      if (events % 1_000 == 0 && System.nanoTime() - last >= PROGRESS_EVERY) {
        last = System.nanoTime();
        err.println(String.format(Locale.ROOT, "Exported so far: %,d events", events));
      }
    }
  }

  /// A `PrintStream` keeps silent about what it cannot write.
  private static final class CheckedOutput extends BufferedOutputStream {
    private final PrintStream stream;

    CheckedOutput(PrintStream stream) {
      super(stream, 1 << 16);
      this.stream = stream;
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) throws IOException {
      super.write(bytes, from, length);
      requireWritten();
    }

    @Override
    public synchronized void flush() throws IOException {
      super.flush();
      requireWritten();
    }

    private void requireWritten() throws IOException {
      if (stream.checkError()) {
        throw new IOException("standard output cannot be written");
      }
    }
  }

  private static void refusePostgresql(Settings settings, String instead) throws StartException {
    if (settings.database().isPresent()) {
      throw new StartException("The database is in PostgreSQL: " + instead + ".");
    }
  }

  private static StartException cannot(IOException e) {
    return switch (e) {
      case NoSuchFileException none ->
          new StartException("There is no file " + none.getFile() + ".", e);
      case FileAlreadyExistsException there ->
          new StartException("There is a file " + there.getFile() + " already.", e);
      case AccessDeniedException denied ->
          new StartException(denied.getFile() + " may not be read or written.", e);
      default -> new StartException("It cannot be done: " + e.getMessage(), e);
    };
  }
}
