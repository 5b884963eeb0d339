package io.clientele.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connections of a `WebServer`, and how long each may take: peers that are slow are cut, and
/// when there are too many, idle ones make room.
final class Connections extends ServerConnector {

  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
  private static final int ACCEPTORS = 1;
  private static final int SELECTORS = 2;
  private static final int MEBIBYTE = 1 << 20;

  /// How long a connection may stay without a byte.
  private static final Duration IDLE = Duration.ofSeconds(30);

  /// How long a connection may take to end when the last answer was sent.
  private static final Duration LONGEST_END = Duration.ofSeconds(10);

  /// How often slow peers are looked for.
  private static final Duration LOOK = Duration.ofMillis(250);

  /// Whoever said something so lately is not idle.
  private static final Duration LIVELY = Duration.ofSeconds(1);

  /// What part of all connections makes room at once when there are too many.
  private static final int MAKE_ROOM = 64;

  private static final byte[] TOO_SLOW =
      "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final SourceAddress addresses;
  private final WebServer.Limits limits;
  private final Lingering lingering;
  private final AtomicInteger count = new AtomicInteger();
  private final LongAdder slow = new LongAdder();
  private final LongAdder displaced = new LongAdder();

  /// @param lingering ends those whose peer still sends
  Connections(
      Server server,
      HttpConfiguration configuration,
      SourceAddress addresses,
      WebServer.Limits limits,
      Lingering lingering) {
    super(server, ACCEPTORS, SELECTORS, new Http1(configuration));
    this.addresses = addresses;
    this.limits = limits;
    this.lingering = lingering;
    setIdleTimeout(IDLE.toMillis());
  }

  /// Begins to cut peers that are slow, when the server has started.
  void beginToLook() {
    lingering.start();
    lookAgain();
  }

  /// When the server has stopped.
  void end() {
    close();
    lingering.close();
  }

  /// How many are open.
  int count() {
    return count.get();
  }

  /// How many peers were cut because they were slow.
  long slow() {
    return slow.sum();
  }

  /// How many idle ones made room for others.
  long displaced() {
    return displaced.sum();
  }

  /// The request that was read from this connection has its answer.
  static void isAnswered(EndPoint connection, long now) {
    if (connection instanceof Peer peer) {
      peer.isAnswered(now);
    }
  }

  /// Of a peer; empty if it has none.
  static String addressOf(SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getHostAddress()
        : "";
  }

  @Override
  protected SocketChannelEndPoint newEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key) throws IOException {
    makeRoom();
    if (count.get() >= limits.connections()) {
      throw new IOException("too many connections");
    }
    Peer peer = new Peer(channel, selector, key, getScheduler());
    peer.setIdleTimeout(getIdleTimeout());
    return peer;
  }

  private void lookAgain() {
    getScheduler().schedule(this::cutSlowPeers, LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void cutSlowPeers() {
    if (!getServer().isRunning()) {
      return;
    }
    try {
      long now = now();
      for (EndPoint each : getConnectedEndPoints()) {
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
  static long now() {
    return System.nanoTime() | 1;
  }

  private static boolean isOver(long since, Duration time, long now) {
    return since != 0 && now - since > time.toNanos();
  }

  /// Ends idle connections if there are too many: first those of who has most, unless it is a
  /// proxy, and of these the longest idle. Who drips bytes is as idle as who sends none.
  private synchronized void makeRoom() {
    if (count.get() < limits.connections()) {
      return;
    }
    long now = now();
    Map<String, Integer> bySource = new HashMap<>();
    List<Peer> idle = new ArrayList<>();
    for (EndPoint each : getConnectedEndPoints()) {
      if (each instanceof Peer peer && peer.isOpen()) {
        bySource.merge(peer.source, 1, Integer::sum);
        if (peer.isIdle(now)) {
          idle.add(peer);
        }
      }
    }
    idle.stream()
        .map(peer -> Idle.of(peer, now, peer.isProxy ? 0 : bySource.getOrDefault(peer.source, 0)))
        .sorted(Comparator.comparingInt(Idle::ofSource).thenComparingLong(Idle::nanos).reversed())
        .limit(Math.max(1, limits.connections() / MAKE_ROOM))
        .forEach(
            each -> {
              displaced.increment();
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

  /// One connection. It knows since when its peer keeps it waiting, and goes on with `Lingering` if
  /// the peer still sends when the last answer was sent.
  private final class Peer extends SocketChannelEndPoint {
    private final String source;
    private final boolean isProxy;
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
      String address = addressOf(getRemoteSocketAddress());
      source = SourceAddress.network(address);
      isProxy = addresses.isProxy(address);
      count.incrementAndGet();
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
      if (requestBegan.get() != 0 && isOver(requestBegan.get(), limits.patience(), now())) {
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
            && lingering.take(getChannel(), source, count::decrementAndGet)) {
          key.cancel();
          return;
        }
        count.decrementAndGet();
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
      Duration forAnswer = limits.patience().multipliedBy(1 + taken / MEBIBYTE);
      if (isOver(answerWaits.get(), forAnswer, now)) {
        slow.increment();
        cut(new TimeoutException("the peer does not take the answer"));
        return;
      }
      // Only who waits for bytes of the peer is told.
      if (isEnding.get() == 0
          && isOver(requestBegan.get(), limits.patience(), now)
          && getFillInterest().onFail(new TimeoutException("the request comes too slowly"))) {
        slow.increment();
      }
    }
  }
}
