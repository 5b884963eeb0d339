package io.clientele.bench.participant;

import io.clientele.bench.load.Call;
import io.clientele.bench.process.ServerProcess.Command;
import io.clientele.bench.process.Tool;
import io.clientele.bench.process.Workshop;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.zip.CRC32;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Clients that `clientele generate` made of a seed: their ids and secrets, derived once more as
/// `io.clientele.cli.Seed` documents it.
///
/// @param count of the clients; they are numbered from 0
/// @param customers among which they are divided, in order
public record GeneratedClients(int count, int customers) {

  private static final String SEED = "bench";
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final BigInteger BASE = BigInteger.valueOf(ALPHABET.length());

  /// Makes them in an empty data directory.
  public void generate(Workshop workshop, Path data) throws IOException, InterruptedException {
    Tool.run(
        workshop.processes(),
        Command.of(
            workshop.checkout(),
            workshop.checkout().resolve("clientele").toString(),
            "generate",
            "--data",
            data.toString(),
            "--customers",
            Integer.toString(customers),
            "--clients",
            Integer.toString(count),
            "--seed",
            SEED));
  }

  /// The token request of a client.
  public Call token(int port, int client) {
    ClientSecret presented = client(client);
    return Call.token(port, "/oauth/token", presented.client(), presented.secret());
  }

  /// A client's id and secret.
  public ClientSecret client(int client) {
    return new ClientSecret(id(client), secret(client));
  }

  /// A client's id.
  public String id(int client) {
    return "c%09d-%s".formatted(client, hex8("client", client));
  }

  /// The id of the customer that a client belongs to.
  public String customerOf(int client) {
    int customer = (int) ((long) client * customers / count);
    return "k%06d-%s".formatted(customer, hex8("customer", customer));
  }

  private static String secret(int client) {
    String randomPart = base62(new BigInteger(1, hmac("secret", client)), 43);
    CRC32 crc = new CRC32();
    crc.update(randomPart.getBytes(StandardCharsets.US_ASCII));
    return "clt_" + randomPart + base62(BigInteger.valueOf(crc.getValue()), 6);
  }

  private static String base62(BigInteger number, int digits) {
    char[] text = new char[digits];
    BigInteger rest = number;
    for (int i = digits - 1; i >= 0; i--) {
      BigInteger[] parts = rest.divideAndRemainder(BASE);
      text[i] = ALPHABET.charAt(parts[1].intValue());
      rest = parts[0];
    }
    return new String(text);
  }

  private static String hex8(String what, int index) {
    return HexFormat.of().formatHex(hmac(what, index), 0, 4);
  }

  private static byte[] hmac(String what, int index) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(SEED.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return mac.doFinal((what + ":" + index).getBytes(StandardCharsets.US_ASCII));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a JDK without HMAC-SHA-256", e);
    }
  }
}
