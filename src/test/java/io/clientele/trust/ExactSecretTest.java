package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.FastHttp;
import io.clientele.harness.Http;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/// RFC 6749 §2.3.1: only the exact secret passes, or in Basic a form-encoding of it. What each
/// attempt must be answered is decided here by reading it as the RFC says, not by the server's
/// code.
@TrustCase(
    id = "T4",
    title = "Secrets that are nearly right, and encodings of the right one",
    unit = "attempts",
    required = 5_000,
    brief = 500,
    seconds = 120)
@WithServer("--slow-hash-threads=2")
class ExactSecretTest {
  private static final String FORM = "grant_type=client_credentials";
  private static final String ALPHANUMERIC =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  /// What is put into secrets, in front and behind.
  private static final List<String> ODD =
      List.of("\0", " ", "  ", "\t", "\n", "+", ":", "%", "%00", "%20", "%2B", "%zz", "é", "x");

  /// Asks for tokens in both ways, and knows what must come of it.
  private static final class Asking implements AutoCloseable {
    private final FastHttp connection;
    private final Tally tally;
    private String refusal = "";

    Asking(TestServer server, Tally tally) {
      this.connection = FastHttp.connect(server.uri());
      this.tally = tally;
    }

    /// A secret as it is put behind the colon of Basic.
    void byBasic(Client client, String written) {
      boolean right = written.equals(client.secret()) || client.secret().equals(decoded(written));
      judge(right, byHeader(Http.basic(client.id(), written)), "Basic of '" + written + "'");
    }

    /// A secret as a form's parameter, encoded here.
    void byPost(Client client, String secret) {
      String body =
          FORM + "&client_id=" + client.id() + "&client_secret=" + URLEncoder.encode(secret, UTF_8);
      judge(
          secret.equals(client.secret()),
          connection.exchange(FastHttp.form("/oauth/token", "", body)),
          "POST of '" + secret + "'");
    }

    FastHttp.Reply byHeader(String authorization) {
      return connection.exchange(FastHttp.form("/oauth/token", authorization, FORM));
    }

    void judge(boolean right, FastHttp.Reply reply, String what) {
      if (right) {
        tally.done(1);
      } else {
        tally.badInput();
      }
      if (reply.status() != (right ? 200 : 401)) {
        tally.wrong(what + " is answered " + reply.status() + " " + reply.body());
      }
      if (!right) {
        // One and the same.
        if (refusal.isEmpty()) {
          refusal = reply.said();
        }
        if (!refusal.equals(reply.said())) {
          tally.wrong(what + " is answered otherwise: " + reply.said());
        }
      }
    }

    /// @return "" for what cannot be decoded, which is nobody's secret
    private static String decoded(String written) {
      try {
        // It takes signs in front of digits for hexadecimal ones.
        return written.matches("(?s).*%[+-].*|.*%.[+-].*") ? "" : URLDecoder.decode(written, UTF_8);
      } catch (IllegalArgumentException e) {
        return "";
      }
    }

    @Override
    public void close() {
      connection.close();
    }
  }

  private static Client withSecret(Customer customer, String secret) {
    return customer.create(
        Customer.client(Names.unique("exact"), Map.of()).put("clientSecret", secret));
  }

  private static String encodedSomewhere(String secret, Random random) {
    StringBuilder written = new StringBuilder();
    for (int i = 0; i < secret.length(); i++) {
      char c = secret.charAt(i);
      boolean must = c == '%' || c == '+';
      if (must || random.nextInt(3) == 0) {
        String hex = String.format("%%%02x", (int) c);
        written.append(random.nextBoolean() ? hex : hex.toUpperCase(Locale.ROOT));
      } else {
        written.append(c == ' ' && random.nextBoolean() ? '+' : c);
      }
    }
    return written.toString();
  }

  /// Of the generated form, which is checked quickly: everything that is near.
  @Test
  void ofTheGeneratedForm(TestServer server, Customer abc, Tally tally) {
    long seed = ThreadLocalRandom.current().nextLong();
    tally.measured("seed " + seed);
    Random random = new Random(seed);
    Client client = abc.newClient();
    String secret = client.secret();
    try (Asking asking = new Asking(server, tally)) {
      long most = tally.required() - tally.required() / 10;
      for (long i = 0; i < most; i++) {
        StringBuilder near = new StringBuilder(secret);
        // Behind `clt_`, so that it stays of the generated form.
        int at = 4 + random.nextInt(secret.length() - 4);
        switch ((int) (i % 5)) {
          case 0 -> near.setCharAt(at, ALPHANUMERIC.charAt(random.nextInt(62)));
          case 1 -> near.setCharAt(at, (char) (near.charAt(at) ^ 0x20));
          case 2 -> {
            char other = near.charAt(4 + random.nextInt(secret.length() - 4));
            near.setCharAt(near.lastIndexOf(String.valueOf(other)), near.charAt(at));
            near.setCharAt(at, other);
          }
          case 3 -> {
            asking.byBasic(client, encodedSomewhere(secret, random));
            continue;
          }
          default -> {
            asking.byPost(client, near.replace(at, at + 1, "A").toString());
            continue;
          }
        }
        if (near.substring(4).matches("[A-Za-z0-9]{49}")) {
          asking.byBasic(client, near.toString());
        } else {
          asking.byPost(client, secret);
        }
      }
    }
  }

