package io.clientele;

import io.clientele.cli.Generated;
import io.clientele.cli.Import;
import io.clientele.cli.Lines;
import io.clientele.cli.NdjsonFile;
import io.clientele.cli.Progress;
import io.clientele.cli.SecretsFile;
import io.clientele.cli.Seed;
import io.clientele.client.ClientImport.Handout;
import io.clientele.crypto.Secret;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;

/// The commands `import` and `generate`: reads their options, opens the installation, and lets the
/// import run until it ends or a signal ends it.
final class ImportCommands {

  private final Map<String, String> environment;
  private final PrintStream err;

  ImportCommands(Map<String, String> environment, PrintStream err) {
    this.environment = environment;
    this.err = err;
  }

  /// `clientele import FILE`
  ///
  /// @return whether all was imported
  boolean importFile(List<String> words) throws SettingsException, StartException {
    ImportOptions options = new ImportOptions();
    SettingsFaults faults = new SettingsFaults();
    SettingsSources.read(options, words, environment, faults);
    Settings settings = Settings.from(options.installation, faults);
    try (Lines lines = open(options.file)) {
      if (options.secretsOut.isEmpty()) {
        return run(settings, lines, "MiB", 1 << 20, Optional.empty());
      }
      try (SecretsFile secrets = SecretsFile.open(Path.of(options.secretsOut))) {
        return run(settings, lines, "MiB", 1 << 20, Optional.of(secrets));
      }
    } catch (NoSuchFileException e) {
      throw new StartException("There is no file " + e.getFile() + ".", e);
    } catch (IOException e) {
      throw new StartException("A file cannot be used: " + e.getMessage(), e);
    }
  }

  private static Lines open(String file) throws IOException {
    return file.equals("-") ? NdjsonFile.of(System.in) : NdjsonFile.open(Path.of(file));
  }

  /// `clientele generate`
  ///
  /// @return whether all was made
  boolean generate(List<String> words) throws SettingsException, StartException {
    GenerateOptions options = new GenerateOptions();
    SettingsFaults faults = new SettingsFaults();
    SettingsSources.read(options, words, environment, faults);
    int customers = faults.number("customers", options.customers, 1, 1_000_000);
    int clients = faults.number("clients", options.clients, 1, 100_000_000);
    Settings settings = Settings.from(options.installation, faults);
    String seed = options.seed;
    if (seed.isEmpty()) {
      seed = Secret.generate(new SecureRandom()).reveal().substring(4, 26);
      err.println("Seed: " + seed + " (whoever knows it has every secret)");
    }
    return run(
        settings, new Generated(new Seed(seed), customers, clients), "lines", 1, Optional.empty());
  }

  private boolean run(
      Settings settings, Lines lines, String unit, long unitSize, Optional<Handout> handout)
      throws StartException {
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Thread onSignal = new Thread(() -> endFirst(stop, ended), "import-stop");
    Runtime.getRuntime().addShutdownHook(onSignal);
    try {
      Import.Outcome outcome =
          Installation.withImport(
              settings,
              InstantSource.system(),
              handout,
              target -> run(new Import(target, lines, stop), lines.end(), unit, unitSize));
      if (outcome.end() instanceof Import.End.Failure(Exception cause)) {
        throw new StartException("The import failed: " + cause.getMessage(), cause);
      }
      return outcome.isComplete();
    } finally {
      ended.countDown();
      forget(onSignal);
    }
  }

  private Import.Outcome run(Import run, OptionalLong end, String unit, long unitSize) {
    Progress progress = Progress.on(err, unit, unitSize, end);
    Import.Outcome outcome = runBeside(progress, run);
    outcome.words(progress).forEach(err::println);
    return outcome;
  }

  private static Import.Outcome runBeside(Progress progress, Import run) {
    try (progress) {
      return run.run(progress);
    }
  }

  /// What a signal does: the process must not go before the part under way is written and the
  /// database closed.
  private static void endFirst(CountDownLatch stop, CountDownLatch ended) {
    stop.countDown();
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void forget(Thread onSignal) {
    try {
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (IllegalStateException e) {
      // The hook runs, and this is what it waits for.
    }
  }
}
