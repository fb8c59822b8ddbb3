#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace treaty {

enum class registration : std::uint8_t { none = 1 /* not yet, or not any more */, registered, lost, withdrawn };
std::string_view to_string(registration state);

struct registration_state {
  registration state = registration::none;
  std::string detail;  // why it is not registered
  bool operator==(const registration_state&) const = default;
};

/// Keeps this process in a registry of services from `begin` on, whatever becomes of the registry. Threads: any.
class registrar {
public:
  registrar() = default;
  registrar(const registrar&) = delete;
  registrar& operator=(const registrar&) = delete;
  virtual ~registrar() = default;

  /// This process can be called now. Does not block. Call it once.
  virtual void begin() = 0;
  virtual registration_state state() const = 0;
  /// Takes this process out, for good, so that nobody new finds it. Blocks until that is done, `limit` at most. Returns
  /// true when it was in and now is not.
  virtual bool withdraw(std::chrono::milliseconds limit) = 0;
};

}  // namespace treaty
