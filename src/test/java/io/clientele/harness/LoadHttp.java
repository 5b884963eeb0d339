package io.clientele.harness;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.util.Locale;

/// A connection that sends prepared bytes and reads little more than the status: for load, where
/// the sender may not be what is measured. It is opened anew after an answer that ends it.
public final class LoadHttp implements AutoCloseable {
  private static final String LENGTH = "content-length: ";

  /// An answer, as far as it was looked at.
  ///
  /// @param saysWhen whether it has `Retry-After`
  public record Status(int code, boolean saysWhen) {}

  private final URI server;
  private final byte[] buffer = new byte[64 * 1024];
  private Socket socket;
  private InputStream in;

  /// @throws IOException if it cannot connect
  public LoadHttp(URI server) throws IOException {
    this.server = server;
    this.socket = new Socket(server.getHost(), server.getPort());
    this.in = prepared();
  }

  private InputStream prepared() throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(30_000);
    return socket.getInputStream();
  }

  /// Head and body of a request with these header lines, which end with CRLF each.
  public static byte[] request(String method, String path, String headers, String body) {
    return (method
            + " "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\n"
            + headers
            + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n")
            + "\r\n"
            + body)
        .getBytes(ISO_8859_1);
  }

  /// Sends a request and reads its answer.
  ///
  /// @throws IOException if no whole answer comes
  public Status exchange(byte[] request) throws IOException {
    socket.getOutputStream().write(request);
    int length = 0;
    int end = -1;
    while (end < 0) {
      length += some(length, buffer.length - length);
      end = endOfHead(length);
    }
    String head = new String(buffer, 0, end, ISO_8859_1).toLowerCase(Locale.ROOT);
    int at = head.indexOf(LENGTH) + LENGTH.length();
    long left = Long.parseLong(head.substring(at, head.indexOf('\r', at))) - (length - end);
    while (left > 0) {
      left -= some(0, (int) Math.min(buffer.length, left));
    }
    Status status =
        new Status(Integer.parseInt(head.substring(9, 12)), head.contains("\r\nretry-after:"));
    if (head.contains("\r\nconnection: close")) {
      socket.close();
      socket = new Socket(server.getHost(), server.getPort());
      in = prepared();
    }
    return status;
  }

  private int some(int from, int most) throws IOException {
    int count = in.read(buffer, from, most);
    if (count <= 0) {
      throw new EOFException("the connection ended before the answer did");
    }
    return count;
  }

  private int endOfHead(int length) {
    for (int i = 3; i < length; i++) {
      if (buffer[i] == '\n' && buffer[i - 2] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
