#pragma once

#include <rocksdb/env.h>

namespace treaty {

/// Looking must not leave a text log in somebody else's directory.
struct silent_log final : rocksdb::Logger {
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace treaty
