#include "storage/rocksdb/database_log.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "obs/log.hpp"

namespace treaty {
namespace {

constexpr std::size_t line_bytes_max = 1'024;

}  // namespace

void database_log::Logv(const char* format, va_list arguments) {
  std::array<char, line_bytes_max> line{};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  std::vsnprintf(line.data(), line.size(), format, arguments);
#pragma GCC diagnostic pop
  log_warn("the store's RocksDB says", {{"line", std::string_view{line.data()}}});
}

}  // namespace treaty
