package io.clientele.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Holdings;
import io.clientele.crypto.Secret;
import io.clientele.http.Json;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.util.List;
import java.util.Optional;

/// A client as its row stands.
///
/// @param id unique over the server
/// @param customer whose it is, for ever
/// @param version raised by every write, its secrets included; never repeated
/// @param generation raised whenever its tokens must die
/// @param fields what was asked for
public record Client(
    ClientId id, CustomerId customer, long version, long generation, ClientFields fields) {

  private static final List<String> NO_REDIRECT = List.of("http://localhost");

  /// All that the client holds.
  public Holdings holdings() {
    return fields.holdings(customer);
  }

  /// The entity tag (RFC 9110 §8.8.3).
  String etag() {
    return "\"" + version + "\"";
  }

  /// Every field, explicit nulls included, in the order of the page's example.
  ///
  /// @param secret shown in the one answer that made it
  ObjectNode toJson(Optional<Secret> secret) {
    ObjectNode json = Json.object().put("clientId", id.text());
    secret.ifPresent(each -> json.put("clientSecret", each.reveal()));
    json.set("scope", Json.strings(fields.scope()));
    json.set("clientPermissions", fields.clientPermissions());
    json.set("authorities", Json.strings(fields.authorities()));
    json.set("resourceIds", Json.strings(fields.resourceIds()));
    json.putArray("authorizedGrantTypes").add("client_credentials");
    json.put("clientDescription", fields.clientDescription().orElse(null));
    json.put("clientName", fields.clientName().orElse(null));
    json.put("clientEmail", fields.clientEmail().orElse(null));
    json.set(
        "redirectUri",
        Json.strings(fields.redirectUri().isEmpty() ? NO_REDIRECT : fields.redirectUri()));
    putNumber(json, "accessTokenValidity", fields.accessTokenValidity());
    putNumber(json, "refreshTokenValidity", fields.refreshTokenValidity());
    json.put("defaultRolesAssignmentEnabled", fields.defaultRolesAssignmentEnabled());
    ArrayNode methods = json.putArray("clientAuthenticationMethods");
    fields.clientAuthenticationMethods().forEach(method -> methods.add(method.wireName()));
    json.put("enabled", fields.enabled());
    return json;
  }

  private static void putNumber(ObjectNode json, String name, java.util.OptionalInt number) {
    if (number.isPresent()) {
      json.put(name, number.getAsInt());
    } else {
      json.putNull(name);
    }
  }
}
