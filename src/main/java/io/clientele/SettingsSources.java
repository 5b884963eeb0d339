package io.clientele;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/// Where settings come from: the command line, then the environment, then the `--config` file, then
/// the default. A name that nobody knows is a fault that tells the nearest known one.
final class SettingsSources {

  private static final String PREFIX = "CLIENTELE_";

  /// Variables with our prefix that are the launcher's or the command line's, and no settings.
  private static final Set<String> NOT_SETTINGS =
      Set.of("CLIENTELE_JAVA_HOME", "CLIENTELE_JAVA_OPTS", "CLIENTELE_HOME");

  private static final Pattern SERVICE_LINK =
      Pattern.compile(".*_SERVICE_(HOST|PORT(_\\w+)?)|.*_PORT_\\d+_(TCP|UDP|SCTP)(_\\w+)?");

  private SettingsSources() {}

  /// Reads the options as text.
  ///
  /// @param arguments without the word `serve`
  /// @param faults where what is wrong is noted
  /// @throws SettingsException if the command line cannot be read to its end
  static ServeOptions read(
      List<String> arguments, Map<String, String> environment, SettingsFaults faults)
      throws SettingsException {
    ServeOptions options = new ServeOptions();
    read(options, arguments, environment, faults);
    return options;
  }

  /// Reads the options of a command that takes those of `serve` among its own. Its own come from
  /// the command line alone: they say what to do this once, and are no settings.
  ///
  /// @param command a picocli command, whose fields are set
  /// @param faults where what is wrong is noted
  /// @throws SettingsException if the command line cannot be read to its end
  static void read(
      Object command,
      List<String> arguments,
      Map<String, String> environment,
      SettingsFaults faults)
      throws SettingsException {
    CommandLine line = new CommandLine(command);
    line.setDefaultValueProvider(
        defaults(new CommandLine(new ServeOptions()), arguments, environment, faults));
    try {
      line.parseArgs(arguments.toArray(new String[0]));
    } catch (CommandLine.UnmatchedArgumentException e) {
      e.getUnmatched().forEach(each -> faults.add(unknown(line, each)));
    } catch (CommandLine.ParameterException e) {
      faults.add(String.valueOf(e.getMessage()));
      faults.throwIfAny();
    }
  }

  private static String unknown(CommandLine line, String argument) {
    return "'" + argument + "' is not a known option" + nearest(line, argument);
  }

  private static String nearest(CommandLine line, String name) {
    String bare = name.startsWith("--") ? name.substring(2) : name;
    return names(line).stream()
        .min(Comparator.comparingInt(known -> distance(known, bare)))
        .filter(known -> distance(known, bare) <= Math.max(2, bare.length() / 2))
        .map(known -> "; the nearest is --" + known)
        .orElse("");
  }

  private static Set<String> names(CommandLine line) {
    Set<String> names = new TreeSet<>();
    for (OptionSpec option : line.getCommandSpec().options()) {
      names.add(option.longestName().substring(2));
    }
    return names;
  }

  /// How many letters must be put, taken or changed (Levenshtein).
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(changed, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  /// What holds where the command line is silent: the environment, then the file.
  private static CommandLine.IDefaultValueProvider defaults(
      CommandLine line,
      List<String> arguments,
      Map<String, String> environment,
      SettingsFaults faults) {
    Map<String, String> values = new TreeMap<>();
    Set<String> names = names(line);
    configFile(arguments, environment)
        .ifPresent(file -> readConfig(line, file, names, values, faults));
    environment.forEach(
        (variable, value) -> {
          if (variable.startsWith(PREFIX)
              && !NOT_SETTINGS.contains(variable)
              && !isServiceLink(variable, value)) {
            String name =
                variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT).replace('_', '-');
            if (names.contains(name)) {
              values.put(name, value);
            } else {
              faults.add(
                  "the environment variable " + variable + " is no setting" + nearest(line, name));
            }
          }
        });
    return new CommandLine.IDefaultValueProvider() {
      @Override
      public @Nullable String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option
            ? values.get(option.longestName().substring(2))
            : null;
      }
    };
  }

  /// Whether Kubernetes put the variable there for a service that happens to be called like us.
  private static boolean isServiceLink(String variable, String value) {
    return value.startsWith("tcp://")
        || value.startsWith("udp://")
        || SERVICE_LINK.matcher(variable).matches();
  }

  private static Optional<Path> configFile(
      List<String> arguments, Map<String, String> environment) {
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i).startsWith("--config=")) {
        return Optional.of(Path.of(arguments.get(i).substring("--config=".length())));
      }
      if (arguments.get(i).equals("--config") && i + 1 < arguments.size()) {
        return Optional.of(Path.of(arguments.get(i + 1)));
      }
    }
    return Optional.ofNullable(environment.get(PREFIX + "CONFIG")).map(Path::of);
  }

  private static void readConfig(
      CommandLine line,
      Path file,
      Set<String> names,
      Map<String, String> values,
      SettingsFaults faults) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      faults.add("the --config file " + file + " cannot be read: " + e.getMessage());
      return;
    }
    for (String name : new TreeSet<>(properties.stringPropertyNames())) {
      if (names.contains(name) && !name.equals("config")) {
        values.put(name, properties.getProperty(name, ""));
      } else {
        faults.add("'" + name + "' in " + file + " is no setting" + nearest(line, name));
      }
    }
  }
}
