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
  private static final int BATCH = 256 * 1024;
  private static final long LONGEST_WAIT_MILLIS = 20;

  private final OutputStream out;
  private final Format format;
  private final InstantSource clock;
  private final Object lock = new Object();
  private final Thread writer;
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
    StringBuilder line = new StringBuilder(320);
    if (format == Format.JSON) {
      json(line, request, traceId, status, microseconds);
    } else {
      text(line, request, status, microseconds);
    }
    append(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
  }

  private void json(
      StringBuilder line, Request request, String traceId, int status, long microseconds) {
    Request.Notes notes = request.notes();
    line.append("{\"at\":\"").append(Instant.ofEpochMilli(clock.millis())).append('"');
    member(line, "request_id", request.id());
    member(line, "trace_id", traceId);
    member(line, "source", request.address());
    member(line, "method", request.method());
    member(line, "route", notes.route());
    member(line, "customer", notes.customer());
    member(line, "client", notes.client());
    member(line, "secret_id", notes.secretId());
    line.append(",\"status\":").append(status);
    member(line, "outcome", notes.outcome());
    if (!notes.reason().equals(notes.outcome())) {
      member(line, "reason", notes.reason());
    }
    line.append(",\"microseconds\":").append(microseconds).append('}');
  }

  private static void member(StringBuilder line, String name, String value) {
    if (value.isEmpty()) {
      return;
    }
    line.append(",\"").append(name).append("\":\"");
    escape(line, value);
    line.append('"');
  }

  /// Everything but printable ASCII becomes a JSON escape, so that a line is a line for every
  /// reader.
  private static void escape(StringBuilder line, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        line.append('\\').append(c);
      } else if (c >= 0x20 && c < 0x7f) {
        line.append(c);
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

  private void append(byte[] bytes) {
    synchronized (lock) {
      while (length + bytes.length > gathering.length && !closed) {
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
      System.arraycopy(bytes, 0, gathering, length, bytes.length);
      boolean first = length == 0;
      length += bytes.length;
      if (first || length > BATCH / 2) {
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
