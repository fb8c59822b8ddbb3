#include <utility>

#include "net/call_rules.hpp"
#include "net/wire/custom_data.hpp"
#include "net/wire/saga_plan.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

failure refuse(std::string detail) {
  return {errc::invalid_argument, std::move(detail)};
}

result<trans_type> known_type(std::string_view text) {
  const auto type = parse_trans_type(text);
  if (!type) return refuse("unknow trans type: " + std::string{text});  // sic: clients know it so
  return *type;
}

bool has_steps(trans_type type) {
  return type == trans_type::saga || type == trans_type::msg;
}

result<void> check_steps(const trans_body& body) {
  if (body.steps.size() > steps_max) return refuse("more than " + std::to_string(steps_max) + " steps");
  if (body.payloads.size() < body.steps.size()) {
    return refuse("step " + std::to_string(body.payloads.size() + 1) + " of " + std::to_string(body.steps.size()) +
                  " has no payload");
  }
  return {};
}

result<void> read_custom_data(std::string_view custom_data, txn_definition& into) {
  switch (into.type) {
    case trans_type::saga: {
      TREATY_TRY(into.saga, parse_saga_plan(custom_data, into.steps.size()));
      return {};
    }
    case trans_type::msg: {
      TREATY_TRY(into.delay, parse_delay(custom_data));
      return {};
    }
    case trans_type::workflow: {
      if (custom_data.empty()) return {};  // of a submit, which needs none
      TREATY_TRY(into.workflow, parse_workflow_plan(custom_data));
      return {};
    }
    case trans_type::tcc:
    case trans_type::xa:
      break;
  }
  return {};
}

}  // namespace

result<void> check_gid(const gid& id) {
  if (id.empty()) return refuse("key required");
  if (id.value.size() > gid_length_max) {
    return refuse("gid has " + std::to_string(id.value.size()) + " bytes, at most " + std::to_string(gid_length_max) +
                  " are possible");
  }
  return {};
}

result<std::shared_ptr<const txn_definition>> make_definition(trans_body body) {
  if (auto usable = check_gid(body.gid); !usable) return usable.error();
  TREATY_TRY(const trans_type type, known_type(body.trans_type));
  const auto protocol = parse_branch_protocol(body.protocol);
  if (!protocol) return refuse("unknown protocol: " + body.protocol);
  auto out = std::make_shared<txn_definition>();
  out->type = type;
  if (has_steps(type)) {
    if (auto usable = check_steps(body); !usable) return usable.error();
    out->steps = std::move(body.steps);
    out->payloads = std::move(body.payloads);
    out->payloads.resize(out->steps.size());  // what no step takes is never sent
  }
  if (auto read = read_custom_data(body.custom_data, *out); !read) return read.error();
  out->gid = std::move(body.gid);
  out->protocol = *protocol;
  out->query_prepared = std::move(body.query_prepared);
  out->custom_data = std::move(body.custom_data);
  out->options = std::move(body.options);
  if (auto callable = check_callable(*out); !callable) return callable.error();
  return std::shared_ptr<const txn_definition>{std::move(out)};
}

}  // namespace treaty
