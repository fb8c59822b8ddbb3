#pragma once

#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <utility>

#include "actors/coordinator.hpp"
#include "net/notifier.hpp"
#include "tests/sim/sim_store.hpp"

namespace treaty::sim {

/// Web-hooks: told of durable ends.
class hooks final : public notifier {
public:
  explicit hooks(std::function<void(const end_notice&)> on_end) : on_end_{std::move(on_end)} {}
  void alert(alert_notice) override {}
  void ended(end_notice what) override { on_end_(what); }

private:
  std::function<void(const end_notice&)> on_end_;
};

/// One life of the coordinator: between its start and the crash that ends it.
struct life {
  life(unsigned which, disk& under, engine& all, dice& chance, disk_faults how,
       std::function<void(const end_notice&)> on_end)
      : number{which}, kept{under, all, chance, how}, tells{std::move(on_end)} {}

  unsigned number;
  prometheus::Registry metrics;
  sim_store kept;
  hooks tells;
  std::unique_ptr<coordinator> runs;  // last: it ends before what it runs on
};

}  // namespace treaty::sim
