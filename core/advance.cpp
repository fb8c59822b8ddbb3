#include "core/advance.hpp"

#include <utility>

#include "core/lifecycle.hpp"
#include "core/msg/advance.hpp"
#include "core/saga/advance.hpp"
#include "core/tcc/advance.hpp"
#include "core/workflow/advance.hpp"
#include "core/xa/advance.hpp"

namespace treaty {
namespace {

std::optional<trans_type> type_of(const txn_state& state, const event& e) {
  if (state.exists()) return state.record.definition->type;
  if (const auto* submit = std::get_if<submit_requested>(&e)) return submit->definition->type;
  if (const auto* prepare = std::get_if<prepare_requested>(&e)) return prepare->definition->type;
  return std::nullopt;
}

client_token token_of(const event& e) {
  return std::visit(
      [](const auto& one) -> client_token {
        if constexpr (requires { one.reply_to; }) {
          return one.reply_to;
        } else {
          return 0;
        }
      },
      e);
}

transition unchanged(txn_state state, client_token to, answer what) {
  transition out{std::move(state), {}, urgency::none};
  respond(out, to, std::move(what));
  return out;
}

}  // namespace

transition advance(txn_state state, const event& e, const context& ctx) {
  const auto type = type_of(state, e);
  if (!type) {
    const bool registers = std::holds_alternative<register_requested>(e);
    answer refusal = registers ? refuse_register(state) : no_such_transaction(state.gid);
    return unchanged(std::move(state), token_of(e), std::move(refusal));
  }
  switch (*type) {
    case trans_type::saga:
      return saga::advance(std::move(state), e, ctx);
    case trans_type::tcc:
      return tcc::advance(std::move(state), e, ctx);
    case trans_type::xa:
      return xa::advance(std::move(state), e, ctx);
    case trans_type::msg:
      return msg::advance(std::move(state), e, ctx);
    case trans_type::workflow:
      return workflow::advance(std::move(state), e, ctx);
  }
  TREATY_ASSERT(false);
}

std::optional<time_point> next_moment(const txn_state& state) {
  if (!state.exists()) return std::nullopt;
  switch (state.record.definition->type) {
    case trans_type::saga:
      return saga::next_moment(state);
    case trans_type::tcc:
    case trans_type::xa:
      return two_phase::next_moment(state);
    case trans_type::msg:
      return msg::next_moment(state);
    case trans_type::workflow:
      return workflow::next_moment(state);
  }
  TREATY_ASSERT(false);
}

txn_state state_of(txn_record record) {
  TREATY_ASSERT(record.definition != nullptr);
  txn_state state;
  state.gid = record.definition->gid;
  state.in_flight.assign(record.progress.legs.size(), 0);
  state.record = std::move(record);
  return state;
}

}  // namespace treaty
