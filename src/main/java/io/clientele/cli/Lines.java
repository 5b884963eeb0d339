package io.clientele.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.http.Fault;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Where the lines of an import come from, one after the other.
public interface Lines extends AutoCloseable {

  /// A line as it was read.
  ///
  /// @param number from 1
  /// @param faults what is wrong with it as a JSON document
  /// @param position how far the source is read behind it, in its own measure
  record Raw(long number, JsonNode root, List<Fault> faults, long position) {}

  /// The next line; empty behind the last.
  ///
  /// @throws IOException if the source cannot be read
  Optional<Raw> next() throws IOException;

  /// The position of the end, if it is known.
  OptionalLong end();

  @Override
  void close() throws IOException;
}
