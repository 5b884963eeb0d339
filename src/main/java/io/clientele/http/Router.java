package io.clientele.http;

import io.clientele.http.Route.Voice;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/// Finds the route, runs its wall, reads the body, runs its handler, turns failures into answers. A
/// protocol route runs on the thread that read the request; a management route, and a protocol
/// request that must wait, runs where waiting is allowed.
public final class Router {

  /// Reads bodies and sends answers: the server underneath.
  public interface Exchange {
    /// Reads the whole body, at most `limit` bytes, then calls one of the two, maybe at once. Too
    /// long a body fails with `BodyTooLarge`.
    void readBody(int limit, Consumer<byte[]> whole, Consumer<Throwable> failed);

    /// Sends the answer; called once.
    void send(Response response);

    /// Ends the exchange when not even a failure could be answered.
    void abandon(Throwable failure);

    /// Has this run when the answer was taken by the peer or cannot be sent; called before `send`.
    void whenDone(Runnable then);
  }

  /// The body is longer than the route reads.
  public static final class BodyTooLarge extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1L;

    /// @param limit in bytes
    public BodyTooLarge(int limit) {
      super("the body is larger than " + limit + " bytes", null, false, false);
    }
  }

  /// Bodies take more memory than there is for them now.
  public static final class TooManyBodies extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1L;

    public TooManyBodies() {
      super("too many bodies at once", null, false, false);
    }
  }

  /// How long a failed authentication takes at least: longer than to find out why it failed, in
  /// memory or in a database that is near, so that its time tells nobody which ids exist.
  private static final long FAILURE_NANOS = Duration.ofMillis(2).toNanos();

  private final Map<String, Map<String, Route>> exact = new HashMap<>();
  private final List<Template> templates = new ArrayList<>();
  private final ErrorResponses errors;
  private final Admission admission;

  private record Template(List<String> segments, Map<String, Route> byMethod) {}

  private record Match(Map<String, Route> byMethod, Map<String, String> variables) {}

  /// @param admission where requests go that may wait
  public Router(List<Route> routes, ErrorResponses errors, Admission admission) {
    this.errors = errors;
    this.admission = admission;
    for (Route route : routes) {
      Map<String, Route> byMethod = place(route);
      if (byMethod.put(route.method(), route) != null) {
        throw new IllegalArgumentException("two routes " + route.method() + " " + route.template());
      }
    }
  }

  private Map<String, Route> place(Route route) {
    if (route.template().indexOf('{') < 0) {
      return exact.computeIfAbsent(route.template(), template -> new HashMap<>());
    }
    List<String> segments = route.segments();
    for (Template template : templates) {
      if (template.segments.equals(segments)) {
        return template.byMethod;
      }
    }
    Template template = new Template(segments, new HashMap<>());
    templates.add(template);
    return template.byMethod;
  }

  /// Answers one request; returns maybe before the answer is sent.
  public void handle(Request request, Exchange exchange) {
    Optional<Match> match;
    try {
      match = find(request.path());
    } catch (Problem e) {
      exchange.send(errors.of(e, Voice.MANAGEMENT, request));
      return;
    }
    if (match.isEmpty()) {
      exchange.send(errors.of(Problem.of(404, "No such path"), Voice.MANAGEMENT, request));
      return;
    }
    Map<String, Route> byMethod = match.get().byMethod;
    String method = request.method().equals("HEAD") ? "GET" : request.method();
    Route route = byMethod.get(method);
    if (route == null) {
      Route any = byMethod.values().iterator().next();
      request.notes().route(any.template());
      exchange.send(methodNotAllowed(any, byMethod, request));
      return;
    }
    request.notes().route(route.template());
    request.variables(match.get().variables);
    if (route.voice() == Voice.PROTOCOL) {
      passWallThenRead(route, request, exchange);
      return;
    }
    Request waits = request.with(Patience.ANYTHING);
    submit(() -> passWallThenRead(route, waits, exchange), route, waits, exchange);
  }

  /// Answers a request that comes when the server already stops.
  public void refuse(Request request, Exchange exchange) {
    exchange.send(errors.of(new Unavailable("stopping"), voice(request.path()), request));
  }

  /// What is answered instead of an answer for which there is no memory now.
  public Response overloaded(Request request) {
    Voice voice = voice(request.path());
    return errors.of(ErrorResponses.overloaded(voice), voice, request);
  }

  /// Answers bytes that are no acceptable request; their path is as far as it could be read.
  public void refuseUnreadable(Request request, int status, Exchange exchange) {
    request.notes().outcome("unreadable");
    exchange.send(errors.unreadable(status, voice(request.path())));
  }

  private Voice voice(String path) {
    Map<String, Route> byMethod = exact.getOrDefault(path, Map.of());
    return byMethod.values().stream().findFirst().map(Route::voice).orElse(Voice.MANAGEMENT);
  }

  private Response methodNotAllowed(Route any, Map<String, Route> byMethod, Request request) {
    TreeSet<String> allowed = new TreeSet<>(byMethod.keySet());
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    String text = "this path answers " + String.join(", ", allowed) + " only";
    RuntimeException refusal =
        any.voice() == Voice.PROTOCOL
            ? new OAuthException(Code.METHOD_NOT_ALLOWED, text)
            : Problem.of(405, text);
    return errors.of(refusal, any.voice(), request).with("Allow", String.join(", ", allowed));
  }

  private void passWallThenRead(Route route, Request request, Exchange exchange) {
    Route.Handler handler;
    try {
      handler = route.wall().pass(request);
      if (route.voice() == Voice.MANAGEMENT) {
        admission.begin(request, exchange);
      }
    } catch (RuntimeException | Error e) {
      exchange.send(errors.of(e, route.voice(), request));
      return;
    }
    readThenRun(route, handler, request, exchange);
  }

  private void readThenRun(Route route, Route.Handler handler, Request request, Exchange exchange) {
    exchange.readBody(
        route.bodyLimit(),
        bytes -> {
          request.body(bytes);
          if (request.patience() == Patience.ANYTHING) {
            // The body may have arrived on a thread that must not wait.
            submit(() -> run(route, handler, request, exchange), route, request, exchange);
          } else {
            run(route, handler, request, exchange);
          }
        },
        failure -> exchange.send(errors.of(bodyRefusal(failure, route), route.voice(), request)));
  }

  private static Throwable bodyRefusal(Throwable failure, Route route) {
    if (failure instanceof BodyTooLarge) {
      String text = "The body is larger than " + route.bodyLimit() + " bytes";
      return route.voice() == Voice.PROTOCOL
          ? new OAuthException(Code.TOO_LARGE, text)
          : Problem.of(413, text);
    }
    if (failure instanceof TooManyBodies) {
      return ErrorResponses.overloaded(route.voice());
    }
    if (failure instanceof TimeoutException) {
      String text = "The body did not arrive in time";
      return route.voice() == Voice.PROTOCOL
          ? new OAuthException(Code.TOO_SLOW, text)
          : Problem.of(408, text);
    }
    String text = "The body did not arrive whole";
    return route.voice() == Voice.PROTOCOL
        ? new OAuthException(Code.INVALID_REQUEST, text, text + ": " + failure)
        : Problem.of(400, text);
  }

  private void run(Route route, Route.Handler handler, Request request, Exchange exchange) {
    Response response;
    try {
      response =
          route.voice() == Voice.MANAGEMENT
              ? admission.answer(handler, request)
              : handler.handle(request);
      if (request.notes().outcome().isEmpty()) {
        request.notes().outcome("ok");
      }
    } catch (MustWait e) {
      Request waits = request.with(e.needed());
      submit(() -> run(route, handler, waits, exchange), route, waits, exchange);
      return;
    } catch (RuntimeException | Error e) {
      response = errors.of(e, route.voice(), request);
      if (e instanceof OAuthException refusal && refusal.code().hidesItsReason()) {
        sendFailure(response, request, exchange);
        return;
      }
    }
    exchange.send(response);
  }

  /// Sends it not before its time.
  private void sendFailure(Response response, Request request, Exchange exchange) {
    long left = FAILURE_NANOS - (System.nanoTime() - request.startedNanos());
    if (left <= 0) {
      exchange.send(response);
      return;
    }
    admission.later(left, () -> guarded(() -> exchange.send(response), exchange));
  }

  private void submit(Runnable work, Route route, Request request, Exchange exchange) {
    try {
      admission.run(() -> guarded(work, exchange), route.voice(), request);
    } catch (RuntimeException e) {
      exchange.send(errors.of(e, route.voice(), request));
    }
  }

  /// Nobody stands behind these threads: what is thrown here would leave the caller waiting.
  private static void guarded(Runnable work, Exchange exchange) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      exchange.abandon(e);
    }
  }

  private Optional<Match> find(String path) {
    Map<String, Route> byMethod = exact.get(path);
    if (byMethod != null) {
      return Optional.of(new Match(byMethod, Map.of()));
    }
    if (!path.startsWith("/")) {
      return Optional.empty();
    }
    String[] segments = path.substring(1).split("/", -1);
    Optional<Match> best = Optional.empty();
    for (Template template : templates) {
      Optional<Map<String, String>> variables = match(template.segments, segments);
      if (variables.isPresent()
          && (best.isEmpty() || variables.get().size() < best.get().variables.size())) {
        best = Optional.of(new Match(template.byMethod, variables.get()));
      }
    }
    return best;
  }

  private static Optional<Map<String, String>> match(List<String> template, String[] segments) {
    if (template.size() != segments.length) {
      return Optional.empty();
    }
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < segments.length; i++) {
      String step = template.get(i);
      if (!step.startsWith("{")) {
        if (!step.equals(segments[i])) {
          return Optional.empty();
        }
        continue;
      }
      if (segments[i].isEmpty()) {
        return Optional.empty();
      }
      String value =
          Percent.decode(segments[i])
              .orElseThrow(() -> Problem.of(400, "The path is not percent-encoded UTF-8"));
      variables.put(step.substring(1, step.length() - 1), value);
    }
    return Optional.of(variables);
  }
}
