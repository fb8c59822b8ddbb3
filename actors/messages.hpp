#pragma once

#include <caf/all.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/event.hpp"
#include "core/model/write_set.hpp"
#include "core/topics/topic.hpp"
#include "net/ingress.hpp"
#include "storage/store.hpp"

namespace treaty {

class lane;

/// What a client (or an operator) said of one transaction, on its way from the door to the transaction.
struct envelope {
  treaty::gid gid;
  event what;
  std::shared_ptr<answer_sink> to;  // null: nobody waits for an answer
  std::size_t body_bytes = 0;
};

// To a transaction.

/// Its write set was handled: durable, or why not.
struct written {
  treaty::revision revision;
  result<void> outcome;
};
/// What the store holds of its gid.
struct loaded {
  result<txn_record> record;
};
/// A call was answered: `answered` or `watch_answered`.
struct call_ended {
  event as;
  std::uint64_t reading = 0;  // the one that it was made in
};
/// Its timer fired.
struct woken {};
/// The coordinator drains: whoever has nothing under way leaves memory.
struct rest_now {};

// To a shard.

/// A transaction has nothing to do before `due` (unset: ever again). The shard lets go of it, unless `accepted` shows
/// that more envelopes are on their way to it.
struct retire {
  caf::actor_id who = 0;
  treaty::gid gid;
  std::uint64_t accepted = 0;
  std::optional<time_point> due;
  time_point create_time{};
  bool finished = false;
};
/// A transaction has been read: what it holds.
struct weighed {
  caf::actor_id who = 0;
  treaty::gid gid;
  std::size_t bytes = 0;
};
/// Some of the unfinished transactions that the store held at start.
struct recovered {
  std::vector<due_entry> entries;
  bool were_all = false;  // with those that were told before
};
/// A parked transaction's moment has come.
struct parked_due {
  treaty::gid gid;
};
/// Once a second.
struct shard_tick {};
/// Let go of every transaction: the lane ends. All that was acknowledged is durable.
struct let_go {};

// To the committer and the readers.

struct commit_batch {
  lane* home = nullptr;
  std::vector<write_set> writes;
  std::vector<caf::actor> owners;  // for each write set, who hears of it
};
struct load_request {
  treaty::gid gid;
  lane* home = nullptr;
  caf::actor to;
};
/// Reads that answer clients: run on a reader's thread, not a lane's.
struct read_job {
  std::function<void(store&)> run;
};
/// The committer's word to itself: what came meanwhile rides along.
struct commit_now {};
/// The committer looks whether a failing store serves again.
struct look_at_store {};

// To the owner of the topics, beside envelopes with messages that it expands.

/// What the store held at start.
struct topics_loaded {
  topic_map topics;
};
struct topic_change_request {
  topic_change change;
  std::shared_ptr<answer_sink> to;
};

}  // namespace treaty

// None of these leaves the process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::envelope)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::woken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::rest_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::weighed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::call_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::retire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::recovered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::parked_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::shard_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::let_go)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::commit_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::load_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::read_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::commit_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::look_at_store)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::topics_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::topic_change_request)
