package io.clientele.harness;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// A connection that sends exactly the bytes it is given, also those that no HTTP library would
/// send.
public final class RawHttp implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  private RawHttp(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  /// Opens a connection; nothing is sent yet. Reading gives up after 20 seconds.
  public static RawHttp connect(URI server) {
    return connect(server, new Socket());
  }

  /// The same from this address of the machine, as in `127.0.7.1`: a source of its own.
  public static RawHttp connect(URI server, String from) {
    try {
      Socket socket = new Socket();
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
      return connect(server, socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static RawHttp connect(URI server, Socket socket) {
    try {
      socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
      socket.setSoTimeout(20_000);
      socket.setTcpNoDelay(true);
      return new RawHttp(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Sends these lines (joined and ended by CRLF, then an empty line) and the body, and reads one
  /// answer. No header is added: `Host` and `Content-Length` are the caller's.
  public static Answer exchange(URI server, List<String> head, byte[] body) {
    try (RawHttp connection = connect(server)) {
      connection.write((String.join("\r\n", head) + "\r\n\r\n").getBytes(ISO_8859_1));
      connection.write(body);
      return connection.read(String.join("\n", head));
    }
  }

  /// Sends a form on this connection and reads the answer; it can be used again. For many requests:
  /// nothing is held against the API document.
  ///
  /// @param authorization empty for none
  /// @param headers lines of their own, without their end
  public Answer form(String path, String authorization, String body, String... headers) {
    StringBuilder request =
        new StringBuilder("POST ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
    if (!authorization.isEmpty()) {
      request.append("Authorization: ").append(authorization).append("\r\n");
    }
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    request
        .append("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ")
        .append(body.length())
        .append("\r\n\r\n")
        .append(body);
    write(request.toString().getBytes(ISO_8859_1));
    return read(path);
  }

  /// Sends a request with a JSON body, or with none, on this connection and reads the answer; it
  /// can be used again. For many requests: nothing is held against the API document.
  ///
  /// @param json empty for no body
  public Answer json(String method, String path, String token, String json) {
    byte[] body = json.getBytes(UTF_8);
    StringBuilder head =
        new StringBuilder(method)
            .append(' ')
            .append(path)
            .append(" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ")
            .append(token)
            .append("\r\n");
    if (body.length > 0) {
      head.append("Content-Type: application/json\r\n");
    }
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    // In one piece: a head alone and a body after it wait for each other's acknowledgement.
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.toString().getBytes(ISO_8859_1));
    request.writeBytes(body);
    write(request.toByteArray());
    return read(method + " " + path);
  }

  /// Reading gives up after this time.
  public void patience(Duration time) {
    try {
      socket.setSoTimeout((int) time.toMillis());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes bytes as they are.
  public void write(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes bytes as they are, as far as the server takes them.
  ///
  /// @return whether it took them all
  public boolean tryWrite(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// Says that nothing more will be sent.
  public void endOutput() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      // The server has ended the connection before.
    }
  }

  /// All that comes until the server ends the connection, in whatever way.
  public byte[] rest() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] part = new byte[8192];
    try {
      for (int size = in.read(part); size >= 0; size = in.read(part)) {
        all.write(part, 0, size);
      }
    } catch (SocketTimeoutException e) {
      throw new UncheckedIOException("the server does not end the connection", e);
    } catch (IOException e) {
      // Reset: what came before it is there.
    }
    return all.toByteArray();
  }

  /// Reads one answer that is interim, carries Content-Length, is chunked, or ends with the
  /// connection.
  public Answer read(String request) {
    try {
      String[] statusLine = line(in).split(" ", 3);
      Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      for (String line = line(in); !line.isEmpty(); line = line(in)) {
        int colon = line.indexOf(':');
        headers
            .computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>())
            .add(line.substring(colon + 1).strip());
      }
      int status = Integer.parseInt(statusLine[1]);
      byte[] body = status < 200 ? new byte[0] : body(in, headers);
      return new Answer(Answer.shortened(request), status, headers, body);
    } catch (IOException e) {
      throw new UncheckedIOException("no whole answer to\n" + Answer.shortened(request), e);
    }
  }

  /// Whether the server has ended the connection; reads what may still come.
  public boolean ends() {
    try {
      in.readAllBytes();
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static byte[] body(InputStream in, Map<String, List<String>> headers) throws IOException {
    if (String.join(",", headers.getOrDefault("Transfer-Encoding", List.of()))
        .toLowerCase(Locale.ROOT)
        .contains("chunked")) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      while (true) {
        int size = Integer.parseInt(line(in).split(";", 2)[0].strip(), 16);
        if (size == 0) {
          String trailer = line(in);
          while (!trailer.isEmpty()) {
            trailer = line(in);
          }
          return body.toByteArray();
        }
        body.write(whole(in, size));
        line(in);
      }
    }
    List<String> length = headers.getOrDefault("Content-Length", List.of());
    return length.isEmpty() ? in.readAllBytes() : whole(in, Integer.parseInt(length.getFirst()));
  }

  private static byte[] whole(InputStream in, int size) throws IOException {
    byte[] bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new EOFException("the connection ended after " + bytes.length + " of " + size);
    }
    return bytes;
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the connection ended after: " + line.toString(ISO_8859_1));
      }
      if (next == '\n') {
        return line.toString(ISO_8859_1).stripTrailing();
      }
      line.write(next);
    }
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
