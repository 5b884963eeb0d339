package io.clientele.bench.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// The document's charts, as SVG.
final class Charts {

  private static final int WIDTH = 840;
  private static final int HEIGHT = 380;
  private static final Pattern DIGITS = Pattern.compile("(\\.\\d\\d)\\d+");
  private static final Color OURS = new Color(0x1b6ca8);
  private static final Color OTHER = new Color(0xd1792b);
  private static final Color THIRD = new Color(0x7a5aa6);
  private static final Color GRID = new Color(0xdddddd);

  private final Path directory;

  /// @param directory where they are written
  Charts(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  /// CPU of a token, one bar a server.
  ///
  /// @param micros by the server's name
  void peers(Map<String, Double> micros) throws IOException {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("CPU of a token, µs (each step of the scale is ten times the last)")
            .build();
    style(chart.getStyler());
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(1.0);
    // Room for the label of the highest bar.
    chart.getStyler().setYAxisMax(3 * Collections.max(micros.values()));
    chart.getStyler().setLabelsVisible(true);
    chart.getStyler().setLabelsPosition(1.05);
    chart.getStyler().setAvailableSpaceFill(0.6);
    chart.getStyler().setDecimalPattern("#,##0");
    chart
        .addSeries("CPU", new ArrayList<>(micros.keySet()), new ArrayList<>(micros.values()))
        .setFillColor(OURS);
    write(chart, "peers");
  }

  /// Latency by percentile; the scale gives each further nine as much room as the last.
  void latency(List<Point> points) throws IOException {
    XYChart chart = lines("Latency at a constant 5,000 tokens/s, ms", "percentile");
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setXAxisTickLabelsFormattingFunction(Charts::percentile);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setXAxisMax(4.0);
    chart.getStyler().setXAxisMaxLabelCount(5);
    chart.getStyler().setYAxisDecimalPattern("0.##");
    add(chart, points, "latency Clientele", "Clientele", OURS, Charts::nines);
    add(chart, points, "latency bare handler", "bare handler", OTHER, Charts::nines);
    write(chart, "latency");
  }

  /// CPU of a token by the number of clients, over that with a thousand.
  void growth(List<Point> points) throws IOException {
    XYChart chart = lines("CPU of a token, over that with 1,000 clients", "clients");
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setXAxisDecimalPattern("#,##0");
    chart.getStyler().setYAxisMin(0.0);
    List<Point> all = new ArrayList<>(points);
    all.addFirst(new Point("growth zipf", 1_000, 1));
    add(chart, all, "growth zipf", "Zipf-spread", OURS, Charts::same);
    add(chart, all, "growth cold", "did not ask before", OTHER, Charts::same);
    add(chart, all, "growth unheld", "not in memory", THIRD, Charts::same);
    write(chart, "growth");
  }

  /// The ratio to the bare handler, run after run.
  void history(List<Map<String, String>> runs, String column) throws IOException {
    XYChart chart = lines("CPU of a token, over the bare handler's", "full run");
    List<Point> points = new ArrayList<>();
    for (Map<String, String> run : runs) {
      Optional.ofNullable(run.get(column))
          .filter(text -> !text.isEmpty())
          .ifPresent(
              text -> points.add(new Point(column, points.size() + 1.0, Double.parseDouble(text))));
    }
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setXAxisDecimalPattern("0");
    chart.getStyler().setXAxisMaxLabelCount(Math.max(1, points.size()));
    chart.getStyler().setLegendVisible(false);
    add(chart, points, column, "CPU", OURS, Charts::same);
    write(chart, "history");
  }

  private static XYChart lines(String title, String xTitle) {
    XYChart chart =
        new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle(xTitle).build();
    style(chart.getStyler());
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    return chart;
  }

  private static void style(AxesChartStyler styler) {
    Font words = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    styler.setChartTitleBoxVisible(false);
    styler.setAxisTickLabelsFont(words);
    styler.setAxisTitleFont(words);
    styler.setLegendFont(words);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendLayout(Styler.LegendLayout.Horizontal);
  }

  @FunctionalInterface
  private interface Scale {
    double of(double x);
  }

  private static double same(double x) {
    return x;
  }

  /// 90 % is 1, 99 % is 2, 99.9 % is 3.
  private static double nines(double percentile) {
    return -Math.log10(1 - percentile / 100);
  }

  private static String percentile(double nines) {
    int whole = (int) Math.rint(nines);
    if (Math.abs(nines - whole) > 0.01) {
      return "";
    }
    return String.format(
        Locale.ROOT, "%." + Math.max(0, whole - 2) + "f", 100 - 100 * Math.pow(10, -whole));
  }

  private static void add(
      XYChart chart, List<Point> points, String curve, String name, Color color, Scale scale) {
    List<Point> of = points.stream().filter(point -> point.curve().equals(curve)).toList();
    if (of.isEmpty()) {
      return;
    }
    XYSeries series =
        chart.addSeries(
            name,
            of.stream().map(point -> scale.of(point.x())).toList(),
            of.stream().map(Point::y).toList());
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(2));
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(color);
  }

  private void write(Chart<?, ?> chart, String name) throws IOException {
    Path file = directory.resolve(name + ".svg");
    ChartEncoder.saveChart(chart, directory.resolve(name).toString(), "svg");
    // Half of the file is digits that nobody sees.
    Files.writeString(file, DIGITS.matcher(Files.readString(file)).replaceAll("$1"));
    if (Boolean.getBoolean("charts.png")) {
      ChartEncoder.saveChart(chart, directory.resolve(name).toString(), "png");
    }
  }
}
