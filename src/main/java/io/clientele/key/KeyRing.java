package io.clientele.key;

import io.clientele.audit.AuditEvent;
import io.clientele.audit.AuditStore;
import io.clientele.crypto.CryptoProvider;
import io.clientele.crypto.Es256Signer;
import io.clientele.crypto.Es256Verifier;
import io.clientele.db.Database;
import io.clientele.db.Ticker;
import io.clientele.db.Transaction;
import io.clientele.id.CustomerId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/// The signing keys: one signs, younger ones are published and wait for their time, older ones stay
/// published until the last token they signed is dead. Rotation is by time alone, so that all nodes
/// change over in the same moment without a word.
public final class KeyRing implements AutoCloseable {

  private static final Duration PERIOD = Duration.ofSeconds(1);

  /// What a key needs to sign.
  ///
  /// @param header the JOSE header of every token it signs, base64url, made once (RFC 9068 §2.1)
  public record Signer(byte[] header, Es256Signer key) {}

  /// How keys live.
  ///
  /// @param rotation how long a key signs
  /// @param publishLead how long a key is published before it signs
  /// @param longestToken how long after its retirement a key's last token may live
  public record Lifetimes(Duration rotation, Duration publishLead, Duration longestToken) {}

  private record Entry(
      SigningKey key, Optional<Signer> signer, Es256Verifier verifier, String header) {

    /// Whether it is believed. One whose private half is forgotten is not, whatever the clock of
    /// this node says: after a compromise another node's clock has ended it.
    boolean isPublished(long now) {
      return signer.isPresent() && !key.isRemoved(now);
    }
  }

  /// Keys by time of signing, as of the last read.
  private record Ring(List<Entry> entries, Map<String, Entry> byHeader) {}

  private final Database database;
  private final KeyStore store;
  private final AuditStore audit;
  private final CryptoProvider provider;
  private final Lifetimes lifetimes;
  private final InstantSource clock;
  private final Ticker ticker = new Ticker("key-rotation", PERIOD, this::tend);
  private volatile Ring ring = new Ring(List.of(), Map.of());

  public KeyRing(
      Database database,
      KeyStore store,
      AuditStore audit,
      CryptoProvider provider,
      Lifetimes lifetimes,
      InstantSource clock) {
    this.database = database;
    this.store = store;
    this.audit = audit;
    this.provider = provider;
    this.lifetimes = lifetimes;
    this.clock = clock;
    database.changeLog().subscribe(KeyStore.CHANGE, key -> reload(), this::reload);
  }

  /// Makes the first key if there is none, and begins to rotate.
  public void start() {
    long longest = lifetimes.longestToken.toMillis();
    if (database.read(store::longestToken) < longest) {
      database.write(
          tx -> {
            store.noteLongestToken(tx, longest);
            return longest;
          });
    }
    tend();
    reload();
    ticker.start();
  }

  /// One at a time: of two, the one that read before the other could put its older ring in the
  /// newer one's place, and keys that ended would be believed on.
  private synchronized void reload() {
    List<Entry> entries = database.read(store::list).stream().map(this::entry).toList();
    Map<String, Entry> byHeader = new TreeMap<>();
    entries.forEach(entry -> byHeader.put(entry.header, entry));
    ring = new Ring(entries, byHeader);
  }

  private Entry entry(KeyStore.Row row) {
    String header = header(row.key().kid());
    try {
      Optional<Signer> signer =
          row.privateKey().isEmpty()
              ? Optional.empty()
              : Optional.of(
                  new Signer(
                      header.getBytes(StandardCharsets.US_ASCII),
                      provider.signer(row.privateKey().get())));
      return new Entry(row.key(), signer, provider.verifier(row.key().publicKey()), header);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("signing key " + row.key().kid() + " cannot be used", e);
    }
  }

