package io.clientele.harness;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// A connection for hundreds of thousands of requests: it is kept, several requests may be sent
/// before the first answer is read (RFC 9112 §9.3.2), and what is sent can be prepared as bytes.
/// Nothing is held against the API document. For one thread.
public final class FastHttp implements AutoCloseable {

  private static final String LENGTH = "\r\ncontent-length: ";

  private final Socket socket;
  private byte[] buffer = new byte[16 * 1024];
  private int begin;
  private int end;

  /// An answer.
  ///
  /// @param head status line and headers as they came
  public record Reply(int status, String head, String body) {

    /// Status, headers but those that differ with each request, and body.
    public String said() {
      List<String> lines =
          head.lines()
              .filter(line -> !line.startsWith("Date:") && !line.startsWith("X-Request-Id:"))
              .toList();
      return String.join("\n", lines) + "\n\n" + body;
    }
  }

  private FastHttp(Socket socket) {
    this.socket = socket;
  }

  /// Opens a connection. Reading gives up after 60 seconds.
  public static FastHttp connect(URI server) {
    try {
      Socket socket = new Socket(server.getHost(), server.getPort());
      socket.setSoTimeout(60_000);
      socket.setTcpNoDelay(true);
      return new FastHttp(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The bytes of a POST of a form.
  ///
  /// @param authorization empty for none
  /// @param body ASCII
  public static byte[] form(String path, String authorization, String body) {
    return request(
        "POST", path, authorization, "Content-Type: application/x-www-form-urlencoded\r\n", body);
  }

  /// The bytes of a request that carries a token.
  ///
  /// @param json empty for no body
  public static byte[] withToken(String method, String path, String token, String json) {
    return request(
        method,
        path,
        "Bearer " + token,
        json.isEmpty() ? "" : "Content-Type: application/json\r\n",
        json);
  }

  private static byte[] request(
      String method, String path, String authorization, String headers, String body) {
    String allowed = authorization.isEmpty() ? "" : "Authorization: " + authorization + "\r\n";
    return (method
            + " "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\n"
            + allowed
            + headers
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(ISO_8859_1);
  }

  /// Sends one request and reads its answer.
  public Reply exchange(byte[] request) {
    send(request);
    return read();
  }

  /// Sends bytes.
  public void send(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Reads the next answer, which must carry its length.
  public Reply read() {
    try {
      int headEnd = headEnd();
      String head = new String(buffer, begin, headEnd - begin, ISO_8859_1);
      int length = length(head);
      while (end - headEnd < length) {
        headEnd -= readMore();
      }
      String body = new String(buffer, headEnd, length, UTF_8);
      begin = headEnd + length;
      return new Reply(Integer.parseInt(head.substring(9, 12)), head.strip(), body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Whether the connection ended after the last answer that was read.
  public boolean ends(Reply last) {
    return last.head().toLowerCase(Locale.ROOT).contains("\r\nconnection: close");
  }

  /// Where the body begins.
  private int headEnd() throws IOException {
    int at = begin;
    while (true) {
      for (; at + 3 < end; at++) {
        if (buffer[at] == '\r'
            && buffer[at + 1] == '\n'
            && buffer[at + 2] == '\r'
            && buffer[at + 3] == '\n') {
          return at + 4;
        }
      }
      at -= readMore();
    }
  }

  private static int length(String head) {
    int at = head.toLowerCase(Locale.ROOT).indexOf(LENGTH);
    if (at < 0) {
      throw new AssertionError("an answer without its length:\n" + head);
    }
    int from = at + LENGTH.length();
    return Integer.parseInt(head.substring(from, head.indexOf('\r', from)));
  }

  /// @return by how much what was read before has moved towards the beginning of the buffer
  private int readMore() throws IOException {
    int moved = 0;
    if (end == buffer.length) {
      moved = begin;
      if (begin == 0) {
        buffer = Arrays.copyOf(buffer, buffer.length * 2);
      } else {
        System.arraycopy(buffer, begin, buffer, 0, end - begin);
        end -= begin;
        begin = 0;
      }
    }
    int count = socket.getInputStream().read(buffer, end, buffer.length - end);
    if (count < 0) {
      throw new EOFException(
          "the connection ended after: " + new String(buffer, begin, end - begin, ISO_8859_1));
    }
    end += count;
    return moved;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
