package io.clientele.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.clientele.access.Role;
import io.clientele.crypto.Secret;
import io.clientele.customer.Customer;
import io.clientele.http.Fault;
import io.clientele.http.Fields;
import io.clientele.id.ClientId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Reads a client out of a request, and notes every fault with its pointer. What depends on the
/// customer (do the roles and tenants exist?) is checked by `checkAgainst`, in the deed's own
/// transaction.
final class ClientReader {

  private static final int MOST_STRINGS = 100;
  private static final int LONGEST_STRING = 2000;
  private static final int MOST_ROLES = 1000;
  private static final int MOST_TENANTS = 10_000;
  private static final int SHORTEST_SECRET = 16;
  private static final int LONGEST_SECRET = 256;
  private static final Pattern EMAIL =
      Pattern.compile("[^\\s@\\p{Cntrl}]{1,64}@[^\\s@.\\p{Cntrl}]+(\\.[^\\s@.\\p{Cntrl}]+)*");

  /// Secrets that everyone tries, folded; each is refused, and so is what consists of repetitions
  /// of one.
  private static final Set<String> USUAL_SECRETS =
      Set.of(
          "password",
          "passwort",
          "secret",
          "clientsecret",
          "client_secret",
          "client-secret",
          "generated_secret",
          "changeme",
          "change_me",
          "letmein",
          "welcome",
          "default",
          "administrator",
          "admin",
          "test",
          "qwerty",
          "qwertyuiop",
          "qwertyuiopasdfgh",
          "abcdefghijklmnop",
          "abcdefghijklmnopqrstuvwxyz",
          "1234567890",
          "0123456789",
          "1234567890123456",
          "0123456789abcdef",
          "iloveyou",
          "trustno1",
          "topsecret",
          "supersecret",
          "correcthorsebatterystaple",
          "thisisasecret",
          "mysupersecretpassword",
          "averysecretpassword");

  /// A client that a request asks for.
  ///
  /// @param item the document it was read from
  /// @param pointer where it stands in the request
  record Draft(
      ClientId id,
      ClientFields fields,
      Optional<Secret> chosenSecret,
      JsonNode item,
      String pointer) {}

  private final int longestValidity;
  private final boolean takesGenerated;

  /// @param longestValidity the server's maximum of `accessTokenValidity`, seconds
  ClientReader(int longestValidity) {
    this(longestValidity, false);
  }

  private ClientReader(int longestValidity, boolean takesGenerated) {
    this.longestValidity = longestValidity;
    this.takesGenerated = takesGenerated;
  }

  /// One that also takes a secret of the generated form, if its checksum is right: it was generated
  /// by another installation, and comes from who moves here with it, not from over the network.
  static ClientReader ofImport(int longestValidity) {
    return new ClientReader(longestValidity, true);
  }

  /// Reads one client; empty if its id or another essential is faulty, in which case a fault is
  /// noted.
  ///
  /// @param inPath the id in the path, which the document may repeat but not contradict
  Optional<Draft> read(
      JsonNode node, String pointer, Optional<ClientId> inPath, List<Fault> faults) {
    int before = faults.size();
    Fields fields = new Fields(node, pointer, faults);
    Optional<ClientId> id = readId(fields, inPath);
    readGrantTypes(fields);
    List<AuthenticationMethod> methods = readMethods(fields);
    JsonNode permissions = readPermissions(fields, faults);
    Optional<Secret> secret = readSecret(fields, id);
    ClientFields read =
        new ClientFields(
            readScope(fields),
            permissions,
            fields.strings("authorities", MOST_STRINGS, LONGEST_STRING).orElse(List.of()),
            fields.strings("resourceIds", MOST_STRINGS, LONGEST_STRING).orElse(List.of()),
            fields.text("clientDescription", 2000),
            fields.text("clientName", 200),
            readEmail(fields),
            fields.strings("redirectUri", MOST_STRINGS, LONGEST_STRING).orElse(List.of()),
            fields.integer("accessTokenValidity", 60, longestValidity),
            fields.integer("refreshTokenValidity", Integer.MIN_VALUE, Integer.MAX_VALUE),
            fields.bool("defaultRolesAssignmentEnabled").orElse(true),
            methods,
            fields.bool("enabled").orElse(true));
    fields.refuseUnknown();
    return id.isPresent() && faults.size() == before
        ? Optional.of(new Draft(id.get(), read, secret, node, pointer))
        : Optional.empty();
  }

