#include "net/http/router.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/http/route_counters.hpp"

namespace treaty {
namespace {

struct route {
  std::string method;
  http_handler handler;
  std::optional<route_counters> counters;  // none: not counted
};
/// The routes of one path.
using routes = std::vector<route>;

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

std::string_view take_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), segment.size() + 1));
  return segment;
}

constexpr std::string_view any_method = "*";
constexpr std::string_view everything_below = "/*";

bool matches(std::string_view pattern, std::string_view path) {
  if (pattern.ends_with(everything_below)) {
    const std::string_view folder = pattern.substr(0, pattern.size() - 1);
    return path.size() > folder.size() && path.starts_with(folder);
  }
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/')) return false;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view found = take_segment(path);
    if (wanted.starts_with(':') ? found.empty() : wanted != found) return false;
  }
  return true;
}

std::string label_of(std::string_view path) {
  std::string_view last;
  while (!path.empty()) {
    const std::string_view segment = take_segment(path);
    if (!segment.empty() && !segment.starts_with(':')) last = segment;
  }
  std::string out{last};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter; });
  return out;
}

const route* find_method(const routes& of_path, std::string_view method) {
  const auto found = std::find_if(of_path.begin(), of_path.end(), [&](const route& r) { return r.method == method; });
  return found == of_path.end() ? nullptr : &*found;
}

http_reply redirect(const http_request& request, std::string_view path) {
  std::string location{path};
  if (!request.query.empty()) location.append("?").append(request.query);
  http_reply out{.status = request.method == "GET" ? 301 : 307, .body = {}, .headers = {}};
  out.headers.emplace_back("Location", std::move(location));
  return out;
}

}  // namespace

class http_router::table {
public:
  explicit table(prometheus::Registry& registry) : metrics{registry}, unknown{metrics.route("unknown")} {}

  /// The route that takes the request; null: none.
  const route* find(std::string_view path, std::string_view method) const {
    const auto exactly = exact.find(path);
    if (exactly != exact.end()) {
      if (const route* found = find_method(exactly->second, method)) return found;
    }
    for (const auto& [pattern, of_path] : patterns) {
      if (!matches(pattern, path)) continue;
      if (const route* found = find_method(of_path, method)) return found;
    }
    return nullptr;
  }

  routes& at(std::string_view path) {
    if (path.find(':') == std::string_view::npos && !path.ends_with(everything_below)) return exact[std::string{path}];
    for (auto& [pattern, of_path] : patterns) {
      if (pattern == path) return of_path;
    }
    return patterns.emplace_back(std::string{path}, routes{}).second;
  }

  request_metrics metrics;
  route_counters unknown;
  std::unordered_map<std::string, routes, text_hash, std::equal_to<>> exact;
  std::vector<std::pair<std::string, routes>> patterns;
};

http_router::http_router(prometheus::Registry& metrics) : table_{std::make_unique<table>(metrics)} {}
http_router::~http_router() = default;

void http_router::add(std::string_view method, std::string_view path, http_handler handler, route_metrics metrics) {
  std::optional<route_counters> counters;
  if (method == any_method) {
    counters = table_->unknown;
  } else if (metrics == route_metrics::counted) {
    counters = table_->metrics.route(label_of(path));
  }
  table_->at(path).push_back({std::string{method}, std::move(handler), counters});
}

void http_router::handle(const http_request& request, std::shared_ptr<http_responder> to) const {
  const route* found = table_->find(request.path, request.method);
  if (found == nullptr) found = table_->find(request.path, any_method);
  if (found != nullptr) {
    return found->handler(request, found->counters ? counting(*found->counters, std::move(to)) : std::move(to));
  }
  to = counting(table_->unknown, std::move(to));
  if (request.path.size() > 1 && request.path.ends_with('/')) {
    const std::string_view shorter = request.path.substr(0, request.path.size() - 1);
    if (table_->find(shorter, request.method) != nullptr) return to->reply(redirect(request, shorter));
  }
  to->reply({.status = 404, .body = "404 page not found", .content_type = "text/plain", .headers = {}});
}

}  // namespace treaty
