package io.clientele.cli;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.clientele.http.Fault;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Lines of a file or of a stream, each a JSON document; empty ones are passed over. Positions
/// count bytes.
public final class NdjsonFile implements Lines {

  /// As long as the body of a request that makes clients may be.
  private static final int LONGEST = 4 * 1024 * 1024;

  private final InputStream in;
  private final OptionalLong end;
  private final byte[] buffer = new byte[1 << 16];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private int from;
  private int to;
  private long position;
  private long number;

  private NdjsonFile(InputStream in, OptionalLong end) {
    this.in = in;
    this.end = end;
  }

  /// Opens a file.
  public static NdjsonFile open(Path file) throws IOException {
    return new NdjsonFile(Files.newInputStream(file), OptionalLong.of(Files.size(file)));
  }

  /// Reads a stream of unknown length.
  public static NdjsonFile of(InputStream in) {
    return new NdjsonFile(in, OptionalLong.empty());
  }

  @Override
  public Optional<Raw> next() throws IOException {
    while (readLine()) {
      number++;
      if (!isBlank()) {
        return Optional.of(parse());
      }
    }
    return Optional.empty();
  }

  private boolean isBlank() {
    // The longest text of blanks that is worth a look.
    return line.size() < 1000
        && line.toString(java.nio.charset.StandardCharsets.ISO_8859_1).isBlank();
  }

  private Raw parse() {
    if (line.size() > LONGEST) {
      return faulty(List.of(new Fault("", "is longer than " + LONGEST + " bytes")));
    }
    try {
      Json.Document document = Json.parse(line.toByteArray());
      return new Raw(number, document.root(), document.faults(), position);
    } catch (Problem e) {
      return faulty(e.faults());
    }
  }

  private Raw faulty(List<Fault> faults) {
    return new Raw(number, MissingNode.getInstance(), faults, position);
  }

  /// Reads up to the next line feed or the end; of a line that is too long only its beginning is
  /// kept.
  ///
  /// @return false at the end
  private boolean readLine() throws IOException {
    line.reset();
    boolean any = false;
    while (true) {
      if (from == to) {
        from = 0;
        to = Math.max(0, in.read(buffer));
        if (to == 0) {
          return any;
        }
      }
      any = true;
      int at = from;
      while (at < to && buffer[at] != '\n') {
        at++;
      }
      if (line.size() <= LONGEST) {
        line.write(buffer, from, at - from);
      }
      boolean ends = at < to;
      position += at - from + (ends ? 1 : 0);
      from = ends ? at + 1 : at;
      if (ends) {
        return true;
      }
    }
  }

  @Override
  public OptionalLong end() {
    return end;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
