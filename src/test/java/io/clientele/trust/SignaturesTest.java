package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.impl.ECDSA;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Es256Verifier;
import io.clientele.harness.FastHttp;
import io.clientele.harness.Http;
import io.clientele.harness.ServerProcess;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// SEC 1 §4.1.4 and RFC 7518 §3.4: a signature is two numbers in range, in 64 bytes, and of this
/// message (CVE-2022-21449 was a JDK that took zeros). On each provider that the program may sign
/// and verify with: through the front door, once as it is and once without Amazon's library, where
/// the JDK serves; and at the verifiers themselves.
@TrustCase(
    id = "T2",
    title = "Signatures out of range or form, on each crypto provider",
    unit = "signatures",
    required = 2_000,
    brief = 2_000,
    seconds = 20)
class SignaturesTest {
  private static final String INACTIVE = "{\"active\":false}";

  /// The order of the curve P-256.
  private static final BigInteger N =
      new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

  private static byte[] fixed(BigInteger value) {
    byte[] bytes = value.toByteArray();
    byte[] fixed = new byte[32];
    int length = Math.min(32, bytes.length);
    System.arraycopy(bytes, bytes.length - length, fixed, 32 - length, length);
    return fixed;
  }

  private static byte[] signature(BigInteger r, BigInteger s) {
    byte[] both = Arrays.copyOf(fixed(r), 64);
    System.arraycopy(fixed(s), 0, both, 32, 32);
    return both;
  }

  /// Signatures that the two numbers of a good one are turned into.
  private static Map<String, byte[]> outOfRange(byte[] good) {
    BigInteger r = new BigInteger(1, good, 0, 32);
    BigInteger s = new BigInteger(1, good, 32, 32);
    BigInteger max = BigInteger.TWO.pow(256).subtract(BigInteger.ONE);
    Map<String, byte[]> made = new LinkedHashMap<>();
    List<BigInteger> odd =
        List.of(
            BigInteger.ZERO,
            BigInteger.ONE,
            N.subtract(BigInteger.ONE),
            N,
            N.add(BigInteger.ONE),
            max);
    for (BigInteger first : odd) {
      made.put("r = " + first.toString(16), signature(first, s));
      made.put("s = " + first.toString(16), signature(r, first));
      for (BigInteger second : odd) {
        made.put(
            "r = " + first.toString(16) + ", s = " + second.toString(16), signature(first, second));
      }
    }
    made.put("swapped", signature(s, r));
    made.put("-r", signature(N.subtract(r), s));
    try {
      byte[] der = ECDSA.transcodeSignatureToDER(good);
      made.put("DER", der);
      made.put("DER, filled with zeros", Arrays.copyOf(der, 80));
      made.put("DER, cut to 64 bytes", Arrays.copyOf(der, 64));
      byte[] longForm = prefixed(der);
      longForm[0] = der[0];
      longForm[1] = (byte) 0x81;
      longForm[2] = der[1];
      System.arraycopy(der, 2, longForm, 3, der.length - 2);
      made.put("DER, its length in the long form", longForm);
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
    made.put("empty", new byte[0]);
    made.put("one byte", new byte[1]);
    made.put("r alone", Arrays.copyOf(good, 32));
    made.put("short by one", Arrays.copyOf(good, 63));
    made.put("long by one", Arrays.copyOf(good, 65));
    made.put("long by a zero in front", prefixed(good));
    made.put("96 bytes", Arrays.copyOf(good, 96));
    made.put("twice", twice(good));
    byte[] padded = new byte[66];
    System.arraycopy(good, 0, padded, 1, 32);
    System.arraycopy(good, 32, padded, 34, 32);
    made.put("33 bytes each", padded);
    made.put("10 kB", Arrays.copyOf(good, 10_000));
    return made;
  }

  private static byte[] prefixed(byte[] bytes) {
    byte[] longer = new byte[bytes.length + 1];
    System.arraycopy(bytes, 0, longer, 1, bytes.length);
    return longer;
  }

  private static byte[] twice(byte[] bytes) {
    byte[] both = Arrays.copyOf(bytes, 2 * bytes.length);
    System.arraycopy(bytes, 0, both, bytes.length, bytes.length);
    return both;
  }

  /// Each bit of a good one flipped.
  private static Map<String, byte[]> flipped(byte[] good) {
    Map<String, byte[]> made = new LinkedHashMap<>();
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      made.put("bit " + bit, flipped);
    }
    return made;
  }

