package io.clientele.bench.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// What was measured: figures, and points of curves.
public final class Measured {

  private final List<Figure> figures = new ArrayList<>();
  private final List<Point> points = new ArrayList<>();

  public Measured add(Figure figure) {
    figures.add(figure);
    return this;
  }

  public Measured add(Point point) {
    points.add(point);
    return this;
  }

  public void addAll(Measured other) {
    figures.addAll(other.figures);
    points.addAll(other.points);
  }

  public List<Figure> figures() {
    return Collections.unmodifiableList(figures);
  }

  public List<Point> points() {
    return Collections.unmodifiableList(points);
  }
}