  private static Optional<ClientId> readId(Fields fields, Optional<ClientId> inPath) {
    Optional<String> text =
        inPath.isPresent() ? fields.text("clientId", 1000) : fields.requiredText("clientId", 1000);
    if (text.isEmpty()) {
      return inPath;
    }
    Optional<ClientId> id = ClientId.parse(text.get());
    if (id.isEmpty()) {
      fields.fault("clientId", "must have the form " + ClientId.FORM);
      return Optional.empty();
    }
    if (inPath.isPresent() && !inPath.get().equals(id.get())) {
      fields.fault("clientId", "must be the one in the path");
    }
    return id;
  }

  private static void readGrantTypes(Fields fields) {
    Optional<JsonNode> node = fields.required("authorizedGrantTypes");
    if (node.isPresent()
        && !(node.get().isArray()
            && node.get().size() == 1
            && "client_credentials".equals(node.get().get(0).textValue()))) {
      fields.fault("authorizedGrantTypes", "must be [\"client_credentials\"]");
    }
  }

  private static List<AuthenticationMethod> readMethods(Fields fields) {
    String name = "clientAuthenticationMethods";
    fields.required(name);
    Optional<List<String>> texts = fields.strings(name, MOST_STRINGS, LONGEST_STRING);
    List<AuthenticationMethod> methods = new ArrayList<>();
    for (String text : texts.orElse(List.of())) {
      Optional<AuthenticationMethod> method = AuthenticationMethod.parse(text);
      if (method.isEmpty()) {
        fields.fault(
            name, "must name client_secret_basic, client_secret_post or both, and nothing else");
        return methods;
      }
      if (methods.contains(method.get())) {
        fields.fault(name, "names " + text + " twice");
        return methods;
      }
      methods.add(method.get());
    }
    if (texts.isPresent() && methods.isEmpty()) {
      fields.fault(name, "must not be empty");
    }
    return methods;
  }

  private static JsonNode readPermissions(Fields fields, List<Fault> faults) {
    Optional<JsonNode> node = fields.member("clientPermissions");
    if (node.isEmpty()) {
      return ClientFields.noPermissions();
    }
    int before = faults.size();
    Fields permissions = new Fields(node.get(), fields.pointer("clientPermissions"), faults);
    permissions
        .required("roles")
        .ifPresent(roles -> readRoles(roles, permissions.pointer("roles"), faults));
    permissions.refuseUnknown();
    return faults.size() == before ? node.get() : ClientFields.noPermissions();
  }

  private static void readRoles(JsonNode roles, String pointer, List<Fault> faults) {
    if (!roles.isObject()) {
      faults.add(new Fault(pointer, "must be an object {role: [tenantId, …]}"));
      return;
    }
    if (roles.size() > MOST_ROLES) {
      faults.add(new Fault(pointer, "names more than " + MOST_ROLES + " roles"));
      return;
    }
    roles
        .properties()
        .forEach(
            entry -> {
              String where = Fault.below(pointer, entry.getKey());
              Optional<RoleName> role = RoleName.parse(entry.getKey());
              if (role.isEmpty()) {
                faults.add(new Fault(where, "must have the form " + RoleName.FORM));
              }
              readTenants(entry.getValue(), role, where, faults);
            });
  }

  private static void readTenants(
      JsonNode tenants, Optional<RoleName> role, String pointer, List<Fault> faults) {
    if (!tenants.isArray()) {
      faults.add(new Fault(pointer, "must be an array of tenant ids"));
      return;
    }
    if (tenants.size() > MOST_TENANTS) {
      faults.add(new Fault(pointer, "names more than " + MOST_TENANTS + " tenants"));
      return;
    }
    boolean mayBeEmpty = role.flatMap(Role::of).map(Role::mayListNoTenant).orElse(false);
    if (tenants.isEmpty() && !mayBeEmpty) {
      faults.add(new Fault(pointer, "must name at least one tenant"));
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < tenants.size(); i++) {
      String text = tenants.get(i).textValue();
      if (text == null || TenantId.parse(text).isEmpty()) {
        faults.add(
            new Fault(pointer + "/" + i, "must be a tenant id of the form " + TenantId.FORM));
      } else if (!seen.add(text)) {
        faults.add(new Fault(pointer + "/" + i, "the tenant is repeated"));
      }
    }
  }

