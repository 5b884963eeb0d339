package io.clientele.client;

import io.clientele.crypto.Secret;
import io.clientele.http.Form;
import io.clientele.http.Percent;
import io.clientele.http.Request;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// A client id and secret as they were presented (RFC 6749 §2.3.1).
///
/// @param id as presented, whatever it is
/// @param secrets what to try, in order: two if the secret can be read raw and form-decoded
/// @param method how it was presented
record PresentedCredentials(String id, List<Secret> secrets, AuthenticationMethod method) {

  private static final String BASIC = "basic ";

  /// Reads the header and the body.
  ///
  /// @throws OAuthException `invalid_request` for two ways of authenticating at once;
  ///   `invalid_client` if there is none that can be read
  static PresentedCredentials read(Request request, Form body) {
    List<String> headers = request.headers("Authorization");
    if (headers.size() > 1) {
      throw new OAuthException(Code.INVALID_REQUEST, "the Authorization header is repeated");
    }
    boolean assertion = body.has("client_assertion") || body.has("client_assertion_type");
    if (headers.isEmpty()) {
      if (assertion) {
        throw body.has("client_secret")
            ? new OAuthException(Code.INVALID_REQUEST, "two ways of authenticating at once")
            : ClientAuthenticator.failed("client_assertion is not supported");
      }
      return post(body);
    }
    if (body.has("client_secret") || assertion) {
      throw new OAuthException(Code.INVALID_REQUEST, "two ways of authenticating at once");
    }
    PresentedCredentials basic = basic(headers.getFirst());
    Optional<String> inBody = body.get("client_id");
    if (inBody.isPresent() && !inBody.get().equals(basic.id)) {
      throw new OAuthException(
          Code.INVALID_REQUEST, "client_id is another than in the Authorization header");
    }
    return basic;
  }

  private static PresentedCredentials post(Form body) {
    Optional<String> id = body.get("client_id");
    Optional<String> secret = body.get("client_secret");
    if (id.isEmpty() || secret.isEmpty()) {
      throw ClientAuthenticator.failed("no credentials");
    }
    return new PresentedCredentials(
        id.get(), List.of(Secret.of(secret.get())), AuthenticationMethod.POST);
  }

  private static PresentedCredentials basic(String header) {
    if (!header.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
      throw ClientAuthenticator.failed("another scheme than Basic");
    }
    String pair = decode(header.substring(BASIC.length()).strip());
    int colon = pair.indexOf(':');
    if (colon < 0) {
      throw ClientAuthenticator.failed("Basic without a colon");
    }
    String id = pair.substring(0, colon);
    String secret = pair.substring(colon + 1);
    if (isEncoded(id)) {
      Optional<String> decodedId = Percent.decodeForm(id);
      Optional<String> decodedSecret = Percent.decodeForm(secret);
      if (decodedId.isEmpty() || decodedSecret.isEmpty()) {
        throw ClientAuthenticator.failed("Basic with a broken escape");
      }
      return new PresentedCredentials(
          decodedId.get(), List.of(Secret.of(decodedSecret.get())), AuthenticationMethod.BASIC);
    }
    Optional<String> other =
        isEncoded(secret)
            ? Percent.decodeForm(secret).filter(decoded -> !decoded.equals(secret))
            : Optional.empty();
    List<Secret> secrets =
        other
            .map(decoded -> List.of(Secret.of(secret), Secret.of(decoded)))
            .orElseGet(() -> List.of(Secret.of(secret)));
    return new PresentedCredentials(id, secrets, AuthenticationMethod.BASIC);
  }

  private static boolean isEncoded(String text) {
    return text.indexOf('%') >= 0 || text.indexOf('+') >= 0;
  }

  private static String decode(String base64) {
    try {
      String text = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
      // What bytes that are no UTF-8 become; no id and no secret holds it.
      if (text.indexOf('\uFFFD') < 0) {
        return text;
      }
    } catch (IllegalArgumentException e) {
      // Refused below, like bytes that are no UTF-8.
    }
    throw ClientAuthenticator.failed("Basic that is not base64 of UTF-8");
  }
}
