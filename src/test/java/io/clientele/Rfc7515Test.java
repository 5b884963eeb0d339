package io.clientele;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.impl.ECDSA;
import com.nimbusds.jose.jwk.ECKey;
import io.clientele.crypto.CryptoProvider;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.Jwt;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// RFC 7515 and 8725: a token that the server did not make is none, however it is forged (T1, T2
/// and T3 in short). Each is tried at introspection and as a bearer token of an administrator.
@WithServer
class Rfc7515Test {
  private static final String INACTIVE = "{\"active\":false}";
  private static final Pattern HEADER_VALUE = Pattern.compile("[\\x21-\\x7e]+");
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  /// The order of the curve P-256.
  private static final BigInteger N =
      new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

  private static String encode(String text) {
    return BASE64.encodeToString(text.getBytes(UTF_8));
  }

  private static String encode(byte[] bytes) {
    return BASE64.encodeToString(bytes);
  }

  private static byte[] decode(String text) {
    return Base64.getUrlDecoder().decode(text);
  }

  private static ECKey serversKey(TestServer server, String token) {
    String kid = Jwt.header(token).get("kid").asText();
    for (JsonNode key : server.http().get("/oauth/jwks", "").expect(200).json("keys")) {
      if (key.get("kid").asText().equals(kid)) {
        try {
          return ECKey.parse(key.toString());
        } catch (ParseException e) {
          throw new AssertionError(e);
        }
      }
    }
    throw new AssertionError("the key that signed is not published");
  }

