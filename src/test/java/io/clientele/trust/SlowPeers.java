package io.clientele.trust;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.clientele.harness.LoadHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;

/// Peers that are slow on purpose, in a process of its own: it has descriptors of its own. It keeps
/// so many connections of each kind open, opens another for each that the server ends, and says at
/// the end how many were ended.
final class SlowPeers {

  private enum Kind {
    IDLE(""),
    SLOW_HEADER("POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nX-Slow: "),
    SLOW_BODY("POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\nx="),
    SLOW_READER("");

    private final String beginning;

    Kind(String beginning) {
      this.beginning = beginning;
    }
  }

  private static final Duration DRIP = Duration.ofMillis(300);

  private static final int DRIPS_A_REOPENING = 4;
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /// A reader's window, as small as the system allows.
  private static final int LITTLE = 4 * 1024;

  private static final byte[] MANY_LONG_ANSWERS =
      new String(LoadHttp.request("GET", "/openapi.yaml", "", ""), ISO_8859_1)
          .repeat(200)
          .getBytes(ISO_8859_1);

  private final InetSocketAddress server;
  private final Selector selector = Selector.open();
  private final Map<Kind, Integer> ended = new EnumMap<>(Kind.class);

  private SlowPeers(InetSocketAddress server) throws IOException {
    this.server = server;
    for (Kind kind : Kind.values()) {
      ended.put(kind, 0);
    }
  }

  /// @param words port, seconds, number of idle ones, number of each slow kind
  public static void main(String[] words) throws IOException {
    SlowPeers peers =
        new SlowPeers(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(words[0])));
    int seconds = Integer.parseInt(words[1]);
    int idle = Integer.parseInt(words[2]);
    int slow = Integer.parseInt(words[3]);
    for (Kind kind : Kind.values()) {
      for (int i = 0; i < (kind == Kind.IDLE ? idle : slow); i++) {
        peers.open(kind);
        peers.look(0);
      }
    }
    peers.hold(seconds * 1_000_000_000L, slow);
    System.out.println("ENDED " + peers.ended);
    System.exit(0);
  }

  private void open(Kind kind) throws IOException {
    SocketChannel channel = SocketChannel.open();
    if (kind == Kind.SLOW_READER) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, LITTLE);
    }
    try {
      channel.connect(server);
      channel.configureBlocking(false);
      channel.write(
          ByteBuffer.wrap(
              kind == Kind.SLOW_READER ? MANY_LONG_ANSWERS : kind.beginning.getBytes(ISO_8859_1)));
      // A slow reader reads nothing; that it was ended shows when it writes.
      channel.register(selector, kind == Kind.SLOW_READER ? 0 : SelectionKey.OP_READ, kind);
    } catch (IOException e) {
      ended.merge(kind, 1, Integer::sum);
      channel.close();
    }
  }

  private void look(long millis) throws IOException {
    if (millis > 0) {
      selector.select(millis);
    } else {
      selector.selectNow();
    }
    ByteBuffer answer = ByteBuffer.allocate(4096);
    for (SelectionKey key : selector.selectedKeys()) {
      try {
        if (((SocketChannel) key.channel()).read(answer.clear()) < 0) {
          end(key);
        }
      } catch (IOException e) {
        end(key);
      }
    }
    selector.selectedKeys().clear();
  }

  private void end(SelectionKey key) throws IOException {
    ended.merge((Kind) key.attachment(), 1, Integer::sum);
    key.channel().close();
  }

  /// Holds them for a time, and until as many of each slow kind were ended as there are, on a slow
  /// machine too.
  private void hold(long nanos, int slow) throws IOException {
    long began = System.nanoTime();
    Map<Kind, Integer> before = new EnumMap<>(ended);
    long next = System.nanoTime();
    int drips = 0;
    while (System.nanoTime() - began < nanos
        || (wereEnded() < slow && System.nanoTime() - began < LONGEST.toNanos())) {
      look(20);
      if (System.nanoTime() - next > 0) {
        next += DRIP.toNanos();
        drip();
        if (++drips % DRIPS_A_REOPENING != 0) {
          continue;
        }
        for (Kind kind : Kind.values()) {
          for (int i = before.getOrDefault(kind, 0); i < ended.getOrDefault(kind, 0); i++) {
            open(kind);
          }
          before.put(kind, ended.getOrDefault(kind, 0));
        }
      }
    }
  }

  /// How many of the slow kind of which fewest were ended.
  private int wereEnded() {
    return Stream.of(Kind.SLOW_HEADER, Kind.SLOW_BODY, Kind.SLOW_READER)
        .mapToInt(kind -> ended.getOrDefault(kind, 0))
        .min()
        .orElseThrow();
  }

  private void drip() throws IOException {
    for (SelectionKey key : selector.keys()) {
      if (key.isValid() && key.attachment() != Kind.IDLE) {
        try {
          ((SocketChannel) key.channel()).write(ByteBuffer.wrap(new byte[] {'x'}));
        } catch (IOException e) {
          end(key);
        }
      }
    }
  }
}
