#include "storage/rocksdb/log_scan.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <vector>

#include "storage/rocksdb/crc32c.hpp"

namespace treaty {
namespace {

constexpr std::size_t block_bytes = 32 * 1024;
constexpr std::size_t blocks_a_read = 32;
constexpr std::size_t header_bytes = 7;  // checksum, length, kind
constexpr std::size_t batch_head_bytes = 12;

enum fragment : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

std::uint64_t little_endian(std::span<const unsigned char> bytes) {
  std::uint64_t out = 0;
  for (std::size_t at = bytes.size(); at > 0; --at) out = out << 8 | bytes[at - 1];
  return out;
}

/// As RocksDB stores checksums: a checksum of bytes that hold checksums tells little.
std::uint32_t masked(std::uint32_t checksum) {
  return (checksum >> 15 | checksum << 17) + 0xa282ead8U;
}

/// Takes the blocks of one log in order.
class log_walk {
public:
  explicit log_walk(log_scan& into) : scan_{into} {}

  void block(std::span<const unsigned char> bytes, std::uint64_t offset) {
    bool in_step = true;
    std::size_t at = 0;
    while (bytes.size() - at >= header_bytes) {
      if (const auto payload = whole_fragment(bytes.subspan(at))) {
        const std::size_t length = payload->size();
        take(static_cast<fragment>(bytes[at + 6]), *payload, offset + at);
        at += header_bytes + length;
        in_step = true;
      } else {
        if (in_step) note_damage(offset + at);
        in_step = false;
        ++at;
      }
    }
    // A block is filled up with what is too short for a header; elsewhere it is a header that was cut off.
    if (bytes.size() < block_bytes && at < bytes.size()) note_damage(offset + at);
  }

  void end(std::uint64_t size) {
    if (in_record_) note_damage(record_offset_);
    if (!scan_.damaged) return;
    scan_.damaged->bytes = size - scan_.damaged->offset;
    scan_.damaged->whole_before = whole_before_;
  }

private:
  static std::optional<std::span<const unsigned char>> whole_fragment(std::span<const unsigned char> bytes) {
    const std::uint8_t kind = bytes[6];
    const auto length = static_cast<std::size_t>(little_endian(bytes.subspan(4, 2)));
    if (kind < full || kind > last || header_bytes + length > bytes.size()) return std::nullopt;
    if (masked(extend_crc32c(0, bytes.subspan(6, 1 + length))) != little_endian(bytes.first(4))) return std::nullopt;
    return bytes.subspan(header_bytes, length);
  }

  void take(fragment kind, std::span<const unsigned char> payload, std::uint64_t offset) {
    const bool begins = kind == full || kind == first;
    if (begins == in_record_) {  // a beginning within a record, or a rest without its beginning
      note_damage(offset);
      if (!begins) return;
    }
    if (begins) {
      head_.clear();
      record_offset_ = offset;
    }
    const std::size_t wanted = std::min(batch_head_bytes - head_.size(), payload.size());
    head_.insert(head_.end(), payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(wanted));
    in_record_ = kind == first || kind == middle;
    if (!in_record_) end_record();
  }

  void end_record() {
    if (head_.size() < batch_head_bytes) return note_damage(record_offset_);
    const std::span<const unsigned char> head{head_};
    const std::uint64_t begin = little_endian(head.first(8));
    const std::uint64_t end = begin + little_endian(head.subspan(8, 4));
    if (scan_.damaged) {
      scan_.damaged->whole_behind += 1;
    } else if (scan_.first != 0 && begin > scan_.end && !scan_.gap_before) {
      scan_.gap_before = begin;
    }
    if (!scan_.damaged) whole_before_ += 1;
    if (scan_.first == 0) scan_.first = begin;
    scan_.end = std::max(scan_.end, end);
  }

  /// Of a record that has begun, all is lost.
  void note_damage(std::uint64_t offset) {
    if (!scan_.damaged) scan_.damaged = log_scan::damage{.offset = in_record_ ? record_offset_ : offset};
    in_record_ = false;
  }

  log_scan& scan_;
  bool in_record_ = false;
  std::uint64_t record_offset_ = 0;
  std::uint64_t whole_before_ = 0;
  std::vector<unsigned char> head_;
};

/// An open file, closed at the end.
struct open_file {
  explicit open_file(const std::string& name) : descriptor{open(name.c_str(), O_RDONLY | O_CLOEXEC)} {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    if (descriptor >= 0) close(descriptor);
  }
  /// As many bytes as there are, up to the size of `into`; -1: an error.
  ssize_t fill(std::span<unsigned char> into) const {
    std::size_t filled = 0;
    while (filled < into.size()) {
      const ssize_t got = read(descriptor, into.data() + filled, into.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return -1;
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return static_cast<ssize_t>(filled);
  }
  const int descriptor;
};

failure unreadable(const std::string& file) {
  return {errc::unavailable, file + " cannot be read: " + std::generic_category().message(errno)};
}

}  // namespace

result<log_scan> scan_log(std::uint64_t number, const std::string& name) {
  log_scan out;
  out.number = number;
  out.file = name;
  const open_file file{name};
  if (file.descriptor < 0) return unreadable(name);
  log_walk walk{out};
  std::vector<unsigned char> buffer(block_bytes * blocks_a_read);
  std::uint64_t offset = 0;
  while (true) {
    const ssize_t got = file.fill(buffer);
    if (got < 0) return unreadable(name);
    const std::span<const unsigned char> bytes{buffer.data(), static_cast<std::size_t>(got)};
    for (std::size_t at = 0; at < bytes.size(); at += block_bytes) {
      walk.block(bytes.subspan(at, std::min(block_bytes, bytes.size() - at)), offset + at);
    }
    offset += bytes.size();
    if (bytes.size() < buffer.size()) break;
  }
  walk.end(offset);
  return out;
}

}  // namespace treaty
