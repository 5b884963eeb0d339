package io.clientele.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
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
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP server; the only file that knows Jetty. It reads requests strictly (RFC 9110, 9112),
/// hands each to a `Router`, sends the answer and notes it in the log.
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

  /// How long a connection may take to end when the last answer was sent.
  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  /// How often slow peers are looked for.
  private static final Duration LOOK = Duration.ofMillis(250);

  /// Whoever said something so lately is not idle.
  private static final Duration LIVELY = Duration.ofSeconds(1);

  /// What part of all connections makes room at once when there are too many.
  private static final int MAKE_ROOM = 64;

  /// Answers that are longer than this are counted while they wait for their peer.
  private static final int LONG_ANSWER = 64 * 1024;

  /// What is for bodies that are gathered, and for answers that wait: a part of the heap, and
  /// enough for one of the longest to be half of it.
  private static final long MEMORY =
      Math.max(Runtime.getRuntime().maxMemory() / 16, 32L * MEBIBYTE);

  private static final byte[] TOO_SLOW =
      "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);
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
  private final ServerConnector connector;
  private final Router router;
  private final SourceAddress addresses;
  private final Observer observer;
  private final Limits limits;
  private final Shares bodies = new Shares(MEMORY);
  private final Shares answers = new Shares(MEMORY);
  private final Lingering lingering;
  private final AtomicInteger connections = new AtomicInteger();
  private final LongAdder slowPeers = new LongAdder();
  private final LongAdder idlePeers = new LongAdder();

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
    this.limits = limits;
    this.router = router;
    this.addresses = addresses;
    this.observer = observer;
    // All from the beginning: a thread that is begun by one that gives way gives way too.
    QueuedThreadPool threads = new QueuedThreadPool(THREADS, THREADS);
    threads.setName("http-" + listener.uri.getPort());
    threads.setDaemon(true);
    lingering = new Lingering("ending-" + listener.uri.getPort(), limits.connections);
    server = new Server(threads);
    server.setStopTimeout(grace.toMillis());
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    configuration.setSendDateHeader(true);
    // Jetty would keep each connection's Authorization header in memory, and look every header up
    // in
    // what it keeps: not safe, and not quicker either.
    configuration.setHeaderCacheSize(0);
    configuration.setRequestHeaderSize(HEADER_BYTES);
    configuration.setHttpCompliance(HttpCompliance.STRICT);
    connector = new Connector(server, new HttpConnectionFactory(configuration));
    connector.setIdleTimeout(30_000);
    server.addConnector(connector);
    server.setErrorHandler(new Unreadable());
    server.setHandler(new GracefulHandler(new Entry()));
    connector.open(listener.channel);
  }

  /// Begins to answer.
  public void start() throws Exception {
    server.start();
    lingering.start();
    lookAgain();
  }

  /// How many connections are open.
  public int connections() {
    return connections.get();
  }

  /// How many peers were cut because they were slow.
  public long slowPeers() {
    return slowPeers.sum();
  }

  /// How many idle connections made room for others.
  public long idlePeers() {
    return idlePeers.sum();
  }

  /// How many requests had no answer but 503 for want of memory.
  public long refused() {
    return bodies.refused() + answers.refused();
  }

  private void lookAgain() {
    connector.getScheduler().schedule(this::cutSlowPeers, LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void cutSlowPeers() {
    if (!server.isRunning()) {
      return;
    }
    try {
      long now = now();
      for (EndPoint each : connector.getConnectedEndPoints()) {
        if (each instanceof Peer peer) {
          cutIfSlow(peer, now);
        }
      }
    } finally {
      lookAgain();
    }
  }

  /// What goes wrong with one must not spare those behind it.
  private static void cutIfSlow(Peer peer, long now) {
    try {
      peer.cutIfSlow(now);
    } catch (RuntimeException e) {
      LOG.error("a slow peer cannot be cut", e);
    }
  }

  /// Never 0, which stands for never.
  private static long now() {
    return System.nanoTime() | 1;
  }

  private static boolean isOver(long since, Duration time, long now) {
    return since != 0 && now - since > time.toNanos();
  }

  /// Ends idle connections if there are too many: first those of who has most, unless it is a
  /// proxy, and of these the longest idle. Who drips bytes is as idle as who sends none.
  private synchronized void makeRoom() {
    if (connections.get() < limits.connections) {
      return;
    }
    long now = now();
    Map<String, Integer> bySource = new HashMap<>();
    List<Peer> idle = new ArrayList<>();
    for (EndPoint each : connector.getConnectedEndPoints()) {
      if (each instanceof Peer peer && peer.isOpen()) {
        bySource.merge(peer.source, 1, Integer::sum);
        if (peer.isIdle(now)) {
          idle.add(peer);
        }
      }
    }
    idle.stream()
        .map(
            peer ->
                Idle.of(
                    peer,
                    now,
                    addresses.isProxy(peer.source) ? 0 : bySource.getOrDefault(peer.source, 0)))
        .sorted(Comparator.comparingInt(Idle::ofSource).thenComparingLong(Idle::nanos).reversed())
        .limit(Math.max(1, limits.connections / MAKE_ROOM))
        .forEach(
            each -> {
              idlePeers.increment();
              each.peer.cut(new IOException("too many connections"));
            });
  }

  /// An idle connection as it was at one moment, since the order may not change while it is sorted.
  ///
  /// @param ofSource how many connections its source has
  /// @param nanos how long nothing useful came from it
  private record Idle(Peer peer, int ofSource, long nanos) {
    static Idle of(Peer peer, long now, int ofSource) {
      return new Idle(peer, ofSource, now - peer.lively.get());
    }
  }

  private final class Connector extends ServerConnector {
    Connector(Server server, HttpConnectionFactory factory) {
      super(server, 1, 2, factory);
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(
        SocketChannel channel, ManagedSelector selector, SelectionKey key) throws IOException {
      makeRoom();
      if (connections.get() >= limits.connections) {
        throw new IOException("too many connections");
      }
      Peer peer = new Peer(channel, selector, key, getScheduler());
      peer.setIdleTimeout(getIdleTimeout());
      return peer;
    }
  }

  /// One connection. It knows since when its peer keeps it waiting, and goes on with `Lingering` if
  /// the peer still sends when the last answer was sent.
  private final class Peer extends SocketChannelEndPoint {
    private final String source;
    private final SelectionKey key;
    private final AtomicBoolean isOpen = new AtomicBoolean(true);

    /// When the request began to come that is being read or answered; 0 between requests.
    private final AtomicLong requestBegan = new AtomicLong();

    /// When the last answer was ready, or the connection was made.
    private final AtomicLong lively = new AtomicLong(now());

    /// When an answer began to wait for the peer to take it; 0 if none does.
    private final AtomicLong answerWaits = new AtomicLong();

    /// When the last answer was sent; 0 before.
    private final AtomicLong isEnding = new AtomicLong();

    private long atFirst;
    private volatile long taken;
    private volatile boolean hasEnded;
    private boolean wasAnswered;

    Peer(SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
      super(channel, selector, key, scheduler);
      this.key = key;
      source = SourceAddress.network(addressOf(getRemoteSocketAddress()));
      connections.incrementAndGet();
    }

    @Override
    protected void doShutdownInput() {
      hasEnded = true;
      super.doShutdownInput();
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
      int filled = super.fill(buffer);
      if (filled < 0) {
        hasEnded = true;
      } else if (filled > 0 && requestBegan.getPlain() == 0) {
        requestBegan.setRelease(now());
      }
      return filled;
    }

    /// The request that was read has its answer.
    void isAnswered(long now) {
      requestBegan.setRelease(0);
      lively.setRelease(now);
      wasAnswered = true;
    }

    @Override
    public boolean flush(ByteBuffer... buffers) throws IOException {
      boolean all = super.flush(buffers);
      if (!all) {
        long left = 0;
        for (ByteBuffer buffer : buffers) {
          left += buffer.remaining();
        }
        if (answerWaits.getPlain() == 0) {
          atFirst = left;
          taken = 0;
          answerWaits.set(now());
        } else {
          taken = atFirst - left;
        }
      } else if (answerWaits.getPlain() != 0) {
        answerWaits.set(0);
      }
      return all;
    }

    @Override
    protected void doShutdownOutput() {
      isEnding.set(now());
      if (requestBegan.get() != 0 && isOver(requestBegan.get(), limits.patience, now())) {
        try {
          getChannel().write(ByteBuffer.wrap(TOO_SLOW));
        } catch (IOException e) {
          LOG.debug("{} is gone", source, e);
        }
      }
      super.doShutdownOutput();
    }

    @Override
    public void doClose() {
      if (isOpen.compareAndSet(true, false)) {
        if (isEnding.get() != 0
            && !hasEnded
            && lingering.take(getChannel(), source, connections::decrementAndGet)) {
          key.cancel();
          return;
        }
        connections.decrementAndGet();
      }
      super.doClose();
    }

    /// Whether nothing is done for it, and nothing useful came from it ever, or for a while; who
    /// does not take its answer is no better. It does not matter if what others wrote is seen a
    /// little late.
    boolean isIdle(long now) {
      if (isOver(answerWaits.get(), LIVELY, now)) {
        return true;
      }
      return getFillInterest().isInterested()
          && answerWaits.get() == 0
          && (!wasAnswered || isOver(lively.get(), LIVELY, now));
    }

    /// Closes it now, whatever the peer still sends.
    void cut(Throwable cause) {
      hasEnded = true;
      close(cause);
    }

    void cutIfSlow(long now) {
      if (isOver(isEnding.get(), LONGEST_END, now)) {
        cut(new TimeoutException("the peer does not end"));
        return;
      }
      Duration forAnswer = limits.patience.multipliedBy(1 + taken / MEBIBYTE);
      if (isOver(answerWaits.get(), forAnswer, now)) {
        slowPeers.increment();
        cut(new TimeoutException("the peer does not take the answer"));
        return;
      }
      // Only who waits for bytes of the peer is told.
      if (isEnding.get() == 0
          && isOver(requestBegan.get(), limits.patience, now)
          && getFillInterest().onFail(new TimeoutException("the request comes too slowly"))) {
        slowPeers.increment();
      }
    }
  }

  /// Lets requests under way end, then stops.
  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP server does not stop", e);
    } finally {
      connector.close();
      lingering.close();
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
    String peer = addressOf(connection.getRemoteSocketAddress());
    connection.setAttribute(PEER, peer);
    return peer;
  }

  private static String addressOf(SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getHostAddress()
        : "";
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
      long now = now();
      if (request.getConnectionMetaData().getConnection().getEndPoint() instanceof Peer peer) {
        peer.isAnswered(now);
      }
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
