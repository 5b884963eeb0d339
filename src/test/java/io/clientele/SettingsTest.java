package io.clientele;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.clientele.harness.ServerProcess;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Design 6 and contract 5: every setting, where it comes from, and what is said when it is wrong.
class SettingsTest {
  @TempDir Path directory;

  private static Settings parse(Map<String, String> environment, String... arguments) {
    try {
      return Settings.parse(List.of(arguments), environment);
    } catch (SettingsException e) {
      throw new AssertionError(e);
    }
  }

  private static Settings parse(String... arguments) {
    return parse(Map.of(), arguments);
  }

  private static List<String> faults(Map<String, String> environment, String... arguments) {
    SettingsException refused =
        catchThrowableOfType(
            SettingsException.class, () -> Settings.parse(List.of(arguments), environment));
    assertThat(refused).as("the settings are refused").isNotNull();
    return refused.faults();
  }

  private static List<String> faults(String... arguments) {
    return faults(Map.of(), arguments);
  }

  private Path config(String text) throws Exception {
    return Files.writeString(directory.resolve("clientele.conf"), text);
  }

  @Nested
  class Defaults {
    @Test
    void theyAreTheContracts() {
      Settings settings = parse();

      assertThat(settings.host()).isEqualTo("127.0.0.1");
      assertThat(settings.port()).isEqualTo(8080);
      assertThat(settings.issuer()).isEmpty();
      assertThat(settings.audience()).isEmpty();
      assertThat(settings.managementPort()).isEmpty();
      assertThat(settings.database()).isEmpty();
      assertThat(settings.maxTokenValidity()).isEqualTo(86_400);
      assertThat(settings.keyRotation()).isEqualTo(Duration.ofDays(30));
      assertThat(settings.keyPublishLead()).isEqualTo(Duration.ofMinutes(5));
      assertThat(settings.failureLimit()).isEqualTo(20);
      assertThat(settings.maxConnections()).isEqualTo(10_000);
      assertThat(settings.peerTimeout()).isEqualTo(Duration.ofSeconds(20));
      assertThat(settings.stalenessLimit()).isEqualTo(Duration.ofMinutes(10));
      assertThat(settings.behindProxy()).isEmpty();
      assertThat(settings.demo()).isFalse();
    }

    @Test
    void everyOptionIsRead() {
      Settings settings =
          parse(
              "--port",
              "0",
              "--management-port=9000",
              "--data",
              "some/where",
              "--issuer",
              "https://id.example.com/a",
              "--audience",
              "one, two,,three",
              "--max-token-validity",
              "7200",
              "--key-rotation",
              "86400",
              "--key-publish-lead",
              "600",
              "--jwks-cache",
              "600",
              "--failure-limit",
              "5",
              "--master-key-file",
              "/etc/key",
              "--log-format",
              "json",
              "--demo");

      assertThat(settings.port()).isZero();
      assertThat(settings.managementPort()).hasValue(9000);
      assertThat(settings.data()).isEqualTo(Path.of("some/where"));
      assertThat(settings.issuer()).hasValue(URI.create("https://id.example.com/a"));
      assertThat(settings.audience()).containsExactly("one", "two", "three");
      assertThat(settings.maxTokenValidity()).isEqualTo(7200);
      assertThat(settings.keyRotation()).isEqualTo(Duration.ofDays(1));
      assertThat(settings.keyPublishLead()).isEqualTo(Duration.ofMinutes(10));
      assertThat(settings.jwksCache()).isEqualTo(Duration.ofMinutes(10));
      assertThat(settings.failureLimit()).isEqualTo(5);
      assertThat(settings.masterKeyFile()).hasValue(Path.of("/etc/key"));
      assertThat(settings.demo()).isTrue();
    }
  }

  @Nested
  class Precedence {
    @Test
    void theCommandLineWinsOverTheEnvironmentWhichWinsOverTheFile() throws Exception {
      Path file = config("port=1001\nfailure-limit=101\njwks-cache=61\n");
      Map<String, String> environment =
          Map.of("CLIENTELE_PORT", "1002", "CLIENTELE_FAILURE_LIMIT", "102");

      Settings settings = parse(environment, "--config", file.toString(), "--port", "1003");

      assertThat(settings.port()).isEqualTo(1003);
      assertThat(settings.failureLimit()).isEqualTo(102);
      assertThat(settings.jwksCache()).isEqualTo(Duration.ofSeconds(61));
    }

    @Test
    void theFileMayBeNamedByTheEnvironment() throws Exception {
      Path file = config("port=1001\n");
      assertThat(parse(Map.of("CLIENTELE_CONFIG", file.toString())).port()).isEqualTo(1001);
      assertThat(parse("--config=" + file).port()).isEqualTo(1001);
    }

    @Test
    void aFlagIsSetByTheEnvironmentAndTheFileToo() throws Exception {
      assertThat(parse(Map.of("CLIENTELE_DEMO", "true")).demo()).isTrue();
      assertThat(parse(Map.of("CLIENTELE_DEMO", "false")).demo()).isFalse();
      assertThat(parse("--config", config("demo=true\n").toString()).demo()).isTrue();
    }

