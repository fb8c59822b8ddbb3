#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/kit/raw_participant.hpp"

namespace treaty::isolation {

enum class protocol : std::uint8_t { http, grpc };
enum class manner : std::uint8_t { answers, hangs /* takes calls and never says a word about them */ };

std::string_view name_of(protocol one);

/// A business service on a port of its own.
class peer {
public:
  peer(protocol speaks, manner behaves);
  /// What a saga's step calls.
  std::string url() const;

private:
  const protocol speaks_;
  kit::raw_participant service_;
};

}  // namespace treaty::isolation
