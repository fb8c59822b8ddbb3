#include "net/etcd/gozero_driver.hpp"

#include <utility>

#include "net/etcd/etcd_loop.hpp"
#include "net/etcd/etcd_metrics.hpp"
#include "net/etcd/etcd_registrar.hpp"
#include "net/etcd/gozero_discovery.hpp"

namespace treaty {
namespace {

class gozero_driver final : public service_driver {
public:
  gozero_driver(gozero_options options, prometheus::Registry& registry)
      : options_{std::move(options)},
        metrics_{registry},
        where_{std::make_shared<gozero_discovery>(loop_, options_.cluster, metrics_)} {}
  ~gozero_driver() override { loop_->stop(); }

  std::shared_ptr<const discovery> where() const override { return where_; }
  std::unique_ptr<registrar> enrol() override {
    if (options_.key.empty()) return nullptr;
    return std::make_unique<etcd_registrar>(loop_, options_.cluster, etcd_registration{options_.key, options_.value},
                                            metrics_);
  }

private:
  const gozero_options options_;
  etcd_metrics metrics_;
  const std::shared_ptr<etcd_loop> loop_ = std::make_shared<etcd_loop>();
  const std::shared_ptr<const gozero_discovery> where_;
};

}  // namespace

std::unique_ptr<service_driver> make_gozero_driver(gozero_options options, prometheus::Registry& metrics) {
  return std::make_unique<gozero_driver>(std::move(options), metrics);
}

}  // namespace treaty
