package io.clientele.key;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.access.Call;
import io.clientele.access.Callers;
import io.clientele.db.Database;
import io.clientele.http.Fault;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.http.Times;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;

/// `/oauth/keys` for the operator, and `/oauth/jwks` for everyone.
public final class KeysEndpoint {

  private final Database database;
  private final KeyRing ring;
  private final Callers callers;
  private final Duration jwksCache;
  private final InstantSource clock;

  /// @param jwksCache how long others may keep the JWKS
  public KeysEndpoint(
      Database database, KeyRing ring, Callers callers, Duration jwksCache, InstantSource clock) {
    this.database = database;
    this.ring = ring;
    this.callers = callers;
    this.jwksCache = jwksCache;
    this.clock = clock;
  }

  /// `GET /oauth/jwks` (RFC 7517 §5)
  public Response jwks(Request request) {
    ArrayNode keys = Json.array();
    ring.published().forEach(key -> keys.add(key.toJwk()));
    ObjectNode set = Json.object();
    set.set("keys", keys);
    return Response.json(200, set)
        .with("Cache-Control", "public, max-age=" + jwksCache.toSeconds());
  }

  /// `GET /oauth/keys`
  public Response list(Call call) {
    ArrayNode array = Json.array();
    ring.all().forEach(key -> array.add(toJson(key)));
    return Response.json(200, array);
  }

  private ObjectNode toJson(SigningKey key) {
    ObjectNode json =
        Json.object()
            .put("kid", key.kid())
            .put("algorithm", SigningKey.ALGORITHM)
            .put("state", key.state(clock.millis()).wireName())
            .put("createdAt", Times.text(key.createdAt()))
            .put("signsFrom", Times.text(key.signsFrom()));
    putTime(json, "retiredAt", key.retiredAt());
    putTime(json, "removedAt", key.removedAt());
    return json;
  }

  private static void putTime(ObjectNode json, String name, OptionalLong time) {
    if (time.isPresent()) {
      json.put(name, Times.text(time.getAsLong()));
    } else {
      json.putNull(name);
    }
  }

  /// `POST /oauth/keys/rotate`: publishes a new key; with `?now=true` it signs at once and ends all
  /// others.
  public Response rotate(Call call) {
    String now = call.request().queryParameters().getOrDefault("now", "false");
    if (!now.equals("true") && !now.equals("false")) {
      throw Problem.faults(List.of(new Fault("?now", "must be true or false")));
    }
    SigningKey made =
        database.write(
            tx -> {
              String actor = callers.asOf(tx, call).client().text();
              return now.equals("true") ? ring.replaceNow(tx, actor) : ring.rotate(tx, actor);
            });
    return Response.json(201, toJson(made));
  }
}
