package io.clientele.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One line a request, never with a secret, a token or a query string. Lines are gathered and
/// written in batches by a thread of their own; when that cannot keep up, requests wait for it: no
/// line is lost.
public final class RequestLog implements AutoCloseable {

  /// How a line looks.
  public enum Format {
    /// One JSON object a line.
    JSON,
    /// For people at a terminal.
    TEXT
  }

  private static final Logger LOG = LoggerFactory.getLogger(RequestLog.class);
  private static final int BATCH = 512 * 1024;
  private static final int LIKELY_LINE = 384;
  private static final long LONGEST_WAIT_MILLIS = 20;

  /// A second as it stands in a line.
  ///
  /// @param text up to the seconds, without the zone
  private record Second(long epochSecond, String text) {}

  private final OutputStream out;
  private final Format format;
  private final InstantSource clock;
  private final Object lock = new Object();
  private final Thread writer;
  private volatile Second second = new Second(Long.MIN_VALUE, "");
  private byte[] gathering = new byte[BATCH];
  private byte[] spare = new byte[BATCH];
  private int length;
  private boolean closed;

  /// @param out where lines go, as a rule standard output
  public RequestLog(OutputStream out, Format format, InstantSource clock) {
    this.out = out;
    this.format = format;
    this.clock = clock;
    this.writer = Thread.ofPlatform().name("request-log").daemon().start(this::writeOn);
  }

  /// Notes a request that was answered.
  ///
  /// @param traceId of W3C Trace Context; empty if none was sent
  public void answered(Request request, String traceId, int status, long microseconds) {
    if (format == Format.JSON) {
      AsciiBuffer line = new AsciiBuffer(LIKELY_LINE);
      json(line, request, traceId, status, microseconds);
      line.append('\n');
      append(line.array(), line.length());
    } else {
      StringBuilder line = new StringBuilder(LIKELY_LINE);
      text(line, request, status, microseconds);
      byte[] bytes = line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
      append(bytes, bytes.length);
    }
  }

  private void json(
      AsciiBuffer line, Request request, String traceId, int status, long microseconds) {
    Request.Notes notes = request.notes();
    line.append("{\"at\":\"");
    at(line, clock.millis());
    line.append('"');
    member(line, "request_id", request.id());
    member(line, "trace_id", traceId);
    member(line, "source", request.address());
    stranger(line, "method", request.method());
    member(line, "route", notes.route());
    member(line, "customer", notes.customer());
    member(line, "client", notes.client());
    member(line, "secret_id", notes.secretId());
    line.append(",\"status\":").append(status);
    member(line, "outcome", notes.outcome());
    if (!notes.reason().equals(notes.outcome())) {
      stranger(line, "reason", notes.reason());
    }
    line.append(",\"microseconds\":").append(microseconds).append('}');
  }

  /// RFC 3339 in UTC with milliseconds. All but these is the same for a whole second.
  private void at(AsciiBuffer line, long epochMillis) {
    long epochSecond = Math.floorDiv(epochMillis, 1000L);
    Second known = second;
    if (known.epochSecond != epochSecond) {
      String text = Instant.ofEpochSecond(epochSecond).toString();
      known = new Second(epochSecond, text.substring(0, text.length() - 1));
      second = known;
    }
    line.append(known.text).append('.').append(Math.floorMod(epochMillis, 1000L), 3).append('Z');
  }

  /// A member whose value is our own or has the form of an identifier: nothing to escape.
  private static void member(AsciiBuffer line, String name, String value) {
    if (!value.isEmpty()) {
      line.append(",\"").append(name).append("\":\"").append(value).append('"');
    }
  }

  /// A member whose value a stranger may have written.
  private static void stranger(AsciiBuffer line, String name, String value) {
    if (isPlain(value)) {
      member(line, name, value);
    } else {
      StringBuilder escaped = new StringBuilder(2 * value.length());
      escape(escaped, value);
      member(line, name, escaped.toString());
    }
  }

  private static boolean isPlain(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (!isPlain(value.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPlain(char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  }

  /// Everything but printable ASCII becomes a JSON escape, so that a line is a line for every
  /// reader.
  private static void escape(StringBuilder line, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (isPlain(c)) {
        line.append(c);
      } else if (c == '"' || c == '\\') {
        line.append('\\').append(c);
      } else {
        line.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          line.append(Character.forDigit(c >> shift & 15, 16));
        }
      }
    }
  }

  private void text(StringBuilder line, Request request, int status, long microseconds) {
    Request.Notes notes = request.notes();
    line.append(Instant.ofEpochMilli(clock.millis())).append("  ").append(status).append("  ");
    escape(line, request.method());
    line.append(' ').append(notes.route().isEmpty() ? "-" : notes.route()).append("  ");
    escape(line, notes.outcome());
    if (!notes.reason().isEmpty()) {
      line.append("  (");
      escape(line, notes.reason());
      line.append(')');
    }
    if (!notes.client().isEmpty()) {
      line.append("  ").append(notes.customer()).append('/').append(notes.client());
    }
    line.append("  ").append(request.address());
    line.append("  ").append(microseconds).append(" µs  ").append(request.id());
  }

  private void append(byte[] bytes, int size) {
    synchronized (lock) {
      while (length + size > gathering.length && !closed) {
        lock.notifyAll();
        try {
          lock.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
      if (closed) {
        return;
      }
      System.arraycopy(bytes, 0, gathering, length, size);
      int before = length;
      length += size;
      if (before == 0 || (before <= BATCH / 2 && length > BATCH / 2)) {
        lock.notifyAll();
      }
    }
  }

  private void writeOn() {
    while (true) {
      byte[] batch;
      int size;
      synchronized (lock) {
        try {
          while (length == 0 && !closed) {
            lock.wait();
          }
          if (length <= BATCH / 2 && !closed) {
            lock.wait(LONGEST_WAIT_MILLIS);
          }
        } catch (InterruptedException e) {
          closed = true;
        }
        if (length == 0) {
          return;
        }
        batch = gathering;
        size = length;
        gathering = spare;
        spare = batch;
        length = 0;
        lock.notifyAll();
      }
      try {
        out.write(batch, 0, size);
        out.flush();
      } catch (IOException e) {
        LOG.error("{} bytes of the request log could not be written", size, e);
      }
    }
  }

  /// Writes what is gathered and ends.
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
