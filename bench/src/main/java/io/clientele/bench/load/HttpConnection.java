package io.clientele.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// One keep-alive connection of a load generator: sends a request, and finds where its answer ends.
/// Understands `Content-Length` only, which is what the measured endpoints send.
final class HttpConnection implements AutoCloseable {

  private static final String LENGTH = "\r\ncontent-length:";

  private final SocketChannel channel;
  private final SelectionKey key;
  private ByteBuffer out = ByteBuffer.allocate(0);
  private ByteBuffer in = ByteBuffer.allocateDirect(16 * 1024);
  private int bodyAt;
  private int end;
  private int status;

  /// When the request on the way was sent, or was to be sent; for whoever measures.
  long since;

  HttpConnection(int port, Selector selector) throws IOException {
    channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    key = channel.register(selector, SelectionKey.OP_READ, this);
  }

  void send(byte[] request) throws IOException {
    in.clear();
    end = -1;
    out = ByteBuffer.wrap(request);
    write();
  }

  private void write() throws IOException {
    channel.write(out);
    key.interestOps(
        out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
  }

  /// Goes on with what the selector says can be done.
  ///
  /// @return true when the answer is here whole
  boolean proceed() throws IOException {
    if (key.isWritable()) {
      write();
    }
    if (!key.isReadable()) {
      return false;
    }
    if (!in.hasRemaining()) {
      grow(2 * in.capacity());
    }
    if (channel.read(in) < 0) {
      throw new EOFException("the server closed a connection");
    }
    if (end < 0) {
      readHead();
    }
    return end >= 0 && in.position() >= end;
  }

  private void grow(int capacity) {
    ByteBuffer larger = ByteBuffer.allocateDirect(capacity);
    in.flip();
    larger.put(in);
    in = larger;
  }

  private void readHead() throws IOException {
    for (int i = 3; i < in.position(); i++) {
      if (in.get(i) == '\n' && in.get(i - 1) == '\r' && in.get(i - 2) == '\n') {
        bodyAt = i + 1;
        status = (in.get(9) - '0') * 100 + (in.get(10) - '0') * 10 + in.get(11) - '0';
        end = bodyAt + contentLength();
        if (end > in.capacity()) {
          grow(end);
        }
        return;
      }
    }
  }

  private int contentLength() throws IOException {
    for (int i = 0; i + LENGTH.length() < bodyAt; i++) {
      if (isLengthAt(i)) {
        int length = 0;
        for (int at = i + LENGTH.length(); in.get(at) != '\r'; at++) {
          if (in.get(at) != ' ') {
            length = length * 10 + in.get(at) - '0';
          }
        }
        return length;
      }
    }
    throw new IOException("an answer without Content-Length");
  }

  private boolean isLengthAt(int start) {
    for (int i = 0; i < LENGTH.length(); i++) {
      // Letters differ from capitals by this bit, which the other characters of the name have set.
      int character = in.get(start + i);
      if (character >= 'A' && character <= 'Z') {
        character |= 0x20;
      }
      if (character != LENGTH.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  int status() {
    return status;
  }

  boolean bodyBegins(byte[] beginning) {
    if (end - bodyAt < beginning.length) {
      return false;
    }
    for (int i = 0; i < beginning.length; i++) {
      if (in.get(bodyAt + i) != beginning[i]) {
        return false;
      }
    }
    return true;
  }

  /// The answer's body.
  String body() {
    byte[] bytes = new byte[end - bodyAt];
    in.get(bodyAt, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /// What went wrong, for people.
  String failure() {
    return String.format(Locale.ROOT, "HTTP %d: %s", status, body());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
