#include "bench/load/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace treaty::load {
namespace {

constexpr double width = 860;
constexpr double height = 300;
constexpr double left = 70;
constexpr double right = 20;
constexpr double top = 58;
constexpr double bottom = 46;
constexpr std::array colours{"#1b6ca8", "#c8553d", "#3a7d44", "#7b4b94", "#b58900", "#586e75"};

struct span {
  double least = std::numeric_limits<double>::max();
  double most = std::numeric_limits<double>::lowest();
  void take(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  double share(double value) const { return most > least ? (value - least) / (most - least) : 0.5; }
};

/// Where points come to stand.
struct frame {
  span x;
  span y;  // of the logarithm on a logarithmic scale
  scale y_scale;

  double at_x(double value) const { return left + x.share(value) * (width - left - right); }
  double at_y(double value) const {
    const double on_scale = y_scale == scale::logarithmic ? std::log10(value) : value;
    return height - bottom - y.share(on_scale) * (height - top - bottom);
  }
};

bool is_shown(const chart& what, double y) {
  return std::isfinite(y) && (what.y_scale == scale::linear || y > 0);
}

frame frame_of(const chart& what) {
  frame out{.x = {}, .y = {}, .y_scale = what.y_scale};
  if (what.y_scale == scale::linear) out.y.take(0);
  for (const chart_line& line : what.lines) {
    for (const auto& [x, y] : line.points) {
      if (!is_shown(what, y)) continue;
      out.x.take(x);
      out.y.take(what.y_scale == scale::logarithmic ? std::log10(y) : y);
    }
  }
  if (what.y_scale == scale::logarithmic) {
    out.y.least = std::floor(out.y.least);
    out.y.most = std::max(std::ceil(out.y.most), out.y.least + 1);
  } else {
    out.y.most = std::max(out.y.most * 1.05, 1e-9);
  }
  return out;
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", x, y, anchor, escaped(text));
}

std::string y_axis(const frame& in) {
  std::string out;
  const bool is_log = in.y_scale == scale::logarithmic;
  const auto ticks = is_log ? round_ticks(in.y.least, in.y.most, static_cast<std::size_t>(in.y.most - in.y.least))
                            : round_ticks(in.y.least, in.y.most, 5);
  for (const double tick : ticks) {
    if (is_log && tick != std::floor(tick)) continue;
    const double value = is_log ? std::pow(10, tick) : tick;
    const double y = in.at_y(value);
    out += fmt::format(R"(<line class="grid" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>)", left, y, width - right, y);
    out += text_at(left - 6, y + 4, "end", fmt::format("{:g}", value));
  }
  return out;
}

std::string x_axis(const chart& what, const frame& in) {
  std::string out;
  auto ticks = what.x_ticks;
  if (ticks.empty())
    for (const double tick : round_ticks(in.x.least, in.x.most, 8)) ticks.emplace_back(tick, fmt::format("{:g}", tick));
  for (const auto& [x, label] : ticks) {
    if (x < in.x.least || x > in.x.most) continue;
    out += fmt::format(R"(<line class="grid" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}"/>)", in.at_x(x), top,
                       height - bottom);
    out += text_at(in.at_x(x), height - bottom + 16, "middle", label);
  }
  out += text_at((left + width - right) / 2, height - 8, "middle", what.x_label);
  return out;
}

std::string line_of(const chart& what, const frame& in, std::size_t number) {
  const char* const colour = colours[number % colours.size()];
  std::string points;
  for (const auto& [x, y] : what.lines[number].points)
    if (is_shown(what, y)) points += fmt::format("{:.1f},{:.1f} ", in.at_x(x), in.at_y(y));
  const double legend = left + 10 + 190 * static_cast<double>(number % 4);
  const double row = 36 + 14 * static_cast<double>(number / 4);
  return fmt::format(R"(<polyline stroke="{}" points="{}"/>)", colour, points) +
         fmt::format(R"(<rect x="{:.0f}" y="{:.0f}" width="14" height="3" fill="{}"/>)", legend, row - 4, colour) +
         text_at(legend + 19, row, "start", what.lines[number].name);
}

}  // namespace

std::vector<double> round_ticks(double least, double most, std::size_t count) {
  std::vector<double> ticks;
  if (!(most > least) || count == 0) return {least};
  const double rough = (most - least) / static_cast<double>(count);
  const double unit = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * unit;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * unit >= rough) step = factor * unit;
  for (double number = std::ceil(least / step); number * step <= most; ++number) ticks.push_back(number * step);
  return ticks;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char one : text) {
    if (one == '<') {
      out += "&lt;";
    } else if (one == '>') {
      out += "&gt;";
    } else if (one == '&') {
      out += "&amp;";
    } else if (one == '"') {
      out += "&quot;";
    } else {
      out += one;
    }
  }
  return out;
}

std::string draw(const chart& what) {
  const bool has_line =
      std::any_of(what.lines.begin(), what.lines.end(), [](const chart_line& one) { return one.points.size() > 1; });
  if (!has_line) return {};
  const frame in = frame_of(what);
  std::string out =
      fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}">)", width, height, escaped(what.title));
  out += fmt::format(R"(<text class="title" x="{}" y="18">{}</text>)", left, escaped(what.title + ", " + what.y_label));
  out += y_axis(in) + x_axis(what, in);
  for (std::size_t number = 0; number < what.lines.size(); ++number) out += line_of(what, in, number);
  return out + "</svg>\n";
}

}  // namespace treaty::load
