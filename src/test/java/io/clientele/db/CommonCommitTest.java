package io.clientele.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clientele.harness.Eventually;
import io.clientele.http.Unavailable;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jdbi.v3.core.transaction.TransactionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// SQLite: deeds that wait while another is done are committed together, and none can tell.
class CommonCommitTest {

  private static final class Refusal extends RuntimeException {
    @java.io.Serial private static final long serialVersionUID = 1L;
  }

  private final Path file;
  private final Database database;

  CommonCommitTest(@TempDir Path directory) throws Database.CannotOpen {
    file = directory.resolve("test.db");
    database = Database.sqlite(file, InstantSource.system());
  }

  @AfterEach
  void close() {
    database.close();
  }

  /// Lets these wait in this order until a deed before them ends.
  private <T> List<CompletableFuture<T>> together(List<Function<Transaction, T>> deeds)
      throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    Thread first =
        Thread.ofPlatform()
            .start(
                () ->
                    database.write(
                        tx -> {
                          begun.countDown();
                          return awaited(gate);
                        }));
    begun.await();
    List<CompletableFuture<T>> answers = new ArrayList<>();
    for (Function<Transaction, T> deed : deeds) {
      CompletableFuture<T> answer = new CompletableFuture<>();
      answers.add(answer);
      Thread asking =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      answer.complete(database.write(deed));
                    } catch (RuntimeException e) {
                      answer.completeExceptionally(e);
                    }
                  });
      Eventually.is("it waits", () -> asking.getState() == Thread.State.WAITING);
    }
    gate.countDown();
    first.join();
    return answers;
  }

  private static boolean awaited(CountDownLatch gate) {
    try {
      gate.await();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void put(Transaction tx, String name) {
    tx.changed("test", name);
    tx.handle().execute("INSERT INTO server_state (name, value) VALUES (?, '')", name);
  }

  private static List<String> names(Transaction tx) {
    return tx.handle()
        .createQuery("SELECT name FROM server_state WHERE name LIKE 'deed%' ORDER BY name")
        .mapTo(String.class)
        .list();
  }

  private List<String> committed() {
    return database.read(CommonCommitTest::names);
  }

  private static Throwable failure(CompletableFuture<?> answer) {
    var _ = answer.handle((done, failed) -> true).join();
    return answer.exceptionNow();
  }

  @Test
  void whoWaitsWhileTheDiskFailsIsRefused() throws InterruptedException {
    List<Function<Transaction, Boolean>> deeds = new ArrayList<>();
    deeds.add(
        tx -> {
          throw new TransactionException(
              new SQLiteException("injected", SQLiteErrorCode.SQLITE_IOERR_FSYNC));
        });
    // More than one commit takes.
    for (int i = 0; i < 120; i++) {
      String name = "deed" + i;
      deeds.add(
          tx -> {
            put(tx, name);
            return true;
          });
    }
    for (CompletableFuture<Boolean> answer : together(deeds)) {
      assertThat(failure(answer)).isInstanceOf(Unavailable.class);
    }
    assertThat(committed()).isEmpty();
  }

  @Test
  void manyWhoKeepAskingAreNeverTooMany() throws InterruptedException {
    List<Thread> asking = new ArrayList<>();
    AtomicInteger done = new AtomicInteger();
    for (int i = 0; i < 64; i++) {
      asking.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int j = 0; j < 200; j++) {
                      database.write(
                          tx -> tx.handle().execute("UPDATE counter SET value = value + 1"));
                      done.incrementAndGet();
                    }
                  }));
    }
    for (Thread each : asking) {
      each.join();
    }
    assertThat(done).hasValue(64 * 200);
  }

  @Test
  void deedsThatWaitAreCommittedTogetherAndNoneIsAnsweredBefore() throws Exception {
    List<CompletableFuture<List<String>>> answers = new ArrayList<>();
    List<Function<Transaction, List<String>>> deeds = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      String name = "deed" + i;
      deeds.add(
          tx -> {
            put(tx, name);
            assertThat(answers).noneMatch(CompletableFuture::isDone);
            // What the reader sees is what is committed.
            return committed();
          });
    }
    answers.addAll(together(deeds));

    for (CompletableFuture<List<String>> answer : answers) {
      assertThat(answer.get()).isEmpty();
    }
    assertThat(committed()).containsExactly("deed0", "deed1", "deed2", "deed3", "deed4");
  }

  @Test
  void eachSeesWhatThoseBeforeItDid() throws Exception {
    List<CompletableFuture<List<String>>> answers =
        together(
            IntStream.range(0, 4)
                .<Function<Transaction, List<String>>>mapToObj(
                    i ->
                        tx -> {
                          put(tx, "deed" + i);
                          return names(tx);
                        })
                .toList());

    for (int i = 0; i < 4; i++) {
      assertThat(answers.get(i).get()).hasSize(i + 1);
    }
  }

  @Test
  void oneThatFailsTakesBackWhatItDidAndNothingElse() throws Exception {
    List<CompletableFuture<List<String>>> answers =
        together(
            List.of(
                tx -> {
                  put(tx, "deed0");
                  return names(tx);
                },
                tx -> {
                  put(tx, "deed1");
                  throw new Refusal();
                },
                tx -> {
                  put(tx, "deed2");
                  put(tx, "deed0");
                  return names(tx);
                },
                tx -> {
                  put(tx, "deed1");
                  return names(tx);
                }));

    assertThat(answers.get(0).get()).containsExactly("deed0");
    assertThat(failure(answers.get(1))).isInstanceOf(Refusal.class);
    assertThat(failure(answers.get(2))).hasMessageContaining("UNIQUE");
    assertThat(answers.get(3).get()).containsExactly("deed0", "deed1");
    assertThat(committed()).containsExactly("deed0", "deed1");
  }

  @Test
  void theChangeLogHasTheChangesOfTheDeedsThatWereDoneInTheirOrder() throws Exception {
    List<String> told = new ArrayList<>();
    database.changeLog().subscribe("test", told::add, told::clear);
    for (CompletableFuture<?> answer :
        together(
            List.<Function<Transaction, Boolean>>of(
                tx -> {
                  put(tx, "deed0");
                  return true;
                },
                tx -> {
                  put(tx, "deed1");
                  throw new Refusal();
                },
                tx -> {
                  put(tx, "deed2");
                  put(tx, "deed3");
                  return true;
                }))) {
      answer.handle((done, failed) -> true).get();
    }

    assertThat(told).containsExactlyInAnyOrder("deed0", "deed2", "deed3");
    assertThat(
            database.<List<String>>read(
                tx ->
                    tx.handle()
                        .createQuery("SELECT seq || ' ' || key FROM change_log ORDER BY seq")
                        .mapTo(String.class)
                        .list()))
        .containsExactly("1 deed0", "2 deed2", "3 deed3");
  }

  @Test
  void whatIsHeldIsReadOnceAndAgainAfterAChangeOrAFailure() throws Exception {
    List<String> read = new ArrayList<>();
    Function<Transaction, Boolean> reading =
        tx ->
            tx.held(
                "test",
                "deed0",
                () -> {
                  read.add(String.join(" ", names(tx)));
                  return true;
                });
    for (CompletableFuture<?> answer :
        together(
            List.of(
                reading,
                reading,
                tx -> {
                  put(tx, "deed0");
                  return reading.apply(tx);
                },
                tx -> {
                  tx.changed("test", "deed0");
                  put(tx, "deed1");
                  var _ = reading.apply(tx);
                  throw new Refusal();
                },
                reading))) {
      answer.handle((done, failed) -> true).get();
    }

    assertThat(read).containsExactly("", "deed0", "deed0 deed1", "deed0");
  }

  /// SQLite takes back a whole transaction by itself when the disk is full, for one.
  @Test
  void oneThatEndsTheTransactionForAllHarmsNoOther() throws Exception {
    List<CompletableFuture<Boolean>> answers =
        together(
            List.of(
                tx -> {
                  put(tx, "deed0");
                  return true;
                },
                tx -> {
                  put(tx, "deed1");
                  tx.handle().execute("ROLLBACK");
                  throw new Refusal();
                },
                tx -> {
                  put(tx, "deed2");
                  tx.handle().execute("ROLLBACK");
                  return true;
                },
                tx -> {
                  put(tx, "deed3");
                  return true;
                }));

    assertThat(answers.get(0).get()).isTrue();
    assertThat(failure(answers.get(1))).isInstanceOf(Refusal.class);
    assertThat(failure(answers.get(2))).isInstanceOf(RuntimeException.class);
    assertThat(answers.get(3).get()).isTrue();
    assertThat(committed()).containsExactly("deed0", "deed3");
  }

  @Test
  void moreThanOneCommitTakesAreAllDone() throws Exception {
    List<Function<Transaction, Boolean>> deeds = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      String name = "deed" + i;
      deeds.add(
          tx -> {
            put(tx, name);
            return true;
          });
    }
    for (CompletableFuture<Boolean> answer : together(deeds)) {
      assertThat(answer.get()).isTrue();
    }

    assertThat(committed()).hasSize(250);
  }

  @Test
  void aDatabaseThatAnotherProcessHoldsRefusesAndServesAgainLater() throws SQLException {
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      assertThatThrownBy(
              () ->
                  database.write(
                      tx -> {
                        put(tx, "deed0");
                        return true;
                      }))
          .isInstanceOf(Unavailable.class);
      statement.execute("ROLLBACK");
    }

    // All or nothing, as before.
    assertThatThrownBy(
            () ->
                database.write(
                    tx -> {
                      put(tx, "deed1");
                      throw new Refusal();
                    }))
        .isInstanceOf(Refusal.class);
    assertThat(
            database.<List<String>>write(
                tx -> {
                  put(tx, "deed2");
                  return committed();
                }))
        .isEmpty();
    assertThat(committed()).containsExactly("deed2");
  }
}
