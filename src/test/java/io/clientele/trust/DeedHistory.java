package io.clientele.trust;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Http;
import io.clientele.harness.RawHttp;
import io.clientele.trust.Deed.Acknowledgement;
import io.clientele.trust.Deed.Kind;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/// What a server must know after it was killed, from the list that [DeedWorker]s kept.
///
/// What was acknowledged must be there. What was under way is there or not, and the audit trail,
/// which is written in the deed's own transaction, says which: rows that say otherwise are a deed
/// that is half done. What is there must have been asked for, and what was refused is not there.
final class DeedHistory {

  private static final String CUSTOMER = "/oauth/customers/" + DeedWorker.CUSTOMER;
  private static final String FORM = "grant_type=client_credentials";

  /// A client as it must be.
  private static final class Known {
    private boolean exists = true;
    private boolean enabled = true;
    private String name = "new";

    /// Empty if the last write told none; then the next answer tells it.
    private String etag = "";

    /// By id of the secret; the first one's is not known. Empty for one that nobody was told.
    private final Map<String, String> secrets = new LinkedHashMap<>();

    private final List<String> deadSecrets = new ArrayList<>();

    /// And whether it lives.
    private final Map<String, Boolean> tokens = new LinkedHashMap<>();
  }

  private final Tally tally;
  private final Map<String, Known> clients = new HashMap<>();
  private final Map<Long, Deed> open = new TreeMap<>();
  private final List<Copied> copied = new ArrayList<>();
  private final Set<String> touched = new LinkedHashSet<>();

  /// How often each event must be among those that were not read yet.
  private final Map<String, Integer> awaited = new HashMap<>();

  private long lastSeq;
  private long acknowledgedWrites;
  private long refusals;

  DeedHistory(Tally tally) {
    this.tally = tally;
  }

  /// Takes a line of the driver's file.
  void take(String line) {
    switch (line.charAt(0)) {
      case 'D' -> {
        Deed deed = Deed.read(line);
        open.put(deed.number(), deed);
      }
      case 'A' -> {
        Acknowledgement acknowledgement = Acknowledgement.read(line);
        Deed deed = begun(acknowledgement.number());
        if (deed.writes()) {
          acknowledgedWrites++;
          deed.events().forEach(event -> awaited.merge(event, 1, Integer::sum));
        }
        apply(deed, acknowledgement.values());
      }
      case 'R' -> {
        Deed deed = begun(Long.parseLong(line.split("\t", -1)[1]));
        touched.addAll(deed.clients());
        refusals++;
      }
      default -> tally.wrong(line);
    }
  }

  private Deed begun(long number) {
    return Objects.requireNonNull(open.remove(number), "answered and never asked");
  }

  /// The same of a copy of the data that was made while deeds were done.
  ///
  /// @param isBefore whether it was acknowledged before the copy was begun: then it must be there,
  ///   else it may
  void takeAsOfCopy(String line, boolean isBefore) {
    if (line.charAt(0) != 'A') {
      take(line);
      return;
    }
    Acknowledgement acknowledgement = Acknowledgement.read(line);
    Deed deed = begun(acknowledgement.number());
    if (deed.writes()) {
      copied.add(new Copied(deed, acknowledgement.values(), isBefore));
    }
  }

  private record Copied(Deed deed, List<String> values, boolean mustBeThere) {}

  /// Whether a deed is in the copy. Those of one client are in the order in which they were done.
  private void decide(Copied it, Map<String, Integer> more) {
    if (isDone(it.deed, more)) {
      acknowledgedWrites++;
      apply(it.deed, it.values);
    } else if (it.mustBeThere) {
      tally.lost("not in the copy: " + it.deed);
    } else {
      touched.addAll(it.deed.clients());
    }
  }

