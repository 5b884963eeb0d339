package io.clientele.harness;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;

/// A connection for a million requests, one after the other: it reads no more of an answer than its
/// status and its body, and holds nothing against the API document. For one thread. When the server
/// has ended it, the next request opens it again.
public final class KeepAlive implements AutoCloseable {

  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String JSON = "application/json";
  private static final int TIMEOUT_MILLIS = 60_000;

  private final URI server;
  private final byte[] buffer = new byte[64 * 1024];
  private int start;
  private int end;
  private boolean ending = true;
  private Socket socket = new Socket();
  private InputStream in = InputStream.nullInputStream();
  private byte[] body = {};

  private KeepAlive(URI server) {
    this.server = server;
  }

  /// For this server; opened by the first request.
  public static KeepAlive to(URI server) {
    return new KeepAlive(server);
  }

  /// POSTs a form.
  ///
  /// @param authorization the header's value; empty for none
  /// @return the status
  public int form(String path, String authorization, String form) {
    return send("POST", path, authorization, FORM, form);
  }

  /// Sends a management request.
  ///
  /// @param token a bearer token
  /// @param json empty for no body
  /// @return the status
  public int manage(String method, String path, String token, String json) {
    return send(method, path, "Bearer " + token, json.isEmpty() ? "" : JSON, json);
  }

  /// The body of the last answer.
  public String text() {
    return new String(body, UTF_8);
  }

  /// The body of the last answer for a message: with tokens shortened.
  public String shown() {
    return Answer.shortened(text());
  }

  /// The value of the first member of this name whose value is a string without escapes, in the
  /// body of the last answer.
  public String member(String name) {
    String text = text();
    String before = "\"" + name + "\":\"";
    int at = text.indexOf(before);
    if (at < 0) {
      throw new AssertionError("no " + name + " in " + shown());
    }
    return text.substring(at + before.length(), text.indexOf('"', at + before.length()));
  }

  private int send(
      String method, String path, String authorization, String contentType, String text) {
    byte[] sent = text.getBytes(UTF_8);
    StringBuilder head = new StringBuilder(256);
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
    if (!authorization.isEmpty()) {
      head.append("Authorization: ").append(authorization).append("\r\n");
    }
    if (!contentType.isEmpty()) {
      head.append("Content-Type: ").append(contentType).append("\r\n");
    }
    if (sent.length > 0 || method.equals("POST") || method.equals("PUT")) {
      head.append("Content-Length: ").append(sent.length).append("\r\n");
    }
    byte[] first = head.append("\r\n").toString().getBytes(ISO_8859_1);
    byte[] all = new byte[first.length + sent.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(sent, 0, all, first.length, sent.length);
    try {
      if (ending) {
        open();
      }
      socket.getOutputStream().write(all);
      return read();
    } catch (IOException e) {
      ending = true;
      throw new UncheckedIOException("no whole answer to " + method + " " + path, e);
    }
  }

  private void open() throws IOException {
    socket.close();
    socket = new Socket(server.getHost(), server.getPort());
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
    start = 0;
    end = 0;
    ending = false;
  }

  private int read() throws IOException {
    String status = line();
    int length = -1;
    for (String line = line(); !line.isEmpty(); line = line()) {
      if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Integer.parseInt(line.substring(15).strip());
      } else if (line.regionMatches(true, 0, "connection: close", 0, 17)) {
        ending = true;
      }
    }
    if (length < 0) {
      throw new IOException("an answer without Content-Length: " + status);
    }
    byte[] read = new byte[length];
    int held = Math.min(length, end - start);
    System.arraycopy(buffer, start, read, 0, held);
    start += held;
    if (held < length && in.readNBytes(read, held, length - held) < length - held) {
      throw new EOFException("the connection ended within a body");
    }
    body = read;
    return Integer.parseInt(status.substring(9, 12));
  }

  /// A line of the head, which fits into the buffer.
  private String line() throws IOException {
    int at = start;
    while (true) {
      while (at < end && buffer[at] != '\n') {
        at++;
      }
      if (at < end) {
        String line = new String(buffer, start, at - start - 1, ISO_8859_1);
        start = at + 1;
        return line;
      }
      at -= start;
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
      int more = in.read(buffer, end, buffer.length - end);
      if (more < 0) {
        throw new EOFException("the connection ended");
      }
      end += more;
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