    @Test
    void otherPeoplesVariablesAreNotLookedAt() {
      Map<String, String> environment =
          Map.of("PORT", "x", "CLIENTELEPORT", "x", "CLIENTELE_JAVA_HOME", "/x", "HOME", "/root");
      assertThat(parse(environment).port()).isEqualTo(8080);
    }
  }

  @Nested
  class UnknownNames {
    @ParameterizedTest
    @CsvSource({
      "--prot, --port",
      "--max-token-valdity, --max-token-validity",
      "--isuer, --issuer",
      "--failure_limit, --failure-limit",
      "--Port, --port"
    })
    void anUnknownOptionIsRefusedWithTheNearestKnownOne(String option, String nearest) {
      assertThat(faults(option, "1")).anyMatch(each -> names(each, option, nearest));
    }

    @ParameterizedTest
    @CsvSource({
      "CLIENTELE_PROT, --port",
      "CLIENTELE_MAX_TOKEN_VALIDTY, --max-token-validity",
      "CLIENTELE_KEYROTATION, --key-rotation"
    })
    void anUnknownVariableIsRefusedWithTheNearestKnownOne(String variable, String nearest) {
      assertThat(faults(Map.of(variable, "1")))
          .singleElement()
          .matches(each -> names(each, variable, nearest));
    }

    @Test
    void anUnknownNameInTheFileIsRefusedWithTheNearestKnownOne() throws Exception {
      Path file = config("prot=1\nmax.token.validity=3600\nport=7\n");

      assertThat(faults("--config", file.toString()))
          .hasSize(2)
          .anyMatch(each -> names(each, "prot", "--port"))
          .anyMatch(each -> names(each, "max.token.validity", "--max-token-validity"));
    }

    @Test
    void whatResemblesNothingIsRefusedWithoutAGuess() {
      assertThat(faults("--zzzzzzzzzzzzzzzzzzzzzzz"))
          .anyMatch(each -> each.contains("zzz") && !each.contains("nearest"));
    }

    private boolean names(String fault, String given, String nearest) {
      return fault.contains(given) && fault.contains("nearest is " + nearest);
    }
  }

  @Nested
  class Faults {
    @Test
    void allAreSaidAtOnceFromWhereverTheyCome() throws Exception {
      Path file = config("jwks-cache=0\nprot=1\n");
      List<String> faults =
          faults(
              Map.of("CLIENTELE_FAILURE_LIMIT", "many", "CLIENTELE_ISUER", "x"),
              "--config",
              file.toString(),
              "--port",
              "65536",
              "--nonsense",
              "--log-format",
              "xml",
              "--issuer",
              "http://example.com");

      assertThat(faults)
          .anyMatch(each -> each.contains("--jwks-cache"))
          .anyMatch(each -> each.contains("prot"))
          .anyMatch(each -> each.contains("--failure-limit"))
          .anyMatch(each -> each.contains("CLIENTELE_ISUER"))
          .anyMatch(each -> each.contains("--port"))
          .anyMatch(each -> each.contains("--nonsense"))
          .anyMatch(each -> each.contains("--log-format"))
          .anyMatch(each -> each.contains("--issuer"))
          .hasSize(8);
    }

    @ParameterizedTest
    @CsvSource({
      "--port, -1",
      "--port, 65536",
      "--port, 80a",
      "--port, ''",
      "--management-port, x",
      "--max-token-validity, 59",
      "--max-token-validity, 1e3",
      "--failure-limit, 0",
      "--jwks-cache, 0",
      "--key-publish-lead, 99999999999",
      "--issuer, ftp://example.com",
      "--issuer, http://example.com",
      "--issuer, https://example.com?x=1",
      "--issuer, https://example.com#x",
      "--issuer, 'https://exa mple.com'",
      "--issuer, /relative",
      "--log-format, yaml",
      "--database, jdbc:mysql://x/y",
      "--database-user, me",
      "--database-password-file, /nowhere/at/all",
      "--behind-proxy, 10.0.0.0/33",
      "--behind-proxy, somewhere",
      "--config, /nowhere/at/all"
    })
    void aBadValueIsNamed(String option, String value) {
      assertThat(faults(option, value)).anyMatch(each -> each.contains(option));
    }

    @Test
    void anOptionWithoutItsValueIsAFault() {
      assertThat(faults("--port")).singleElement().asString().contains("--port");
      assertThat(faults("--port", "1", "--port", "2"))
          .singleElement()
          .asString()
          .contains("--port");
    }

    @Test
    void aValueThatIsNoOptionIsAFault() {
      assertThat(faults("data")).singleElement().asString().contains("'data'");
    }

    @Test
    void theMessageHoldsThemAll() {
      assertThatThrownBy(
              () -> Settings.parse(List.of("--port", "x", "--failure-limit", "y"), Map.of()))
          .hasMessageContaining("--port")
          .hasMessageContaining("--failure-limit");
    }
  }