  private void apply(Deed deed, List<String> values) {
    touched.addAll(deed.clients());
    if (deed.kind() == Kind.CREATE) {
      for (int i = 0; i < deed.clients().size(); i++) {
        Known made = new Known();
        made.secrets.put("first", values.isEmpty() ? "" : values.get(i));
        clients.put(deed.clients().get(i), made);
      }
      return;
    }
    Known known =
        Objects.requireNonNull(clients.get(deed.client()), "a client that was never made");
    if (deed.writes()) {
      known.etag = "";
    }
    switch (deed.kind()) {
      case RENAME -> {
        known.name = deed.argument();
        known.etag = values.isEmpty() ? "" : values.getFirst();
      }
      case DISABLE -> {
        known.name = deed.argument();
        known.enabled = false;
        known.tokens.replaceAll((token, lives) -> false);
        known.etag = values.isEmpty() ? "" : values.getFirst();
      }
      case DELETE -> {
        known.exists = false;
        known.tokens.replaceAll((token, lives) -> false);
      }
      case ADD_SECRET -> {
        if (values.isEmpty()) {
          known.secrets.put("untold", "");
        } else {
          known.secrets.put(values.getFirst(), values.getLast());
        }
      }
      case END_SECRET -> known.deadSecrets.add(known.secrets.remove(deed.argument()));
      case REVOKE_TOKENS -> known.tokens.replaceAll((token, lives) -> false);
      case REVOKE -> known.tokens.put(deed.argument(), false);
      case TOKEN -> {
        if (!values.isEmpty()) {
          known.tokens.put(values.getFirst(), true);
        }
      }
      case CREATE -> throw new AssertionError(deed);
    }
  }

  /// How many deeds were refused so far.
  long refusals() {
    return refusals;
  }

  /// How many writes were acknowledged so far.
  long acknowledgedWrites() {
    return acknowledgedWrites;
  }

  /// Looks at all that was touched since the last time, on a server that was started again.
  ///
  /// @param token of the operator
  /// @param basic credentials of the operator
  void check(URI server, String token, String basic) {
    readAudit(server, token);
    checkClients(server, token, basic, touched);
    touched.clear();
  }

  /// Looks at all that there is.
  void checkEverything(URI server, String token, String basic) {
    readAudit(server, token);
    checkClients(server, token, basic, clients.keySet());
    touched.clear();
    Set<String> wanted = new HashSet<>();
    clients.forEach(
        (id, known) -> {
          if (known.exists) {
            wanted.add(id);
          }
        });
    for (JsonNode client : Http.to(server).unchecked().all(CUSTOMER + "/clients", token)) {
      String id = client.get("clientId").asText();
      if (!wanted.remove(id)) {
        tally.wrong("nobody was told of client " + id);
      }
    }
    wanted.forEach(id -> tally.lost("client " + id + " is not in the list"));
  }

  /// Reads the events since the last time: numbered without a gap, one for each deed that was
  /// acknowledged, and else only those of deeds that were under way, each whole.
  private void readAudit(URI server, String token) {
    Map<String, Integer> more = new HashMap<>();
    long next = -1;
    long newest = lastSeq;
    String path = CUSTOMER + "/audit?limit=1000";
    Http http = Http.to(server).unchecked();
    while (!path.isEmpty()) {
      Answer page = http.get(path, token).expect(200);
      path = http.next(page).orElse("");
      for (JsonNode event : page.json()) {
        long seq = event.get("seq").asLong();
        if (next >= 0 && seq != next) {
          tally.wrong("audit event " + next + " is missing");
        }
        next = seq - 1;
        newest = Math.max(newest, seq);
        if (seq <= lastSeq) {
          path = "";
          break;
        }
        String said = event.get("action").asText() + " " + event.get("object").asText();
        if (awaited.getOrDefault(said, 0) > 0) {
          awaited.merge(said, -1, Integer::sum);
        } else {
          more.merge(said, 1, Integer::sum);
        }
      }
    }
    lastSeq = newest;
    awaited.forEach(
        (event, count) -> {
          if (count > 0) {
            tally.lost(count + " audit event " + event);
          }
        });
    awaited.clear();
    copied.forEach(each -> decide(each, more));
    copied.clear();
    open.values().forEach(deed -> decide(deed, more));
    open.clear();
    more.forEach(
        (event, count) -> {
          if (count > 0 && !event.startsWith("customer.") && !event.startsWith("tenant.")) {
            tally.wrong("nobody asked for " + event);
          }
        });
  }

