package io.clientele.key;

import io.clientele.crypto.MasterKey;
import io.clientele.db.Transaction;
import io.clientele.http.Unavailable;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Signing keys and other sealed values. They belong to the installation, not to a customer.
public final class KeyStore {

  /// The kind under which the change log tells of signing keys.
  public static final String CHANGE = "signing_key";

  /// A key with its private half, as long as it has one.
  record Row(SigningKey key, Optional<PrivateKey> privateKey) {}

  private final MasterKey masterKey;

  public KeyStore(MasterKey masterKey) {
    this.masterKey = masterKey;
  }

  /// Whether anything was ever sealed here, so that a master key must exist.
  public static boolean hasSealedValues(Transaction tx) {
    return tx.handle().createQuery("SELECT COUNT(*) FROM sealed_value").mapTo(Long.class).one() > 0;
  }

  /// A sealed value.
  ///
  /// @throws MasterKey.WrongKey if the master key is not the one that sealed it
  public Optional<byte[]> unseal(Transaction tx, String name) throws MasterKey.WrongKey {
    Optional<String> sealed =
        tx.handle()
            .createQuery("SELECT sealed FROM sealed_value WHERE name = :name")
            .bind("name", name)
            .mapTo(String.class)
            .findOne();
    return sealed.isEmpty() ? Optional.empty() : Optional.of(masterKey.open(name, sealed.get()));
  }

  /// Seals a value under a name that has none yet; the first of several writers wins.
  public void sealIfAbsent(Transaction tx, String name, byte[] value) {
    tx.handle()
        .createUpdate(
            """
            INSERT INTO sealed_value (name, sealed) VALUES (:name, :sealed)
            ON CONFLICT (name) DO NOTHING
            """)
        .bind("name", name)
        .bind("sealed", masterKey.seal(name, value))
        .execute();
  }

  /// Every key, oldest first; nobody else changes them before a writing transaction ends.
  List<Row> list(Transaction tx) {
    return tx.handle()
        .createQuery(
            """
            SELECT kid, public_key, sealed_private, created_at, signs_from, retired_at, removed_at
            FROM signing_key ORDER BY signs_from, created_at, kid\
            """
                + tx.forUpdate())
        .map((row, context) -> read(row))
        .list();
  }

  /// Makes whoever rotates keys wait for each other, even when there is no key yet.
  void lock(Transaction tx) {
    tx.handle()
        .createUpdate(
            "INSERT INTO counter (name, value) VALUES ('signing_key', 0) ON CONFLICT (name) DO"
                + " NOTHING")
        .execute();
    tx.handle()
        .createUpdate("UPDATE counter SET value = value + 1 WHERE name = 'signing_key'")
        .execute();
  }

  /// Notes how long a token may live here, if it is longer than it ever was.
  void noteLongestToken(Transaction tx, long millis) {
    tx.handle()
        .createUpdate(
            """
            INSERT INTO counter (name, value) VALUES ('longest_token', :millis)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            WHERE counter.value < excluded.value
            """)
        .bind("millis", millis)
        .execute();
  }

  /// The longest that a token may have lived on any node since the first start, in milliseconds.
  long longestToken(Transaction tx) {
    return tx.handle()
        .createQuery("SELECT COALESCE(MAX(value), 0) FROM counter WHERE name = 'longest_token'")
        .mapTo(Long.class)
        .one();
  }

  private Row read(ResultSet row) throws SQLException {
    String kid = row.getString("kid");
    String sealed = row.getString("sealed_private");
    try {
      KeyFactory factory = KeyFactory.getInstance("EC");
      ECPublicKey publicKey =
          (ECPublicKey)
              factory.generatePublic(
                  new X509EncodedKeySpec(Base64.getDecoder().decode(row.getString("public_key"))));
      SigningKey key =
          new SigningKey(
              kid,
              publicKey,
              row.getLong("created_at"),
              row.getLong("signs_from"),
              optionalLong(row, "retired_at"),
              optionalLong(row, "removed_at"));
      Optional<PrivateKey> privateKey =
          sealed.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  factory.generatePrivate(
                      new PKCS8EncodedKeySpec(masterKey.open(sealName(kid), sealed))));
      return new Row(key, privateKey);
    } catch (GeneralSecurityException | IllegalArgumentException | MasterKey.WrongKey e) {
      throw new Unavailable(
          "signing key " + kid + " in the database is not what was written: restore a backup", e);
    }
  }

  private static String sealName(String kid) {
    return "signing-key/" + kid;
  }

  private static OptionalLong optionalLong(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /// Adds a key.
  ///
  /// @param createdAt epoch milliseconds
  /// @param signsFrom epoch milliseconds
  SigningKey insert(Transaction tx, KeyPair pair, long createdAt, long signsFrom) {
    tx.changed(CHANGE, "");
    ECPublicKey publicKey = (ECPublicKey) pair.getPublic();
    String kid = SigningKey.thumbprint(publicKey);
    tx.handle()
        .createUpdate(
            """
            INSERT INTO signing_key
              (kid, algorithm, public_key, sealed_private, created_at, signs_from)
            VALUES (:kid, :algorithm, :public, :private, :created, :from)
            """)
        .bind("kid", kid)
        .bind("algorithm", SigningKey.ALGORITHM)
        .bind("public", Base64.getEncoder().encodeToString(publicKey.getEncoded()))
        .bind("private", masterKey.seal(sealName(kid), pair.getPrivate().getEncoded()))
        .bind("created", createdAt)
        .bind("from", signsFrom)
        .execute();
    return new SigningKey(
        kid, publicKey, createdAt, signsFrom, OptionalLong.empty(), OptionalLong.empty());
  }

  /// Notes since when a key no longer signs, and when it leaves the JWKS.
  void retire(Transaction tx, String kid, long retiredAt, long removedAt) {
    tx.changed(CHANGE, "");
    tx.handle()
        .createUpdate(
            """
            UPDATE signing_key SET retired_at = :retired, removed_at = :removed WHERE kid = :kid
            """)
        .bind("retired", retiredAt)
        .bind("removed", removedAt)
        .bind("kid", kid)
        .execute();
  }

  /// Lets no key sign any more, nor any token that one signed be believed, whatever the clock says:
  /// as of the beginning of time.
  public static void endAll(Transaction tx) {
    tx.changed(CHANGE, "");
    tx.handle()
        .createUpdate("UPDATE signing_key SET retired_at = 0, removed_at = 0, sealed_private = ''")
        .execute();
  }

  /// Whether `endAll` was done, and no key was made since.
  public static boolean hasNone(Transaction tx) {
    return tx.handle()
            .createQuery(
                """
                SELECT COUNT(*) FROM signing_key
                WHERE retired_at IS NULL OR retired_at > 0 OR removed_at IS NULL OR removed_at > 0
                  OR sealed_private <> ''
                """)
            .mapTo(Long.class)
            .one()
        == 0;
  }

  /// Forgets the private half of a key that signs no more.
  void forgetPrivate(Transaction tx, String kid) {
    tx.handle()
        .createUpdate("UPDATE signing_key SET sealed_private = '' WHERE kid = :kid")
        .bind("kid", kid)
        .execute();
  }
}
