#include "bench/load/dialect.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "bench/load/call_board.hpp"

namespace treaty::load {

const std::string& gid_mark() {
  static const std::string mark(call_board::gid_size, '#');
  return mark;
}

void find_gid(request_template& in) {
  for (std::size_t at = in.text.find(gid_mark()); at != std::string::npos;
       at = in.text.find(gid_mark(), at + gid_mark().size()))
    in.gid_at.push_back(at);
}

std::string branch_id(std::size_t branch) {
  return fmt::format("{:02}", branch + 1);
}

std::string payload_of(std::size_t bytes) {
  const std::string start = R"({"amount":30,"note":")";
  const std::string end = R"("})";
  if (bytes <= 16) return R"({"amount":30})";
  return start + std::string(bytes - std::min(bytes, start.size() + end.size()), 'x') + end;
}

std::string steps_json(const std::vector<step>& steps) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const step& one : steps) {
    out.push_back({{"action", one.action}});
    if (!one.compensate.empty()) out.back()["compensate"] = one.compensate;
  }
  return out.dump();
}

}  // namespace treaty::load
