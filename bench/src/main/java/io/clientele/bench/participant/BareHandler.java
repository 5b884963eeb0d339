package io.clientele.bench.participant;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import io.clientele.bench.load.Call;
import io.clientele.bench.process.ServerProcess;
import io.clientele.bench.process.ServerProcess.Command;
import io.clientele.bench.process.ServerProcess.Ready;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The reference: `io.clientele.bench.bare`.
public final class BareHandler implements Participant {

  /// As many as Clientele has.
  private static final String SELECTORS = "2";

  /// Of this program's libraries, just what it stands on; no slf4j provider among them.
  private static final Pattern LIBRARY =
      Pattern.compile("(jetty-|slf4j-api-|AmazonCorrettoCryptoProvider-).*\\.jar");

  private static final Ready READY = new Ready.OnOutput(Pattern.compile("public key: (\\S+)\\n"));

  /// How it is set up, one sentence for the document.
  public static final String SETTINGS =
      "Jetty 12.1.14 and Amazon Corretto Crypto Provider 2.5.0, the versions that Clientele stands"
          + " on; two selectors and the JVM options that Clientele has (collector, heap, compact"
          + " object headers); no log, no limits, one client in a map.";

  private final List<String> options;

  /// @param ours a running Clientele: the JVM is set up as its is, so that programs are compared
  ///   and not collectors
  /// @param more options
  public BareHandler(ServerProcess ours, String... more) throws IOException {
    this.options = Stream.concat(ours.jvmOptions().stream(), Stream.of(more)).toList();
  }

  @Override
  public String name() {
    return "bare handler";
  }

  @Override
  public String settings() {
    return SETTINGS;
  }

  /// Starts it without waiting; the port is the last argument.
  public ServerProcess launch(Workshop workshop, int port) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    words.add("--enable-native-access=ALL-UNNAMED");
    words.addAll(options);
    words.addAll(
        List.of(
            "-cp",
            classPath(workshop.checkout()),
            "io.clientele.bench.bare.BareServer",
            SELECTORS));
    words.add(Integer.toString(port));
    return ServerProcess.start(
        workshop.processes(), new Command(words, Map.of(), workshop.checkout()), READY);
  }

  private static String classPath(Path checkout) throws IOException {
    Path target = checkout.resolve("bench/target");
    try (Stream<Path> libraries = Files.list(target.resolve("lib"))) {
      return Stream.concat(
              Stream.of(target.resolve("clientele-bench-0.1.0-bare.jar")),
              libraries.filter(jar -> LIBRARY.matcher(jar.getFileName().toString()).matches()))
          .map(Path::toString)
          .sorted()
          .collect(Collectors.joining(":"));
    }
  }

  /// The request that fetches a token from it.
  public static Call token(int port) {
    return Call.token(port, "/oauth/token", "test_client", "s3cr3t");
  }

  @Override
  public RunningServer start(Workshop workshop) throws IOException, InterruptedException {
    int port = Workshop.freePort();
    ServerProcess process = launch(workshop, port);
    JWKSet keys = keys(process.awaitReady(READY, Duration.ofSeconds(60)).group(1));
    return TokenCheck.checked(new RunningServer(name(), process, token(port), () -> keys));
  }

  private static JWKSet keys(String encoded) throws IOException {
    try {
      ECPublicKey key =
          (ECPublicKey)
              KeyFactory.getInstance("EC")
                  .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(encoded)));
      return new JWKSet(new ECKey.Builder(Curve.P_256, key).keyID("k1").build());
    } catch (GeneralSecurityException e) {
      throw new IOException("the bare handler's key cannot be read", e);
    }
  }
}
