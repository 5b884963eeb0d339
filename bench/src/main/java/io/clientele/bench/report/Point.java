package io.clientele.bench.report;

/// One point of a curve.
///
/// @param curve which
public record Point(String curve, double x, double y) {}
