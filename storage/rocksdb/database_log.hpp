#pragma once

#include <rocksdb/env.h>

namespace treaty {

/// RocksDB's warnings and errors in our own log. Its own text log would be a file in the store's directory, and on a
/// full disk the line after the first one that could not be written ends the process (an assertion).
/// Threads: any.
class database_log final : public rocksdb::Logger {
public:
  database_log() : rocksdb::Logger{rocksdb::InfoLogLevel::WARN_LEVEL} {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  void LogHeader(const char*, va_list) override {}  // its options, at each start
};

}  // namespace treaty
