#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace treaty::fuzz {

class world;

/// How one request was answered.
struct hearing {
  int replies = 0;
  int status = 0;
};

/// The routes of our HTTP API over a world. What the handlers do with a request is checked: each is answered once, in
/// the forms of docs/protocol.md, and an answer of ours survives the way over the wire. One at a time.
class api {
public:
  explicit api(world& door);
  api(const api&) = delete;
  api& operator=(const api&) = delete;

  /// `target` as in the request line, without control characters and blanks: the request reader refuses those.
  void call(std::string_view method, std::string_view target, std::string_view body);
  /// Every request has been answered. After the world has calmed down.
  void expect_all_answered() const;

private:
  world& door_;
  std::vector<std::shared_ptr<hearing>> heard_;
};

/// Can this stand in a request line?
bool is_target(std::string_view target);

}  // namespace treaty::fuzz
