package io.clientele.token;

import io.clientele.http.Form;
import io.clientele.http.Request;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import java.util.List;
import java.util.Locale;

/// The parameters of a request to a protocol endpoint, in body and query.
///
/// @param body those in the body
/// @param all those in the query as well
record ProtocolForm(Form body, Form all) {

  private static final String FORM = "application/x-www-form-urlencoded";

  /// What must never stand in a URL, where logs and histories keep it (RFC 6749 §2.3.1).
  private static final List<String> CREDENTIALS =
      List.of("client_id", "client_secret", "client_assertion", "client_assertion_type");

  /// Reads both; real clients of this API send `grant_type` in the query, with an empty body.
  ///
  /// @throws OAuthException `invalid_request` for another media type, a credential in the query, a
  ///   repeated parameter, or text that is not form-encoded
  static ProtocolForm read(Request request) {
    if (!request.headers("Content-Encoding").isEmpty()) {
      throw new OAuthException(Code.INVALID_REQUEST, "the body must not be encoded");
    }
    List<String> types = request.headers("Content-Type");
    if (types.size() > 1) {
      throw new OAuthException(Code.INVALID_REQUEST, "the Content-Type header is repeated");
    }
    if (request.body().length > 0) {
      requireForm(types.isEmpty() ? "" : types.getFirst());
    }
    Form query = Form.parse(request.query());
    for (String credential : CREDENTIALS) {
      if (query.has(credential)) {
        throw new OAuthException(
            Code.INVALID_REQUEST, credential + " must not stand in the query string");
      }
    }
    Form body = Form.parse(request.body());
    Form all = body.and(query);
    all.refuseRepeated();
    return new ProtocolForm(body, all);
  }

  private static void requireForm(String type) {
    if (type.equalsIgnoreCase(FORM)) {
      return;
    }
    String[] parts = type.split(";", -1);
    boolean isForm = parts[0].strip().equalsIgnoreCase(FORM);
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip().toLowerCase(Locale.ROOT).replace("\"", "");
      isForm &= !parameter.startsWith("charset=") || parameter.equals("charset=utf-8");
    }
    if (!isForm) {
      throw new OAuthException(Code.INVALID_REQUEST, "the body must be " + FORM + " in UTF-8");
    }
  }

  /// A parameter that must be there.
  ///
  /// @throws OAuthException `invalid_request`
  static String required(Form form, String name) {
    return form.get(name)
        .orElseThrow(() -> new OAuthException(Code.INVALID_REQUEST, name + " is missing"));
  }
}