  /// Whether a deed that was under way was done, all of it or nothing.
  private void decide(Deed deed, Map<String, Integer> more) {
    touched.addAll(deed.clients());
    if (!deed.writes()) {
      return;
    }
    if (isDone(deed, more)) {
      apply(deed, List.of());
    }
  }

  /// Takes its events out of those that are there.
  private boolean isDone(Deed deed, Map<String, Integer> more) {
    long there = deed.events().stream().filter(event -> more.getOrDefault(event, 0) > 0).count();
    if (there > 0 && there < deed.events().size()) {
      tally.wrong("half done: " + deed + ", " + there + " events");
    }
    if (there > 0) {
      deed.events().forEach(event -> more.merge(event, -1, Integer::sum));
    }
    return there > 0;
  }

  private void checkClients(URI server, String token, String basic, Set<String> ids) {
    try (RawHttp connection = RawHttp.connect(server)) {
      for (String id : ids) {
        Known known = clients.get(id);
        Answer answer = connection.json("GET", CUSTOMER + "/clients/" + id, token, "");
        if (known == null || !known.exists) {
          if (answer.status() != 404) {
            tally.wrong(id + " must not be there: " + answer.status());
          }
        } else if (answer.status() != 200) {
          tally.lost(id + ": " + answer.status());
        } else {
          checkFields(id, known, answer);
          checkSecretIds(connection, token, id, known);
        }
        if (known != null) {
          checkUse(connection, basic, id, known);
        }
      }
    }
  }

  private void checkFields(String id, Known known, Answer answer) {
    String name = answer.json("clientName").asText();
    if (!name.equals(known.name)) {
      tally.lost("the name of " + id + " is " + name + ", not " + known.name);
    }
    if (answer.json("enabled").asBoolean() != known.enabled) {
      tally.lost(id + " must be enabled: " + known.enabled);
    }
    String etag = answer.header("ETag").orElse("none");
    if (!known.etag.isEmpty() && !known.etag.equals(etag)) {
      tally.lost("the version of " + id + " is " + etag + ", not " + known.etag);
    }
    known.etag = etag;
  }

  private void checkSecretIds(RawHttp connection, String token, String id, Known known) {
    Set<String> there = new HashSet<>();
    connection
        .json("GET", CUSTOMER + "/clients/" + id + "/secrets", token, "")
        .expect(200)
        .json()
        .forEach(secret -> there.add(secret.get("id").asText()));
    if (there.size() != known.secrets.size()) {
      tally.lost(id + " has " + there.size() + " secrets, not " + known.secrets.size());
    }
    known.secrets.keySet().stream()
        .filter(secret -> !secret.equals("first") && !secret.equals("untold"))
        .filter(secret -> !there.contains(secret))
        .forEach(secret -> tally.lost("secret " + secret + " of " + id));
  }

  /// Whether secrets and tokens work, or work no more.
  private void checkUse(RawHttp connection, String basic, String id, Known known) {
    int wanted = known.exists && known.enabled ? 200 : 401;
    known.secrets.forEach(
        (name, secret) -> {
          if (!secret.isEmpty() && ask(connection, id, secret) != wanted) {
            tally.lost("secret " + name + " of " + id + " must be answered " + wanted);
          }
        });
    for (String dead : known.deadSecrets) {
      if (ask(connection, id, dead) != 401) {
        tally.wrong("an ended secret of " + id + " works");
      }
    }
    known.tokens.forEach(
        (each, lives) -> {
          String form = "token=" + URLEncoder.encode(each, StandardCharsets.UTF_8);
          boolean active =
              connection
                  .form("/oauth/introspect", basic, form)
                  .expect(200)
                  .json("active")
                  .asBoolean();
          if (active && !lives) {
            tally.lost("the end of a token of " + id);
          }
          if (!active && lives) {
            tally.wrong("a token of " + id + " is dead");
          }
        });
  }

  private static int ask(RawHttp connection, String id, String secret) {
    return connection.form("/oauth/token", Http.basic(id, secret), FORM).status();
  }
}
