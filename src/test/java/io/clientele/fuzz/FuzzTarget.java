package io.clientele.fuzz;

/// A parser, with what must hold for every input beside that it neither hangs nor throws what it
/// does not document.
public interface FuzzTarget {

  /// Lets the parser read the input.
  ///
  /// @throws Exception if it throws what it may not
  /// @throws AssertionError if something does not hold
  void check(byte[] input) throws Exception;

  /// @throws AssertionError with these words if it does not hold
  static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
