package io.clientele.client;

import static io.clientele.fuzz.FuzzTarget.require;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.clientele.fuzz.FuzzTarget;
import io.clientele.http.Fault;
import io.clientele.http.Faults;
import io.clientele.http.Json;
import io.clientele.http.Problem;
import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import java.util.List;
import java.util.Optional;

/// Documents that ask for a client: what is taken keeps within its limits, and the client that
/// comes of it is shown as a document that asks for the same.
public final class ClientDocumentTarget implements FuzzTarget {

  private static final int LONGEST_VALIDITY = 86_400;

  private final ClientReader reader = new ClientReader(LONGEST_VALIDITY);
  private final ClientReader ofImport = ClientReader.ofImport(LONGEST_VALIDITY);

  @Override
  public void check(byte[] input) {
    Faults faults = new Faults();
    Optional<ClientReader.Draft> read;
    JsonNode root;
    try {
      root = Json.parse(input).root();
      read = reader.read(root, "", Optional.empty(), faults);
    } catch (Problem e) {
      require(e.status() == 400 && !e.faults().isEmpty(), "refused otherwise");
      return;
    }
    require(read.isPresent() == faults.isEmpty(), "neither taken nor refused");
    requireSilent(faults);
    require(
        read.isEmpty() || ofImport.read(root, "", Optional.empty(), new Faults()).isPresent(),
        "an import refuses what a request may say");
    if (read.isPresent()) {
      requireWithinLimits(read.get());
      requireSameAgain(read.get());
    }
  }

  /// Faults have places, and repeat no secret: the seeds' begin with this.
  private static void requireSilent(List<Fault> faults) {
    for (Fault fault : faults) {
      JsonPointer.compile(fault.pointer());
      require(!fault.message().contains("canary"), "a fault repeats the secret");
    }
  }

  private static void requireWithinLimits(ClientReader.Draft draft) {
    ClientFields fields = draft.fields();
    require(draft.id().text().matches(ClientId.FORM), "the id");
    require(
        fields.accessTokenValidity().isEmpty()
            || (fields.accessTokenValidity().getAsInt() >= 60
                && fields.accessTokenValidity().getAsInt() <= LONGEST_VALIDITY),
        "accessTokenValidity");
    require(!fields.clientAuthenticationMethods().isEmpty(), "no method");
    require(fields.clientName().orElse("").length() <= 400, "clientName");
    require(
        draft.chosenSecret().isEmpty()
            || draft.chosenSecret().get().reveal().matches("[ -~]{16,256}"),
        "the secret");
    // Every role and tenant in it has the form of one, or this throws.
    fields.holdings(new CustomerId("ABC"));
  }

  private void requireSameAgain(ClientReader.Draft draft) {
    Client client = new Client(draft.id(), new CustomerId("ABC"), 1, 1, draft.fields());
    byte[] shown = Json.bytes(client.toJson(draft.chosenSecret()));
    Faults faults = new Faults();
    Optional<ClientReader.Draft> again =
        reader.read(Json.parse(shown).root(), "", Optional.empty(), faults);
    require(again.isPresent(), "what is shown of it is refused");
    List<String> differences = draft.fields().differences(again.get().fields());
    // The page shows an address where there is none.
    require(
        differences.isEmpty()
            || (draft.fields().redirectUri().isEmpty()
                && differences.equals(List.of("redirectUri"))),
        "what is shown of it is another");
    require(again.get().chosenSecret().equals(draft.chosenSecret()), "another secret");

    ObjectNode more = Json.parse(shown).root().deepCopy();
    more.put("customerId", "other");
    require(
        reader.read(more, "", Optional.empty(), new Faults()).isEmpty(), "an unknown field passed");
  }
}
