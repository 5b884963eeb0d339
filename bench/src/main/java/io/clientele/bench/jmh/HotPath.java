package io.clientele.bench.jmh;

import io.clientele.client.AuthenticatedClient;
import io.clientele.client.KnownClient;
import io.clientele.crypto.RandomBytes;
import io.clientele.crypto.Secret;
import io.clientele.customer.Customer;
import io.clientele.http.Form;
import io.clientele.http.Patience;
import io.clientele.http.Request;
import io.clientele.http.Response;
import io.clientele.http.Route;
import io.clientele.id.ClientId;
import io.clientele.token.TokenIssuer.IssuedToken;
import io.clientele.token.TokenRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// What happens between the bytes of a request and the bytes of its answer, step by step and as a
/// whole, by the server's own objects. HTTP itself is not among it.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
public class HotPath {

  private static final TokenRequest.ClientCredentials ALL_THAT_IS_HELD =
      new TokenRequest.ClientCredentials(Optional.empty(), Optional.empty());
  private static final TokenRequest.ClientCredentials ON_ONE_TENANT =
      new TokenRequest.ClientCredentials(Optional.empty(), Optional.of(Assembled.TENANT));

  private final Assembled server = Assembled.assemble();
  private final RandomBytes random = server.provider.randomBytes();
  private final String presentedId = Assembled.CLIENT.text();
  private final String presentedSecret = server.secret.reveal();

  private final Sent tokenRequest =
      sent("/oauth/token", "grant_type=client_credentials", server.tokens::issue);
  private final Response answer = tokenRequest.answered();
  private final String token = tokenIn(answer);
  private final Sent routedRequest =
      sent("/oauth/token", "grant_type=client_credentials", _ -> answer);
  private final Sent introspectionOfSeen =
      sent("/oauth/introspect", "token=" + token, server.introspection::introspect);
  private final Sent introspectionOfNeverSeen =
      sent("/oauth/introspect", "token=" + token, server.forgetful::introspect);

  private final byte[] body = tokenRequest.body();
  private final Form form = Form.parse(body);

  /// One that was answered, so that its log line is whole.
  private final Request request = captured();

  private final AuthenticatedClient client = server.authenticator.authenticate(request, form);

  private final byte[] signingInput =
      token.substring(0, token.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII);
  private final byte[] signature = server.signer.sign(signingInput, 0, signingInput.length);

  public HotPath() {
    for (Sent introspection : List.of(introspectionOfSeen, introspectionOfNeverSeen)) {
      String said = new String(introspection.answered().body(), StandardCharsets.UTF_8);
      if (!said.contains("\"active\":true")) {
        throw new IllegalStateException("introspection said " + said);
      }
    }
    if (!server.verifier.verify(signingInput, signature)) {
      throw new IllegalStateException("a signature does not verify");
    }
  }

  private Sent sent(String path, String form, Route.Handler handler) {
    return new Sent(path, presentedId, presentedSecret, form, handler);
  }

  private Request captured() {
    List<Request> seen = new ArrayList<>();
    sent(
            "/oauth/token",
            "grant_type=client_credentials",
            each -> {
              seen.add(each);
              return server.tokens.issue(each);
            })
        .answered();
    return seen.getFirst();
  }

  private static String tokenIn(Response answer) {
    String json = new String(answer.body(), StandardCharsets.US_ASCII);
    int begin = "{\"access_token\":\"".length();
    return json.substring(begin, json.indexOf('"', begin));
  }

  @TearDown
  public void end() {
    server.close();
  }

  @Benchmark
  public TokenRequest form() {
    Form read = Form.parse(body);
    read.refuseRepeated();
    return TokenRequest.read(read);
  }

  @Benchmark
  public Optional<Customer> directories() {
    Optional<KnownClient> found =
        ClientId.parse(presentedId).flatMap(id -> server.clients.find(id, Patience.NONE));
    return found.flatMap(each -> server.customers.find(each.customer(), Patience.NONE));
  }

  @Benchmark
  public byte[] secret() {
    Secret presented = Secret.of(presentedSecret);
    if (!presented.hasGeneratedForm()) {
      throw new IllegalStateException("not a generated secret");
    }
    return server.hasher.fast(presented);
  }

  @Benchmark
  public AuthenticatedClient authentication() {
    return server.authenticator.authenticate(request, form);
  }

  @Benchmark
  public byte[] randomBytes() {
    return random.next(16);
  }

  @Benchmark
  public byte[] signature() {
    return server.signer.sign(signingInput, 0, signingInput.length);
  }

  @Benchmark
  public void counters() {
    server
        .usage
        .counters()
        .issued(
            client.client().id(),
            client.generations(),
            1_900_000_000L,
            client.secretId(),
            1_900_000_000_000L);
  }

  @Benchmark
  public IssuedToken issue() {
    return server.issuer.issue(client, ALL_THAT_IS_HELD);
  }

  @Benchmark
  public IssuedToken issueNarrowed() {
    return server.issuer.issue(client, ON_ONE_TENANT);
  }

  @Benchmark
  public Response routing() {
    return routedRequest.answered();
  }

  @Benchmark
  public Response token() {
    return tokenRequest.answered();
  }

  @Benchmark
  public void logLine() {
    server.log.answered(request, "", 200, 31);
  }

  @Benchmark
  public void metrics() {
    server.metrics.answered("POST", "/oauth/token", 200, 31);
  }

  @Benchmark
  public boolean verification() {
    return server.verifier.verify(signingInput, signature);
  }

  @Benchmark
  public Response introspectionSeen() {
    return introspectionOfSeen.answered();
  }

  @Benchmark
  public Response introspectionNeverSeen() {
    return introspectionOfNeverSeen.answered();
  }
}
