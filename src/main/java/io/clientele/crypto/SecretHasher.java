package io.clientele.crypto;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/// Turns secrets into digests and checks them. A generated secret costs one HMAC under the pepper,
/// about a microsecond; a chosen one costs one Argon2id, tens of milliseconds, on a small pool of
/// platform threads that give way to all others, so that slow hashes can never take the machine.
/// Few may wait for them, and each kind of asker has places of its own, which no other kind takes.
public final class SecretHasher implements AutoCloseable {

  /// The slow hashes have more work than they can do; come back later.
  public static final class Busy extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1L;

    Busy() {
      super("too many slow hashes at once", null, false, false);
    }
  }

  /// Who wants a slow hash.
  public enum Asker {
    /// A client that had the right secret at this place not long ago. It comes before all others.
    KNOWN,
    /// Anyone: an attacker, or a client that was not seen there lately.
    STRANGER,
    /// Who stores a secret.
    STORING
  }

  /// One that waits.
  ///
  /// @param number of those that came before
  private record Turn(Asker asker, long number, Runnable work)
      implements Runnable, Comparable<Turn> {
    @Override
    public int compareTo(Turn other) {
      int order = Integer.compare(rank(), other.rank());
      return order != 0 ? order : Long.compare(number, other.number);
    }

    private int rank() {
      return asker == Asker.KNOWN ? 0 : 1;
    }

    @Override
    public void run() {
      work.run();
    }
  }

  /// How many of each kind may wait behind those that run.
  private static final int WAITING = 4;

  private static final byte[] ARGON_KEY =
      SecretDigest.Argon2id.ALGORITHM.getBytes(StandardCharsets.US_ASCII);
  private static final int MEMORY_KIB = 19 * 1024;
  private static final int ITERATIONS = 2;
  private static final int PARALLELISM = 1;
  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;

  private final CryptoProvider provider;
  private final HmacSha256 pepper;

  /// What Argon2id takes of the pepper.
  private final byte[] argonKey;

  private final ThreadPoolExecutor slow;
  private final AtomicLong turns = new AtomicLong();
  private final Map<Asker, Semaphore> places = new EnumMap<>(Asker.class);
  private final SecretDigest.Hmac hmacDummy;
  private final SecretDigest.Argon2id argonDummy;

  /// @param pepper 32 secret bytes of this installation
  /// @param threads how many slow hashes may run at once
  public SecretHasher(CryptoProvider provider, byte[] pepper, int threads) {
    this.provider = provider;
    this.pepper = provider.hmac(pepper);
    this.argonKey = this.pepper.of(ARGON_KEY);
    this.slow =
        new ThreadPoolExecutor(
            threads,
            threads,
            1,
            TimeUnit.MINUTES,
            // Bounded by the places.
            new PriorityBlockingQueue<>(),
            Niceness.of(
                Niceness.BESIDE, Thread.ofPlatform().name("slow-hash-", 0).daemon().factory()));
    this.slow.allowCoreThreadTimeOut(true);
    for (Asker each : Asker.values()) {
      places.put(each, new Semaphore(threads + WAITING));
    }
    this.hmacDummy = new SecretDigest.Hmac(randomBytes(32));
    this.argonDummy =
        new SecretDigest.Argon2id(
            MEMORY_KIB,
            ITERATIONS,
            PARALLELISM,
            true,
            randomBytes(SALT_BYTES),
            randomBytes(HASH_BYTES));
  }

  private byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    provider.random().nextBytes(bytes);
    return bytes;
  }

  /// The digest to store for a secret. A chosen one waits for a slow hash.
  ///
  /// @throws Busy if the slow hashes are taken
  public SecretDigest digest(Secret secret) throws Busy {
    return digest(secret, Optional.empty());
  }

  /// The same for a client that has a chosen secret already. Both get one salt, so that a wrong
  /// guess costs one hash, as it does for a client with one secret and for an unknown one: its time
  /// must not tell which it is.
  ///
  /// @param beside the digest of the other secret
  /// @throws Busy if the slow hashes are taken
  public SecretDigest digest(Secret secret, Optional<SecretDigest.Argon2id> beside) throws Busy {
    if (secret.hasGeneratedForm()) {
      return new SecretDigest.Hmac(fast(secret));
    }
    byte[] salt = beside.map(SecretDigest.Argon2id::salt).orElseGet(() -> randomBytes(SALT_BYTES));
    SecretDigest.Argon2id form =
        new SecretDigest.Argon2id(
            MEMORY_KIB, ITERATIONS, PARALLELISM, true, salt, new byte[HASH_BYTES]);
    return new SecretDigest.Argon2id(
        MEMORY_KIB, ITERATIONS, PARALLELISM, true, salt, waitForSlow(secret, form, Asker.STORING));
  }

  /// HMAC-SHA-256 of a secret of the generated form, under the pepper.
  public byte[] fast(Secret secret) {
    return pepper.of(secret.bytes());
  }

  /// Whether a presented secret is the one of this digest; the comparison takes the same time
  /// either way.
  ///
  /// @throws Busy if the digest is slow and the slow hashes are taken
  public boolean matches(Secret presented, SecretDigest digest) throws Busy {
    return switch (digest) {
      case SecretDigest.Hmac hmac -> MessageDigest.isEqual(hmac.bytes(), fast(presented));
      case SecretDigest.Argon2id argon ->
          MessageDigest.isEqual(argon.hash(), waitForSlow(presented, argon, Asker.STORING));
    };
  }

  /// Which of a client's slow digests a presented secret is the one of. Those with the same salt
  /// cost one hash together.
  ///
  /// @throws Busy if the places of this kind of asker are taken
  public Optional<SecretDigest.Argon2id> match(
      Secret presented, List<SecretDigest.Argon2id> digests, Asker asker) throws Busy {
    Optional<SecretDigest.Argon2id> found = Optional.empty();
    Optional<SecretDigest.Argon2id> last = Optional.empty();
    byte[] hash = {};
    for (SecretDigest.Argon2id digest : digests) {
      if (last.isEmpty() || !last.get().hasFormOf(digest)) {
        hash = waitForSlow(presented, digest, asker);
        last = Optional.of(digest);
      }
      if (MessageDigest.isEqual(digest.hash(), hash)) {
        found = Optional.of(digest);
      }
    }
    return found;
  }

  /// What an unknown client's generated secret is checked against, so that it costs the same.
  public SecretDigest.Hmac hmacDummy() {
    return hmacDummy;
  }

  /// What an unknown client's chosen secret is checked against, so that it costs the same.
  public SecretDigest.Argon2id argonDummy() {
    return argonDummy;
  }

  private byte[] waitForSlow(Secret secret, SecretDigest.Argon2id form, Asker asker) throws Busy {
    Semaphore free = Objects.requireNonNull(places.get(asker));
    if (!free.tryAcquire()) {
      throw new Busy();
    }
    try {
      CompletableFuture<byte[]> hash = new CompletableFuture<>();
      Runnable work =
          () -> {
            try {
              hash.complete(argon2id(secret, form));
            } catch (RuntimeException | Error e) {
              hash.completeExceptionally(e);
            }
          };
      slow.execute(new Turn(asker, turns.getAndIncrement(), work));
      return hash.get();
    } catch (RejectedExecutionException e) {
      throw new Busy();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Argon2id fails", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Busy();
    } finally {
      free.release();
    }
  }

  private byte[] argon2id(Secret secret, SecretDigest.Argon2id form) {
    Argon2BytesGenerator generator = new Argon2BytesGenerator();
    Argon2Parameters.Builder parameters =
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(form.memory())
            .withIterations(form.iterations())
            .withParallelism(form.parallelism())
            .withSalt(form.salt());
    if (form.peppered()) {
      parameters.withSecret(argonKey);
    }
    generator.init(parameters.build());
    byte[] hash = new byte[form.hash().length];
    generator.generateBytes(secret.bytes(), hash);
    return hash;
  }

  /// How many slow hashes run or wait now.
  public int slowHashesUnderWay() {
    return slow.getActiveCount() + slow.getQueue().size();
  }

  @Override
  public void close() {
    slow.shutdownNow();
  }
}
