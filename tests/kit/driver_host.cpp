#include "tests/kit/driver_host.hpp"

#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"

namespace treaty::kit {

driver_host::driver_host(saga_spec spec, server_policy policy) : spec_{std::move(spec)}, policy_{policy} {
  driver_.emplace(treaty::gid{spec_.gid}, record_id{7}, policy_, progress_delay);
}

void driver_host::offer(const event& e) {
  perform(driver_->offer(e, now_));
}

void driver_host::answer(std::string_view step, branch_op op, call_outcome outcome, std::string detail) {
  offer(answered{leg_of(spec_, step, op), outcome, std::move(detail)});
}

void driver_host::durable() {
  TREATY_ASSERT(under_way_.has_value());
  const write_set written = *std::exchange(under_way_, std::nullopt);
  store(written);
  perform(driver_->durable(written.progress.revision, now_));
}

void driver_host::settle() {
  while (under_way_) durable();
}

void driver_host::pass(std::chrono::nanoseconds span) {
  const time_point until = now_ + span;
  std::size_t fired = 0;
  for (auto next = driver_->next_moment(); next && *next <= until; next = driver_->next_moment()) {
    now_ = std::max(now_, *next);
    TREATY_ASSERT(++fired < 100'000);  // a moment that comes again and again is a busy loop
    offer(timer_fired{});
  }
  now_ = until;
}

void driver_host::crash(write_fate fate) {
  if (under_way_ && fate == write_fate::stored) store(*under_way_);
  under_way_.reset();
  driver_.reset();
}

void driver_host::restart() {
  if (!stored_) {
    driver_.emplace(treaty::gid{spec_.gid}, record_id{7}, policy_, progress_delay);
    return;
  }
  driver_.emplace(*stored_, policy_, progress_delay);
  offer(timer_fired{});
}

void driver_host::perform(output&& out) {
  for (const effect& one : out.now) {
    if (const auto* made = std::get_if<call_leg>(&one)) {
      requests_.emplace_back(called{made->leg});
    } else if (std::holds_alternative<call_watch>(one)) {
      requests_.emplace_back(asked{});
    } else if (const auto* alert = std::get_if<raise_alert>(&one)) {
      requests_.emplace_back(*alert);
    } else {
      requests_.emplace_back(std::get<reply>(one));
    }
  }
  if (!out.write) return;
  TREATY_ASSERT(!under_way_);
  requests_.emplace_back(*out.write);
  under_way_ = std::move(out.write);
}

/// As a store does: the guard first, then the whole record.
void driver_host::store(const write_set& write) {
  TREATY_ASSERT(write.expected == (stored_ ? stored_->progress.revision : 0));
  TREATY_ASSERT(write.due_before == stored_due());
  if (!stored_) stored_.emplace();
  stored_->row = write.row;
  if (write.definition) stored_->definition = write.definition;
  TREATY_ASSERT(stored_->definition != nullptr && stored_->definition->create_time == write.create_time);
  stored_->progress = write.progress;
  TREATY_ASSERT(write.first_new_branch == stored_->branches.size());
  stored_->branches.insert(stored_->branches.end(), write.new_branches.begin(), write.new_branches.end());
}

template <class Request>
std::vector<Request> driver_host::take() {
  std::vector<Request> taken;
  for (const request& one : requests_) {
    if (const auto* wanted = std::get_if<Request>(&one)) taken.push_back(*wanted);
  }
  std::erase_if(requests_, [](const request& one) { return std::holds_alternative<Request>(one); });
  return taken;
}

std::vector<call> driver_host::take_calls() {
  std::vector<call> calls;
  for (const called& one : take<called>()) calls.push_back(call_of(spec_, one.leg));
  return calls;
}

std::vector<reply> driver_host::take_replies() {
  return take<reply>();
}

std::size_t driver_host::take_write_count() {
  return take<write_set>().size();
}

}  // namespace treaty::kit
