#pragma once

#include <memory>
#include <string>

#include "treaty/client/transport.hpp"

namespace treaty::client {

/// The coordinator as a program sees it, Treaty or DTM: a handle that is cheap to copy and safe to use from any thread.
/// Every operation of this library comes in two forms: one that blocks and returns its result, and one whose name
/// begins with async_ that returns at once and calls back; treaty/client/asio.hpp gives the second the form of
/// Boost.Asio.
class coordinator {
public:
  explicit coordinator(std::shared_ptr<transport> way) : way_{std::move(way)} {}

  /// A new global transaction id. Any text of at most 128 characters that nobody used before will do as well.
  result<std::string> new_gid() const;
  void async_new_gid(completion<std::string> done) const;

  transport& way() const { return *way_; }

private:
  std::shared_ptr<transport> way_;
};

}  // namespace treaty::client
