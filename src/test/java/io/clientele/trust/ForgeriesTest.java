package io.clientele.trust;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.FastHttp;
import io.clientele.harness.Jwt;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/// RFC 7515 and 8725: a token that the server did not make is none, however it is forged. Each is
/// tried at introspection, checkToken and revoke, and as a bearer token on management routes, of
/// the administrator whose token was forged. Meanwhile nobody connects to the address that some of
/// them name for their key.
@TrustCase(
    id = "T1",
    title = "Forged tokens, of which some name an address for their key",
    unit = "forgeries",
    required = 300,
    brief = 300,
    seconds = 20)
@WithServer
class ForgeriesTest {
  private static final String INACTIVE = "{\"active\":false}";
  private static final String REVOKED = "{\"status\":\"success\"}";
  private static final String ES256 = "SHA256withECDSAinP1363Format";
  private static final Pattern HEADER_VALUE = Pattern.compile("[\\x21-\\x7e]+");

  /// Of the whole head of a request.
  private static final int LONGEST_HEADERS = 16 * 1024;

  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private static String encode(String text) {
    return BASE64.encodeToString(text.getBytes(UTF_8));
  }

  private static String encode(byte[] bytes) {
    return BASE64.encodeToString(bytes);
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

  /// Where a server would fetch keys if it believed what a token says; counts who comes.
  private static final class KeyAddress implements AutoCloseable {
    private final ServerSocket listener;

    KeyAddress() throws IOException {
      listener = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
    }

    String uri() {
      return "http://127.0.0.1:" + listener.getLocalPort() + "/keys";
    }

    /// Who came before this moment stands in the queue before us.
    boolean wasAsked() throws IOException {
      try (Socket last = new Socket(listener.getInetAddress(), listener.getLocalPort());
          Socket first = listener.accept()) {
        return first.getPort() != last.getLocalPort();
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  @Test
  void areAcceptedNowhere(TestServer server, Customer abc, Tally tally) throws Exception {
    try (KeyAddress address = new KeyAddress();
        TestServer another = TestServer.start()) {
      Forger forger = new Forger(abc.adminToken());
      algorithmNone(forger);
      ourPublicKeyForAnHmac(forger, server);
      anotherAlgorithm(forger);
      anotherKey(forger, address.uri());
      anotherContent(forger);
      anotherForm(forger);
      anotherServer(forger, another);
      String other = abc.admin().token();
      forger.with("of another token", other.substring(other.lastIndexOf('.') + 1));

      refusesAll(server, abc, forger, tally);

      boolean wasAsked = address.wasAsked();
      if (wasAsked) {
        tally.wrong("the server asked a stranger for a key");
      }
      tally.measured((wasAsked ? "some" : "0") + " outbound connections");
    }
  }

  /// A token whose key is out of the ring, and headers that do not fit their signatures.
  @Test
  void areNotThoseOfARetiredKey(Tally tally) {
    try (TestServer server = TestServer.start()) {
      Customer abc = server.newCustomer();
      String old = abc.admin().token();
      server.http().post("/oauth/keys/rotate?now=true", server.operatorToken(), "").expect(201);
      Forger forger = new Forger(abc.admin().token());
      String[] dead = old.split("\\.", -1);
      String header = forger.good.substring(0, forger.good.indexOf('.'));
      forger.add("of a retired key", old);
      forger.add("of a retired key, new header", header + "." + dead[1] + "." + dead[2]);
      forger.add(
          "the header of a retired key", dead[0] + "." + forger.payload + "." + forger.signature);

      refusesAll(server, abc, forger, tally);
    }
  }

  /// What holds of every forgery: nobody is told anything, nothing may be done, and the next good
  /// token is good.
  private static void refusesAll(TestServer server, Customer abc, Forger forger, Tally tally) {
    String intruder = Names.unique("intruder");
    try (FastHttp connection = FastHttp.connect(server.uri())) {
      forger.made.forEach(
          (name, token) -> {
            refuses(name, token, connection, abc, tally);
            bearer(name, token, intruder, connection, abc, tally);
            tally.badInput();
          });
      String body = "token=" + forger.good;
      FastHttp.Reply living =
          connection.exchange(FastHttp.form("/oauth/introspect", abc.admin().basic(), body));
      FastHttp.Reply listed =
          connection.exchange(FastHttp.withToken("GET", abc.clients(), forger.good, ""));
      if (!living.body().startsWith("{\"active\":true") || listed.status() != 200) {
        tally.wrong("the token itself is refused: " + living.body() + listed.body());
      }
      if (listed.body().contains(intruder)) {
        tally.wrong("a client was created with a forged token");
      }
    }
  }

  private static void refuses(
      String name, String token, FastHttp connection, Customer abc, Tally tally) {
    Map<String, String> expected =
        Map.of(
            "/oauth/introspect",
            "200 " + INACTIVE,
            "/oauth/checkToken",
            "400 {\"error\":\"invalid_token\"",
            "/oauth/revoke",
            "200 " + REVOKED);
    String body = "token=" + URLEncoder.encode(token, UTF_8);
    expected.forEach(
        (path, answer) -> {
          FastHttp.Reply reply =
              connection.exchange(FastHttp.form(path, abc.admin().basic(), body));
          if (!(reply.status() + " " + reply.body()).startsWith(answer)) {
            tally.wrong(name + " at " + path + ": " + reply.status() + " " + reply.body());
          }
        });
  }

  private static void bearer(
      String name, String token, String intruder, FastHttp connection, Customer abc, Tally tally) {
    if (!HEADER_VALUE.matcher(token).matches() || token.length() > LONGEST_HEADERS - 1_000) {
      return;
    }
    List<byte[]> requests =
        List.of(
            FastHttp.withToken("GET", abc.clients(), token, ""),
            FastHttp.withToken("POST", abc.clients(), token, Customer.client(intruder).toString()),
            FastHttp.withToken("PUT", abc.clients(abc.adminId()) + "/revoketokens", token, ""),
            FastHttp.withToken("GET", abc.path(), token, ""),
            FastHttp.withToken("GET", "/oauth/customers", token, ""),
            FastHttp.withToken("POST", "/oauth/keys/rotate", token, ""),
            FastHttp.withToken("GET", "/metrics", token, ""));
    for (byte[] request : requests) {
      FastHttp.Reply reply = connection.exchange(request);
      if (reply.status() != 401 || !reply.body().startsWith("{\"error\":\"invalid_token\"")) {
        String line = new String(request, 0, 60, US_ASCII).lines().findFirst().orElse("");
        tally.wrong(name + " at " + line + ": " + reply.status() + " " + reply.body());
      }
    }
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

    /// The token under another signature.
    void with(String name, String otherSignature) {
      add(name, good.substring(0, good.lastIndexOf('.') + 1) + otherSignature);
    }

    void add(String name, String token) {
      assertThat(token).isNotEqualTo(good);
      assertThat(made).as(name).doesNotContainValue(token);
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

  private static void algorithmNone(Forger forger) {
    for (String none :
        List.of("none", "None", "NONE", "nOnE", " none", "none ", "none\\u0000", "", "null", "ⅹ")) {
      forger.unsigned(
          "alg '" + none + "'",
          "{\"typ\":\"at+jwt\",\"alg\":\"" + none + "\",\"kid\":\"" + forger.kid + "\"}");
      forger.unsigned(
          "alg '" + none + "' without kid", "{\"alg\":\"" + none + "\",\"typ\":\"at+jwt\"}");
    }
    for (String odd : List.of("null", "0", "false", "[]", "[\"none\"]", "{}", "[\"ES256\"]")) {
      forger.unsigned(
          "alg " + odd, "{\"typ\":\"at+jwt\",\"alg\":" + odd + ",\"kid\":\"" + forger.kid + "\"}");
    }
    forger.unsigned("no alg", "{\"typ\":\"at+jwt\",\"kid\":\"" + forger.kid + "\"}");
    forger.unsigned("no header", "");
    forger.unsigned("header no object", "[]");
    forger.unsigned("header no JSON", "x");
    forger.unsigned(
        "alg twice",
        "{\"alg\":\"ES256\",\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"" + forger.kid + "\"}");
  }

  private static void ourPublicKeyForAnHmac(Forger forger, TestServer server) throws Exception {
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
  }

  private static void anotherAlgorithm(Forger forger) {
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
  }

  private static void anotherKey(Forger forger, String address) {
    KeyPair own = newKey("secp256r1");
    ECKey jwk =
        new ECKey.Builder(Curve.P_256, (ECPublicKey) own.getPublic()).keyID(forger.kid).build();

    forger.signed("our kid", forger.header("ES256"), own, ES256);
    forger.signed("without kid", forger.header("ES256").without("kid"), own, ES256);
    ObjectNode withJwk = forger.header("ES256");
    withJwk.set("jwk", Answer.JSON.valueToTree(jwk.toJSONObject()));
    forger.signed("jwk", withJwk, own, ES256);
    forger.signed("jwk without kid", withJwk.deepCopy().without("kid"), own, ES256);
    for (String member : List.of("jku", "x5u")) {
      forger.signed(member, forger.header("ES256").put(member, address), own, ES256);
      forger.signed(
          member + " without kid",
          forger.header("ES256").put(member, address).without("kid"),
          own,
          ES256);
      forger.signed("kid as " + member, forger.header("ES256").put("kid", address), own, ES256);
    }
    ObjectNode certificate = forger.header("ES256");
    certificate
        .putArray("x5c")
        .add(Base64.getEncoder().encodeToString(own.getPublic().getEncoded()));
    forger.signed("x5c", certificate, own, ES256);
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
          ES256);
    }
    for (String member : List.of("crit", "b64", "zip", "cty", "enc", "epk")) {
      ObjectNode header = forger.header("ES256");
      header.set(member, Answer.JSON.valueToTree(List.of("exp")));
      forger.signed(member, header, own, ES256);
      forger.add(
          member + ", the old signature",
          encode(header.toString()) + "." + forger.payload + "." + forger.signature);
    }
    forger.signed("P-384", forger.header("ES384"), newKey("secp384r1"), "SHA384withECDSA");
    forger.signed("P-384 as ES256", forger.header("ES256"), newKey("secp384r1"), ES256);
    forger.signed("P-521 as ES256", forger.header("ES256"), newKey("secp521r1"), ES256);
  }

  private static void anotherContent(Forger forger) {
    ObjectNode claims = (ObjectNode) Jwt.claims(forger.good);
    String header = forger.good.substring(0, forger.good.indexOf('.'));
    Map<String, ObjectNode> contents = new LinkedHashMap<>();
    contents.put("a longer life", claims.deepCopy().put("exp", claims.get("exp").asLong() + 3600));
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
  }

  private static void anotherForm(Forger forger) {
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
  }

  /// A server of the same make, whose keys are its own.
  private static void anotherServer(Forger forger, TestServer another) {
    String foreign = another.operatorToken();
    String[] theirs = foreign.split("\\.", -1);
    String header = forger.good.substring(0, forger.good.indexOf('.'));
    forger.add("of another server", foreign);
    forger.add("of another server, our header", header + "." + theirs[1] + "." + theirs[2]);
    forger.add(
        "of another server, our payload", theirs[0] + "." + forger.payload + "." + theirs[2]);
    forger.with("of another server, its signature alone", theirs[2]);
  }
}