  private static KeyPair newKey(String curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(curve));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] sign(KeyPair pair, String algorithm, String input) {
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(pair.getPrivate());
      signature.update(input.getBytes(US_ASCII));
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] hmac(String algorithm, byte[] key, String input) {
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(key, algorithm));
      return mac.doFinal(input.getBytes(US_ASCII));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

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

  /// What holds of every forgery: nobody is told anything, nothing may be done, and the next good
  /// token is good.
  private static void refusesAll(TestServer server, Customer abc, Map<String, String> forgeries) {
    String basic = abc.admin().basic();
    Http http = server.http();
    forgeries.forEach(
        (name, token) -> {
          Answer told = http.form("/oauth/introspect", basic, "token", token);
          assertThat(told.status()).as(name).isEqualTo(200);
          assertThat(told.text()).as(name).isEqualTo(INACTIVE);
          if (token.length() < 12_000 && HEADER_VALUE.matcher(token).matches()) {
            Answer asked = http.get(abc.clients(), token);
            assertThat(asked.status()).as(name).isEqualTo(401);
            asked.expectOAuthError(401, "invalid_token");
          }
        });
    http.get(abc.clients(), abc.adminToken()).expect(200);
    assertThat(server.isActive(abc.adminToken())).isTrue();
  }

  private static final class Forger {
    final Map<String, String> made = new LinkedHashMap<>();
    final String good;
    final String payload;
    final String signature;
    final String kid;

    Forger(String good) {
      String[] parts = good.split("\\.", -1);
      this.good = good;
      this.payload = parts[1];
      this.signature = parts[2];
      this.kid = Jwt.header(good).get("kid").asText();
    }

    ObjectNode header(String algorithm) {
      return Answer.JSON
          .createObjectNode()
          .put("typ", "at+jwt")
          .put("alg", algorithm)
          .put("kid", kid);
    }

    void add(String name, String token) {
      assertThat(token).isNotEqualTo(good);
      assertThat(made.put(name, token)).as(name).isNull();
    }

    void unsigned(String name, String header) {
      String start = encode(header) + "." + payload;
      add(name + ", no signature", start + ".");
      add(name + ", two parts", start);
      add(name + ", the old signature", start + "." + signature);
      add(name + ", an empty one", start + "." + encode("{}"));
    }

    void signed(String name, ObjectNode header, KeyPair pair, String algorithm) {
      String input = encode(header.toString()) + "." + payload;
      add(name, input + "." + encode(sign(pair, algorithm, input)));
    }
  }

  @Nested
  class AlgorithmNone {
    @Test
    void isNoAlgorithmHoweverItIsSpelled(TestServer server, Customer abc) {
      Forger forger = new Forger(abc.adminToken());

      for (String none :
          List.of(
              "none", "None", "NONE", "nOnE", " none", "none ", "none\\u0000", "", "null", "ⅹ")) {
        forger.unsigned(
            "alg '" + none + "'",
            "{\"typ\":\"at+jwt\",\"alg\":\"" + none + "\",\"kid\":\"" + forger.kid + "\"}");
        forger.unsigned(
            "alg '" + none + "' without kid", "{\"alg\":\"" + none + "\",\"typ\":\"at+jwt\"}");
      }
      for (String odd : List.of("null", "0", "false", "[]", "[\"none\"]", "{}", "[\"ES256\"]")) {
        forger.unsigned(
            "alg " + odd,
            "{\"typ\":\"at+jwt\",\"alg\":" + odd + ",\"kid\":\"" + forger.kid + "\"}");
      }
      forger.unsigned("no alg", "{\"typ\":\"at+jwt\",\"kid\":\"" + forger.kid + "\"}");
      forger.unsigned("no header", "");
      forger.unsigned("header no object", "[]");
      forger.unsigned("header no JSON", "x");
      forger.unsigned(
          "alg twice",
          "{\"alg\":\"ES256\",\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"" + forger.kid + "\"}");

      refusesAll(server, abc, forger.made);
    }
  }

  @Nested
  class OurPublicKey {
    @Test
    void isNoKeyForAnHmac(TestServer server, Customer abc) throws JOSEException {
      Forger forger = new Forger(abc.adminToken());
      ECKey key = serversKey(server, forger.good);
      byte[] der = key.toECPublicKey().getEncoded();
      String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
      String pem = "-----BEGIN PUBLIC KEY-----\n" + lines + "\n-----END PUBLIC KEY-----";
      byte[] point = Arrays.copyOfRange(der, der.length - 65, der.length);
      Map<String, byte[]> keys = new LinkedHashMap<>();
      keys.put("PEM", pem.getBytes(US_ASCII));
      keys.put("PEM with newline", (pem + "\n").getBytes(US_ASCII));
      keys.put("PEM with CRLF", pem.replace("\n", "\r\n").getBytes(US_ASCII));
      keys.put("base64 of DER", Base64.getEncoder().encode(der));
      keys.put("DER", der);
      keys.put("point", point);
      keys.put("x and y", Arrays.copyOfRange(point, 1, 65));
      keys.put("x", key.getX().decode());
      keys.put("x as text", key.getX().toString().getBytes(US_ASCII));
      keys.put("JWK", key.toJSONString().getBytes(UTF_8));
      keys.put("JWKS", server.http().get("/oauth/jwks", "").body());
      keys.put("kid", forger.kid.getBytes(US_ASCII));
      keys.put("one zero", new byte[1]);

      keys.forEach(
          (name, bytes) -> {
            for (String size : List.of("256", "384", "512")) {
              for (String algorithm : List.of("HS" + size, "ES256", "hs" + size)) {
                String input = encode(forger.header(algorithm).toString()) + "." + forger.payload;
                forger.add(
                    algorithm + " by HMAC-" + size + " with " + name,
                    input + "." + encode(hmac("HmacSHA" + size, bytes, input)));
              }
            }
          });

      refusesAll(server, abc, forger.made);
    }

    @Test
    void isNoKeyForAnotherAlgorithm(TestServer server, Customer abc) {
      Forger forger = new Forger(abc.adminToken());

      for (String algorithm :
          List.of(
              "ES384",
              "ES512",
              "ES256K",
              "RS256",
              "PS256",
              "EdDSA",
              "Ed25519",
              "es256",
              "ES256 ",
              "A128KW",
              "dir",
              "ECDH-ES",
              "SHA256withECDSA")) {
        forger.add(
            "labelled " + algorithm,
            encode(forger.header(algorithm).toString())
                + "."
                + forger.payload
                + "."
                + forger.signature);
      }

      refusesAll(server, abc, forger.made);
    }
  }

  @Nested
  class AnotherKey {
    @Test
    void isNotBelievedWhateverTheHeaderSays(TestServer server, Customer abc) throws IOException {
      try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
        String address = "http://127.0.0.1:" + listener.getLocalPort() + "/keys";
        Forger forger = new Forger(abc.adminToken());
        KeyPair own = newKey("secp256r1");
        String es256 = "SHA256withECDSAinP1363Format";
        ECKey jwk =
            new ECKey.Builder(com.nimbusds.jose.jwk.Curve.P_256, (ECPublicKey) own.getPublic())
                .keyID(forger.kid)
                .build();

        forger.signed("our kid", forger.header("ES256"), own, es256);
        forger.signed("without kid", forger.header("ES256").without("kid"), own, es256);
        ObjectNode withJwk = forger.header("ES256");
        withJwk.set("jwk", Answer.JSON.valueToTree(jwk.toJSONObject()));
        forger.signed("jwk", withJwk, own, es256);
        forger.signed("jwk without kid", withJwk.deepCopy().without("kid"), own, es256);
        for (String member : List.of("jku", "x5u")) {
          forger.signed(member, forger.header("ES256").put(member, address), own, es256);
          forger.signed(
              member + " without kid",
              forger.header("ES256").put(member, address).without("kid"),
              own,
              es256);
          forger.signed("kid as " + member, forger.header("ES256").put("kid", address), own, es256);
        }
        ObjectNode certificate = forger.header("ES256");
        certificate
            .putArray("x5c")
            .add(Base64.getEncoder().encodeToString(own.getPublic().getEncoded()));
        forger.signed("x5c", certificate, own, es256);
        for (String kid :
            List.of(
                "",
                "another",
                "../../../../dev/null",
                "/dev/null",
                "' OR '1'='1",
                "x' UNION SELECT 'key' --",
                "${jndi:ldap://127.0.0.1/x}",
                forger.kid + "\0",
                forger.kid + "/",
                forger.kid.toUpperCase(Locale.ROOT) + "x",
                "k".repeat(10_000))) {
          forger.signed(
              "kid " + (kid.length() > 100 ? "of 10 kB" : kid),
              forger.header("ES256").put("kid", kid),
              own,
              es256);
        }
        for (String member : List.of("crit", "b64", "zip", "cty", "enc", "epk")) {
          ObjectNode header = forger.header("ES256");
          header.set(member, Answer.JSON.valueToTree(List.of("exp")));
          forger.signed(member, header, own, es256);
          forger.add(
              member + ", the old signature",
              encode(header.toString()) + "." + forger.payload + "." + forger.signature);
        }
        forger.signed("P-384", forger.header("ES384"), newKey("secp384r1"), "SHA384withECDSA");
        forger.signed("P-384 as ES256", forger.header("ES256"), newKey("secp384r1"), es256);
        forger.signed("P-521 as ES256", forger.header("ES256"), newKey("secp521r1"), es256);

        refusesAll(server, abc, forger.made);

        listener.setSoTimeout(200);
        assertThat(accepted(listener)).as("the server asked for a key").isFalse();
      }
    }

    private static boolean accepted(ServerSocket listener) throws IOException {
      try {
        listener.accept().close();
        return true;
      } catch (SocketTimeoutException e) {
        return false;
      }
    }
  }

  @Nested
  class AnotherContent {
    @Test
    void underTheOldSignatureIsNotBelieved(TestServer server, Customer abc) {
      Forger forger = new Forger(abc.adminToken());
      ObjectNode claims = (ObjectNode) Jwt.claims(forger.good);
      String header = forger.good.substring(0, forger.good.indexOf('.'));
      Map<String, ObjectNode> contents = new LinkedHashMap<>();
      contents.put(
          "a longer life", claims.deepCopy().put("exp", claims.get("exp").asLong() + 3600));
      contents.put("another client", claims.deepCopy().put("sub", "operator"));
      contents.put("another customer", claims.deepCopy().put("customer", "operator"));
      ObjectNode more = claims.deepCopy();
      more.putArray("roles").add("ROLE_OPERATOR");
      more.putObject("role_tenants").putArray("ROLE_OPERATOR").add("*");
      contents.put("more roles", more);
      ObjectNode generation = claims.deepCopy();
      generation.putArray("gen").add(99).add(99);
      contents.put("another generation", generation);
      contents.put("nothing", Answer.JSON.createObjectNode());

      contents.forEach(
          (name, content) ->
              forger.add(name, header + "." + encode(content.toString()) + "." + forger.signature));
      forger.add(
          "other blanks", header + "." + encode(claims.toPrettyString()) + "." + forger.signature);
      forger.add(
          "header of another type",
          encode("{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"" + forger.kid + "\"}")
              + "."
              + forger.payload
              + "."
              + forger.signature);
      forger.add(
          "header with a blank",
          encode(Jwt.header(forger.good).toString().replace(",", ", "))
              + "."
              + forger.payload
              + "."
              + forger.signature);
      forger.add(
          "header and payload swapped", forger.payload + "." + header + "." + forger.signature);

      refusesAll(server, abc, forger.made);
    }

    @Test
    void inAnotherFormIsNotBelieved(TestServer server, Customer abc) {
      Forger forger = new Forger(abc.adminToken());
      String[] parts = forger.good.split("\\.", -1);
      String flat =
          "{\"payload\":\"%s\",\"protected\":\"%s\",\"signature\":\"%s\"}"
              .formatted(parts[1], parts[0], parts[2]);

      forger.add("JSON, flattened", flat);
      forger.add(
          "JSON, general",
          "{\"payload\":\"%s\",\"signatures\":[{\"protected\":\"%s\",\"signature\":\"%s\"}]}"
              .formatted(parts[1], parts[0], parts[2]));
      forger.add("a token in a token", encode(forger.good) + "." + parts[1] + "." + parts[2]);
      forger.add("five parts", forger.good + "." + parts[1] + "." + parts[2]);
      forger.add("four parts", forger.good + ".");
      forger.add("detached", parts[0] + ".." + parts[2]);
      forger.add("parts empty", "..");
      forger.add("twice", forger.good + forger.good);
      forger.add("quoted", "\"" + forger.good + "\"");
      forger.add("blank before", " " + forger.good);
      forger.add("newline after", forger.good + "\n");
      forger.add("NUL after", forger.good + "\0");
      forger.add("Bearer before", "Bearer " + forger.good);
      forger.add("percent-encoded", forger.good.replace(".", "%2E"));
      forger.add("blown up", forger.good + "A".repeat(40_000));

      refusesAll(server, abc, forger.made);
    }
  }

  @Nested
  class AnotherSignature {
    @Test
    void outOfRangeOrFormIsNotBelieved(TestServer server, Customer abc) {
      Forger forger = new Forger(abc.adminToken());
      String input = forger.good.substring(0, forger.good.lastIndexOf('.') + 1);

      outOfRange(decode(forger.signature))
          .forEach((name, bytes) -> forger.add(name, input + encode(bytes)));

      refusesAll(server, abc, forger.made);
    }

    @Test
    void ofAnotherTokenIsNotBelieved(TestServer server, Customer abc) {
      Forger forger = new Forger(abc.adminToken());
      String other = abc.admin().token();
      String input = forger.good.substring(0, forger.good.lastIndexOf('.') + 1);

      forger.add("of another token", input + other.substring(other.lastIndexOf('.') + 1));

      refusesAll(server, abc, forger.made);
    }
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
      made.put("DER", ECDSA.transcodeSignatureToDER(good));
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

  @Nested
  class OnEachCryptoProvider {
    static Stream<CryptoProvider> providers() {
      return Stream.of(CryptoProvider.choose(), CryptoProvider.jdk("for a test"));
    }

    @ParameterizedTest
    @MethodSource("providers")
    void onlyTheSignatureOfTheMessageIsGood(CryptoProvider provider)
        throws GeneralSecurityException {
      KeyPair pair = provider.newP256();
      byte[] message = "a message".getBytes(UTF_8);
      byte[] good = provider.signer(pair.getPrivate()).sign(message, 0, message.length);

      assertThat(good).hasSize(64);
      assertThat(provider.verifier(pair.getPublic()).verify(message, good)).isTrue();
      assertThat(provider.verifier(pair.getPublic()).verify("another".getBytes(UTF_8), good))
          .isFalse();
      assertThat(provider.verifier(newKey("secp256r1").getPublic()).verify(message, good))
          .isFalse();
      for (Map.Entry<String, byte[]> forged : outOfRange(good).entrySet()) {
        assertThat(provider.verifier(pair.getPublic()).verify(message, forged.getValue()))
            .as(provider.name() + ": " + forged.getKey())
            .isFalse();
      }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void everyFlippedBitSpoilsIt(CryptoProvider provider) throws GeneralSecurityException {
      KeyPair pair = provider.newP256();
      byte[] message = "a message".getBytes(UTF_8);
      byte[] good = provider.signer(pair.getPrivate()).sign(message, 0, message.length);

      for (int bit = 0; bit < good.length * 8; bit++) {
        byte[] flipped = good.clone();
        flipped[bit / 8] ^= (byte) (1 << (bit % 8));
        assertThat(provider.verifier(pair.getPublic()).verify(message, flipped))
            .as(provider.name() + ": bit " + bit + " of " + HexFormat.of().formatHex(good))
            .isFalse();
      }
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

  @Nested
  class ATouchedToken {
    private static final String ALPHABET =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static final List<Character> CHARACTERS =
        ALPHABET.chars().mapToObj(each -> (char) each).toList();

    private static void isInactive(TestServer server, Customer abc, String token) {
      Answer answer =
          server.http().unchecked().form("/oauth/introspect", abc.admin().basic(), "token", token);
      assertThat(answer.text()).as(token).isEqualTo(INACTIVE);
    }

    @Test
    void withOneFlippedBitIsDead(TestServer server, Customer abc) {
      String token = abc.newClient().token();

      for (int at = 0; at < token.length(); at++) {
        for (int bit = 0; bit < 8; bit++) {
          char flipped = (char) (token.charAt(at) ^ (1 << bit));
          isInactive(server, abc, token.substring(0, at) + flipped + token.substring(at + 1));
        }
      }
      assertThat(server.isActive(token)).isTrue();
    }

    @Test
    void cutShortIsDead(TestServer server, Customer abc) {
      String token = abc.newClient().token();

      for (int length = 1; length < token.length(); length++) {
        isInactive(server, abc, token.substring(0, length));
        isInactive(server, abc, token.substring(length));
      }
      assertThat(server.isActive(token)).isTrue();
    }

    @Test
    void withOneMoreCharacterIsDead(TestServer server, Customer abc) {
      String token = abc.newClient().token();
      int first = token.indexOf('.');
      int second = token.lastIndexOf('.');

      for (char more : (ALPHABET + "=.+/ ~\n\t\0,;:é").toCharArray()) {
        isInactive(server, abc, token + more);
        isInactive(server, abc, more + token);
        isInactive(server, abc, token.substring(0, first) + more + token.substring(first));
        isInactive(server, abc, token.substring(0, second) + more + token.substring(second));
      }
      isInactive(server, abc, token + "==");
      assertThat(server.isActive(token)).isTrue();
    }

    /// The last character of 64 bytes has four bits that say nothing; only zeros are canonical (RFC
    /// 4648 §3.5).
    @Test
    void inBase64urlThatIsNotCanonicalIsDead(TestServer server, Customer abc) {
      for (int turn = 0; turn < 4; turn++) {
        String token = abc.newClient().token();
        String[] parts = token.split("\\.", -1);
        int tried = 0;
        for (int part = 0; part < 3; part++) {
          String text = parts[part];
          for (char last : CHARACTERS) {
            String other = text.substring(0, text.length() - 1) + last;
            if (!other.equals(text) && Arrays.equals(decode(other), decode(text))) {
              String[] touched = parts.clone();
              touched[part] = other;
              isInactive(server, abc, String.join(".", touched));
              tried++;
            }
          }
        }
        assertThat(tried).isGreaterThanOrEqualTo(15);
        isInactive(server, abc, token.replace('-', '+').replace('_', '/') + "=");
      }
    }

    @Test
    void isNoBearerTokenEither(TestServer server, Customer abc) {
      String token = abc.adminToken();

      for (int at = 0; at < token.length(); at += 3) {
        char flipped = (char) (token.charAt(at) ^ 1);
        String touched = token.substring(0, at) + flipped + token.substring(at + 1);
        if (HEADER_VALUE.matcher(touched).matches()) {
          server
              .http()
              .unchecked()
              .get(abc.clients(), touched)
              .expectOAuthError(401, "invalid_token");
        }
      }
      server.http().get(abc.clients(), token).expect(200);
    }
  }
}
