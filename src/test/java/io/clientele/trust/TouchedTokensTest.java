package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.FastHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// RFC 7515 and 4648 §3.5: a token in which anything was touched is none. Each touched one is tried
/// at introspection, by a client that would be told of the token itself, and some of them as a
/// bearer token.
@TrustCase(
    id = "T3",
    title = "Tokens with a flipped bit, cut short, longer, or not canonical",
    unit = "introspections",
    required = 300_000,
    brief = 3_000,
    seconds = 120)
@WithServer
class TouchedTokensTest {
  private static final String INACTIVE = "{\"active\":false}";
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  /// One token gives about twice as many.
  private static final int A_TOKEN = 3_000;

  /// Under way at once on the connection.
  private static final int AT_ONCE = 32;

  private static final Pattern HEADER_VALUE = Pattern.compile("[\\x21-\\x7e]+");

  /// Asks about tokens, many at once on one connection.
  private static final class Asking implements AutoCloseable {
    private final FastHttp connection;
    private final String basic;
    private final Tally tally;
    private final List<String> underWay = new ArrayList<>();

    Asking(TestServer server, Customer customer, Tally tally) {
      this.connection = FastHttp.connect(server.uri());
      this.basic = customer.admin().basic();
      this.tally = tally;
    }

    void touched(String token) {
      connection.send(question(token));
      underWay.add(token);
      tally.badInput();
      if (underWay.size() == AT_ONCE) {
        readAll();
      }
    }

    void readAll() {
      for (String token : underWay) {
        FastHttp.Reply reply = connection.read();
        if (reply.status() != 200 || !reply.body().equals(INACTIVE)) {
          tally.wrong(reply.status() + " " + reply.body() + " for " + token);
        }
      }
      underWay.clear();
    }

    void isActive(String token) {
      readAll();
      FastHttp.Reply reply = connection.exchange(question(token));
      if (!reply.body().startsWith("{\"active\":true")) {
        tally.wrong("the token itself: " + reply.body());
      }
    }

    private byte[] question(String token) {
      return FastHttp.form("/oauth/introspect", basic, "token=" + URLEncoder.encode(token, UTF_8));
    }

    @Override
    public void close() {
      connection.close();
    }
  }

  @Test
  void isInactive(TestServer server, Customer abc, Tally tally) {
    List<Client> clients = List.of(abc.newClient(), abc.newClient(), abc.admin());
    try (Asking asking = new Asking(server, abc, tally)) {
      for (int i = 0; i * (long) A_TOKEN < tally.required(); i++) {
        String token = clients.get(i % clients.size()).token();
        asking.isActive(token);
        flipped(token, asking::touched);
        cut(token, asking::touched);
        longer(token, asking::touched);
        notCanonical(token, tally, asking::touched);
        asking.isActive(token);
      }
    }
  }

  private static void flipped(String token, Consumer<String> touched) {
    for (int at = 0; at < token.length(); at++) {
      for (int bit = 0; bit < 8; bit++) {
        char flipped = (char) (token.charAt(at) ^ (1 << bit));
        touched.accept(token.substring(0, at) + flipped + token.substring(at + 1));
      }
    }
  }

  private static void cut(String token, Consumer<String> touched) {
    for (int length = 1; length < token.length(); length++) {
      touched.accept(token.substring(0, length));
      touched.accept(token.substring(length));
    }
  }

  private static void longer(String token, Consumer<String> touched) {
    int first = token.indexOf('.');
    int second = token.lastIndexOf('.');
    String all = ALPHABET + "=.+/ ~\n\r\t\0,;:é";
    for (int i = 0; i < all.length(); i++) {
      char more = all.charAt(i);
      touched.accept(token + more);
      touched.accept(more + token);
      touched.accept(token.substring(0, first) + more + token.substring(first));
      touched.accept(token.substring(0, second) + more + token.substring(second));
      touched.accept(token.substring(0, first + 1) + more + token.substring(first + 1));
      touched.accept(token.substring(0, second + 1) + more + token.substring(second + 1));
    }
    touched.accept(token + "==");
    touched.accept(token + token);
  }

  /// The same bytes in another spelling: bits of the last character that say nothing, the other
  /// alphabet, filling.
  private static void notCanonical(String token, Tally tally, Consumer<String> touched) {
    String[] parts = token.split("\\.", -1);
    Base64.Decoder decoder = Base64.getUrlDecoder();
    int spelled = 0;
    for (int part = 0; part < parts.length; part++) {
      String text = parts[part];
      byte[] bytes = decoder.decode(text);
      for (int i = 0; i < ALPHABET.length(); i++) {
        char last = ALPHABET.charAt(i);
        String other = text.substring(0, text.length() - 1) + last;
        if (!other.equals(text) && Arrays.equals(decoder.decode(other), bytes)) {
          touched.accept(with(parts, part, other));
          spelled++;
        }
      }
      touched.accept(with(parts, part, text + "="));
      touched.accept(with(parts, part, text + "=="));
      touched.accept(with(parts, part, text.substring(0, 4) + "\n" + text.substring(4)));
      touched.accept(with(parts, part, text.substring(0, 4) + "\r\n" + text.substring(4)));
      String filled = Base64.getUrlEncoder().encodeToString(bytes);
      if (!filled.equals(text)) {
        touched.accept(with(parts, part, filled));
      }
      String alphabet = Base64.getEncoder().withoutPadding().encodeToString(bytes);
      if (!alphabet.equals(text)) {
        touched.accept(with(parts, part, alphabet));
      }
    }
    // The last character of the 64 bytes of a signature has four bits that say nothing.
    if (spelled < 15) {
      tally.wrong("only " + spelled + " other spellings were found");
    }
  }

  private static String with(String[] parts, int part, String text) {
    String[] touched = parts.clone();
    touched[part] = text;
    return String.join(".", touched);
  }

  @Test
  void isNoBearerTokenEither(TestServer server, Customer abc, Tally tally) {
    String token = abc.adminToken();
    try (FastHttp connection = FastHttp.connect(server.uri())) {
      for (int at = 0; at < token.length(); at++) {
        char flipped = (char) (token.charAt(at) ^ 1);
        String touched = token.substring(0, at) + flipped + token.substring(at + 1);
        if (HEADER_VALUE.matcher(touched).matches()) {
          FastHttp.Reply reply =
              connection.exchange(FastHttp.withToken("GET", abc.clients(), touched, ""));
          tally.badInput();
          if (reply.status() != 401 || !reply.body().startsWith("{\"error\":\"invalid_token\"")) {
            tally.wrong(reply.status() + " " + reply.body() + " for the bearer token " + touched);
          }
        }
      }
      FastHttp.Reply good =
          connection.exchange(FastHttp.withToken("GET", abc.clients(), token, ""));
      if (good.status() != 200) {
        tally.wrong("the token itself: " + good.body());
      }
    }
  }
}
