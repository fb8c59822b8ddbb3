#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace treaty {

/// CRC-32C (Castagnoli) of bytes that follow others with the checksum `before`; 0: there are none.
std::uint32_t extend_crc32c(std::uint32_t before, std::span<const unsigned char> bytes);

}  // namespace treaty
