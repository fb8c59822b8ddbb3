#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "actors/timer_wheel.hpp"
#include "net/ingress.hpp"

namespace treaty {

class lane;

/// Requests that wait for transactions of one lane to end. They keep no transaction in memory: each is answered by the
/// end itself, by what is stored when it comes (that may be the end already), or by what is stored when its time is
/// over. Threads: the lane's own.
class end_watch {
public:
  explicit end_watch(lane& home) : home_{home} {}

  void add(gid id, time_point until, on_result<txn_record> done);
  /// The record is final and durable.
  void ended(const txn_record& record);
  /// Nobody will hear of an end any more: the process stops.
  void let_go();

private:
  struct waiter final : timer_node {
    void fire() override;
    treaty::gid gid;
    std::uint64_t number = 0;
    on_result<txn_record> done;
    end_watch* owner = nullptr;
  };
  enum class answer_with { what_is_final, whatever_is_there };

  void look(const gid& id, std::uint64_t number, answer_with what);
  void seen(const gid& id, std::uint64_t number, answer_with what, result<txn_record> stored);

  lane& home_;
  std::uint64_t last_number_ = 0;
  std::unordered_multimap<std::string, std::unique_ptr<waiter>> waiting_;
};

}  // namespace treaty
