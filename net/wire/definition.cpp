#include <utility>

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
  if (*type != trans_type::saga) {
    return failure{errc::unsupported, "trans_type '" + std::string{text} + "' is not implemented yet"};
  }
  return *type;
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
  if (body.steps.size() > steps_max) return refuse("more than " + std::to_string(steps_max) + " steps");
  if (body.payloads.size() < body.steps.size()) {
    return refuse("step " + std::to_string(body.payloads.size() + 1) + " of " + std::to_string(body.steps.size()) +
                  " has no payload");
  }
  TREATY_TRY(saga_plan plan, parse_saga_plan(body.custom_data, body.steps.size()));

  auto out = std::make_shared<txn_definition>();
  out->gid = std::move(body.gid);
  out->type = type;
  out->protocol = *protocol;
  out->steps = std::move(body.steps);
  out->payloads = std::move(body.payloads);
  out->payloads.resize(out->steps.size());  // what no step takes is never sent
  out->query_prepared = std::move(body.query_prepared);
  out->custom_data = std::move(body.custom_data);
  out->saga = std::move(plan);
  out->options = std::move(body.options);
  return std::shared_ptr<const txn_definition>{std::move(out)};
}

}  // namespace treaty
