package io.clientele.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP server; beside `Connections` and `Http1` the only file that knows Jetty. It reads
/// requests strictly (RFC 9110, 9112), hands each to a `Router`, sends the answer and notes it in
/// the log.
public final class WebServer implements AutoCloseable {

  /// Told of every request that was answered.
  public interface Observer {
    /// An answer is about to be sent.
    ///
    /// @param microseconds from the first byte of the request to the answer being handed over
    void answered(Request request, String traceId, int status, long microseconds);
  }

  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);
  private static final int HEADER_BYTES = 16 * 1024;
  private static final int THREADS = 16;
  private static final int BACKLOG = 1024;
  private static final int MEBIBYTE = 1 << 20;

  /// Answers that are longer than this are counted while they wait for their peer.
  private static final int LONG_ANSWER = 64 * 1024;

  /// What is for bodies that are gathered, and for answers that wait: a part of the heap, and
  /// enough for one of the longest to be half of it.
  private static final long MEMORY =
      Math.max(Runtime.getRuntime().maxMemory() / 16, 32L * MEBIBYTE);

  private static final HttpField NOSNIFF =
      new PreEncodedHttpField("X-Content-Type-Options", "nosniff");
  private static final HttpField NO_STORE = encoded(Response.NO_STORE);
  private static final HttpField JSON =
      new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, Response.JSON);

  /// Header lines that many answers have, encoded once.
  private static final Map<Response.Header, HttpField> ENCODED =
      Map.of(Response.NO_STORE, NO_STORE, Response.NO_CACHE, encoded(Response.NO_CACHE));

  private static final HexFormat HEX = HexFormat.of();
  private static final String PEER = "clientele.peer";
  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}");

  private final Server server;
  private final Connections connections;
  private final Router router;
  private final SourceAddress addresses;
  private final Observer observer;
  private final Shares bodies = new Shares(MEMORY);
  private final Shares answers = new Shares(MEMORY);

  /// What peers may take.
  ///
  /// @param connections how many may be open; beyond, the idle ones go
  /// @param patience how long a request may take to come once it began, and a mebibyte of an answer
  ///   to be taken
  public record Limits(int connections, Duration patience) {}

  /// A port that is bound, so that nobody else takes it; nothing is answered on it before `start`.
  public static final class Listener implements AutoCloseable {
    private final ServerSocketChannel channel;
    private final URI uri;

    private Listener(ServerSocketChannel channel, URI uri) {
      this.channel = channel;
      this.uri = uri;
    }

    /// Binds an address.
    ///
    /// @param port 0 for any that is free
    /// @throws IOException if it cannot be bound
    public static Listener bind(String host, int port) throws IOException {
      ServerSocketChannel channel = ServerSocketChannel.open();
      try {
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        channel.bind(new InetSocketAddress(host, port), BACKLOG);
        int bound = ((InetSocketAddress) channel.getLocalAddress()).getPort();
        String shown = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return new Listener(channel, URI.create("http://" + shown + ":" + bound));
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }

    /// Where it listens, with the port that was chosen.
    public URI uri() {
      return uri;
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /// Makes a server on a listener; nothing is answered before `start`.
  ///
  /// @param grace how long requests under way may take to end when the server stops
  /// @throws IOException if the listener cannot be used
  public WebServer(
      Listener listener,
      Router router,
      SourceAddress addresses,
      Observer observer,
      Limits limits,
      Duration grace)
      throws IOException {
    this.router = router;
    this.addresses = addresses;
    this.observer = observer;
    // All from the beginning: a thread that is begun by one that gives way gives way too.
    QueuedThreadPool threads = new QueuedThreadPool(THREADS, THREADS);
    threads.setName("http-" + listener.uri.getPort());
    threads.setDaemon(true);
    server = new Server(threads);
    server.setStopTimeout(grace.toMillis());
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setSendDateHeader(true);
    // Jetty would keep each connection's Authorization header in memory, and look every header up
    // in what it keeps: not safe, and not quicker either.
    configuration.setHeaderCacheSize(0);
    configuration.setRequestHeaderSize(HEADER_BYTES);
    configuration.setHttpCompliance(HttpCompliance.STRICT);
    connections =
        new Connections(
            server,
            configuration,
            addresses,
            limits,
            new Lingering("ending-" + listener.uri.getPort(), limits.connections));
    server.addConnector(connections);
    server.setErrorHandler(new Unreadable());
    server.setHandler(new GracefulHandler(new Entry()));
    connections.open(listener.channel);
  }

  /// Begins to answer.
  public void start() throws Exception {
    server.start();
    connections.beginToLook();
  }

  /// How many connections are open.
  public int connections() {
    return connections.count();
  }

  /// How many peers were cut because they were slow.
  public long slowPeers() {
    return connections.slow();
  }

  /// How many idle connections made room for others.
  public long idlePeers() {
    return connections.displaced();
  }

  /// How many requests had no answer but 503 for want of memory.
  public long refused() {
    return bodies.refused() + answers.refused();
  }

  /// Lets requests under way end, then stops.
  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP server does not stop", e);
    } finally {
      connections.end();
    }
  }

  /// What Jetty itself refuses, because it is no acceptable HTTP, in our form.
  private final class Unreadable extends ErrorHandler {
    @Override
    public boolean handle(
        org.eclipse.jetty.server.Request request,
        org.eclipse.jetty.server.Response response,
        Callback callback) {
      Request ours = request(request);
      JettyExchange exchange = new JettyExchange(ours, request, response, callback);
      int status = response.getStatus() == 0 ? 500 : response.getStatus();
      if (status == HttpStatus.SERVICE_UNAVAILABLE_503) {
        // So says the graceful handler.
        router.refuse(ours, exchange);
        return true;
      }
      router.refuseUnreadable(ours, status, exchange);
      return true;
    }
  }

  private static HttpField encoded(Response.Header header) {
    return new PreEncodedHttpField(header.name(), header.value());
  }

  private static void fill(HttpFields.Mutable headers, Response response) {
    boolean ownCacheControl = false;
    for (Response.Header header : response.headers()) {
      HttpField encoded = ENCODED.get(header);
      headers.add(encoded != null ? encoded : new HttpField(header.name(), header.value()));
      ownCacheControl |= header.name().equalsIgnoreCase("Cache-Control");
    }
    if (!ownCacheControl) {
      headers.add(NO_STORE);
    }
    headers.add(NOSNIFF);
    String contentType = response.contentType();
    headers.add(
        contentType.equals(Response.JSON)
            ? JSON
            : new HttpField(HttpHeader.CONTENT_TYPE, contentType));
    headers.add(
        new HttpField.LongValueHttpField(HttpHeader.CONTENT_LENGTH, response.body().length));
  }

  private final class Entry extends Handler.Abstract.NonBlocking {
    @Override
    public boolean handle(
        org.eclipse.jetty.server.Request request,
        org.eclipse.jetty.server.Response response,
        Callback callback) {
      Request ours = request(request);
      JettyExchange exchange = new JettyExchange(ours, request, response, callback);
      // Chunks came with 1.1. A proxy that knows 1.0 only has seen another end of the body, so what
      // comes behind it may be anybody's (RFC 9112 §6.1).
      if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_0
          && request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)) {
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
        router.refuseUnreadable(ours, HttpStatus.BAD_REQUEST_400, exchange);
        return true;
      }
      router.handle(ours, exchange);
      return true;
    }
  }

  private Request request(org.eclipse.jetty.server.Request request) {
    String peer = peer(request);
    String address =
        addresses.isProxy(peer)
            ? addresses.told(
                peer,
                request.getHeaders().getValuesList("X-Forwarded-For"),
                request.getHeaders().getValuesList("Forwarded"))
            : peer;
    // Unique, not secret.
    ThreadLocalRandom random = ThreadLocalRandom.current();
    String id = HEX.toHexDigits(random.nextLong()) + HEX.toHexDigits(random.nextInt());
    return new Request(new JettySource(request, address), id, System.nanoTime());
  }

  /// The peer's address, written once a connection.
  private static String peer(org.eclipse.jetty.server.Request request) {
    ConnectionMetaData connection = request.getConnectionMetaData();
    if (connection.getAttribute(PEER) instanceof String known) {
      return known;
    }
    String peer = Connections.addressOf(connection.getRemoteSocketAddress());
    connection.setAttribute(PEER, peer);
    return peer;
  }

  private record JettySource(org.eclipse.jetty.server.Request request, String address)
      implements Request.Source {
    @Override
    public String method() {
      return Optional.ofNullable(request.getMethod()).orElse("");
    }

    @Override
    public String path() {
      return Optional.ofNullable(request.getHttpURI().getPath()).orElse("");
    }

    @Override
    public String query() {
      return Optional.ofNullable(request.getHttpURI().getQuery()).orElse("");
    }

    @Override
    public List<String> headers(String name) {
      List<String> values = List.of();
      for (HttpField field : request.getHeaders()) {
        if (field.is(name)) {
          String value = Optional.ofNullable(field.getValue()).orElse("");
          values = values.isEmpty() ? List.of(value) : and(values, value);
        }
      }
      return values;
    }

    private static List<String> and(List<String> values, String value) {
      List<String> more = new ArrayList<>(values);
      more.add(value);
      return more;
    }

    @Override
    public long declaredLength() {
      return request.getLength();
    }
  }

  private final class JettyExchange implements Router.Exchange {
    private final Request ours;
    private final org.eclipse.jetty.server.Request request;
    private final org.eclipse.jetty.server.Response response;
    private final Callback callback;
    private final AtomicBoolean sent = new AtomicBoolean();
    private final List<Runnable> whenDone = new ArrayList<>(0);
    private volatile boolean isRead;
    private long bodyBytes;

    JettyExchange(
        Request ours,
        org.eclipse.jetty.server.Request request,
        org.eclipse.jetty.server.Response response,
        Callback callback) {
      this.ours = ours;
      this.request = request;
      this.response = response;
      this.callback = callback;
    }

    @Override
    public void readBody(int limit, Consumer<byte[]> whole, Consumer<Throwable> failed) {
      long declared = request.getLength();
      if (declared > limit) {
        failed.accept(new Router.BodyTooLarge(limit));
        return;
      }
      new BodyReader(
              request,
              limit,
              this::takeForBody,
              body -> {
                isRead = true;
                whole.accept(body);
              },
              failed,
              this::abandon)
          .run();
    }

    /// @return false if there is no memory for so much more now
    private boolean takeForBody(long more) {
      String source = SourceAddress.network(ours.address());
      if (!bodies.take(source, more)) {
        return false;
      }
      if (bodyBytes == 0) {
        whenDone(() -> bodies.giveBack(source, bodyBytes));
      }
      bodyBytes += more;
      return true;
    }

    @Override
    public void whenDone(Runnable then) {
      whenDone.add(then);
    }

    private void done() {
      whenDone.forEach(Runnable::run);
      whenDone.clear();
    }

    @Override
    public void abandon(Throwable failure) {
      LOG.error("request {} could not be answered", ours.id(), failure);
      try {
        callback.failed(failure);
      } finally {
        done();
      }
    }

    @Override
    public void send(Response ready) {
      if (!sent.compareAndSet(false, true)) {
        throw new IllegalStateException("a request is answered once");
      }
      Response answer = ready;
      // What was done is told even so, with the secrets that are told once: there is no more of it
      // than of deeds, and of the bodies that asked for them.
      if (ready.body().length > LONG_ANSWER
          && !takeForAnswer(ready.body().length)
          && ours.isSafe()) {
        answer = router.overloaded(ours);
      }
      response.setStatus(answer.status());
      HttpFields.Mutable headers = response.getHeaders();
      headers.add(new HttpField("X-Request-Id", ours.id()));
      fill(headers, answer);
      // A refusal may be quicker than the body. Jetty then ends the connection, and who keeps it
      // for the next request has to know.
      if (!isRead && !request.consumeAvailable()) {
        headers.put(HttpHeader.CONNECTION, "close");
      }
      long now = Connections.now();
      Connections.isAnswered(request.getConnectionMetaData().getConnection().getEndPoint(), now);
      long microseconds = (now - ours.startedNanos()) / 1000;
      observer.answered(ours, traceId(), answer.status(), microseconds);
      response.write(
          true,
          ByteBuffer.wrap(answer.body()),
          whenDone.isEmpty() ? callback : Callback.from(callback, this::done));
    }

    private boolean takeForAnswer(long bytes) {
      String customer = ours.notes().customer();
      String who = customer.isEmpty() ? SourceAddress.network(ours.address()) : customer;
      if (!answers.take(who, bytes)) {
        return false;
      }
      whenDone(() -> answers.giveBack(who, bytes));
      return true;
    }

    private String traceId() {
      return ours.header("traceparent")
          .map(TRACEPARENT::matcher)
          .filter(Matcher::matches)
          .map(matcher -> Optional.ofNullable(matcher.group(1)).orElse(""))
          .orElse("");
    }
  }

  /// Gathers a body chunk by chunk without holding a thread, and never more than the limit.
  private static final class BodyReader implements Runnable {
    private final org.eclipse.jetty.server.Request request;
    private final int limit;
    private final LongPredicate memory;
    private final Consumer<byte[]> whole;
    private final Consumer<Throwable> failed;
    private final Consumer<Throwable> broken;
    private byte[] gathered = new byte[0];
    private int length;

    BodyReader(
        org.eclipse.jetty.server.Request request,
        int limit,
        LongPredicate memory,
        Consumer<byte[]> whole,
        Consumer<Throwable> failed,
        Consumer<Throwable> broken) {
      this.request = request;
      this.limit = limit;
      this.memory = memory;
      this.whole = whole;
      this.failed = failed;
      this.broken = broken;
    }

    @Override
    public void run() {
      try {
        readOn();
      } catch (RuntimeException | Error e) {
        broken.accept(e);
      }
    }

    /// A length that was declared is believed only as far as it came: memory is not taken before.
    ///
    /// @param isAll a body that came at once is not counted: it is soon gone
    /// @return false if there is no memory for it
    private boolean gather(ByteBuffer more, int size, boolean isAll) {
      if (length + size > gathered.length) {
        int room = length == 0 ? size : Math.min(limit, 2 * (length + size));
        if (!isAll && !memory.test(room - gathered.length)) {
          return false;
        }
        gathered = Arrays.copyOf(gathered, room);
      }
      more.get(gathered, length, size);
      length += size;
      return true;
    }

    private void readOn() {
      while (true) {
        Content.Chunk chunk = request.read();
        if (chunk == null) {
          request.demand(this);
          return;
        }
        if (Content.Chunk.isFailure(chunk)) {
          failed.accept(chunk.getFailure());
          return;
        }
        int size = chunk.remaining();
        if (length + size > limit) {
          chunk.release();
          failed.accept(new Router.BodyTooLarge(limit));
          return;
        }
        // The body as a rule comes as one chunk that is not marked last.
        boolean isLast = chunk.isLast() || length + size == request.getLength();
        boolean isGathered = gather(chunk.getByteBuffer(), size, isLast && length == 0);
        chunk.release();
        if (!isGathered) {
          failed.accept(new Router.TooManyBodies());
          return;
        }
        if (isLast) {
          whole.accept(length == gathered.length ? gathered : Arrays.copyOf(gathered, length));
          return;
        }
      }
    }
  }
}
