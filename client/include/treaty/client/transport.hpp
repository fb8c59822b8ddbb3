#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "treaty/client/branch_context.hpp"
#include "treaty/client/options.hpp"
#include "treaty/client/result.hpp"

namespace treaty::client {

/// Called once, on a thread of the transport, which it must not block (no blocking call of this library in it); must
/// not throw.
template <class T>
using completion = std::function<void(result<T>)>;

enum class transaction_verb : std::uint8_t { prepare, submit, abort };

/// One step of a saga or message as the coordinator stores it.
struct transaction_step {
  std::string action;
  std::string compensate{};                 // saga only
  std::chrono::seconds request_timeout{0};  // Treaty only: goes before the transaction's
};

/// What is sent with prepare, submit and abort. Empty members are not sent.
struct transaction_request {
  std::string gid;
  std::string trans_type;
  transaction_options options{};
  std::vector<transaction_step> steps{};
  std::vector<std::string> payloads{};  // one for each step; over HTTP each must be UTF-8
  std::string query_prepared{};
  std::string custom_data{};
  std::string rollback_reason{};
  std::map<std::string, std::string> extra{};
};

/// A branch that is made known while its transaction runs.
struct branch_registration {
  std::string gid;
  std::string trans_type;
  std::string branch_id;
  std::string payload{};
  std::map<std::string, std::string> data{};  // confirm and cancel; url; op and status
  std::chrono::seconds request_timeout{0};    // limit of this call of the coordinator
};

/// What the coordinator remembers of a workflow.
struct workflow_progress {
  std::string branch_id;
  std::string op;
  std::string status;
  std::string data;
};
struct workflow_record {
  std::string status;
  std::string rollback_reason;
  std::string result;  // decoded
  std::vector<workflow_progress> progresses;
};

/// Whether the words FAILURE and ONGOING in the body of an HTTP answer count as the outcome, as DTM's protocol has it.
enum class body_words : bool { count, ignored };

/// A call that the program itself makes of a branch.
struct branch_call {
  std::string url;  // http://..., or host:port/package.Service/Method
  branch_context context;
  std::string payload{};
  std::map<std::string, std::string> headers{};
  std::chrono::seconds limit{0};  // 0: the transport's
  body_words words = body_words::count;
};

/// How the modes reach a coordinator and the branches: the port under saga, tcc, xa, message and workflow.
/// Threads: any. All calls return at once; what is under way when the transport is destroyed ends with `unknown`.
/// Errors of calls of the coordinator: refused, ongoing and duplicated when it says so, else unknown; invalid_argument
/// when the request cannot be expressed. A transaction that has not ended is ongoing, never refused.
class transport {
public:
  virtual ~transport() = default;
  /// As branches are told it.
  virtual const std::string& address() const = 0;
  /// The protocol that the branches of its transactions speak: "http" or "grpc".
  virtual std::string_view protocol() const = 0;

  virtual void new_gid(completion<std::string> done) = 0;
  virtual void send(transaction_verb verb, transaction_request request, completion<void> done) = 0;
  virtual void register_branch(branch_registration branch, completion<void> done) = 0;
  virtual void prepare_workflow(transaction_request request, completion<workflow_record> done) = 0;
  /// Gives the body of a successful answer.
  virtual void call(branch_call call, completion<std::string> done) = 0;
};

}  // namespace treaty::client
