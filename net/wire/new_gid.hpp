#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace treaty {

/// A new random id of about 22 letters and digits that are not mistaken for each other (docs/protocol.md, "newGid").
/// Threads: any. Cost: one system call for every few hundred ids.
std::string new_gid();

/// The id that these 16 bytes stand for: a UUID as a number in base 57, least digit first, at least 13 digits.
std::string short_id(const std::array<std::uint8_t, 16>& uuid);

}  // namespace treaty
