package io.clientele.token;

import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.db.Database;
import io.clientele.db.Ticker;
import io.clientele.oauth.OAuthException;
import io.clientele.oauth.OAuthException.Code;
import io.clientele.usage.Usage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Single tokens that were revoked before their time: rows, and this node's memory of them. (All
/// tokens of a client or customer die by a generation instead.)
public final class Revocations implements AutoCloseable {

  private static final int MOST_LIVING = 10_000;
  private static final Duration PERIOD = Duration.ofMinutes(1);

  private final Database database;
  private final AuditStore audit;
  private final Usage usage;
  private final InstantSource clock;
  private final RevocationStore store = new RevocationStore();
  private final Map<String, Long> expiryByJti = new ConcurrentHashMap<>();
  private final Ticker ticker = new Ticker("revocations", PERIOD, this::forgetExpired);

  public Revocations(Database database, AuditStore audit, Usage usage, InstantSource clock) {
    this.database = database;
    this.audit = audit;
    this.usage = usage;
    this.clock = clock;
    database.changeLog().subscribe(RevocationStore.CHANGE, this::remember, this::load);
  }

  /// Reads what was revoked before this node started.
  public void start() {
    load();
    ticker.start();
  }

  private void load() {
    expiryByJti.putAll(database.read(tx -> store.all(tx, nowSeconds())));
  }

  private void remember(String key) {
    int blank = key.indexOf(' ');
    expiryByJti.put(key.substring(blank + 1), Long.parseLong(key, 0, blank, 10));
  }

  private long nowSeconds() {
    return Math.floorDiv(clock.millis(), 1000L);
  }

  private void forgetExpired() {
    long now = nowSeconds();
    expiryByJti.values().removeIf(expiry -> expiry <= now);
    database.write(
        tx -> {
          store.deleteExpired(tx, now);
          return now;
        });
  }

  /// Whether this token was revoked.
  boolean isRevoked(String jti) {
    return expiryByJti.containsKey(jti);
  }

  /// Revokes a living token, for good when this returns.
  ///
  /// @throws OAuthException 429 if the client has too many living revocations
  void revoke(TokenClaims claims) {
    boolean revoked =
        database.write(
            tx -> {
              if (store.living(tx, claims.customer(), claims.client(), nowSeconds())
                  >= MOST_LIVING) {
                throw new OAuthException(
                    Code.TOO_MANY_REQUESTS,
                    "the client has "
                        + MOST_LIVING
                        + " living revocations; revoke all of its tokens",
                    "too many revocations",
                    PERIOD);
              }
              boolean isNew =
                  store.insert(
                      tx,
                      claims.customer(),
                      claims.client(),
                      claims.jti(),
                      claims.expiresAt(),
                      clock.millis());
              if (isNew) {
                audit.write(
                    tx,
                    claims.customer(),
                    claims.client().text(),
                    new AuditEvent.TokenRevoked(claims.client(), claims.jti()));
              }
              return isNew;
            });
    if (revoked) {
      usage.counters().revoked(claims.client(), claims.generations(), claims.expiresAt());
    }
  }

  @Override
  public void close() {
    ticker.close();
  }
}
