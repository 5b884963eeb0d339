package io.clientele.bench.bare;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/// `BareIssuer` behind Jetty: a non-blocking handler on the thread that read the bytes.
///
/// Arguments: the number of selectors, the port. Once it listens it prints its public key (X.509,
/// base64), so that its tokens can be verified.
public final class BareServer {

  private static final HttpField JSON =
      new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, "application/json");
  private static final HttpField NO_STORE =
      new PreEncodedHttpField(HttpHeader.CACHE_CONTROL, "no-store");

  private BareServer() {}

  public static void main(String[] arguments) throws Exception {
    BareIssuer issuer = new BareIssuer();
    Server server = new Server(new QueuedThreadPool(16));
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setSendDateHeader(false);
    configuration.setHttpCompliance(HttpCompliance.STRICT);
    ServerConnector connector =
        new ServerConnector(
            server, 1, Integer.parseInt(arguments[0]), new HttpConnectionFactory(configuration));
    connector.setPort(Integer.parseInt(arguments[1]));
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(new TokenHandler(issuer));
    server.start();
    System.out.println(
        "public key: "
            + Base64.getEncoder().encodeToString(issuer.keys().getPublic().getEncoded()));
  }

  private static final class TokenHandler extends Handler.Abstract.NonBlocking {
    private final BareIssuer issuer;

    TokenHandler(BareIssuer issuer) {
      this.issuer = issuer;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      String authorization = request.getHeaders().get(HttpHeader.AUTHORIZATION);
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        whenTheBodyIsThere(request, response, callback, authorization);
        return true;
      }
      if (Content.Chunk.isFailure(chunk)
          || !chunk.hasRemaining()
          || request.getLength() != chunk.remaining()) {
        throw new IllegalStateException(String.valueOf(chunk));
      }
      String body = StandardCharsets.UTF_8.decode(chunk.getByteBuffer()).toString();
      chunk.release();
      send(response, callback, authorization, body);
      return true;
    }

    private void whenTheBodyIsThere(
        Request request, Response response, Callback callback, @Nullable String authorization) {
      Content.Source.asString(
          request,
          StandardCharsets.UTF_8,
          new Promise<String>() {
            @Override
            public void succeeded(String body) {
              send(response, callback, authorization, body);
            }

            @Override
            public void failed(Throwable failure) {
              callback.failed(failure);
            }
          });
    }

    private void send(
        Response response, Callback callback, @Nullable String authorization, String body) {
      byte[] answer = issuer.handle(authorization, body).getBytes(StandardCharsets.ISO_8859_1);
      response.getHeaders().put(JSON).put(NO_STORE).put(HttpHeader.CONTENT_LENGTH, answer.length);
      response.write(true, ByteBuffer.wrap(answer), callback);
    }
  }
}