  private static List<String> readScope(Fields fields) {
    List<String> scope = fields.strings("scope", MOST_ROLES, 1000).orElse(List.of());
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < scope.size(); i++) {
      String where = "scope/" + i;
      if (RoleName.parse(scope.get(i)).isEmpty()) {
        fields.faultBelow(where, "must be a role name of the form " + RoleName.FORM);
      } else if (!seen.add(scope.get(i))) {
        fields.faultBelow(where, "the role is repeated");
      }
    }
    return scope;
  }

  private static Optional<String> readEmail(Fields fields) {
    Optional<String> email = fields.text("clientEmail", 254);
    if (email.isPresent() && !EMAIL.matcher(email.get()).matches()) {
      fields.fault("clientEmail", "must be an e-mail address");
    }
    return email;
  }

  private Optional<Secret> readSecret(Fields fields, Optional<ClientId> id) {
    return fields
        .text("clientSecret", LONGEST_STRING)
        .map(
            text -> {
              Secret secret = Secret.of(text);
              if (!takesGenerated || !secret.hasRightChecksum()) {
                weakness(text, id).ifPresent(why -> fields.fault("clientSecret", why));
              }
              return secret;
            });
  }

  /// Why a chosen secret is refused, in words that do not repeat it.
  static Optional<String> weakness(String text, Optional<ClientId> id) {
    if (text.length() < SHORTEST_SECRET || text.length() > LONGEST_SECRET) {
      return Optional.of("must have " + SHORTEST_SECRET + " to " + LONGEST_SECRET + " characters");
    }
    if (text.chars().anyMatch(c -> c < 0x20 || c > 0x7e)) {
      return Optional.of("must be printable ASCII");
    }
    if (Secret.of(text).hasGeneratedForm()) {
      return Optional.of("has the form of a generated secret; omit it to get one");
    }
    String folded = text.toLowerCase(Locale.ROOT);
    if (text.chars().distinct().count() == 1) {
      return Optional.of("is one character repeated");
    }
    if (id.isPresent() && folded.contains(id.get().text().toLowerCase(Locale.ROOT))) {
      return Optional.of("contains the clientId");
    }
    if (USUAL_SECRETS.stream().anyMatch(usual -> consistsOf(folded, usual))) {
      return Optional.of("is one that everyone tries");
    }
    return Optional.empty();
  }

  /// Whether the text is the usual secret, over and over, with digits and marks around.
  private static boolean consistsOf(String folded, String usual) {
    return folded.contains(usual)
        && folded.replace(usual, "").chars().noneMatch(Character::isLetter)
        && folded.replace(usual, "").length() <= folded.length() / 2;
  }

  /// Notes the roles and tenants that the customer has not, in a document that may have other
  /// faults; what has not the form of a name is noted by `read`.
  static void checkAgainst(Customer customer, JsonNode item, String pointer, List<Fault> faults) {
    checkRoles(
        customer,
        item.path("clientPermissions").path("roles"),
        Fault.below(Fault.below(pointer, "clientPermissions"), "roles"),
        faults);
    JsonNode scope = item.path("scope");
    for (int i = 0; scope.isArray() && i < scope.size(); i++) {
      Optional<RoleName> role =
          Optional.ofNullable(scope.get(i).textValue()).flatMap(RoleName::parse);
      if (role.isPresent() && !customer.roles().has(role.get())) {
        faults.add(
            new Fault(Fault.below(pointer, "scope") + "/" + i, "the customer has no such role"));
      }
    }
  }

  private static void checkRoles(
      Customer customer, JsonNode roles, String pointer, List<Fault> faults) {
    for (Map.Entry<String, JsonNode> entry : roles.properties()) {
      String where = Fault.below(pointer, entry.getKey());
      Optional<RoleName> role = RoleName.parse(entry.getKey());
      if (role.isPresent() && !customer.roles().has(role.get())) {
        faults.add(new Fault(where, "the customer has no such role"));
      }
      JsonNode tenants = entry.getValue();
      for (int i = 0; tenants.isArray() && i < tenants.size(); i++) {
        Optional<TenantId> tenant =
            Optional.ofNullable(tenants.get(i).textValue()).flatMap(TenantId::parse);
        if (tenant.isPresent() && !customer.hasTenant(tenant.get())) {
          faults.add(new Fault(where + "/" + i, "the customer has no such tenant"));
        }
      }
    }
  }
}
