package io.clientele.http;

import java.util.List;

/// One URL and method, and what answers it.
///
/// @param method the HTTP method
/// @param template the path, `{name}` for a variable segment
/// @param voice how failures sound here
/// @param bodyLimit the largest body that is read, in bytes
/// @param wall what stands before the body is read
public record Route(String method, String template, Voice voice, int bodyLimit, Wall wall) {

  /// How failures sound.
  public enum Voice {
    /// RFC 6749: `{"error","error_description"}`. Handlers run on the thread that read the request,
    /// and throw `MustWait` if they would have to wait.
    PROTOCOL,
    /// RFC 9457 with the source's own members. Everything runs where waiting is allowed.
    MANAGEMENT
  }

  /// Decides before the body is read: gives what answers the request once it is, or refuses by
  /// throwing.
  public interface Wall {
    Handler pass(Request request);
  }

  /// Answers a request whose body was read; refuses by throwing.
  public interface Handler {
    Response handle(Request request);
  }

  /// A route without a wall: the handler decides all.
  public static Route open(
      String method, String template, Voice voice, int bodyLimit, Handler handler) {
    return new Route(method, template, voice, bodyLimit, request -> handler);
  }

  List<String> segments() {
    return List.of(template.substring(1).split("/", -1));
  }
}
