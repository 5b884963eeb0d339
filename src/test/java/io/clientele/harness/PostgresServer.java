package io.clientele.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A real PostgreSQL 15 for this JVM: started once, on a port and in a directory of its own,
/// stopped when the JVM ends. Its user `postgres` needs no password on loopback.
public final class PostgresServer {
  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15/bin");

  private static final class Running {
    static final PostgresServer ONE = new PostgresServer();
  }

  private final Path directory;
  private final int port;
  private final Process process;

  private PostgresServer() {
    try {
      directory = Files.createTempDirectory("clientele-postgres-");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      if (isRoot()) {
        run(List.of("chown", "postgres", directory.toString()));
      }
      Path data = directory.resolve("data");
      run(
          asPostgres(
              PROGRAMS.resolve("initdb").toString(),
              "-D",
              data.toString(),
              "-U",
              "postgres",
              "-A",
              "trust",
              "-E",
              "UTF8",
              "--locale=C",
              "--no-sync"));
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      process =
          new ProcessBuilder(
                  asPostgres(
                      PROGRAMS.resolve("postgres").toString(),
                      "-D",
                      data.toString(),
                      "-p",
                      Integer.toString(port),
                      "-h",
                      "127.0.0.1",
                      "-k",
                      directory.toString(),
                      "-c",
                      "fsync=off",
                      "-c",
                      "max_connections=200"))
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("log").toFile())
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop-postgres"));
      awaitReady();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Makes an empty database.
  ///
  /// @return its JDBC address, with user `postgres`
  public static String newDatabase() {
    String name = Names.unique("db").replace('-', '_');
    try (Connection connection = Running.ONE.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return Running.ONE.address(name);
  }

  /// Lets nobody into a database any more, and throws out who is there; or lets them in again.
  ///
  /// @param url of `newDatabase`
  public static void allowConnections(String url, boolean allow) throws SQLException {
    String name = url.substring(url.lastIndexOf('/') + 1, url.indexOf('?'));
    try (Connection connection = Running.ONE.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS " + allow);
      if (!allow) {
        statement.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
                + name
                + "'");
      }
    }
  }

  private String address(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=postgres";
  }

  private Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(address(database));
  }

  private void awaitReady() throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try (Connection connection = connect("postgres")) {
        if (connection.isValid(5)) {
          return;
        }
      } catch (SQLException e) {
        waitUnlessEnded(end, e);
      }
    }
  }

  private void waitUnlessEnded(long end, SQLException last) throws IOException {
    try {
      if (process.waitFor(100, TimeUnit.MILLISECONDS) || System.nanoTime() > end) {
        String log = Files.readString(directory.resolve("log"));
        throw new IllegalStateException("PostgreSQL does not start:\n" + log, last);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void stop() {
    // SIGINT to the server itself, whose pid stands in its own file: a fast shutdown.
    try {
      String pid = Files.readAllLines(directory.resolve("data/postmaster.pid")).getFirst();
      run(List.of("kill", "-INT", pid.strip()));
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      TestServer.deleteTree(directory);
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static List<String> asPostgres(String... command) {
    List<String> whole = new ArrayList<>();
    if (isRoot()) {
      whole.addAll(List.of("runuser", "-u", "postgres", "--"));
    }
    whole.addAll(List.of(command));
    return whole;
  }

  private static void run(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .directory(Path.of("/").toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(command + " failed: " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
