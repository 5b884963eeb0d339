package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import io.clientele.http.SourceAddress;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `X-Forwarded-For` and `Forwarded`: whatever a client wrote into them, what its proxy appended
/// counts. The lines of an input are the values.
final class SourceAddressTarget implements FuzzTarget {

  private static final String PROXY = "10.0.0.1";
  private static final String REAL = "203.0.113.7";
  private static final String REAL6 = "2001:db8:0:0:0:0:0:7";

  private final SourceAddress addresses =
      new SourceAddress(
          List.of(
              SourceAddress.Range.parse("10.0.0.0/8").orElseThrow(),
              SourceAddress.Range.parse("fd00::/8").orElseThrow()));

  @Override
  public void check(byte[] input) throws Exception {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    List<String> values = List.of(text.split("\n", -1));

    requireAddress(addresses.told(PROXY, values, List.of()));
    requireAddress(addresses.told(PROXY, List.of(), values));

    require(told(behind(values, REAL), List.of()).equals(REAL), "X-Forwarded-For was spoofed");
    require(told(appended(values, REAL6), List.of()).equals(REAL6), "X-Forwarded-For was spoofed");
    require(told(List.of(), behind(values, "for=" + REAL)).equals(REAL), "Forwarded was spoofed");
    require(
        told(List.of(), appended(values, "proto=https;For=\"[" + REAL6 + "]:4711\"")).equals(REAL6),
        "Forwarded was spoofed");

    Optional<SourceAddress.Range> range = SourceAddress.Range.parse(text);
    if (range.isPresent()) {
      String again =
          InetAddress.getByAddress(range.get().network()).getHostAddress()
              + "/"
              + range.get().prefix();
      require(SourceAddress.Range.parse(again).equals(range), "a range that reads as another");
    }
    addresses.isProxy(text);
  }

  private String told(List<String> forwardedFor, List<String> forwarded) {
    return addresses.told(PROXY, forwardedFor, forwarded);
  }

  /// The proxy adds a header line.
  private static List<String> behind(List<String> values, String last) {
    List<String> all = new ArrayList<>(values);
    all.add(last);
    return all;
  }

  /// The proxy adds to the last line.
  private static List<String> appended(List<String> values, String last) {
    List<String> all = new ArrayList<>(values);
    all.set(all.size() - 1, all.getLast() + ", " + last);
    return all;
  }

  /// What limits count by is an address in its one form.
  private static void requireAddress(String text) {
    require(text.matches("[0-9a-f.:]{2,45}"), "no address");
    require(
        InetAddress.ofLiteral(text).getHostAddress().equals(text), "another form of an address");
  }
}
