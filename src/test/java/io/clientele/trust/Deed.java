package io.clientele.trust;

import java.util.List;

/// Something that was asked of a server that may be killed while it does it; a line of text in a
/// file, written before the request is sent. Another line tells that it was acknowledged.
///
/// @param number of its own
/// @param clients whom it is about; several for a batch
/// @param argument a name, the id of a secret, a token; never empty
record Deed(long number, Kind kind, List<String> clients, String argument) {

  /// What can be asked, with the action of its audit event.
  enum Kind {
    CREATE("client.create"),
    RENAME("client.update"),
    DISABLE("client.update"),
    DELETE("client.delete"),
    ADD_SECRET("secret.create"),
    END_SECRET("secret.delete"),
    REVOKE_TOKENS("client.revoke_tokens"),
    REVOKE("token.revoke"),
    /// A token is issued: nothing is written.
    TOKEN("");

    private final String action;

    Kind(String action) {
      this.action = action;
    }
  }

  /// How it was answered with success.
  ///
  /// @param values CREATE: the secrets in the order of the clients; RENAME and DISABLE: the ETag;
  ///   ADD_SECRET: its id and the secret; TOKEN: the token
  record Acknowledgement(long number, List<String> values) {
    String line() {
      return "A\t" + number + "\t" + String.join(" ", values);
    }

    static Acknowledgement read(String line) {
      String[] parts = line.split("\t", -1);
      return new Acknowledgement(
          Long.parseLong(parts[1]),
          parts[2].isEmpty() ? List.of() : List.of(parts[2].split(" ", -1)));
    }
  }

  String client() {
    return clients.getFirst();
  }

  boolean writes() {
    return kind != Kind.TOKEN;
  }

  /// How its audit events look, one for each client.
  List<String> events() {
    return clients.stream().map(client -> kind.action + " " + client).toList();
  }

  String line() {
    return "D\t" + number + "\t" + kind + "\t" + String.join(" ", clients) + "\t" + argument;
  }

  static Deed read(String line) {
    String[] parts = line.split("\t", -1);
    return new Deed(
        Long.parseLong(parts[1]),
        Kind.valueOf(parts[2]),
        List.of(parts[3].split(" ", -1)),
        parts[4]);
  }
}
