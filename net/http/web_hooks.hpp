#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "net/http/hook_queue.hpp"
#include "net/notifier.hpp"

namespace treaty {

class hook_metrics;

struct web_hooks_options {
  std::string alert_url;       // empty: nobody is alerted
  std::string completion_url;  // empty: only the hooks that transactions name are told of their ends
  std::string local_host_alias;
  std::string user_agent = "treaty";
  std::chrono::milliseconds timeout{3'000};  // of one post
  hook_limits limits;
};

/// Posts notices over HTTP, on a thread of its own (docs/protocol.md, "Web-hooks"). Only an answer of 2xx is a
/// delivery.
class web_hooks final : public notifier {
public:
  /// `metrics` outlives it. Errors: invalid_argument, a URL of the options that is none.
  static result<std::unique_ptr<web_hooks>> start(const web_hooks_options& options, hook_metrics& metrics);
  /// Drops what is not delivered. Bounded: what is in flight is not waited for.
  ~web_hooks() override;

  void alert(alert_notice what) override;
  void ended(end_notice what) override;

  /// Waits, at most `limit`, until everything that was handed over has been posted once; what failed is not waited for.
  /// Returns the notices that are not delivered. Blocks; any thread but the hooks' own.
  std::size_t drain(std::chrono::milliseconds limit);

private:
  class poster;
  web_hooks(std::unique_ptr<poster> posts, hook_address_ptr alert_to, hook_address_ptr completion_to,
            std::string local_host_alias);

  std::unique_ptr<poster> posts_;
  const hook_address_ptr alert_to_;
  const hook_address_ptr completion_to_;
  const std::string local_host_alias_;
};

}  // namespace treaty
