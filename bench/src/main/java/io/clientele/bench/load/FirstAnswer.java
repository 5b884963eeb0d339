package io.clientele.bench.load;

import io.clientele.bench.process.ServerProcess;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/// How long it takes a server from its start to its first answer.
public final class FirstAnswer {

  private static final long PATIENCE = TimeUnit.MINUTES.toNanos(2);

  private FirstAnswer() {}

  /// Asks until it answers, a thousand times a second.
  ///
  /// @return seconds from its start to the first byte of the answer
  /// @throws IOException if it ends instead, takes two minutes, or answers anything but a success
  public static double seconds(ServerProcess server, Call call)
      throws IOException, InterruptedException {
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), call.port())) {
        socket.getOutputStream().write(call.bytes());
        byte[] beginning = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
        long now = System.nanoTime();
        String status = new String(beginning, StandardCharsets.US_ASCII);
        if (!status.equals("HTTP/1.1 200")) {
          throw new IOException("the first answer was: " + status);
        }
        return (now - server.startedNanos()) / 1e9;
      } catch (ConnectException e) {
        if (!server.isAlive() || System.nanoTime() - server.startedNanos() > PATIENCE) {
          throw new IOException("the server did not start: " + server.said(), e);
        }
        TimeUnit.MILLISECONDS.sleep(1);
      }
    }
  }
}
