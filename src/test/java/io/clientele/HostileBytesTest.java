package io.clientele;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.clientele.harness.Answer;
import io.clientele.harness.Customer;
import io.clientele.harness.Names;
import io.clientele.harness.RawHttp;
import io.clientele.harness.TestServer;
import io.clientele.harness.WithServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bytes that no honest program sends.
@WithServer
class HostileBytesTest {

  private static final int FOUR_MIB = 4 * 1024 * 1024;

  private static String client(String member) {
    return Customer.client(Names.unique("hostile"))
        .toString()
        .replaceFirst("}$", "," + member + "}");
  }

  private static Answer post(Customer customer, byte[] body) {
    return customer
        .server()
        .http()
        .unchecked()
        .post(customer.clients(), customer.adminToken(), body);
  }

  @Nested
  class Json {

    @ParameterizedTest
    @ValueSource(
        strings = {
          "1e999999999",
          "1e99999999999",
          "-1e-99999999999",
          "0e99999999999999999999",
          "1E400",
          "1.5",
          "99999999999999999999999999999999999999999999999999"
        })
    void aNumberThatNoFieldTakesIsAFault(String number, Customer abc) {
      Answer answer = post(abc, client("\"accessTokenValidity\":" + number).getBytes(UTF_8));

      answer.expect(400);
      assertThat(answer.json("errors").get(0).get("pointer").asText())
          .isEqualTo("/accessTokenValidity");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"\u00c1\u00a1", "\u00c0\u0080", "\u00ed\u00a0\u0080", "\u00ff", "\u00e4"})
    void bytesThatAreNoUtf8AreNotRead(String latin, Customer abc) {
      byte[] body = client("\"clientName\":\"" + latin + "\"").getBytes(ISO_8859_1);

      assertThat(post(abc, body).expect(400).text()).contains("not UTF-8");
    }

    @Test
    void anotherEncodingThanUtf8IsNotRead(Customer abc) {
      assertThat(post(abc, client("\"enabled\":true").getBytes(UTF_16)).expect(400).text())
          .contains("not UTF-8");
    }

    @Test
    void aRepeatedKeyIsToldWithItsPlace(Customer abc) {
      Answer answer =
          post(abc, "[{},{\"a~/\":[0,{\"b\":{\"x\":1},\"b\":{\"x\":1}}]}]".getBytes(UTF_8));

      assertThat(answer.expect(400).json("errors").get(0).get("pointer").asText())
          .isEqualTo("/1/a~0~1/1/b");
    }

    @Test
    void aLongWayDownCostsNoMoreThanAShortOne(Customer abc) {
      String way = ("{\"" + "n".repeat(1000) + "\":").repeat(30);
      String ones = "[1" + ",1".repeat(FOUR_MIB / 8) + "]";
      byte[] deep = (way + ones + "}".repeat(30)).getBytes(UTF_8);
      byte[] flat = ("{\"n\":" + ones + "}").getBytes(UTF_8);
      post(abc, flat).expect(400);

      Duration flatCost = cost(() -> post(abc, flat).expect(400));
      Duration deepCost = cost(() -> post(abc, deep).expect(400));

      // It was fifty times as much. Side by side, since machines differ.
      assertThat(deepCost).isLessThan(flatCost.plusMillis(100).multipliedBy(8));
    }

    private static Duration cost(Runnable work) {
      long before = System.nanoTime();
      work.run();
      return Duration.ofNanos(System.nanoTime() - before);
    }
  }

  /// The paths of section 3 always answer the protocol's form.
  @Nested
  class Section3 {

    private static List<String> head(String... lines) {
      List<String> head = new ArrayList<>(List.of(lines));
      head.add("Content-Length: 0");
      return head;
    }

    @Test
    void whatIsNoAcceptableRequestIsAnsweredInTheProtocolsForm(TestServer server) {
      for (String path : List.of("/oauth/token", "/oauth/introspect", "/oauth/jwks?x=y")) {
        Map<Integer, List<String>> refused =
            Map.of(
                431, head("POST " + path + " HTTP/1.1", "Host: a", "X: " + "x".repeat(17_000)),
                400, head("POST " + path + " HTTP/1.1", "Host: a", "Broken Header: x"),
                417, head("POST " + path + " HTTP/1.1", "Host: a", "Expect: the-unexpected"));
        refused.forEach(
            (status, head) -> {
              Answer answer = RawHttp.exchange(server.uri(), head, new byte[0]);
              answer.expect(status);
              assertThat(answer.json("error").asText()).as(path).isEqualTo("invalid_request");
              assertThat(answer.json("error_description").asText()).isNotEmpty();
            });
      }
    }

    @Test
    void elsewhereItIsAProblem(TestServer server) {
      Answer answer =
          RawHttp.exchange(
              server.uri(),
              head("POST /oauth/customers HTTP/1.1", "Host: a", "Broken Header: x"),
              new byte[0]);

      assertThat(answer.expect(400).json("errorCode").asInt()).isEqualTo(400);
    }
  }

  /// Who sends more than is read gets its answer all the same, though it reads only when all is
  /// sent: bytes that nobody reads would make the system reset the connection, and the answer be
  /// lost. Many times, since it was lost now and then.
  @Nested
  class TooMuch {

    private static final int TIMES = 30;

    private static Answer send(TestServer server, String path, String framing, byte[] body) {
      return RawHttp.exchange(
          server.uri(), List.of("POST " + path + " HTTP/1.1", "Host: localhost", framing), body);
    }

    @ParameterizedTest
    @ValueSource(ints = {65 * 1024, 300_000, FOUR_MIB + 1})
    void aBodyThatIsTooLongIsAnsweredThoughAllOfItComes(int length, TestServer server) {
      byte[] body = "x".repeat(length).getBytes(UTF_8);
      byte[] chunked =
          (Integer.toHexString(length) + "\r\n" + "x".repeat(length) + "\r\n0\r\n\r\n")
              .getBytes(UTF_8);
      for (int i = 0; i < TIMES; i++) {
        send(server, "/oauth/token", "Content-Length: " + length, body).expect(413);
        send(server, "/oauth/token", "Transfer-Encoding: chunked", chunked).expect(413);
        send(server, "/oauth/customers/x/clients", "Content-Length: " + length, body).expect(401);
      }
    }

    @Test
    void aHeaderSectionThatIsTooLongIsAnsweredThoughAllOfItComes(TestServer server) {
      byte[] more = ("X-More: " + "x".repeat(8_000) + "\r\n").repeat(100).getBytes(UTF_8);
      for (int i = 0; i < TIMES; i++) {
        send(server, "/oauth/token", "Content-Length: 0\r\nX: " + "x".repeat(17_000), more)
            .expect(431);
      }
    }
  }
}
