package io.clientele.cli;

import io.clientele.crypto.Secret;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// What `clientele generate` names things, all of it derived from a text, so that who puts load on
/// a server can derive the same. For tests and benchmarks: whoever knows the seed knows every
/// secret.
///
/// Let `H(what, i)` be HMAC-SHA-256 with the seed's UTF-8 bytes as key, over the ASCII text
/// `what:i` (`i` in decimal, without leading zeros), and `hex8` the first four bytes of it in
/// lower-case hexadecimal. Indexes count from 0.
///
/// | what | how | for example |
/// | --- | --- | --- |
/// | customer `c` | `k`, `c` with 6 digits, `-`, `hex8(H("customer", c))` | `k000042-9f86d081` |
/// | tenant `t` (0 to 2) of it | the customer's id, `-`, `t` | `k000042-9f86d081-1` |
/// | client `i` | `c`, `i` with 9 digits, `-`, `hex8(H("client", i))` | `c000001234-1b4f0e98` |
/// | its secret | `H("secret", i)` as a number, in base 62, and checksum: `Secret.ofNumber` | `clt_…` |
///
/// So ids sort by their bytes as by their indexes, and ids of two seeds do not meet. Of `n` clients
/// of `m` customers, client `i` belongs to customer `⌊i·m/n⌋`. A seed may be used by many threads.
public final class Seed {

  /// How many tenants a generated customer has.
  public static final int TENANTS = 3;

  private final SecretKeySpec key;

  /// @param text not empty
  public Seed(String text) {
    key = new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
  }

  /// The id of a customer.
  public CustomerId customerId(int customer) {
    return new CustomerId("k" + digits(customer, 6) + "-" + hex8("customer", customer));
  }

  /// The id of one of its tenants.
  ///
  /// @param tenant less than `TENANTS`
  public TenantId tenantId(int customer, int tenant) {
    return new TenantId(customerId(customer).text() + "-" + tenant);
  }

  /// The id of a client.
  public ClientId clientId(int client) {
    return new ClientId("c" + digits(client, 9) + "-" + hex8("client", client));
  }

  /// The secret of a client, of the generated form.
  public Secret secret(int client) {
    return Secret.ofNumber(hmac("secret", client));
  }

  /// The customer to which a client belongs.
  ///
  /// @param clients how many there are in all
  /// @param customers how many there are in all
  public static int customerOf(int client, int clients, int customers) {
    return (int) ((long) client * customers / clients);
  }

  private static String digits(int number, int length) {
    String text = Integer.toString(number);
    return "0".repeat(Math.max(0, length - text.length())) + text;
  }

  private String hex8(String what, int index) {
    return HexFormat.of().formatHex(hmac(what, index), 0, 4);
  }

  private byte[] hmac(String what, int index) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac.doFinal((what + ":" + index).getBytes(StandardCharsets.US_ASCII));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a JDK without HMAC-SHA-256", e);
    }
  }
}
