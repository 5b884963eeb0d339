package io.clientele.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A search that finds nothing must be one that finds what is there.
class CanariesTest {
  private static final String GENERATED =
      "clt_Zq3vN8xKpW2mR7tYbL5cJ9hFdG4sA6eUoI1yTzXwQkMnBvCxPrSgD";
  private static final String CHOSEN = "Canary+%21 thought-0123456789ab";

  private static Canaries both() {
    Canaries canaries = new Canaries();
    canaries.add("generated", GENERATED, 4);
    canaries.add("chosen", CHOSEN, 0);
    return canaries;
  }

  private static List<String> spellings(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    String hex = HexFormat.of().formatHex(bytes);
    return List.of(
        text,
        text.toUpperCase(java.util.Locale.ROOT),
        new StringBuilder(text).reverse().toString(),
        hex,
        hex.toUpperCase(java.util.Locale.ROOT),
        hex.replaceAll("(..)", "%$1"),
        URLEncoder.encode(text, UTF_8),
        Base64.getEncoder().encodeToString(bytes),
        Base64.getEncoder().encodeToString(("a" + text).getBytes(UTF_8)),
        Base64.getEncoder().encodeToString(("id:" + text + "more").getBytes(UTF_8)));
  }

  @Test
  void everySpellingIsFoundWhereverItStands() {
    for (String canary : List.of(GENERATED, CHOSEN)) {
      for (String spelling : spellings(canary)) {
        for (String before : List.of("", "{\"x\":\"", "\u0000\u0001\u00ff".repeat(50))) {
          assertThat(both().in(before + spelling)).as(before + spelling).isNotEmpty();
          assertThat(both().in(before + spelling + "\"}")).as(spelling).isNotEmpty();
        }
      }
    }
  }

  @Test
  void aPartIsFound() {
    assertThat(both().in(GENERATED.substring(0, 20))).containsExactly("generated");
    assertThat(both().in(GENERATED.substring(GENERATED.length() - 16)))
        .containsExactly("generated");
  }

  @Test
  void whatIsLikeItIsNotFound() {
    assertThat(both().in("clt_")).isEmpty();
    assertThat(both().in(GENERATED.substring(GENERATED.length() - 4))).isEmpty();
    assertThat(both().in(GENERATED.replace('v', 'w').replace('W', 'V').replace('c', 'd')))
        .isEmpty();
    assertThat(both().in("")).isEmpty();
  }
}
