package io.clientele.harness;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Two nodes on one database of [PostgresServer], with one master key and one issuer.
///
/// @param first the one that made the operator
/// @param url the database's JDBC address
public record Nodes(TestServer first, TestServer second, String url) implements AutoCloseable {

  private static final String ISSUER = "https://id.example.com";

  /// Starts both in the same moment.
  ///
  /// @param directory an empty one, for their data
  public static Nodes start(Path directory) throws Exception {
    String url = PostgresServer.newDatabase();
    Path masterKey = masterKey(directory);
    CyclicBarrier together = new CyclicBarrier(2);
    List<Future<TestServer>> started = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (String name : List.of("one", "two")) {
        started.add(
            threads.submit(
                () -> {
                  together.await();
                  return node(directory.resolve(name), url, masterKey);
                }));
      }
    }
    TestServer one = started.getFirst().get();
    TestServer two = started.getLast().get();
    return madeTheOperator(one) ? new Nodes(one, two, url) : new Nodes(two, one, url);
  }

  /// Starts one after the other; the second reaches the database through a relay.
  public static Nodes start(Path directory, String url, Relay toTheDatabase) throws Exception {
    Path masterKey = masterKey(directory);
    TestServer first = node(directory.resolve("one"), url, masterKey);
    String behind = url.replaceFirst("127\\.0\\.0\\.1:\\d+", "127.0.0.1:" + toTheDatabase.port());
    return new Nodes(first, node(directory.resolve("two"), behind, masterKey), url);
  }

  private static Path masterKey(Path directory) throws Exception {
    byte[] key = new byte[32];
    key[0] = 1;
    return Files.write(directory.resolve("master.key"), Base64.getEncoder().encode(key));
  }

  private static TestServer node(Path data, String url, Path masterKey) {
    return TestServer.startOn(
        data, "--database", url, "--master-key-file", masterKey.toString(), "--issuer", ISSUER);
  }

  /// Whether the first start was this one's.
  public static boolean madeTheOperator(TestServer server) {
    return Files.exists(server.data().resolve("operator.json"));
  }

  /// What the second node says of a token.
  public boolean livesOnTheSecond(String token) {
    return second
        .http()
        .form("/oauth/introspect", first.operatorBasic(), "token", token)
        .expect(200)
        .json("active")
        .asBoolean();
  }

  @Override
  public void close() {
    first.close();
    second.close();
  }
}