  private static String header(String kid) {
    String json =
        "{\"typ\":\"at+jwt\",\"alg\":\"" + SigningKey.ALGORITHM + "\",\"kid\":\"" + kid + "\"}";
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.US_ASCII));
  }

  /// The key that signs now.
  ///
  /// @param now epoch milliseconds
  /// @throws IllegalStateException if there is none, which cannot be after `start`
  public Signer signer(long now) {
    List<Entry> entries = ring.entries;
    for (int i = entries.size() - 1; i >= 0; i--) {
      Entry entry = entries.get(i);
      if (entry.signer.isPresent() && entry.key.state(now) == SigningKey.State.SIGNING) {
        return entry.signer.get();
      }
    }
    // After a compromise the new key signs from the clock of the node that made it; ours may be
    // behind.
    return entries.stream()
        .filter(entry -> entry.key.state(now) == SigningKey.State.PENDING)
        .flatMap(entry -> entry.signer.stream())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no key signs now"));
  }

  /// Verifies for the published key whose tokens begin with exactly this header. A token with any
  /// other header, whatever it says of algorithms and keys, was not made here.
  public Optional<Es256Verifier> verifier(String header) {
    Entry entry = ring.byHeader.get(header);
    return entry == null || !entry.isPublished(clock.millis())
        ? Optional.empty()
        : Optional.of(entry.verifier);
  }

  /// The keys that are published now, oldest first.
  List<SigningKey> published() {
    long now = clock.millis();
    return ring.entries.stream().filter(entry -> entry.isPublished(now)).map(Entry::key).toList();
  }

  /// Every key there ever was, oldest first.
  List<SigningKey> all() {
    return ring.entries.stream().map(Entry::key).toList();
  }

  /// Publishes a new key, which signs after the publish lead.
  SigningKey rotate(Transaction tx, String actor) {
    store.lock(tx);
    long now = clock.millis();
    return add(tx, now, now + lifetimes.publishLead.toMillis(), actor, "asked");
  }

  /// After a compromise: a new key signs at once, and none of the others is believed any more.
  /// Those that wait for their time, and those that sign no more, lay in the same ring as the one
  /// that signed: who has that may have them.
  SigningKey replaceNow(Transaction tx, String actor) {
    store.lock(tx);
    long now = clock.millis();
    for (KeyStore.Row row : store.list(tx)) {
      SigningKey key = row.key();
      if (!key.isRemoved(now)) {
        store.retire(tx, key.kid(), Math.min(now, key.retiredAt().orElse(now)), now);
        store.forgetPrivate(tx, key.kid());
      }
    }
    return add(tx, now, now, actor, "compromise");
  }

  private SigningKey add(Transaction tx, long now, long signsFrom, String actor, String reason) {
    try {
      SigningKey key = store.insert(tx, provider.newP256(), now, signsFrom);
      audit.write(tx, CustomerId.OPERATOR, actor, new AuditEvent.KeyRotated(key.kid(), reason));
      return key;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no P-256 key can be made", e);
    }
  }

  /// Does what time demands: the first key, the next one, retirement, removal. Several nodes may do
  /// it at once; each looks again under the lock.
  private void tend() {
    if (isDue(ring.entries)) {
      database.write(
          tx -> {
            store.lock(tx);
            return tend(tx, store.list(tx));
          });
    }
  }

  private boolean isDue(List<Entry> entries) {
    long now = clock.millis();
    List<SigningKey> keys = entries.stream().map(Entry::key).toList();
    return nextIsDue(keys, now)
        || !retirements(keys, now).isEmpty()
        || entries.stream().anyMatch(entry -> entry.key.isRemoved(now) && entry.signer.isPresent());
  }

  private int tend(Transaction tx, List<KeyStore.Row> rows) {
    long now = clock.millis();
    List<SigningKey> keys = rows.stream().map(KeyStore.Row::key).toList();
    for (Retirement each : retirements(keys, now)) {
      // Its last token may be older than the present settings, or another node's.
      store.retire(tx, each.kid, each.at, each.at + store.longestToken(tx));
    }
    for (KeyStore.Row row : rows) {
      if (row.key().isRemoved(now) && row.privateKey().isPresent()) {
        store.forgetPrivate(tx, row.key().kid());
        tx.changed(KeyStore.CHANGE, "");
      }
    }
    OptionalLong newest = newest(keys, now);
    if (newest.isEmpty()) {
      add(tx, now, now, "system", "scheduled");
    } else if (nextIsDue(keys, now)) {
      long signsFrom =
          Math.max(
              now + lifetimes.publishLead.toMillis(),
              newest.getAsLong() + lifetimes.rotation.toMillis());
      add(tx, now, signsFrom, "system", "scheduled");
    }
    return keys.size();
  }

  /// When the youngest key signs or will sign; empty if none does.
  private static OptionalLong newest(List<SigningKey> keys, long now) {
    return keys.stream()
        .filter(key -> key.state(now) != SigningKey.State.RETIRED && !key.isRemoved(now))
        .mapToLong(SigningKey::signsFrom)
        .max();
  }

  /// Whether a new key must be published, so that it may sign when the youngest one's time is over.
  /// Where keys rotate faster than the publish lead, several wait at once.
  private boolean nextIsDue(List<SigningKey> keys, long now) {
    OptionalLong newest = newest(keys, now);
    return newest.isEmpty()
        || newest.getAsLong() + lifetimes.rotation.toMillis() - lifetimes.publishLead.toMillis()
            <= now;
  }

  private record Retirement(String kid, long at) {}

  /// Keys in whose place a younger one signs already, and since when.
  private static List<Retirement> retirements(List<SigningKey> keys, long now) {
    List<SigningKey> signing = new ArrayList<>();
    for (SigningKey key : keys) {
      if (key.state(now) == SigningKey.State.SIGNING) {
        signing.add(key);
      }
    }
    signing.sort(
        Comparator.comparingLong(SigningKey::signsFrom).thenComparingLong(SigningKey::createdAt));
    List<Retirement> retirements = new ArrayList<>();
    for (int i = 0; i + 1 < signing.size(); i++) {
      retirements.add(new Retirement(signing.get(i).kid(), signing.get(i + 1).signsFrom()));
    }
    return retirements;
  }

  @Override
  public void close() {
    ticker.close();
  }
}
