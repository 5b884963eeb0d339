package io.clientele.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.client.ClientImport.Handed;
import io.clientele.client.ClientImport.Handout;
import io.clientele.crypto.Secret;
import io.clientele.http.Json;
import io.clientele.id.ClientId;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The file that `--secrets-out` names: one line `{"customerId","clientId","clientSecret"}` for
/// each secret that was generated, mode 0600, on disk before the database says that the secret
/// exists. A later run adds to it, and first uses up what an interrupted one left behind, so that
/// each client stands there once.
public final class SecretsFile implements Handout, AutoCloseable {

  /// An interrupted run leaves a part at the most; this is ten.
  private static final int MOST_REMEMBERED = 100_000;

  private final FileChannel channel;
  private final Map<ClientId, Secret> earlier;

  private SecretsFile(FileChannel channel, Map<ClientId, Secret> earlier) {
    this.channel = channel;
    this.earlier = earlier;
  }

  /// Opens the file, or makes it.
  ///
  /// @throws IOException if it cannot be read and written, others may read it, or it holds
  ///   something else
  public static SecretsFile open(Path file) throws IOException {
    if (Files.exists(file)
        && !PosixFilePermissions.toString(Files.getPosixFilePermissions(file)).endsWith("------")) {
      throw new IOException(file + " may be read by others: make its mode 0600");
    }
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      dropTornLine(file, channel);
      Map<ClientId, Secret> earlier = read(file);
      channel.position(channel.size());
      return new SecretsFile(channel, earlier);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /// What stands behind the last line feed was being written when the process ended.
  private static void dropTornLine(Path file, FileChannel channel) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
      long end = bytes.length();
      while (end > 0) {
        bytes.seek(end - 1);
        if (bytes.read() == '\n') {
          break;
        }
        end--;
      }
      channel.truncate(end);
    }
  }

  private static Map<ClientId, Secret> read(Path file) throws IOException {
    Map<ClientId, Secret> secrets = new LinkedHashMap<>();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode json = Json.parseOurs(line);
        Optional<ClientId> client =
            Optional.ofNullable(json.path("clientId").textValue()).flatMap(ClientId::parse);
        Optional<String> secret = Optional.ofNullable(json.path("clientSecret").textValue());
        if (client.isEmpty() || secret.isEmpty()) {
          throw new IOException(file + " is not a file of generated secrets");
        }
        remember(secrets, client.get(), Secret.of(secret.get()));
      }
    } catch (UncheckedIOException e) {
      throw new IOException(file + " is not a file of generated secrets", e);
    }
    return secrets;
  }

  private static void remember(Map<ClientId, Secret> secrets, ClientId client, Secret secret) {
    secrets.put(client, secret);
    if (secrets.size() > MOST_REMEMBERED) {
      secrets.remove(secrets.keySet().iterator().next());
    }
  }

  @Override
  public Optional<Secret> earlier(ClientId client) {
    return Optional.ofNullable(earlier.get(client));
  }

  @Override
  public void hand(List<Handed> secrets) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (Handed each : secrets) {
      text.writeBytes(
          Json.bytes(
              Json.object()
                  .put("customerId", each.customer().text())
                  .put("clientId", each.client().text())
                  .put("clientSecret", each.secret().reveal())));
      text.write('\n');
    }
    try {
      ByteBuffer rest = ByteBuffer.wrap(text.toByteArray());
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(true);
    } catch (IOException e) {
      throw new UncheckedIOException("generated secrets cannot be written", e);
    }
    secrets.forEach(each -> remember(earlier, each.client(), each.secret()));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
