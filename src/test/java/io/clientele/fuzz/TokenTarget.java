package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import io.clientele.audit.AuditStore;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.MasterKey;
import io.clientele.db.Database;
import io.clientele.key.KeyRing;
import io.clientele.key.KeyStore;
import io.clientele.token.TokenClaims;
import io.clientele.token.TokenVerifier;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;

/// Tokens: of all texts only the one that was signed is a token, byte for byte. Keys are new in
/// each run, so an input is a text with signs for the parts of that token: `\x01` its header,
/// `\x02` its payload, `\x03` its signature, and `\x04` our own key's signature of what stands
/// before it. So the fuzzer begins where a forger hardly gets.
final class TokenTarget implements FuzzTarget {

  private static final String ISSUER = "https://auth.example";
  private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

  private final TokenVerifier verifier;
  private final KeyRing.Signer signer;
  private final String header;
  private final String payload;
  private final String signature;

  TokenTarget() throws Exception {
    Path directory = Files.createTempDirectory("clientele-fuzz");
    InstantSource clock = InstantSource.system();
    CryptoProvider provider = CryptoProvider.choose();
    Database database = Database.sqlite(directory.resolve("clientele.db"), clock);
    KeyRing keys =
        new KeyRing(
            database,
            new KeyStore(MasterKey.create(directory.resolve("master.key"), new SecureRandom())),
            new AuditStore(clock),
            provider,
            new KeyRing.Lifetimes(Duration.ofDays(30), Duration.ofHours(1), Duration.ofDays(1)),
            clock);
    keys.start();
    signer = keys.signer(clock.millis());
    verifier = new TokenVerifier(keys, URI.create(ISSUER), 1 << 20);
    header = new String(signer.header(), StandardCharsets.US_ASCII);
    payload =
        BASE64.encodeToString(
            """
            {"iss":"%s","aud":["%s"],"sub":"abc","client_id":"abc","customer":"ABC","roles":[],\
            "role_tenants":{},"gen":[1,2],"tenant":"T","iat":1,"exp":4000000000,"jti":"j"}\
            """
                .formatted(ISSUER, ISSUER)
                .getBytes(StandardCharsets.US_ASCII));
    signature = sign(header + "." + payload);
    Optional<TokenClaims> read = verifier.verify(header + "." + payload + "." + signature);
    require(read.isPresent() && read.get().client().text().equals("abc"), "our own is none");
  }

  private String sign(String signed) {
    byte[] bytes = signed.getBytes(StandardCharsets.UTF_8);
    return BASE64.encodeToString(signer.key().sign(bytes, 0, bytes.length));
  }

  @Override
  public void check(byte[] input) {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    int signs = text.indexOf('\u0004');
    String before = filled(signs < 0 ? text : text.substring(0, signs));
    // A foreign payload that our own key signs is a token of ours.
    boolean isForeign = before.indexOf('.') >= 0 && !before.endsWith("." + payload);
    if (signs >= 0 && before.startsWith(header + ".") && isForeign) {
      return;
    }
    String signedByUs = signs < 0 ? "" : sign(before);
    String whole =
        signs < 0 ? before : before + "." + signedByUs + filled(text.substring(signs + 1));

    Optional<TokenClaims> read = verifier.verify(whole);

    boolean isOurs =
        whole.equals(header + "." + payload + "." + signature)
            || (signs >= 0 && whole.equals(header + "." + payload + "." + signedByUs));
    require(read.isPresent() == isOurs, isOurs ? "ours was refused" : "a forgery was taken");
    require(verifier.verify(whole).equals(read) || read.isPresent(), "asked again, another answer");
  }

  private String filled(String template) {
    return template
        .replace("\u0001", header)
        .replace("\u0002", payload)
        .replace("\u0003", signature);
  }
}
