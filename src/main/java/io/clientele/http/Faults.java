package io.clientele.http;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;

/// What is wrong with a request, all of it, so that it is told at once. A request may hold faults
/// without end: beyond 10,000 nobody looks further.
public final class Faults extends AbstractList<Fault> {

  private static final int MOST = 10_000;

  private final List<Fault> faults;

  /// Begins with none.
  public Faults() {
    this(List.of());
  }

  /// Begins with these.
  public Faults(List<Fault> first) {
    faults = new ArrayList<>(first);
  }

  /// Notes one.
  ///
  /// @throws Problem 400 if there are too many
  @Override
  public void add(int index, Fault fault) {
    faults.add(index, fault);
    if (faults.size() == MOST) {
      throw Problem.faults(faults);
    }
  }

  @Override
  public Fault get(int index) {
    return faults.get(index);
  }

  @Override
  public int size() {
    return faults.size();
  }
}
