package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import io.clientele.http.Form;
import io.clientele.http.Percent;
import io.clientele.oauth.OAuthException;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Bodies and query strings, and percent-encoding: held against a reading that is slow and simple.
final class FormTarget implements FuzzTarget {

  private record Pair(String name, String value) {}

  @Override
  public void check(byte[] input) {
    Optional<List<Pair>> expected = read(input);
    Form form;
    try {
      form = Form.parse(input);
    } catch (OAuthException e) {
      require(e.code() == OAuthException.Code.INVALID_REQUEST, "refused otherwise");
      require(expected.isEmpty(), "what is well-formed was refused");
      return;
    }
    require(expected.isPresent(), "what is malformed was read");
    holds(form, expected.get());

    // What was read, written anew, reads the same.
    List<String> written = new ArrayList<>();
    for (Pair pair : expected.get()) {
      // A half of a surrogate pair cannot come out of UTF-8, so the encoder changes nothing.
      written.add(
          URLEncoder.encode(pair.name, StandardCharsets.UTF_8) + "=" + Percent.encode(pair.value));
      require(
          Percent.decode(Percent.encode(pair.value)).equals(Optional.of(pair.value)),
          "percent-encoding is not undone");
    }
    holds(Form.parse(String.join("&", written)), expected.get());
  }

  private static void holds(Form form, List<Pair> expected) {
    Set<String> names = new LinkedHashSet<>(List.of("client_id"));
    expected.forEach(pair -> names.add(pair.name));
    for (String name : names) {
      List<String> values =
          expected.stream().filter(pair -> pair.name.equals(name)).map(Pair::value).toList();
      require(form.all(name).equals(values), "other values");
      require(form.get(name).equals(values.stream().findFirst()), "another first value");
    }
    boolean repeated =
        new HashSet<>(expected.stream().map(Pair::name).toList()).size() < expected.size();
    try {
      form.refuseRepeated();
      require(!repeated, "repetition was not refused");
    } catch (OAuthException e) {
      require(repeated, "refused as repeated");
    }
  }

  /// Empty if it is no form-encoded text.
  private static Optional<List<Pair>> read(byte[] input) {
    List<Pair> pairs = new ArrayList<>();
    for (byte each : input) {
      if (each < 0) {
        return Optional.empty();
      }
    }
    for (String part : new String(input, StandardCharsets.US_ASCII).split("&", -1)) {
      String[] both = part.split("=", 2);
      if (both.length < 2 || both[0].isEmpty() || both[1].isEmpty()) {
        continue;
      }
      Optional<String> name = decode(both[0]);
      Optional<String> value = decode(both[1]);
      if (name.isEmpty() || value.isEmpty()) {
        return Optional.empty();
      }
      pairs.add(new Pair(name.get(), value.get()));
    }
    return Optional.of(pairs);
  }

  private static Optional<String> decode(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String rest = text;
    while (!rest.isEmpty()) {
      if (rest.startsWith("%")) {
        if (!rest.matches("(?s)%[0-9A-Fa-f]{2}.*")) {
          return Optional.empty();
        }
        bytes.write(Integer.parseInt(rest.substring(1, 3), 16));
        rest = rest.substring(3);
      } else {
        bytes.write(rest.charAt(0) == '+' ? ' ' : rest.charAt(0));
        rest = rest.substring(1);
      }
    }
    try {
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes.toByteArray()))
              .toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
