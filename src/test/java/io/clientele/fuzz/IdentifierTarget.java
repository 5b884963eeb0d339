package io.clientele.fuzz;

import static io.clientele.fuzz.FuzzTarget.require;

import io.clientele.id.ClientId;
import io.clientele.id.CustomerId;
import io.clientele.id.RoleName;
import io.clientele.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Identifiers: each has its documented form, and stays as it is.
final class IdentifierTarget implements FuzzTarget {

  private record Kind(Pattern form, Function<String, Optional<?>> parse) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(Pattern.compile(ClientId.FORM), ClientId::parse),
          new Kind(Pattern.compile(CustomerId.FORM), CustomerId::parse),
          new Kind(Pattern.compile(TenantId.FORM), TenantId::parse),
          new Kind(Pattern.compile(RoleName.FORM), RoleName::parse));

  @Override
  public void check(byte[] input) {
    for (String text :
        List.of(
            new String(input, StandardCharsets.UTF_8),
            new String(input, StandardCharsets.ISO_8859_1))) {
      for (Kind kind : KINDS) {
        Optional<?> id = kind.parse.apply(text);
        require(id.isPresent() == kind.form.matcher(text).matches(), "not as documented");
        require(id.isEmpty() || id.get().toString().equals(text), "changed");
      }
    }
  }
}
