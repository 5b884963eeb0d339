package io.clientele.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.http.Route.Voice;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The only place where a failure becomes bytes. Two voices: a short text for the caller, the
/// detail for the log.
public final class ErrorResponses {

  private static final Logger LOG = LoggerFactory.getLogger(ErrorResponses.class);
  private static final String PROBLEM = "application/problem+json";
  private static final String BASIC_CHALLENGE = "Basic realm=\"clientele\", charset=\"UTF-8\"";

  private static final Map<Integer, String> TITLES =
      Map.ofEntries(
          Map.entry(400, "Bad Request"),
          Map.entry(401, "Unauthorized"),
          Map.entry(403, "Forbidden"),
          Map.entry(404, "Not Found"),
          Map.entry(405, "Method Not Allowed"),
          Map.entry(408, "Request Timeout"),
          Map.entry(409, "Conflict"),
          Map.entry(411, "Length Required"),
          Map.entry(412, "Precondition Failed"),
          Map.entry(413, "Content Too Large"),
          Map.entry(414, "URI Too Long"),
          Map.entry(415, "Unsupported Media Type"),
          Map.entry(417, "Expectation Failed"),
          Map.entry(426, "Upgrade Required"),
          Map.entry(429, "Too Many Requests"),
          Map.entry(431, "Request Header Fields Too Large"),
          Map.entry(500, "Internal Server Error"),
          Map.entry(501, "Not Implemented"),
          Map.entry(503, "Service Unavailable"),
          Map.entry(505, "HTTP Version Not Supported"),
          Map.entry(507, "Insufficient Storage"));

  /// The answer to a failure, and the outcome in the request's log line.
  public Response of(Throwable failure, Voice voice, Request request) {
    if (failure instanceof OAuthException refusal) {
      request.notes().outcome(refusal.code().wireName());
      request.notes().reason(refusal.reason());
      return protocol(refusal, voice);
    }
    if (failure instanceof Problem problem) {
      request.notes().outcome(outcome(problem));
      return problem(problem);
    }
    if (failure instanceof Unavailable unavailable) {
      request.notes().outcome("unavailable");
      request.notes().reason(unavailable.reason());
      return voice == Voice.PROTOCOL
          ? protocol(
              new OAuthException(
                  Code.TEMPORARILY_UNAVAILABLE,
                  "the server is not able to answer now",
                  unavailable.reason(),
                  Duration.ofSeconds(1)),
              voice)
          : problem(Problem.notNow("The server is not able to answer now", 1));
    }
    LOG.error("request {} failed: a bug", request.id(), failure);
    request.notes().outcome("bug");
    return voice == Voice.PROTOCOL
        ? protocol(new OAuthException(Code.SERVER_ERROR, "the server failed"), voice)
        : problem(Problem.of(500, "The server failed"));
  }

  /// What is said when there is more work than can wait.
  static RuntimeException overloaded(Voice voice) {
    return voice == Voice.PROTOCOL
        ? new OAuthException(
            Code.TEMPORARILY_UNAVAILABLE, "too much work", "overload", Duration.ofSeconds(1))
        : Problem.notNow("Too much work", 1);
  }

  /// The answer to bytes that are no acceptable request.
  Response unreadable(int status, Voice voice) {
    String title = TITLES.getOrDefault(status, "Error");
    if (voice == Voice.MANAGEMENT) {
      return problem(Problem.of(status, title));
    }
    Code code = status == 500 ? Code.SERVER_ERROR : Code.INVALID_REQUEST;
    return Response.json(
        status, Json.object().put("error", code.wireName()).put("error_description", title));
  }

  private static String outcome(Problem problem) {
    if (problem.status() == 403) {
      return "access_denied";
    }
    return TITLES
        .getOrDefault(problem.status(), "error")
        .toLowerCase(Locale.ROOT)
        .replace(' ', '_');
  }

  private static Response protocol(OAuthException refusal, Voice voice) {
    ObjectNode body =
        Json.object()
            .put("error", refusal.code().wireName())
            .put("error_description", refusal.description());
    Response response = Response.json(refusal.code().status(), body).uncached();
    if (refusal.code() == Code.INVALID_CLIENT) {
      response = response.with("WWW-Authenticate", BASIC_CHALLENGE);
    }
    if (refusal.code() == Code.INVALID_TOKEN && voice == Voice.MANAGEMENT) {
      response = response.with("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    }
    if (refusal.retryAfterSeconds().isPresent()) {
      response = response.with("Retry-After", refusal.retryAfterSeconds().get().toString());
    }
    return response;
  }

  private static Response problem(Problem problem) {
    String title = TITLES.getOrDefault(problem.status(), "Error");
    ObjectNode body =
        Json.object()
            .put("type", "about:blank")
            .put("title", title)
            .put("status", problem.status())
            .put("detail", detail(problem))
            .put("errorCode", problem.status())
            .put("errorMessage", problem.errorMessage());
    if (!problem.faults().isEmpty()) {
      ArrayNode errors = body.putArray("errors");
      for (Fault fault : problem.faults()) {
        errors.addObject().put("pointer", fault.pointer()).put("message", fault.message());
      }
    }
    Response response =
        Response.of(problem.status(), PROBLEM, Json.bytes(body)).with("Cache-Control", "no-store");
    if (problem.status() == 401) {
      response = response.with("WWW-Authenticate", "Bearer");
    }
    if (problem.retryAfterSeconds().isPresent()) {
      response =
          response.with("Retry-After", Long.toString(problem.retryAfterSeconds().getAsLong()));
    }
    return response;
  }

  private static String detail(Problem problem) {
    if (problem.faults().size() == 1) {
      Fault only = problem.faults().getFirst();
      return only.pointer().isEmpty() ? only.message() : only.pointer() + ": " + only.message();
    }
    return problem.errorMessage();
  }
}
