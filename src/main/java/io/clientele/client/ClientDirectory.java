package io.clientele.client;

import io.clientele.db.Database;
import io.clientele.db.PackedRows;
import io.clientele.db.Remembered;
import io.clientele.db.Transaction;
import io.clientele.http.Patience;
import io.clientele.id.ClientId;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;

/// Clients in memory, so that a token costs no query: those that are asked for often ready to use,
/// and behind them as many as fit in few bytes each, from which a client is made in a microsecond.
public final class ClientDirectory {

  /// One in so many bytes is for clients that are ready to use.
  private static final int READY_PART = 8;

  private final Remembered<ClientId, KnownClient> ready;
  private final PackedRows packed;
  private final Database database;
  private final ClientStore clients;
  private final KnownClientStore known = new KnownClientStore();

  /// @param bytes how much memory it may take, roughly
  public ClientDirectory(Database database, ClientStore clients, long bytes) {
    this.database = database;
    this.clients = clients;
    this.packed = new PackedRows(bytes - bytes / READY_PART);
    this.ready =
        new Remembered<>(
            database.changeLog(),
            ClientStore.CHANGE,
            ClientId::parse,
            this::load,
            KnownClient::weight,
            bytes / READY_PART,
            new Packed());
  }

  /// The clients that are not ready to use.
  private final class Packed implements Remembered.Behind<ClientId, KnownClient> {

    @Override
    public Optional<KnownClient> find(ClientId client) {
      return packed
          .get(key(client))
          .map(row -> known.unpack(new KnownClientStore.Row(client, row)));
    }

    @Override
    public void drop(ClientId client) {
      packed.drop(key(client));
    }

    @Override
    public void dropAll() {
      packed.dropAll();
    }
  }

  private static byte[] key(ClientId client) {
    return client.text().getBytes(StandardCharsets.ISO_8859_1);
  }

  private Optional<KnownClient> load(ClientId client) {
    byte[] key = key(client);
    long mark = packed.mark(key);
    Optional<KnownClientStore.Row> row = known.find(database, client);
    row.ifPresent(found -> packed.put(key, found.packed(), mark));
    return row.map(known::unpack);
  }

  /// The client, whosever it is, if it is there and not deleted.
  ///
  /// @throws io.clientele.http.MustWait if the database must be asked and this thread may not wait
  public Optional<KnownClient> find(ClientId client, Patience patience) {
    return ready.get(client, patience);
  }

  /// The client as of a transaction, without its secrets, and it stays so until that ends.
  public Optional<KnownClient> loadAndHold(Transaction tx, ClientId client) {
    return clients.findAndHold(tx, client).map(KnownClient::withoutSecrets);
  }

  /// Reads the next clients of the database into memory before anyone asks for them.
  ///
  /// @param after an id; empty for the first ones
  /// @param since epoch milliseconds: only those that used a secret then or later; absent for all
  /// @return the id to go on after; empty if there are no more
  /// @throws io.clientele.http.Unavailable if the database is not there
  Optional<ClientId> preload(Optional<ClientId> after, int count, OptionalLong since) {
    PackedRows.Marks marks = packed.marks();
    KnownClientStore.Page page =
        since.isPresent()
            ? known.pageOfUsed(database, after, count, since.getAsLong())
            : known.page(database, after, count);
    for (KnownClientStore.Row row : page.rows()) {
      byte[] key = key(row.client());
      packed.put(key, row.packed(), marks.of(key));
    }
    return page.last();
  }

  /// Whether more clients fit without pushing others out.
  boolean hasRoom() {
    return packed.hasRoom();
  }

  /// How many clients are in memory, roughly.
  public long size() {
    return packed.size();
  }
}
