#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/work_plan.hpp"

namespace treaty::load {

struct step {
  std::string action;
  std::string compensate;  // empty: it has none
};

/// What a client says about a transaction, in whatever protocol.
struct transaction_text {
  std::string type;
  std::vector<step> steps{};
  std::string query_prepared{};
  std::string custom_data{};
  bool wait_result = false;
  bool succeeded = false;  // a workflow that its application has brought to a good end
};

/// A branch that a client registers: of a tcc with both URLs, of a workflow as a step that succeeded.
struct registration {
  std::string type;
  std::size_t branch = 0;  // from 0
  std::string confirm{};
  std::string cancel{};
};

/// A branch call that a client makes.
struct client_call {
  std::string type;
  std::size_t branch = 0;  // from 0
  std::string op;
  std::string url;
};

enum class asked : std::uint8_t { submit, prepare, abort, prepare_workflow };
enum class answered : std::uint8_t { success, failure };

/// How clients word their requests; the bytes are those of DTM's Go client.
class dialect {
public:
  virtual ~dialect() = default;
  virtual request_template ask(asked what, const transaction_text& about, answered expected) const = 0;
  virtual request_template register_branch(const registration& one) const = 0;
  virtual request_template call(const client_call& one) const = 0;
  /// The same exchange, with the participants alone.
  virtual request_template at_floor(request_template request) const = 0;
  /// Of a participant; `how` is the last word of its path (participants.hpp).
  virtual std::string url(std::string_view how) const = 0;

  request_template ask(asked what, const transaction_text& about) const { return ask(what, about, answered::success); }
};

/// Stands where the gid will be.
const std::string& gid_mark();
/// Notes where the gid belongs in the text.
void find_gid(request_template& in);
/// As DTM's clients number branches: 01, 02, ...
std::string branch_id(std::size_t branch);
/// JSON of about so many bytes.
std::string payload_of(std::size_t bytes);
/// The steps as JSON.
std::string steps_json(const std::vector<step>& steps);

}  // namespace treaty::load
