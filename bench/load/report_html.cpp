#include <fmt/format.h>

#include <array>
#include <cmath>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "bench/load/chart.hpp"
#include "bench/load/report.hpp"

namespace treaty::load {
namespace {

constexpr const char* style =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:1.6em}table{border-collapse:collapse}"
    "td,th{padding:.15em .9em .15em 0;text-align:left;vertical-align:top}td.number{text-align:right}"
    "svg{width:100%;margin:.6em 0;font-size:12px}svg .title{font-size:14px;font-weight:600}svg .grid{stroke:#ddd}"
    "polyline{fill:none;stroke-width:1.6}.held{color:#2b7a3d}.failed{color:#b3261e;font-weight:600}";

std::string row(const std::string& name, const std::string& value) {
  return fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", escaped(name), escaped(value));
}

std::string row(const std::string& name, const std::optional<double>& value, const char* unit) {
  return value ? row(name, fmt::format("{:.4g} {}", *value, unit)) : "";
}

std::string latency_row(const std::string& name, const latency_histogram& of) {
  if (of.count() == 0) return "";
  std::string out = fmt::format("<tr><td>{}</td><td class=number>{}</td>", escaped(name), of.count());
  for (const double quantile : {0.5, 0.9, 0.99, 0.999, 1.0})
    out += fmt::format("<td class=number>{:.2f}</td>", milliseconds(of.at(quantile)));
  return out + "</tr>\n";
}

std::string latency_table(const load_report& report) {
  std::string rows;
  const auto add = [&](const std::string& before, const tally& counts) {
    rows += latency_row(before + "start to last branch", counts.to_last_branch);
    rows += latency_row(before + "start to answer", counts.to_answer);
    rows += latency_row(before + "start to refusal", counts.refused.to_answer);
  };
  if (report.phases.empty()) add("", report.counts);
  for (const phase_report& one : report.phases) add(one.name + ": ", one.counts);
  for (std::size_t i = 0; report.options.mix.size() > 1 && i < report.counts.kinds.size(); ++i)
    rows += latency_row(name_of(report.options.mix[i].form) + " to its end", report.counts.kinds[i].to_end);
  return "<table><tr><th>latency, ms</th><th>count</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>most</th>"
         "</tr>\n" +
         rows + "</table>\n";
}

std::string figures_table(const load_report& report) {
  const costs cost = report.cost();
  const exchanges& each = report.each;
  std::string rows = row("finished", fmt::format("{} in {:.1f} s, {:.0f} a second", report.counts.finished,
                                                 report.seconds(), report.per_second()));
  rows +=
      row("each transaction", fmt::format("{:.3g} requests to the coordinator, {:.3g} branch calls by it, {:.3g} by "
                                          "the client",
                                          each.requests, each.branch_calls, each.client_calls));
  if (const auto share = report.floor_share())
    rows +=
        row("share of the floor", fmt::format("{:.1f} % of {:.0f} a second", 100 * *share, *report.floor_per_second));
  rows += row("coordinator CPU a transaction", cost.coordinator, "us");
  rows += row("cores busy", cost.cores, "");
  if (report.after.coordinator.resident_mb > 0)
    rows += row("resident", fmt::format("{:.0f} MB, {:.0f} at most", report.after.coordinator.resident_mb,
                                        report.resident_peak_mb));
  rows += row("syncs a transaction", cost.syncs, "");
  rows += row("handed to the store, a transaction", cost.stored_bytes, "bytes");
  rows += row("written to the disk, a transaction", cost.disk_bytes, "bytes");
  rows += row("load's own CPU a transaction", std::optional{cost.load}, "us");
  for (const resident_at& one : report.resident)
    rows += row("resident " + one.moment, std::optional{one.megabytes}, "MB");
  return "<table>" + rows + "</table>\n";
}

std::string verdict_list(const load_report& report) {
  std::string out = "<ul>\n";
  const auto add = [&](bool held, const std::string& text) {
    out += fmt::format("<li class={}>{}: {}</li>\n", held ? "held" : "failed", held ? "holds" : "does not hold",
                       escaped(text));
  };
  for (const verdict& one : report.verdicts) add(one.held, one.text);
  const call_faults& faults = report.faults;
  add(report.correct(), fmt::format("every branch called once and in order: duplicates {}, out of order {}, unexpected "
                                    "{}, malformed {}, missing {}, connections broken {}",
                                    faults.duplicates, faults.out_of_order, faults.unexpected, faults.malformed,
                                    report.clients.missing, report.clients.broken_connections));
  return out + "</ul>\n";
}

/// Latency over "nines": each step to the right leaves a tenth of the transactions.
chart_line curve_of(const std::string& name, const latency_histogram& of) {
  chart_line line{name, {}};
  if (of.count() == 0) return line;
  const double nines_most = std::log10(static_cast<double>(of.count()));
  for (double nines = 0; nines <= nines_most; nines += 0.05)
    line.points.emplace_back(nines, milliseconds(of.at(1 - std::pow(10, -nines))));
  return line;
}

chart percentile_chart(const load_report& report) {
  chart out{.title = "Latency by percentile",
            .x_label = "percentile",
            .y_label = "ms",
            .lines = {},
            .y_scale = scale::logarithmic,
            .x_ticks = {{0, "0"}, {0.30103, "50"}, {1, "90"}, {2, "99"}, {3, "99.9"}, {4, "99.99"}, {5, "99.999"}}};
  const auto add = [&](const chart_line& line) {
    if (line.points.size() > 1) out.lines.push_back(line);
  };
  if (report.phases.empty()) {
    add(curve_of("start to last branch", report.counts.to_last_branch));
    add(curve_of("start to answer", report.counts.to_answer));
  }
  for (const phase_report& one : report.phases) add(curve_of(one.name, one.counts.to_last_branch));
  add(curve_of("start to refusal", report.counts.refused.to_answer));
  return out;
}

using window_figure = std::function<double(const window&)>;
using reading_figure = std::function<std::optional<double>(const reading&)>;

double seconds_of(const load_report& report, std::int64_t at) {
  return static_cast<double>(at - report.timeline.front().from) / 1e9;
}

chart_line over_windows(const load_report& report, const std::string& name, const window_figure& of) {
  chart_line line{name, {}};
  for (const window& one : report.timeline) line.points.emplace_back(seconds_of(report, one.from), of(one));
  return line;
}

chart over_readings(const load_report& report, const char* title, const char* unit, const reading_figure& of) {
  chart out{.title = title, .x_label = "seconds", .y_label = unit, .lines = {{title, {}}}};
  for (const reading& one : report.readings)
    if (const auto value = of(one)) out.lines[0].points.emplace_back(seconds_of(report, one.at), *value);
  return out;
}

std::string charts_over_time(const load_report& report) {
  if (report.timeline.empty()) return "";
  const auto each_second = [](std::uint64_t count, const window& in) {
    return static_cast<double>(count) * 1e9 / static_cast<double>(in.length);
  };
  const auto rate = [&](const char* name, std::uint64_t window::*count) {
    return over_windows(report, name, [&, count](const window& in) { return each_second(in.*count, in); });
  };
  const auto latency = [&](const char* name, std::int64_t window::*of) {
    return over_windows(report, name, [of](const window& in) { return milliseconds(in.*of); });
  };
  std::string out = draw({.title = "Transactions",
                          .x_label = "seconds",
                          .y_label = "a second",
                          .lines = {rate("begun", &window::begun), rate("finished", &window::finished),
                                    rate("refused", &window::refused)}});
  out += draw({.title = "Latency of what finished",
               .x_label = "seconds",
               .y_label = "ms",
               .lines = {latency("p50", &window::p50), latency("p99", &window::p99), latency("most", &window::max)},
               .y_scale = scale::logarithmic});
  out += draw({.title = "In flight",
               .x_label = "seconds",
               .y_label = "transactions",
               .lines = {over_windows(report, "in flight", [](const window& in) { return double(in.in_flight); })}});
  out += draw(over_readings(report, "Resident memory", "MB", [](const reading& at) { return at.process.resident_mb; }));
  out += draw(over_readings(report, "Block cache of the store", "MB", [](const reading& at) { return at.cache_mb; }));
  out += draw(over_readings(report, "Open files", "", [](const reading& at) { return at.process.open_files; }));
  out += draw(over_readings(report, "Room on the disk", "MB", [](const reading& at) { return at.store_mb; }));
  out +=
      draw(over_readings(report, "Finished transactions kept", "", [](const reading& at) { return at.records_kept; }));
  return out;
}

}  // namespace

void write_html(const load_report& report, const std::string& file) {
  const std::string title =
      fmt::format("treaty-bench {}: {}", name_of(report.options.what), name_of(report.options.mix));
  std::ofstream out{file};
  out << "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>" << escaped(title) << "</title><style>"
      << style << "</style></head>\n<body><h1>" << escaped(title) << "</h1>\n"
      << fmt::format("<p>{}, {}{}.</p>\n", name_of(report.options.protocol), escaped(pace_of(report.options)),
                     escaped(habits_of(report.options.habits)))
      << "<h2>Checks</h2>\n"
      << verdict_list(report) << "<h2>Figures</h2>\n"
      << figures_table(report) << latency_table(report) << "<h2>Plots</h2>\n"
      << draw(percentile_chart(report)) << charts_over_time(report) << "</body></html>\n";
  if (!out.flush()) throw std::runtime_error{"cannot write " + file};
}

}  // namespace treaty::load
