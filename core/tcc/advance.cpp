#include "core/tcc/advance.hpp"

#include <utility>

namespace treaty::tcc {

transition advance(txn_state state, const event& e, const context& ctx) {
  return two_phase::advance(rules, std::move(state), e, ctx);
}

}  // namespace treaty::tcc
