#include "net/wire/new_gid.hpp"

#include <sys/random.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string_view>

#include "core/base/assert.hpp"

namespace treaty {
namespace {

__extension__ using wide = unsigned __int128;

constexpr std::string_view alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t digits_least = 13;
constexpr std::size_t digits_most = 22;  // 57^22 > 2^128

/// This thread's stock of the kernel's random bytes.
class random_stock {
public:
  std::array<std::uint8_t, 16> take() {
    if (used_ == bytes_.size()) refill();
    std::array<std::uint8_t, 16> out;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(used_), out.size(), out.begin());
    used_ += out.size();
    return out;
  }

private:
  void refill() {
    for (std::size_t filled = 0; filled < bytes_.size();) {
      const ssize_t got = getrandom(bytes_.data() + filled, bytes_.size() - filled, 0);
      TREATY_ASSERT(got > 0 || errno == EINTR);
      if (got > 0) filled += static_cast<std::size_t>(got);
    }
    used_ = 0;
  }

  std::array<std::uint8_t, 4096> bytes_;
  std::size_t used_ = bytes_.size();
};

}  // namespace

std::string new_gid() {
  thread_local random_stock stock;
  std::array<std::uint8_t, 16> uuid = stock.take();
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0F) | 0x40);  // version 4
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3F) | 0x80);  // variant 1
  return short_id(uuid);
}

std::string short_id(const std::array<std::uint8_t, 16>& uuid) {
  wide number = 0;
  for (const std::uint8_t byte : uuid) number = number << 8 | byte;
  std::string out;
  out.reserve(digits_most);
  for (; number > 0; number /= alphabet.size()) out += alphabet[static_cast<std::size_t>(number % alphabet.size())];
  if (out.size() < digits_least) out.append(digits_least - out.size(), alphabet.front());
  return out;
}

}  // namespace treaty
