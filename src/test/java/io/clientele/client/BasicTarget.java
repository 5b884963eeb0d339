package io.clientele.client;

import static io.clientele.fuzz.FuzzTarget.require;

import io.clientele.crypto.Secret;
import io.clientele.fuzz.FuzzTarget;
import io.clientele.fuzz.Requests;
import io.clientele.http.Form;
import io.clientele.oauth.OAuthException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// The `Authorization` header at the token endpoint. The first line of an input is the header, the
/// second, if there is one, the body. An input that begins with `:` is what stands behind `Basic`
/// before it is encoded.
public final class BasicTarget implements FuzzTarget {

  @Override
  public void check(byte[] input) {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    if (text.startsWith(":")) {
      byte[] pair = text.substring(1).getBytes(StandardCharsets.ISO_8859_1);
      check("Basic " + Base64.getEncoder().encodeToString(pair), Form.EMPTY);
      return;
    }
    String[] lines = text.split("\n", 2);
    Form body = Form.EMPTY;
    try {
      body = lines.length < 2 ? Form.EMPTY : Form.parse(lines[1]);
    } catch (OAuthException e) {
      // Refused before the header is looked at.
    }
    check(lines[0], body);
  }

  private static void check(String header, Form body) {
    Optional<List<String>> expected = expected(header);
    PresentedCredentials read;
    try {
      read = PresentedCredentials.read(Requests.token(header), body);
    } catch (OAuthException e) {
      boolean two =
          body.has("client_secret")
              || body.has("client_assertion")
              || body.has("client_assertion_type");
      boolean other =
          expected.isPresent()
              && body.get("client_id")
                  .filter(id -> !id.equals(expected.get().getFirst()))
                  .isPresent();
      require(
          e.code()
              == (two || other
                  ? OAuthException.Code.INVALID_REQUEST
                  : OAuthException.Code.INVALID_CLIENT),
          "refused otherwise");
      require(two || other || expected.isEmpty(), "what is well-formed was refused");
      require(e.description().matches("[ -~&&[^\"\\\\]]+"), "a description of another form");
      return;
    }
    require(expected.isPresent(), "what is malformed was read");
    require(read.method() == AuthenticationMethod.BASIC, "another method");
    List<String> all = new ArrayList<>(List.of(read.id()));
    read.secrets().stream().map(Secret::reveal).forEach(all::add);
    require(all.equals(expected.get()), "other credentials");

    // What was read, encoded as the RFC wants, reads as the same.
    String encoded = encode(read.id()) + ":" + encode(read.secrets().getLast().reveal());
    PresentedCredentials again =
        PresentedCredentials.read(
            Requests.token(
                "basic "
                    + Base64.getEncoder().encodeToString(encoded.getBytes(StandardCharsets.UTF_8))),
            Form.EMPTY);
    require(again.id().equals(read.id()), "another id when it is encoded");
    require(
        again.secrets().contains(read.secrets().getLast()), "another secret when it is encoded");
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /// The id and the secrets to try; empty if it is no Basic that can be read.
  private static Optional<List<String>> expected(String header) {
    if (header.length() < 6 || !header.substring(0, 6).equalsIgnoreCase("basic ")) {
      return Optional.empty();
    }
    String pair;
    try {
      byte[] bytes = Base64.getDecoder().decode(header.substring(6).strip());
      pair = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return Optional.empty();
    }
    String[] both = pair.split(":", 2);
    // U+FFFD is in no id and no secret.
    if (both.length < 2 || pair.contains("\uFFFD")) {
      return Optional.empty();
    }
    String id = both[0];
    String secret = both[1];
    Optional<String> decodedId = decode(id);
    Optional<String> decodedSecret = decode(secret);
    if (id.contains("%") || id.contains("+")) {
      return decodedId.flatMap(first -> decodedSecret.map(second -> List.of(first, second)));
    }
    return Optional.of(
        decodedSecret.isEmpty() || decodedSecret.get().equals(secret)
            ? List.of(id, secret)
            : List.of(id, secret, decodedSecret.get()));
  }

  private static Optional<String> decode(String text) {
    // The decoder of the JDK is lenient twice: to signs in an escape, and to what is no UTF-8.
    if (!text.matches("(?s)([^%]|%[0-9A-Fa-f]{2})*")) {
      return Optional.empty();
    }
    String decoded = URLDecoder.decode(text, StandardCharsets.UTF_8);
    return encodedBytes(decoded) == bytes(text) ? Optional.of(decoded) : Optional.empty();
  }

  /// How many bytes a decoded text has if nothing in it was replaced.
  private static int encodedBytes(String decoded) {
    return decoded.contains("\uFFFD") ? -1 : decoded.getBytes(StandardCharsets.UTF_8).length;
  }

  /// How many bytes an encoded text stands for.
  private static int bytes(String text) {
    return text.replaceAll("%[0-9A-Fa-f]{2}", "x").getBytes(StandardCharsets.UTF_8).length;
  }
}
