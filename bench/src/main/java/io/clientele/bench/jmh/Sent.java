package io.clientele.bench.jmh;

import io.clientele.http.Admission;
import io.clientele.http.ErrorResponses;
import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.http.Route;
import io.clientele.http.Router;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/// A form that was sent with `client_secret_basic`, in the hands of a `Router`, and what came back.
final class Sent implements Router.Exchange, Request.Source {

  private static final String FORM = "application/x-www-form-urlencoded";

  /// Whoever would have to wait does not stand on the path of a token.
  private static final Executor NOBODY =
      work -> {
        throw new IllegalStateException("a step had to wait");
      };

  private final Router router;
  private final String path;
  private final HttpFields headers;
  private final byte[] body;
  private Optional<Response> answer = Optional.empty();

  /// @param handler what answers
  Sent(String path, String client, String secret, String body, Route.Handler handler) {
    this.path = path;
    this.body = body.getBytes(StandardCharsets.US_ASCII);
    this.headers =
        HttpFields.build()
            .add(HttpHeader.HOST, "127.0.0.1:8080")
            .add(HttpHeader.AUTHORIZATION, basic(client, secret))
            .add(HttpHeader.CONTENT_TYPE, FORM)
            .add(HttpHeader.CONTENT_LENGTH, Integer.toString(body.length()))
            .asImmutable();
    this.router =
        new Router(
            List.of(Route.open("POST", path, Route.Voice.PROTOCOL, 64 * 1024, handler)),
            new ErrorResponses(),
            new Admission(NOBODY, NOBODY));
  }

  private static String basic(String client, String secret) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((client + ":" + secret).getBytes(StandardCharsets.UTF_8));
  }

  byte[] body() {
    return body.clone();
  }

  /// Has it answered, as a request of its own.
  Response answered() {
    router.handle(new Request(this, "0123456789abcdef01234567", System.nanoTime()), this);
    return answer.orElseThrow();
  }

  @Override
  public void readBody(int limit, Consumer<byte[]> whole, Consumer<Throwable> failed) {
    whole.accept(body);
  }

  @Override
  public void send(Response response) {
    if (response.status() != 200) {
      throw new IllegalStateException(
          "answered " + new String(response.body(), StandardCharsets.UTF_8));
    }
    answer = Optional.of(response);
  }

  @Override
  public void abandon(Throwable failure) {
    throw new IllegalStateException(failure);
  }

  @Override
  public void whenDone(Runnable then) {
    throw new IllegalStateException("a step takes a place");
  }

  @Override
  public String method() {
    return "POST";
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public String query() {
    return "";
  }

  /// Looks them up as the server does.
  @Override
  public List<String> headers(String name) {
    for (HttpField field : headers) {
      if (field.is(name)) {
        return List.of(Optional.ofNullable(field.getValue()).orElse(""));
      }
    }
    return List.of();
  }

  @Override
  public String address() {
    return "127.0.0.1";
  }

  @Override
  public long declaredLength() {
    return body.length;
  }
}
