package io.clientele.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One request as the features see it. Beside what was sent it carries notes for the log line.
public final class Request {

  /// What the server underneath offers of a request.
  public interface Source {
    String method();

    /// The raw path, not decoded, without the query.
    String path();

    /// The raw query string without `?`; empty if there is none.
    String query();

    /// Each value of a header, name compared without case.
    List<String> headers(String name);

    /// The address of the peer, or what a trusted proxy tells of it.
    String address();

    /// What the request declares of its length; -1 if nothing.
    long declaredLength();
  }

  private final Source source;
  private final String id;
  private final long startedNanos;
  private final Patience patience;
  private final Notes notes;
  private byte[] body = new byte[0];
  private Map<String, String> variables = Map.of();

  /// What the log line says beside the request itself. Empty text is "not known".
  public static final class Notes {
    private String route = "";
    private String customer = "";
    private String client = "";
    private String secretId = "";
    private String outcome = "";
    private String reason = "";

    /// The route's template.
    public String route() {
      return route;
    }

    public String customer() {
      return customer;
    }

    public String client() {
      return client;
    }

    public String secretId() {
      return secretId;
    }

    /// What a code alone does not tell, for people who read the log.
    public String reason() {
      return reason;
    }

    public void reason(String words) {
      this.reason = words;
    }

    /// How it ended: `ok`, or a code that can be counted by.
    public String outcome() {
      return outcome;
    }

    void route(String template) {
      this.route = template;
    }

    public void customer(String id) {
      this.customer = id;
    }

    /// The client that asks; only once it is known to be one.
    public void client(String id) {
      this.client = id;
    }

    /// The row of the secret that was right.
    public void secretId(String id) {
      this.secretId = id;
    }

    public void outcome(String code) {
      this.outcome = code;
    }
  }

  /// @param id the request's own id, answered as `X-Request-Id`
  /// @param startedNanos of `System.nanoTime`
  public Request(Source source, String id, long startedNanos) {
    this(source, id, startedNanos, Patience.NONE, new Notes());
  }

  private Request(Source source, String id, long startedNanos, Patience patience, Notes notes) {
    this.source = source;
    this.id = id;
    this.startedNanos = startedNanos;
    this.patience = patience;
    this.notes = notes;
  }

  /// The same request on another thread.
  Request with(Patience more) {
    Request again = new Request(source, id, startedNanos, more, notes);
    again.body = body;
    again.variables = variables;
    return again;
  }

  /// What the thread that runs this may wait for.
  public Patience patience() {
    return patience;
  }

  public String id() {
    return id;
  }

  public long startedNanos() {
    return startedNanos;
  }

  public Notes notes() {
    return notes;
  }

  public String method() {
    return source.method();
  }

  /// Whether it only looks (RFC 9110 §9.2.1).
  boolean isSafe() {
    return method().equals("GET") || method().equals("HEAD");
  }

  public String path() {
    return source.path();
  }

  /// The raw query string; empty if there is none.
  public String query() {
    return source.query();
  }

  public List<String> headers(String name) {
    return source.headers(name);
  }

  /// The only value of a header; empty if there is none or more than one.
  public Optional<String> header(String name) {
    List<String> values = source.headers(name);
    return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
  }

  /// The source address that limits count by.
  public String address() {
    return source.address();
  }

  /// What the request declares of its length; -1 if nothing.
  public long declaredLength() {
    return source.declaredLength();
  }

  public byte[] body() {
    return body;
  }

  void body(byte[] bytes) {
    this.body = bytes;
  }

  /// The decoded text of `{name}` in the route's template.
  public String variable(String name) {
    String value = variables.get(name);
    if (value == null) {
      throw new IllegalStateException("the route has no {" + name + "}");
    }
    return value;
  }

  /// Whether the route's template has `{name}`.
  public boolean hasVariable(String name) {
    return variables.containsKey(name);
  }

  void variables(Map<String, String> decoded) {
    this.variables = decoded;
  }

  /// The query's parameters for management routes: repeated ones are refused there as well.
  ///
  /// @throws Problem 400 if the query is not form-encoded, repeats a parameter, or holds U+0000,
  ///   which no database text can
  public Map<String, String> queryParameters() {
    Map<String, String> parameters = new HashMap<>();
    if (query().isEmpty()) {
      return parameters;
    }
    for (String pair : query().split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        continue;
      }
      Optional<String> name = Percent.decodeForm(pair.substring(0, equals));
      Optional<String> value = Percent.decodeForm(pair.substring(equals + 1));
      if (name.isEmpty() || value.isEmpty()) {
        throw Problem.faults(List.of(new Fault("?", "the query is not form-encoded UTF-8")));
      }
      if (value.get().indexOf(0) >= 0) {
        throw Problem.faults(List.of(new Fault("?" + name.get(), "holds U+0000")));
      }
      if (parameters.put(name.get(), value.get()) != null) {
        throw Problem.faults(List.of(new Fault("?" + name.get(), "the parameter is repeated")));
      }
    }
    return parameters;
  }
}
