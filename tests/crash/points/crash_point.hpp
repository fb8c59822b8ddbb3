#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace treaty::crash {

/// The places of the running coordinator at which `treatyd_crash` can end as by SIGKILL. "Before" and "after" are meant
/// to the instruction: nothing of ours runs in between.
enum class crash_point : std::uint8_t {
  commit_before,  // of a batch of transactions: nothing of it was given to the store
  commit_after,   // it is durable, and nobody has been told
  topic_before,   // of a change of a topic
  topic_after,
  request_taken,       // a client's request is handed over, its answer not awaited
  answer_before,       // an answer to a client is known, nothing of it was handed to the transport
  answer_after,        // the transport has it
  call_before,         // a branch call is decided, the transport knows nothing of it
  call_after,          // the transport has it
  reply_before,        // a branch has answered, and the transaction has not heard
  reply_after,         // it has heard, and decided
  notice_before,       // of a word to a web-hook
  notice_after,        //
  log_write_before,    // the system call that appends to the store's log
  log_write_torn,      // it has written half
  log_write_after,     //
  log_sync_before,     // the system call that makes the log durable
  log_sync_after,      //
  file_sync_before,    // the system call that makes another file of the store durable: mostly while it is opened
  file_sync_after,     //
  client_send_before,  // the system call that sends bytes to a client
  client_send_torn,    // it has sent half
  client_send_after,   //
  branch_send_before,  // the system call that sends bytes to a participant or a web-hook
  branch_send_torn,
  branch_send_after,
};

struct named_point {
  crash_point point;
  std::string_view name;
  unsigned reach;  // about how many passages a short life of the kill storm sees
};

inline constexpr std::array crash_points{
    named_point{crash_point::commit_before, "commit.before", 40},
    named_point{crash_point::commit_after, "commit.after", 40},
    named_point{crash_point::topic_before, "topic.before", 2},
    named_point{crash_point::topic_after, "topic.after", 2},
    named_point{crash_point::request_taken, "request.taken", 32},
    named_point{crash_point::answer_before, "answer.before", 32},
    named_point{crash_point::answer_after, "answer.after", 32},
    named_point{crash_point::call_before, "call.before", 25},
    named_point{crash_point::call_after, "call.after", 25},
    named_point{crash_point::reply_before, "reply.before", 25},
    named_point{crash_point::reply_after, "reply.after", 25},
    named_point{crash_point::notice_before, "notice.before", 8},
    named_point{crash_point::notice_after, "notice.after", 8},
    named_point{crash_point::log_write_before, "log_write.before", 40},
    named_point{crash_point::log_write_torn, "log_write.torn", 40},
    named_point{crash_point::log_write_after, "log_write.after", 40},
    named_point{crash_point::log_sync_before, "log_sync.before", 40},
    named_point{crash_point::log_sync_after, "log_sync.after", 40},
    named_point{crash_point::file_sync_before, "file_sync.before", 12},
    named_point{crash_point::file_sync_after, "file_sync.after", 12},
    named_point{crash_point::client_send_before, "client_send.before", 32},
    named_point{crash_point::client_send_torn, "client_send.torn", 32},
    named_point{crash_point::client_send_after, "client_send.after", 32},
    named_point{crash_point::branch_send_before, "branch_send.before", 25},
    named_point{crash_point::branch_send_torn, "branch_send.torn", 25},
    named_point{crash_point::branch_send_after, "branch_send.after", 25},
};

// What arms a point: TREATY_CRASH_AT=commit.before:17 ends the process on the 17th passage, after TREATY_CRASH_MARK was
// made: an empty file by which the outside knows that it was the point and nothing else.
inline constexpr const char* crash_at_variable = "TREATY_CRASH_AT";
inline constexpr const char* crash_mark_variable = "TREATY_CRASH_MARK";

}  // namespace treaty::crash
