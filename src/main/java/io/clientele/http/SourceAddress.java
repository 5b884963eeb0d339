package io.clientele.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Decides which address a request comes from. A proxy that the operator named may tell it
/// (`X-Forwarded-For`, `Forwarded` of RFC 7239); nobody else, and nobody by default.
public final class SourceAddress {

  /// A range of addresses.
  ///
  /// @param network its first bytes
  /// @param prefix how many leading bits count
  public record Range(byte[] network, int prefix) {

    /// Reads `10.0.0.0/8`, `::1`; empty if it is none.
    public static Optional<Range> parse(String text) {
      int slash = text.indexOf('/');
      Optional<byte[]> network = literal(slash < 0 ? text : text.substring(0, slash));
      if (network.isEmpty()) {
        return Optional.empty();
      }
      int bits = network.get().length * 8;
      int prefix = bits;
      if (slash >= 0) {
        try {
          prefix = Integer.parseInt(text, slash + 1, text.length(), 10);
        } catch (NumberFormatException e) {
          return Optional.empty();
        }
      }
      return prefix < 0 || prefix > bits
          ? Optional.empty()
          : Optional.of(new Range(network.get(), prefix));
    }

    boolean holds(byte[] address) {
      if (address.length != network.length) {
        return false;
      }
      for (int bit = 0; bit < prefix; bit++) {
        int mask = 0x80 >> (bit & 7);
        if ((address[bit >> 3] & mask) != (network[bit >> 3] & mask)) {
          return false;
        }
      }
      return true;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Range range
          && prefix == range.prefix
          && java.util.Arrays.equals(network, range.network);
    }

    @Override
    public int hashCode() {
      return java.util.Arrays.hashCode(network) * 31 + prefix;
    }
  }

  private static final Pattern FOUR_NUMBERS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

  /// Of an IPv6 address as Java writes it, in eight groups.
  private static final int NETWORK_GROUPS = 4;

  private final List<Range> proxies;

  /// @param proxies who may tell the address; nobody if empty
  public SourceAddress(List<Range> proxies) {
    this.proxies = List.copyOf(proxies);
  }

  /// What counts as one source: an IPv4 address; of an IPv6 address its first 64 bits, since
  /// whoever has one address has all that begin so (RFC 4291 §2.5.4).
  public static String network(String address) {
    int end = -1;
    for (int group = 0; group < NETWORK_GROUPS; group++) {
      end = address.indexOf(':', end + 1);
      if (end < 0) {
        return address;
      }
    }
    return address.substring(0, end);
  }

  /// The last address that a named proxy tells that is no named proxy itself.
  ///
  /// @param proxy who tells it, for whom `isProxy` is true
  /// @param forwardedFor the values of `X-Forwarded-For`
  /// @param forwarded the values of `Forwarded`, looked at if there is no `X-Forwarded-For`
  public String told(String proxy, List<String> forwardedFor, List<String> forwarded) {
    List<String> told = new ArrayList<>();
    if (!forwardedFor.isEmpty()) {
      forwardedFor.forEach(value -> told.addAll(List.of(value.split(",", -1))));
    } else {
      forwarded.forEach(value -> addForwarded(value, told));
    }
    String source = proxy;
    for (int i = told.size() - 1; i >= 0; i--) {
      Optional<String> address = plain(told.get(i).strip());
      if (address.isEmpty()) {
        return source;
      }
      source = address.get();
      if (!isProxy(source)) {
        return source;
      }
    }
    return source;
  }

  /// One for each element, empty if it names nobody, or is none of RFC 7239 §4: an element is a
  /// hop, and who stands before one that its proxy did not name is anybody's word.
  private static void addForwarded(String value, List<String> told) {
    for (String element : value.split(",", -1)) {
      String named = "";
      int times = 0;
      boolean isElement = true;
      for (String pair : element.split(";", -1)) {
        String stripped = pair.strip();
        isElement &= stripped.isEmpty() || stripped.indexOf('=') > 0;
        if (stripped.regionMatches(true, 0, "for=", 0, 4)) {
          named = unquoted(stripped.substring(4));
          times++;
        }
      }
      told.add(isElement && times == 1 ? named : "");
    }
  }

  /// Only whole quotes: half of one is a part of another value, which a stranger may have written.
  private static String unquoted(String text) {
    boolean quoted = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"");
    return quoted ? text.substring(1, text.length() - 1) : text;
  }

  /// Without port and brackets; empty if it is no address.
  private static Optional<String> plain(String text) {
    String address = text;
    if (address.startsWith("[") && address.indexOf(']') > 0) {
      address = address.substring(1, address.indexOf(']'));
    } else if (address.indexOf(':') >= 0 && address.indexOf(':') == address.lastIndexOf(':')) {
      address = address.substring(0, address.indexOf(':'));
    }
    Optional<byte[]> bytes = literal(address);
    try {
      return bytes.isEmpty()
          ? Optional.empty()
          : Optional.of(InetAddress.getByAddress(bytes.get()).getHostAddress());
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /// Whether an address is that of a proxy which may tell another.
  public boolean isProxy(String address) {
    if (proxies.isEmpty()) {
      return false;
    }
    Optional<byte[]> bytes = literal(address);
    return bytes.isPresent() && proxies.stream().anyMatch(range -> range.holds(bytes.get()));
  }

  /// The bytes of an address literal; never asks a name server.
  private static Optional<byte[]> literal(String text) {
    if (text.isEmpty() || text.length() > 45) {
      return Optional.empty();
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.digit(c, 16) < 0 && c != '.' && c != ':') {
        return Optional.empty();
      }
    }
    if (text.indexOf(':') < 0 && !FOUR_NUMBERS.matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(text).getAddress());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
