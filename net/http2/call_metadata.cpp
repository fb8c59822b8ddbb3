#include "net/http2/call_metadata.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace treaty {
namespace {

constexpr std::array<std::string_view, 9> not_ours{"content-type", "content-length", "user-agent", "te",
                                                   "host",         "connection",     "keep-alive", "transfer-encoding",
                                                   "upgrade"};

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& byte : out)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte | 0x20);
  return out;
}

bool is_reserved(std::string_view name) {
  return name.starts_with("grpc-") || std::find(not_ours.begin(), not_ours.end(), name) != not_ours.end();
}

bool is_legal_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
  });
}

/// gRPC wants something before the suffix: what is just called "-bin" must be text.
bool is_binary(std::string_view name) {
  return name.size() > 4 && name.ends_with("-bin");
}

bool is_legal_value(std::string_view name, std::string_view value) {
  return is_binary(name) ||
         std::all_of(value.begin(), value.end(), [](char byte) { return byte >= 0x20 && byte <= 0x7E; });
}

}  // namespace

result<std::vector<std::pair<std::string, std::string>>> call_metadata(const branch_call& call) {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(5 + (call.headers == nullptr ? 0 : call.headers->size()));
  out.emplace_back("dtm-gid", call.gid);
  out.emplace_back("dtm-trans_type", to_string(call.type));
  out.emplace_back("dtm-branch_id", call.id.value);
  out.emplace_back("dtm-op", call.op);
  out.emplace_back("dtm-dtm", "");
  if (call.headers != nullptr) {
    for (const auto& [name, value] : *call.headers)
      if (std::string key = lower_case(name); !is_reserved(key)) out.emplace_back(std::move(key), value);
  }
  for (const auto& [name, value] : out) {
    if (!is_legal_name(name))
      return failure{errc::invalid_argument, "gRPC metadata cannot have the name '" + name + "'"};
    if (!is_legal_value(name, value))
      return failure{errc::invalid_argument, "gRPC metadata '" + name + "' can only be printable ASCII"};
  }
  return out;
}

}  // namespace treaty
