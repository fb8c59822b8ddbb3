#pragma once

#include <memory>
#include <string>

#include "net/discovery.hpp"
#include "net/etcd/etcd_access.hpp"

namespace treaty {

class etcd_loop;
struct etcd_metrics;

/// DTM's driver `dtm-driver-gozero`: branch URLs as go-zero writes them, the instances behind etcd:// and discov:// as
/// etcd tells them (docs/protocol.md, "Service targets"). All lanes share one watch of each service, which ends when
/// nobody follows it any more.
class gozero_discovery final : public discovery {
public:
  /// `trusted`: the cluster that may see its account and certificate; others are spoken to without. `loop` and
  /// `metrics` outlive it, and `loop` is not stopped before nobody follows anything.
  gozero_discovery(std::shared_ptr<etcd_loop> loop, etcd_access trusted, etcd_metrics& metrics);
  ~gozero_discovery() override;

  result<dial_target> locate(std::string_view url) const override;
  result<service_location> follow(const std::string& target, instances_changed changed) const override;

private:
  class directory;
  const std::shared_ptr<directory> directory_;
};

}  // namespace treaty
