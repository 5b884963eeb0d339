package io.clientele.http;

import io.clientele.crypto.Niceness;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends connections whose peer still sends what nobody will read, as it does when it was refused
/// before all was sent. If they were just closed, the system would reset them, and the answer could
/// be lost before it is read (RFC 9112 §9.6). So their output is ended, and for a while what comes
/// is read and dropped.
final class Lingering implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Lingering.class);
  private static final Duration LONGEST = Duration.ofSeconds(10);
  private static final long MOST_BYTES = 8 << 20;
  private static final int MOST_PEERS = 1_000;

  /// What part of all connections may be here: none of them makes room for others.
  private static final int PART = 10;

  private static final int AT_ONCE = 64 * 1024;
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Selector selector;
  private final Queue<Peer> coming = new ConcurrentLinkedQueue<>();
  private final Shares places;
  private final ByteBuffer dropped = ByteBuffer.allocateDirect(AT_ONCE);
  private final Thread thread;
  private volatile boolean hasEnded;

  /// A connection that ends.
  private static final class Peer {
    private final SocketChannel channel;
    private final String source;
    private final Runnable then;
    private final long until = System.nanoTime() + LONGEST.toNanos();
    private long bytes;

    Peer(SocketChannel channel, String source, Runnable then) {
      this.channel = channel;
      this.source = source;
      this.then = then;
    }
  }

  /// @param name of the thread
  /// @param connections how many may be open, these included
  Lingering(String name, int connections) throws IOException {
    places = new Shares(Math.min(MOST_PEERS, connections / PART));
    selector = Selector.open();
    thread = Thread.ofPlatform().name(name).daemon().unstarted(this::readOn);
  }

  void start() {
    thread.start();
  }

  /// Takes over a connection, which nobody else uses any more.
  ///
  /// @param source who has the connection
  /// @param then runs when it was closed
  /// @return false if there are too many; then it is the caller's to close
  boolean take(SocketChannel channel, String source, Runnable then) {
    if (hasEnded || !places.take(source, 1)) {
      return false;
    }
    coming.add(new Peer(channel, source, then));
    selector.wakeup();
    if (hasEnded) {
      // Maybe too late for the thread to see it.
      endComing();
    }
    return true;
  }

  private void readOn() {
    Niceness.lower(Niceness.BESIDE);
    try {
      while (!hasEnded) {
        selector.select(this::read, LOOK.toMillis());
        for (Peer peer = coming.poll(); peer != null; peer = coming.poll()) {
          begin(peer);
        }
        long now = System.nanoTime();
        for (SelectionKey key : selector.keys()) {
          if (key.attachment() instanceof Peer peer && now - peer.until > 0) {
            end(peer);
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("connections that end are no longer read from", e);
    } finally {
      hasEnded = true;
      endAll();
    }
  }

  private void begin(Peer peer) {
    try {
      peer.channel.shutdownOutput();
      peer.channel.register(selector, SelectionKey.OP_READ, peer);
    } catch (IOException | RuntimeException e) {
      LOG.debug("a connection ended by itself", e);
      end(peer);
    }
  }

  private void read(SelectionKey key) {
    if (!(key.attachment() instanceof Peer peer)) {
      return;
    }
    try {
      int count = peer.channel.read(dropped.clear());
      peer.bytes += Math.max(0, count);
      if (count < 0 || peer.bytes > MOST_BYTES) {
        end(peer);
      }
    } catch (IOException e) {
      LOG.debug("a connection ended by itself", e);
      end(peer);
    }
  }

  private void end(Peer peer) {
    if (!peer.channel.isOpen()) {
      return;
    }
    try {
      peer.channel.close();
    } catch (IOException e) {
      LOG.debug("a connection does not close", e);
    }
    places.giveBack(peer.source, 1);
    peer.then.run();
  }

  private void endComing() {
    for (Peer peer = coming.poll(); peer != null; peer = coming.poll()) {
      end(peer);
    }
  }

  private void endAll() {
    for (SelectionKey key : selector.keys()) {
      if (key.attachment() instanceof Peer peer) {
        end(peer);
      }
    }
    endComing();
    try {
      selector.close();
    } catch (IOException e) {
      LOG.warn("a selector does not close", e);
    }
  }

  /// Ends them all, soon.
  @Override
  public void close() {
    hasEnded = true;
    if (thread.getState() == Thread.State.NEW) {
      endAll();
      return;
    }
    selector.wakeup();
  }
}
