#pragma once

#include <string>
#include <utility>
#include <vector>

namespace treaty::load {

/// A line of a chart: points from left to right, in the units of the axes.
struct chart_line {
  std::string name;
  std::vector<std::pair<double, double>> points;
};

enum class scale : bool { linear, logarithmic };

struct chart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<chart_line> lines;
  scale y_scale = scale::linear;                          // logarithmic: what is not above zero is left out
  std::vector<std::pair<double, std::string>> x_ticks{};  // empty: round numbers
};

/// The chart as an SVG element that needs nothing from elsewhere; empty when no line has two points.
std::string draw(const chart& what);

/// About `count` round numbers that cover the span.
std::vector<double> round_ticks(double least, double most, std::size_t count);

/// For the text of an HTML page.
std::string escaped(const std::string& text);

}  // namespace treaty::load