  /// What is not of the generated form is hashed slowly; fewer of these.
  @Test
  void nearTheGeneratedForm(TestServer server, Customer abc, Tally tally) {
    Client client = abc.newClient();
    String secret = client.secret();
    try (Asking asking = new Asking(server, tally)) {
      List<String> wrong = new ArrayList<>(List.of(":" + secret, secret + secret, "null"));
      wrong.add(secret.substring(1));
      wrong.add(secret.substring(0, secret.length() - 1));
      wrong.add(secret.toUpperCase(Locale.ROOT));
      for (String odd : ODD) {
        wrong.add(secret + odd);
        wrong.add(odd + secret);
      }
      int step = tally.scale() == Scale.BRIEF ? 5 : 1;
      for (int i = 0; i < wrong.size(); i += step) {
        asking.byBasic(client, wrong.get(i));
        asking.byPost(client, wrong.get(i));
      }
      asking.byBasic(client, secret);
      asking.byPost(client, secret);
    }
  }

  /// Secrets of which each is the beginning of the next: nothing is cut anywhere (bcrypt cuts at
  /// 72).
  @Test
  void withACommonBeginning(TestServer server, Customer abc, Tally tally) {
    String longest = "Ab1-".repeat(64);
    List<Integer> lengths =
        tally.scale() == Scale.BRIEF
            ? List.of(71, 72, 73, 256)
            : List.of(16, 55, 56, 63, 64, 65, 71, 72, 73, 127, 128, 129, 255, 256);
    try (Asking asking = new Asking(server, tally)) {
      for (int own : lengths) {
        Client client = withSecret(abc, longest.substring(0, own));
        for (int length : lengths) {
          asking.byPost(client, longest.substring(0, length));
        }
        asking.byBasic(client, client.secret());
        asking.byBasic(client, client.secret() + "\0");
        asking.byPost(client, longest.substring(0, own - 1) + "+");
      }
      asking.byPost(withSecret(abc, longest), longest + "Ab1-");
    }
  }

  /// Chosen ones with the characters that have a meaning somewhere on the way.
  @Test
  void withCharactersThatMeanSomething(TestServer server, Customer abc, Tally tally) {
    Random random = new Random(4);
    List<String> secrets =
        List.of(
            "YZze8&7EU%xqH3%8",
            "a+b c:d%41e/f=g&h?i~j_k\"l",
            ":colons:all::over:",
            "looks%41like%42one",
            "sixteen%20percent+x",
            " blanks around me ");
    int count = tally.scale() == Scale.BRIEF ? 2 : secrets.size();
    try (Asking asking = new Asking(server, tally)) {
      for (String secret : secrets.subList(0, count)) {
        Client client = withSecret(abc, secret);
        String encoded = URLEncoder.encode(secret, UTF_8);
        asking.byPost(client, secret);
        asking.byBasic(client, secret);
        asking.byBasic(client, encoded);
        asking.byBasic(client, encodedSomewhere(secret, random));
        asking.byBasic(client, encoded.replace("+", "%20"));
        asking.byBasic(client, URLEncoder.encode(encoded, UTF_8));
        asking.byBasic(client, secret.strip() + "x");
        asking.byPost(client, encoded);
        asking.byPost(client, secret.strip() + "x");
        if (tally.scale() != Scale.BRIEF) {
          for (String odd : ODD) {
            asking.byBasic(client, secret + odd);
            asking.byPost(client, odd + secret);
            asking.byBasic(client, encoded + odd);
          }
        }
      }
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  /// The header itself: the scheme in any case, and what is no Basic.
  @Test
  void inHeadersOfAllSorts(TestServer server, Customer abc, Tally tally) {
    Client client = abc.newClient();
    String id = client.id();
    String secret = client.secret();
    String pair = base64(id + ":" + secret);
    try (Asking asking = new Asking(server, tally)) {
      for (int bits = 0; bits < 32; bits++) {
        StringBuilder scheme = new StringBuilder("basic");
        for (int i = 0; i < 5; i++) {
          if ((bits & 1 << i) != 0) {
            scheme.setCharAt(i, Character.toUpperCase(scheme.charAt(i)));
          }
        }
        String header = scheme + " " + pair;
        asking.judge(true, asking.byHeader(header), header);
      }
      asking.judge(true, asking.byHeader("Basic   " + pair), "more blanks");
      for (String wrong :
          List.of(
              "Basic",
              "Basic ",
              "Basic%20" + pair,
              "Basic:" + pair,
              "Basics " + pair,
              "Basi " + pair,
              "Bearer " + pair,
              "Digest " + pair,
              pair,
              "Basic %%%",
              "Basic " + id + ":" + secret,
              "Basic " + base64(id),
              "Basic " + base64(":"),
              "Basic " + base64(":" + secret),
              "Basic " + base64(id + ":"),
              "Basic " + base64(id + " :" + secret),
              "Basic " + base64(" " + id + ":" + secret),
              "Basic " + base64(id + "\0:" + secret),
              "Basic " + base64(id.toUpperCase(Locale.ROOT) + ":" + secret),
              "Basic " + base64(""),
              "Basic " + base64("\0:\0"),
              "Basic " + base64("a:b".repeat(2_000)),
              "Basic " + base64(base64(id + ":" + secret)),
              "Basic " + pair.substring(0, pair.length() - 3),
              "Basic *" + pair,
              "Basic " + pair + "*",
              "Basic " + pair + " " + pair,
              "Basic " + pair + ", " + pair,
              "Basic "
                  + Base64.getEncoder()
                      .encodeToString((id + ":" + secret + "\u00ff").getBytes(ISO_8859_1)))) {
        asking.judge(false, asking.byHeader(wrong), wrong);
      }
      for (String broken : List.of("%", "%5", "%zz", "%5g", "%C3%28", "%FF", "%00", "%%", "+")) {
        for (String written :
            List.of(
                id + broken + ":" + secret,
                broken + id + ":" + secret,
                "%"
                    + Integer.toHexString(id.charAt(0))
                    + id.substring(1)
                    + ":"
                    + secret
                    + broken)) {
          asking.judge(false, asking.byHeader("Basic " + base64(written)), written);
        }
      }
    }
  }
}
