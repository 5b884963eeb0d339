package io.clientele.client;

import io.clientele.db.Database;
import io.clientele.db.Remembered;
import io.clientele.db.Transaction;
import io.clientele.http.Patience;
import io.clientele.id.ClientId;
import java.util.Optional;

/// The clients that are asked for often, in memory, so that a token costs no query.
public final class ClientDirectory {

  private final Remembered<ClientId, KnownClient> remembered;
  private final ClientStore clients;
  private final KnownClientStore known = new KnownClientStore();

  /// @param bytes how much memory it may take, roughly
  public ClientDirectory(Database database, ClientStore clients, long bytes) {
    this.clients = clients;
    this.remembered =
        new Remembered<>(
            database.changeLog(),
            ClientStore.CHANGE,
            ClientId::parse,
            id -> known.find(database, id),
            KnownClient::weight,
            bytes);
  }

  /// The client, whosever it is, if it is there and not deleted.
  ///
  /// @throws io.clientele.http.MustWait if the database must be asked and this thread may not wait
  public Optional<KnownClient> find(ClientId client, Patience patience) {
    return remembered.get(client, patience);
  }

  /// The client as of a transaction, without its secrets, and it stays so until that ends.
  public Optional<KnownClient> loadAndHold(Transaction tx, ClientId client) {
    return clients.findAndHold(tx, client).map(KnownClient::withoutSecrets);
  }

  /// How many clients are in memory, roughly.
  public long size() {
    return remembered.size();
  }
}
