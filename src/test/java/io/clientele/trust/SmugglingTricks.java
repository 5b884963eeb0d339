package io.clientele.trust;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// Requests that carry a second one, which no reader that follows RFC 9112 would see.
final class SmugglingTricks {

  /// One trick.
  ///
  /// @param text its bytes as characters, with [#MARK] in the hidden request
  record Trick(String name, String text) {}

  static final String FORM = "grant_type=client_credentials";

  /// Becomes the trace id by which the hidden request would be found in the log; as long as one.
  static final String MARK = "MARKMARKMARKMARKMARKMARKMARKMARK";

  private static final String HIDDEN =
      "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost\r\ntraceparent: 00-"
          + MARK
          + "-0123456789abcdef-01\r\n\r\n";

  private static final int LENGTH = HIDDEN.length();
  private static final String HEX = Integer.toHexString(LENGTH);
  private static final String OWN_LENGTH = "Content-Length: " + LENGTH;
  private static final String CHUNKED = "Transfer-Encoding: chunked";

  /// The hidden request as what it may be: the only chunk.
  private static final String AS_CHUNK = HEX + "\r\n" + HIDDEN + "\r\n0\r\n\r\n";

  private final String basic;
  private final List<Trick> tricks = new ArrayList<>();

  private SmugglingTricks(String basic) {
    this.basic = basic;
  }

  /// All of them.
  ///
  /// @param basic credentials that are right
  static List<Trick> all(String basic) {
    SmugglingTricks all = new SmugglingTricks(basic);
    all.lengthAndChunks();
    all.lengths();
    all.lines();
    all.requestLines();
    all.hosts();
    all.oldVersions();
    all.chunkSizes();
    all.chunkEnds();
    all.bodiesThatNobodyReads();
    return all.tricks;
  }

  /// Two requests, one after the other, as a client may send them.
  static Trick honest(String basic) {
    SmugglingTricks it = new SmugglingTricks(basic);
    return new Trick("honest", it.post("Content-Length: " + FORM.length()) + FORM + HIDDEN);
  }

  /// The head of a good request for a token, with these lines more.
  private String post(String... lines) {
    return "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n" + rest(lines);
  }

  private String rest(String... lines) {
    String more = lines.length == 0 ? "" : String.join("\r\n", lines) + "\r\n";
    return "Authorization: "
        + basic
        + "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + more
        + "\r\n";
  }

  private void add(String name, String text) {
    tricks.add(new Trick(name, text));
  }