  private static Map<String, byte[]> bad(byte[] good) {
    Map<String, byte[]> all = outOfRange(good);
    all.putAll(flipped(good));
    return all;
  }

  @Test
  void areRefusedByAServer(@TempDir Path data, Tally tally) {
    try (ServerProcess server = ServerProcess.serve(data)) {
      refusesAll(server, data, "provider=\"", tally);
    }
  }

  @Test
  void areRefusedByAServerOnTheJdk(@TempDir Path data, Tally tally) {
    try (ServerProcess server = ServerProcess.serveWithoutCorretto(data)) {
      refusesAll(server, data, "provider=\"JDK", tally);
    }
  }

  /// @param provider what the metrics say of it
  private static void refusesAll(ServerProcess server, Path data, String provider, Tally tally) {
    Http http = server.http();
    JsonNode operator = ServerProcess.operator(data);
    String id = operator.get("clientId").asText();
    String secret = operator.get("clientSecret").asText();
    String token = server.token(id, secret);
    String metrics = http.get("/metrics", token).expect(200).text();
    String serving = metrics.lines().filter(line -> line.contains("provider=")).findFirst().get();
    assertThat(serving).contains(provider);
    String input = token.substring(0, token.lastIndexOf('.') + 1);
    byte[] good = Base64.getUrlDecoder().decode(token.substring(input.length()));
    try (FastHttp connection = FastHttp.connect(server.uri())) {
      bad(good)
          .forEach(
              (name, signature) -> {
                String forged =
                    input + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
                FastHttp.Reply told =
                    connection.exchange(introspection(Http.basic(id, secret), forged));
                if (told.status() != 200 || !told.body().equals(INACTIVE)) {
                  tally.wrong(serving + ", " + name + ": " + told.body());
                }
                if (forged.length() < 10_000) {
                  FastHttp.Reply asked =
                      connection.exchange(
                          FastHttp.withToken("GET", "/oauth/customers", forged, ""));
                  if (asked.status() != 401) {
                    tally.wrong(serving + ", as bearer token, " + name + ": " + asked.status());
                  }
                }
                tally.badInput();
              });
      FastHttp.Reply living = connection.exchange(introspection(Http.basic(id, secret), token));
      if (!living.body().startsWith("{\"active\":true")) {
        tally.wrong(serving + ": the token itself is refused");
      }
    }
    tally.measured("served with " + serving.replaceAll(".*provider=\"([^\"]*)\".*", "$1"));
  }

  private static byte[] introspection(String basic, String token) {
    return FastHttp.form("/oauth/introspect", basic, "token=" + token);
  }

  static Stream<CryptoProvider> providers() {
    return Stream.of(CryptoProvider.choose(), CryptoProvider.jdk("for a test"));
  }

  @ParameterizedTest
  @MethodSource("providers")
  void areRefusedByTheVerifier(CryptoProvider provider, Tally tally)
      throws GeneralSecurityException {
    KeyPair pair = provider.newP256();
    byte[] message = "a message".getBytes(UTF_8);
    byte[] good = provider.signer(pair.getPrivate()).sign(message, 0, message.length);
    Es256Verifier verifier = provider.verifier(pair.getPublic());

    assertThat(good).hasSize(64);
    assertThat(verifier.verify(message, good)).isTrue();
    assertThat(verifier.verify("another".getBytes(UTF_8), good)).isFalse();
    assertThat(provider.verifier(provider.newP256().getPublic()).verify(message, good)).isFalse();
    bad(good)
        .forEach(
            (name, signature) -> {
              tally.badInput();
              if (verifier.verify(message, signature)) {
                tally.wrong(provider.name() + ": " + name);
              }
            });
    assertThat(verifier.verify(message, good)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void oneBelievesWhatTheOtherSigned(CryptoProvider provider) throws GeneralSecurityException {
    CryptoProvider jdk = CryptoProvider.jdk("for a test");
    KeyPair pair = jdk.newP256();
    byte[] message = "a message".getBytes(UTF_8);

    assertThat(
            jdk.verifier(pair.getPublic())
                .verify(
                    message, provider.signer(pair.getPrivate()).sign(message, 0, message.length)))
        .isTrue();
    assertThat(
            provider
                .verifier(pair.getPublic())
                .verify(message, jdk.signer(pair.getPrivate()).sign(message, 0, message.length)))
        .isTrue();
  }
}
