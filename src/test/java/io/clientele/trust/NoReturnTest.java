package io.clientele.trust;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.harness.Answer;
import io.clientele.harness.Client;
import io.clientele.harness.Customer;
import io.clientele.harness.Http;
import io.clientele.harness.KeepAlive;
import io.clientele.harness.Names;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/// What was deleted and made again, or suspended and is active again, is not what it was: no old
/// token lives, no old secret passes, and no id ever changes hands. Random deeds by several actors,
/// each answer held against a small model.
@TrustCase(
    id = "T20",
    title = "Delete and make again, suspend and activate: old tokens stay dead, ids stay put",
    unit = "rounds",
    required = 2_000,
    brief = 8,
    seconds = 300)
@WithServer
class NoReturnTest {

  private static final int THREADS = 8;
  private static final int STEPS = 40;

  @Test
  void nothingComesBack(TestServer server, Tally tally) throws Exception {
    long seed = RandomGenerator.getDefault().nextLong();
    tally.measured("seed " + seed);
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        long own = seed + i;
        all.add(
            threads.submit(
                () -> {
                  RandomGenerator random =
                      RandomGeneratorFactory.of("L64X128MixRandom").create(own);
                  try (KeepAlive connection = KeepAlive.to(server.uri())) {
                    Customer rival = server.newCustomer("tenant1");
                    while (tally.done() < tally.required()) {
                      new Round(server, rival, connection, random, tally).run();
                      tally.done(1);
                    }
                  }
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
    tally.load(THREADS + " threads, " + STEPS + " deeds a round");
  }

  /// A client id in the model.
  private static final class Program {
    boolean exists;

    /// Whether it holds, or held, more than a user administrator may give.
    boolean isHigh;

    /// Its Basic header; empty while it does not exist.
    String basic = "";

    /// Those of its former lives.
    final List<String> old = new ArrayList<>();
  }

  private static final class Token {
    final String text;
    final String client;
    boolean lives = true;

    Token(String text, String client) {
      this.text = text;
      this.client = client;
    }
  }

  /// One customer's life, with a rival that wants its ids, and a user administrator who wants more
  /// than it has.
  private static final class Round {
    private final KeepAlive connection;
    private final RandomGenerator random;
    private final Tally tally;
    private final Customer victim;
    private final Customer rival;
    private final String operator;
    private final String operatorBasic;
    private final Client userAdmin;
    private final Map<String, Program> programs = new HashMap<>();
    private final List<String> ids = new ArrayList<>();
    private final List<Token> tokens = new ArrayList<>();
    private final Map<String, Boolean> tenants = new HashMap<>();
    private final List<String> tenantIds = new ArrayList<>();
    private final List<String> wasMade = new ArrayList<>();
    private boolean active = true;
    private final List<String> deeds = new ArrayList<>();

    Round(
        TestServer server,
        Customer rival,
        KeepAlive connection,
        RandomGenerator random,
        Tally tally) {
      this.connection = connection;
      this.random = random;
      this.tally = tally;
      this.rival = rival;
      this.victim = server.newCustomer("tenant1");
      this.operator = server.operatorToken();
      this.operatorBasic = server.operatorBasic();
      this.userAdmin = victim.newClient(Map.of("ROLE_ADMIN_USER", List.of()));
      for (int i = 0; i < 3; i++) {
        String id = Names.unique("client");
        programs.put(id, new Program());
        ids.add(id);
        String tenant = Names.unique("tenant");
        tenants.put(tenant, false);
        tenantIds.add(tenant);
      }
    }

    void run() {
      for (int i = 0; i < STEPS; i++) {
        step();
      }
      tokens.forEach(this::check);
      deleteCustomer();
      afterItsEnd();
      tokens.forEach(this::check);
    }

    private void step() {
      String id = ids.get(random.nextInt(ids.size()));
      switch (random.nextInt(16)) {
        case 0, 1, 2 -> create(id, operator, Actor.OPERATOR);
        case 3 -> create(id, tokenOf(userAdmin), Actor.USER_ADMIN);
        case 4 -> create(id, rival.adminToken(), Actor.RIVAL);
        case 5, 6 -> delete(id);
        case 7, 8, 9 -> ask(id);
        case 10 -> askWithAnOldSecret(id);
        case 11 -> suspendOrActivate();
        case 12, 13 -> makeTenant();
        case 14 -> {
          deleteTenant();
          wantTenant();
        }
        default -> {
          if (!tokens.isEmpty()) {
            check(tokens.get(random.nextInt(tokens.size())));
          }
        }
      }
    }

    private enum Actor {
      OPERATOR,
      USER_ADMIN,
      RIVAL
    }

    private void expect(String deed, int expected, int status) {
      deeds.add(deed + " " + status);
      if (status != expected) {
        tally.wrong(
            deed
                + " is answered "
                + status
                + " and not "
                + expected
                + ", after "
                + lastDeeds()
                + ": "
                + connection.shown());
      }
    }

    private Program program(String id) {
      return Objects.requireNonNull(programs.get(id));
    }

    private boolean isThere(String tenant) {
      return tenants.getOrDefault(tenant, false);
    }

    private List<String> lastDeeds() {
      return deeds.subList(Math.max(0, deeds.size() - 12), deeds.size());
    }

    /// A living token of the victim's user administrator; empty while there can be none.
    private String tokenOf(Client client) {
      if (!active) {
        return "";
      }
      int status = connection.form("/oauth/token", client.basic(), "grant_type=client_credentials");
      if (status != 200) {
        expect("a token for the user administrator", 200, status);
        return "";
      }
      return connection.member("access_token");
    }

    private void create(String id, String token, Actor actor) {
      if (token.isEmpty()) {
        return;
      }
      Program program = program(id);
      // Whoever re-creates a deleted id must be able to give what it had.
      boolean wantsHigh = actor == Actor.OPERATOR && random.nextInt(3) == 0;
      ObjectNode wanted =
          Customer.client(id, wantsHigh ? Map.of("ROLE_ADMIN_CUSTOMER", List.of()) : Map.of());
      String path = actor == Actor.RIVAL ? rival.clients() : victim.clients();
      int status = connection.manage("POST", path, token, wanted.toString());
      boolean wasThere = program.exists || !program.old.isEmpty();
      int expected;
      if (actor == Actor.RIVAL) {
        if (!wasThere) {
          // Now it would be the rival's.
          if (status == 201) {
            programs.remove(id);
            ids.remove(id);
            String other = Names.unique("client");
            programs.put(other, new Program());
            ids.add(other);
          }
          expected = 201;
        } else {
          expected = 409;
        }
      } else if (program.exists) {
        expected = 409;
      } else if (actor == Actor.USER_ADMIN && program.isHigh) {
        expected = 403;
      } else {
        expected = 201;
      }
      expect(actor + " creates " + id, expected, status);
      if (status == 201 && actor != Actor.RIVAL) {
        program.exists = true;
        program.isHigh = wantsHigh;
        program.basic = Http.basic(id, connection.member("clientSecret"));
      }
      if (status == 409
          && !connection.member("errorMessage").equals("Client '" + id + "' already exists")) {
        tally.wrong("a taken id is told in other words: " + connection.shown());
      }
    }

    private void delete(String id) {
      Program program = program(id);
      // The rival cannot.
      expect(
          "the rival deletes " + id,
          403,
          connection.manage("DELETE", victim.clients(id), rival.adminToken(), ""));
      int status = connection.manage("DELETE", victim.clients(id), operator, "");
      expect("the operator deletes " + id, program.exists ? 200 : 404, status);
      if (status == 200) {
        end(program);
        kill(id);
      }
    }

    private static void end(Program program) {
      if (program.exists) {
        program.exists = false;
        program.old.add(program.basic);
        program.basic = "";
      }
    }

    private void kill(String id) {
      end(tokens.stream().filter(each -> each.client.equals(id)).toList());
    }

    private void killAll() {
      end(tokens);
    }

    private void end(List<Token> some) {
      List<Token> living = some.stream().filter(each -> each.lives).toList();
      living.forEach(each -> each.lives = false);
      living.forEach(this::check);
    }

    private void ask(String id) {
      Program program = program(id);
      if (!program.exists) {
        return;
      }
      int status = connection.form("/oauth/token", program.basic, "grant_type=client_credentials");
      expect(id + " asks for a token", active ? 200 : 401, status);
      if (status == 200) {
        tokens.add(new Token(connection.member("access_token"), id));
      }
    }

    private void askWithAnOldSecret(String id) {
      for (String old : program(id).old) {
        expect(
            id + " asks with a secret of a former life",
            401,
            connection.form("/oauth/token", old, "grant_type=client_credentials"));
      }
    }

    private void suspendOrActivate() {
      List<String> present = new ArrayList<>(victim.tenants());
      tenants.forEach(
          (tenant, there) -> {
            if (there) {
              present.add(tenant);
            }
          });
      ObjectNode wanted =
          Answer.JSON.createObjectNode().put("status", active ? "suspended" : "active");
      present.forEach(wanted.putArray("tenants")::add);
      int status = connection.manage("PUT", victim.path(), operator, wanted.toString());
      expect(active ? "suspended" : "activated", 200, status);
      active = !active;
      if (active) {
        tokens.forEach(this::check);
      } else {
        killAll();
      }
    }

    private void makeTenant() {
      String tenant = tenantIds.get(random.nextInt(tenantIds.size()));
      boolean there = isThere(tenant);
      int status =
          connection.manage(
              "POST", victim.path() + "/tenants", operator, "{\"id\":\"" + tenant + "\"}");
      expect("tenant " + tenant + " is made", there ? 409 : 201, status);
      tenants.put(tenant, true);
      wasMade.add(tenant);
    }

    /// Also one that is deleted stays the victim's.
    private void wantTenant() {
      for (String tenant : wasMade) {
        expect(
            "the rival gets tenant " + tenant,
            409,
            connection.manage(
                "POST", rival.path() + "/tenants", operator, "{\"id\":\"" + tenant + "\"}"));
      }
    }

    private void deleteTenant() {
      String tenant = tenantIds.get(random.nextInt(tenantIds.size()));
      // What its deletion kills.
      ids.forEach(this::ask);
      int status = connection.manage("DELETE", victim.path() + "/tenants/" + tenant, operator, "");
      expect("tenant " + tenant + " is deleted", isThere(tenant) ? 200 : 404, status);
      if (status == 200) {
        tenants.put(tenant, false);
        killAll();
      }
    }

    private void deleteCustomer() {
      expect(
          "the customer is deleted", 200, connection.manage("DELETE", victim.path(), operator, ""));
      active = false;
      killAll();
      programs.values().forEach(Round::end);
    }

    /// Nobody gets what was its.
    private void afterItsEnd() {
      String again = "{\"id\":\"" + victim.id() + "\"}";
      expect(
          "its id is taken again",
          409,
          connection.manage("POST", "/oauth/customers", operator, again));
      wantTenant();
      programs.forEach(
          (id, program) -> {
            if (!program.old.isEmpty()) {
              create(id, rival.adminToken(), Actor.RIVAL);
              askWithAnOldSecret(id);
            }
          });
      expect(
          "its administrator gets a token",
          401,
          connection.form("/oauth/token", victim.admin().basic(), "grant_type=client_credentials"));
    }

    private void check(Token token) {
      tally.acknowledgedChecked(1);
      connection.form("/oauth/introspect", operatorBasic, "token=" + token.text);
      boolean active = connection.text().startsWith("{\"active\":true");
      if (active && !token.lives) {
        tally.wrong("an old token of " + token.client + " lives again, after " + lastDeeds());
      }
      if (!active && token.lives) {
        tally.wrong("a token of " + token.client + " is dead for no reason, after " + lastDeeds());
      }
    }
  }
}
