package io.clientele.access;

import io.clientele.db.Transaction;

/// Knows what callers hold at this moment.
public interface Callers {

  /// The caller as of this transaction. Rights are decided once more in the deed's own transaction,
  /// so that one lost between the wall and the deed is lost; from here to the commit none is.
  ///
  /// @throws io.clientele.oauth.OAuthException `invalid_token` if the token died meanwhile
  /// @throws io.clientele.http.Problem 403 if the right is gone
  Caller asOf(Transaction tx, Call call);
}