  @Nested
  class OffLoopback {
    @Test
    void plainHttpNeedsAProxyInFrontAndAnIssuer() {
      assertThat(faults("--host", "0.0.0.0"))
          .hasSize(2)
          .anyMatch(each -> each.contains("--behind-proxy"))
          .anyMatch(each -> each.contains("--issuer"));
      assertThat(faults("--host", "0.0.0.0", "--behind-proxy", "10.0.0.0/8"))
          .singleElement()
          .asString()
          .contains("--issuer");
      assertThat(faults("--host", "0.0.0.0", "--issuer", "https://id.example.com"))
          .singleElement()
          .asString()
          .contains("--behind-proxy");
    }

    @Test
    void withBothItStarts() {
      Settings settings =
          parse(
              "--host",
              "0.0.0.0",
              "--behind-proxy",
              "10.0.0.0/8,fd00::/8",
              "--issuer",
              "https://id.example.com");
      assertThat(settings.behindProxy()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
    void onLoopbackNeitherIsNeeded(String host) {
      assertThat(parse("--host", host).host()).isEqualTo(host);
    }
  }

  @Nested
  class KeysInTime {
    @Test
    void theLeadIsNeverLessThanTheCacheTime() {
      assertThat(faults("--key-publish-lead", "59", "--jwks-cache", "60"))
          .singleElement()
          .asString()
          .contains("--key-publish-lead")
          .contains("--jwks-cache");
      parse("--key-publish-lead", "60", "--jwks-cache", "60");
    }

    @Test
    void keysMayRotateFasterThanTheLeadWithSeveralPending() {
      Settings settings =
          parse("--key-rotation", "30", "--jwks-cache", "60", "--key-publish-lead", "61");

      assertThat(settings.keyRotation()).isEqualTo(Duration.ofSeconds(30));
    }
  }

  @Nested
  class InKubernetes {
    @Test
    void whatItPutsThereForAServiceCalledLikeUsIsNoSetting() {
      Map<String, String> links =
          Map.of(
              "CLIENTELE_SERVICE_HOST", "10.0.0.7",
              "CLIENTELE_SERVICE_PORT", "8080",
              "CLIENTELE_SERVICE_PORT_HTTP", "8080",
              "CLIENTELE_PORT", "tcp://10.0.0.7:8080",
              "CLIENTELE_PORT_8080_TCP", "tcp://10.0.0.7:8080",
              "CLIENTELE_PORT_8080_TCP_ADDR", "10.0.0.7",
              "CLIENTELE_MAX_TOKEN_VALIDITY", "600");

      Settings settings = parse(links);

      assertThat(settings.port()).isEqualTo(8080);
      assertThat(settings.maxTokenValidity()).isEqualTo(600);
    }
  }

  @Nested
  class TheProgram {
    private record Ended(int code, String out, String err) {}

    private Ended run(String... arguments) {
      try (ServerProcess process = ServerProcess.run(arguments)) {
        int code = process.exitCode();
        return new Ended(code, process.out(), process.err());
      }
    }

    @Test
    void itNamesEveryFaultOnALineOfItsOwnChangesNothingAndExitsWith2() {
      Path data = directory.resolve("data");
      Ended ended =
          run(
              "serve",
              "--data",
              data.toString(),
              "--port",
              "x",
              "--failure-limit",
              "0",
              "--prot",
              "1");

      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.err().lines()).hasSizeGreaterThanOrEqualTo(3);
      assertThat(ended.err().lines()).allMatch(line -> line.startsWith("clientele: "));
      assertThat(ended.err()).contains("--port").contains("--failure-limit").contains("'--prot'");
      assertThat(ended.err()).doesNotContain("Exception").doesNotContain("\tat ");
      assertThat(ended.out()).isEmpty();
      assertThat(data).doesNotExist();
    }

    @Test
    void anUnknownCommandExitsWith2() {
      Ended ended = run("sevre");
      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.err()).contains("sevre").contains("--help");
      assertThat(run().code()).isEqualTo(2);
    }

    @Test
    void helpListsEverySettingWithItsDefaultAndExitsWith0() {
      Ended ended = run("serve", "--help");

      List<String> missing = new ArrayList<>();
      for (String option :
          List.of(
              "--host",
              "--port",
              "--management-port",
              "--data",
              "--database",
              "--issuer",
              "--audience",
              "--master-key-file",
              "--max-token-validity",
              "--key-rotation",
              "--key-publish-lead",
              "--jwks-cache",
              "--failure-limit",
              "--behind-proxy",
              "--log-format",
              "--demo",
              "--config")) {
        if (!ended.out().contains(option)) {
          missing.add(option);
        }
      }
      assertThat(ended.code()).isZero();
      assertThat(missing).isEmpty();
      assertThat(ended.out()).contains("8080").contains("86400").contains("CLIENTELE_");
      assertThat(ended.err()).isEmpty();
    }
  }
}