  private static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      shown.append(c >= 0x20 && c < 0x7f ? Character.toString(c) : "\\x%02x".formatted((int) c));
    }
    return shown.toString();
  }

  /// CL+TE, TE+TE, and TE in spellings that one of two readers does not know.
  private void lengthAndChunks() {
    for (String spelling : new String[] {CHUNKED, "transfer-encoding:chunKED"}) {
      add(
          "CL.TE " + spelling,
          post("Content-Length: " + (5 + LENGTH), spelling) + "0\r\n\r\n" + HIDDEN);
      add("TE.CL " + spelling, post(spelling, "Content-Length: 4") + AS_CHUNK);
    }
    for (String spelling :
        new String[] {
          "Transfer-Encoding: xchunked",
          "Transfer-Encoding: identity",
          "Transfer-Encoding: gzip",
          "Transfer-Encoding: chunked, identity",
          "Transfer-Encoding: identity, chunked",
          "Transfer-Encoding: chunked, gzip",
          "Transfer-Encoding: gzip, chunked",
          "Transfer-Encoding: chunked, chunked",
          "Transfer-Encoding: \"chunked\"",
          "Transfer-Encoding: 'chunked'",
          "Transfer-Encoding: chunked;q=1",
          "Transfer-Encoding: chunked;",
          "Transfer-Encoding: ,chunked",
          "Transfer-Encoding: chunked,",
          "Transfer-Encoding: ,",
          "Transfer-Encoding:",
          "Transfer-Encoding: chunked\u000b",
          "Transfer-Encoding: \u000bchunked",
          "Transfer-Encoding: \fchunked",
          "Transfer-Encoding: chunked\u0000",
          "Transfer-Encoding: chu\u0000nked",
          "Transfer-Encoding: chun ked",
          "Transfer-Encoding: chunked x",
          "Transfer-Encoding: \u00ef\u00bb\u00bfchunked",
          "Transfer-Encoding: chunked\u0085",
          "Transfer-Encoding: \u00a0chunked",
          "Transfer-Encoding : chunked",
          "Transfer-Encoding\t: chunked",
          "Transfer-Encoding\r\n : chunked",
          "Transfer-Encoding:\r\n chunked",
          "Transfer-Encoding:\r\n\tchunked",
          "X: y\r\n Transfer-Encoding: chunked",
          "X: y\nTransfer-Encoding: chunked",
          "X: y\rTransfer-Encoding: chunked",
          "Transfer\u0000-Encoding: chunked",
          "Transfer-Encoding: chunked\nX: y",
          "Transfer-Encoding: chunked\rX: y",
          "\u0000Transfer-Encoding: chunked",
          "Transfer-Encoding= chunked",
          "Transfer-Encoding chunked",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
          "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding:"
        }) {
      String name = shown(spelling);
      add("as if empty, " + name, post(spelling) + HIDDEN);
      add(
          "CL.TE " + name,
          post("Content-Length: " + (5 + LENGTH), spelling) + "0\r\n\r\n" + HIDDEN);
      add("TE.CL " + name, post(spelling, "Content-Length: 4") + AS_CHUNK);
    }
  }

  /// Content-Length in spellings that one of two readers reads as another number, or not at all.
  private void lengths() {
    int n = LENGTH;
    for (String lines :
        new String[] {
          "Content-Length: " + n + "\r\nContent-Length: " + n,
          "Content-Length: 0\r\nContent-Length: " + n,
          "Content-Length: " + n + "\r\nContent-Length: 0",
          "Content-Length: " + n + ", " + n,
          "Content-Length: 0, " + n,
          "Content-Length: " + n + ", 0",
          "Content-Length: +" + n,
          "Content-Length: -" + n,
          "Content-Length: -0",
          "Content-Length: 0x" + HEX,
          "Content-Length: " + n + ";",
          "Content-Length: " + n + " x",
          "Content-Length: 0 " + n,
          "Content-Length: ",
          "Content-Length:",
          "Content-Length: \"" + n + "\"",
          "Content-Length: " + n + ".0",
          "Content-Length: 1e2",
          "Content-Length: 1_0",
          "Content-Length: " + "0".repeat(100) + n,
          "Content-Length: " + new BigInteger("18446744073709551616"),
          "Content-Length: " + new BigInteger("18446744073709551616").add(BigInteger.valueOf(n)),
          "Content-Length: 9223372036854775808",
          "Content-Length: 9223372036854775807",
          "Content-Length: 4294967296",
          "Content-Length: " + "9".repeat(400),
          "Content-Length: \u00b2",
          "Content-Length: \u00ef\u00bc\u0090",
          "Content-Length: " + n + "\u0000",
          "Content-Length: " + n + "\u000b",
          "Content-Length: \f" + n,
          "Content-Length : " + n,
          "Content-Length\t: " + n,
          "Content-Length:\r\n " + n,
          "Content-Length: 0\r\n " + n,
          "X: y\r\n Content-Length: " + n,
          "X: y\nContent-Length: " + n,
          "X: y\rContent-Length: " + n,
          "Content-Length: 0\nContent-Length: " + n,
          "Content-Length: " + n + "\nX: y",
          "Content-Length: " + n + "\rX: y",
          "Content\u0000-Length: " + n,
          "Content-Length= " + n,
          "\u0000Content-Length: " + n
        }) {
      add(shown(lines), post(lines) + HIDDEN);
    }
  }

  /// Lines of a head that end or are made in a way that one of two readers does not know.
  private void lines() {
    for (String line :
        new String[] {
          "X: y\n",
          "X: y\r",
          "X: y\r\r",
          "\rX: y",
          "X: \ry",
          "X: y\n\nZ: z",
          "X: y\r\rZ: z",
          "X: y\n\rZ: z",
          "X: a\u0000b",
          "X\u0000: y",
          "X",
          ": y",
          " : y",
          "X y: z",
          "X\u000b: y",
          "(X): y",
          "X@: y",
          "X[]: y",
          "X{}: y",
          "X\"y: z",
          "X/y: z",
          "X;y: z",
          "X\\y: z",
          "X\u00e9: y",
          "X: y\r\n folded",
          "X: y\r\n\tfolded",
          "X: y\r\n \r\n z",
          "X: y\u007f",
          "X: \u001b[31m",
          " X: y"
        }) {
      add("line " + shown(line), post(line, OWN_LENGTH) + HIDDEN);
    }
    for (String end :
        new String[] {"\n\n", "\r\n\n", "\n\r\n", "\r\r\n\r\n", "\r\n\r\r\n", "\r\n\r", "\r\r"}) {
      String head = "GET /oauth/jwks HTTP/1.1\r\nHost: localhost";
      add("head ends " + shown(end), head + end + HIDDEN);
    }
    String bare = post(OWN_LENGTH).replace("\r\n", "\n");
    add("only LF", bare + HIDDEN);
    add("only CR", bare.replace('\n', '\r') + HIDDEN);
    add("LF CR", bare.replace("\n", "\n\r") + HIDDEN);
  }

  private void requestLines() {
    for (String line :
        new String[] {
          "POST  /oauth/token HTTP/1.1",
          "POST\t/oauth/token\tHTTP/1.1",
          "POST /oauth/token  HTTP/1.1",
          "POST /oauth/token HTTP/1.1 ",
          "POST /oauth/token HTTP/1.1 HTTP/1.1",
          "POST /oauth/token http/1.1",
          "POST /oauth/token HTTP/1.2",
          "POST /oauth/token HTTP/1.10",
          "POST /oauth/token HTTP/01.1",
          "POST /oauth/token HTTP/2.0",
          "POST /oauth/token HTTP/3",
          "POST /oauth/token HTTP/0.9",
          "POST /oauth/token",
          "POST /oauth/token ",
          "POST",
          " POST /oauth/token HTTP/1.1",
          "P\u0000ST /oauth/token HTTP/1.1",
          "P@ST /oauth/token HTTP/1.1",
          "POST /oauth/tok\u0000en HTTP/1.1",
          "POST /oauth/tok\ren HTTP/1.1",
          "POST /oauth/token?x y HTTP/1.1",
          "POST /oauth/token#x HTTP/1.1",
          "POST oauth/token HTTP/1.1",
          "POST * HTTP/1.1",
          "POST http://evil.example/oauth/token HTTP/1.1",
          "POST http://localhost@evil.example/oauth/token HTTP/1.1",
          "POST http://localhost:99999/oauth/token HTTP/1.1",
          "POST http:///oauth/token HTTP/1.1",
          "POST http:/oauth/token HTTP/1.1",
          "POST //oauth/token HTTP/1.1",
          "POST /oauth/../oauth/token HTTP/1.1",
          "POST /oauth/%2e%2e/token HTTP/1.1",
          "POST /oauth%2ftoken HTTP/1.1",
          "POST /oauth/token;x=y HTTP/1.1",
          "POST /oauth/token/ HTTP/1.1",
          "POST /oauth/%zz HTTP/1.1",
          "POST /oauth/\u00e9 HTTP/1.1",
          "post /oauth/token HTTP/1.1",
          "BREW /oauth/token HTTP/1.1",
          "TRACE /oauth/token HTTP/1.1",
          "CONNECT localhost:80 HTTP/1.1",
          "OPTIONS * HTTP/1.1"
        }) {
      add(shown(line), line + "\r\nHost: localhost\r\n" + rest(OWN_LENGTH) + HIDDEN);
    }
    add("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN);
    add("HTTP/0.9", "GET /oauth/jwks\r\n" + HIDDEN);
    add("TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003" + HIDDEN);
    add("PROXY", "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n" + HIDDEN);
  }

  private void hosts() {
    for (String lines :
        new String[] {
          "",
          "Host: localhost\r\nHost: localhost\r\n",
          "Host: localhost\r\nHost: evil.example\r\n",
          "Host: \r\n",
          "Host: a b\r\n",
          "Host: a, b\r\n",
          "Host: a/b\r\n",
          "Host: a@b\r\n",
          "Host: localhost:x\r\n",
          "Host: localhost:99999\r\n",
          "Host: [::1\r\n",
          "Host : localhost\r\n",
          "Host:\r\n localhost\r\n",
          "Host: localhost\u0000evil\r\n",
          "Host: localhost\rHost: evil\r\n"
        }) {
      add(
          "host " + shown(lines),
          "POST /oauth/token HTTP/1.1\r\n" + lines + rest(OWN_LENGTH) + HIDDEN);
    }
  }

  private void oldVersions() {
    String head = "POST /oauth/token HTTP/1.0\r\nHost: localhost\r\n";
    String keep = "Connection: keep-alive";
    add("1.0 TE", head + rest(keep, CHUNKED) + "0\r\n\r\n" + HIDDEN);
    add("1.0 TE, as if empty", head + rest(keep, CHUNKED) + HIDDEN);
    add("1.0 TE, one chunk", head + rest(keep, CHUNKED) + AS_CHUNK);
    add("1.0 TE.CL", head + rest(keep, CHUNKED, "Content-Length: 4") + AS_CHUNK);
    add(
        "1.0 CL.TE",
        head + rest(keep, "Content-Length: " + (5 + LENGTH), CHUNKED) + "0\r\n\r\n" + HIDDEN);
    add("1.0 with a body", head + rest(keep, OWN_LENGTH) + HIDDEN);
    add("1.0 ends", head + rest("Content-Length: " + FORM.length()) + FORM + HIDDEN);
    add(
        "close ends",
        post("Connection: close", "Content-Length: " + FORM.length()) + FORM + HIDDEN);
  }

  /// Sizes of chunks that one of two readers reads as another number, 0 as a rule.
  private void chunkSizes() {
    for (String size :
        new String[] {
          "0x" + HEX,
          "-" + HEX,
          "+" + HEX,
          " " + HEX,
          HEX + " ",
          "\t" + HEX,
          HEX + "\t",
          HEX + "h",
          HEX + "\u0000",
          "",
          "g",
          "-0",
          "+0",
          "0x0",
          "0 0",
          "0_0",
          ".0",
          "0.",
          "\"0\"",
          "0,",
          "\u00b2",
          "\u00ef\u00bc\u0090",
          "100000000",
          "10000000000000000",
          "1" + "0".repeat(15) + HEX,
          "1" + "0".repeat(7) + HEX,
          "ffffffff",
          "ffffffffffffffff",
          "7fffffff",
          "7fffffffffffffff",
          "80000000",
          "8000000000000000",
          "f".repeat(100),
          HEX + ";",
          HEX + ";x",
          HEX + ";x=y",
          HEX + ";x=\"y\"",
          HEX + ";x=\"\r\n\"",
          HEX + ";x=\"\r\n\r\n0\r\n\r\n",
          HEX + ";\u0000",
          HEX + ";\ny",
          HEX + ";\ry",
          HEX + ";" + "x".repeat(1_000),
          "\r\n" + HEX,
          "\n" + HEX,
          HEX + "\r",
          HEX + "\n",
          HEX + "\n\n",
          "0\n",
          "0\r",
          "0;\nx",
          "0;\rx"
        }) {
      add("size " + shown(size), post(CHUNKED) + size + "\r\n" + HIDDEN + "\r\n0\r\n\r\n");
      if (!size.startsWith("0;") || size.indexOf('\n') >= 0 || size.indexOf('\r') >= 0) {
        add("size " + shown(size) + ", end", post(CHUNKED) + size + "\r\n\r\n" + HIDDEN);
      }
    }
  }

  private void chunkEnds() {
    for (String body :
        new String[] {
          "5\r\nhello0\r\n\r\n",
          "5\r\nhelloXX0\r\n\r\n",
          "5\r\nhello\n0\r\n\r\n",
          "5\r\nhello\r0\r\n\r\n",
          "5\r\nhello\r\r\n0\r\n\r\n",
          "5\r\nhello \r\n0\r\n\r\n",
          "5\r\nhel\r\n0\r\n\r\n",
          "5\nhello\r\n0\r\n\r\n",
          "5\rhello\r\n0\r\n\r\n",
          "5\r\nhello\r\n0\r\n\n",
          "5\r\nhello\r\n0\n\r\n",
          "5\r\nhello\r\n0\r\r\n",
          "5\r\nhello\r\n0\r\n\r",
          "5\r\nhello\r\n0\r\n X: y\r\n\r\n",
          "5\r\nhello\r\n0\r\nX: y\n\r\n",
          "5\r\nhello\r\n0\r\nX: y\r\n\n",
          "5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n",
          "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
          "5\r\nhello\r\n0\r\nbroken\r\n\r\n",
          "5\r\nhello\r\n0\r\n: y\r\n\r\n",
          "5\r\nhello\r\n0\r\nX: a\u0000b\r\n\r\n",
          "5\r\nhello\r\n0\r\nX: y\rZ: z\r\n\r\n",
          "5\r\nhello\r\n0\r\nX: " + "y".repeat(20_000) + "\r\n\r\n"
        }) {
      add(
          "end " + (body.length() > 1_000 ? "long trailer" : shown(body)),
          post(CHUNKED) + body + HIDDEN);
    }
    String chunk = "5\r\nhello\r\n";
    add("in the trailer", post(CHUNKED) + chunk + "0\r\nX: " + HIDDEN);
    add("in an extension", post(CHUNKED) + "5;x=\"" + HIDDEN + "\"\r\nhello\r\n0\r\n\r\n");
    add("without a last chunk", post(CHUNKED) + HEX + "\r\n" + HIDDEN + "\r\n");
    add("one chunk", post(CHUNKED) + AS_CHUNK);
    add("many chunks", post(CHUNKED) + manyChunks() + "0\r\n\r\n");
  }

  private static String manyChunks() {
    StringBuilder chunks = new StringBuilder();
    for (int i = 0; i < LENGTH; i++) {
      chunks.append("1\r\n").append(HIDDEN.charAt(i)).append("\r\n");
    }
    // A chunk each would part the mark.
    return chunks.substring(0, 6 * HIDDEN.indexOf(MARK))
        + Integer.toHexString(MARK.length())
        + "\r\n"
        + MARK
        + "\r\n"
        + chunks.substring(6 * (HIDDEN.indexOf(MARK) + MARK.length()));
  }

  /// Answered before the body was read, or without looking at it: its bytes stay a body.
  private void bodiesThatNobodyReads() {
    String host = " HTTP/1.1\r\nHost: localhost\r\n";
    for (String target :
        new String[] {
          "GET /oauth/jwks",
          "HEAD /oauth/jwks",
          "GET /health/live",
          "POST /oauth/jwks",
          "GET /oauth/token",
          "DELETE /oauth/token",
          "OPTIONS /oauth/token",
          "POST /nowhere",
          "GET /oauth/customers",
          "POST /oauth/customers/none/clients",
          "POST /oauth/introspect",
          "POST /oauth/checkToken",
          "POST /oauth/revoke",
          "POST /oauth/token?client_secret=x",
          "POST /oauth/token?%zz=%zz"
        }) {
      add("body of " + target, target + host + OWN_LENGTH + "\r\n\r\n" + HIDDEN);
      add("chunks of " + target, target + host + CHUNKED + "\r\n\r\n" + AS_CHUNK);
    }
    for (String line :
        new String[] {
          "Expect: 100-continue",
          "Expect: 100-continue, 100-continue",
          "Expect: the-unexpected",
          "Expect:",
          "Content-Encoding: gzip",
          "Content-Type: text/plain",
          "Connection: Content-Length",
          "Connection: close, keep-alive",
          "Connection: Upgrade\r\nUpgrade: websocket",
          "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
          "Trailer: Content-Length",
          "TE: trailers, chunked",
          "X-HTTP-Method-Override: GET",
          "Range: bytes=0-1"
        }) {
      add("body with " + shown(line), post(line, OWN_LENGTH) + HIDDEN);
      add("chunks with " + shown(line), post(line, CHUNKED) + AS_CHUNK);
    }
    add("declares too much", post("Content-Length: 1000000") + HIDDEN);
    add("a chunk too large", post(CHUNKED) + "f4240\r\n" + HIDDEN);
  }
}
