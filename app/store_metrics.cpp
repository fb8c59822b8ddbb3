#include "app/store_metrics.hpp"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>

namespace treaty {
namespace {

constexpr std::array all_states{store_state::serving, store_state::read_only, store_state::failed};

std::string word(store_state state) {
  switch (state) {
    case store_state::serving:
      return "serving";
    case store_state::read_only:
      return "read_only";
    case store_state::failed:
      return "failed";
  }
  return "unnamed";
}

}  // namespace

store_metrics::store_metrics(prometheus::Registry& registry) {
  auto& family = prometheus::BuildGauge()
                     .Name("treaty_store_state")
                     .Help(
                         "1 for the state that the store is in: serving; read_only (the disk is full, or failed a "
                         "write: it is tried again every second); failed (only a restart finds out what is stored).")
                     .Register(registry);
  for (std::size_t at = 0; at < all_states.size(); ++at) states_[at] = &family.Add({{"state", word(all_states[at])}});
}

void store_metrics::refresh(const store_health& health) {
  for (std::size_t at = 0; at < all_states.size(); ++at) states_[at]->Set(all_states[at] == health.state ? 1 : 0);
}

}  // namespace treaty
